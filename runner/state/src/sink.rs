//! Traces off the path of requests. Whoever has a trace offers it and goes on; a task makes its row and stores what was offered, many
//! at a time. While the store fails they wait, within bounds, and what does not fit is counted as dropped.
//!
//! [`TraceSink::flush`] waits until everything that was offered is stored. A process that is killed loses what was offered in the last
//! [`SinkSettings::delay`], or since the store began to fail.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::error::StoreError;
use crate::store::Store;
use crate::traces::Trace;

/// How long the task waits between attempts while the store fails: at first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The most bytes of records in one transaction, unless one alone has more. What a link brings across within the deadline of a call
/// even at a few megabits a second.
const AT_MOST: usize = 1 << 20;

/// How often a trace that no transaction brings to a store that answers is tried, and from how many bytes on it may be its length: of
/// a shorter one, something else is the reason, such as a table that is locked.
const ATTEMPTS: u32 = 3;
const LONG: usize = 64 << 10;

/// How many rows the task makes before others on its thread have a turn.
const AT_ONCE: usize = 32;

/// Something that becomes a trace and its record. That is done by the task that stores it, so that whoever offers it does not
/// wait for that either.
pub trait Offered: Send + 'static {
    /// About how many bytes it holds.
    fn size(&self) -> usize;

    /// The trace and its record. Called once.
    fn row(self: Box<Self>) -> (Trace, Vec<u8>);
}

impl Offered for (Trace, Vec<u8>) {
    fn size(&self) -> usize {
        self.1.len()
    }

    fn row(self: Box<Self>) -> (Trace, Vec<u8>) {
        *self
    }
}

/// Bounds of a sink.
#[derive(Debug, Clone, Copy)]
pub struct SinkSettings {
    /// The most traces that wait.
    pub traces: usize,
    /// The most bytes of them that wait.
    pub bytes: usize,
    /// The most traces in one transaction. As many are stored at once, without waiting for `delay`.
    pub batch: usize,
    /// How long a trace waits for others.
    pub delay: Duration,
}

impl Default for SinkSettings {
    /// 4,096 traces, 32 MiB, 1,024 in a transaction, 200 ms: a second of the highest load, nobody looks at a trace sooner, and the
    /// more are stored together, the fewer pages of indexes are written for each.
    fn default() -> Self {
        Self { traces: 4096, bytes: 32 << 20, batch: 1024, delay: Duration::from_millis(200) }
    }
}

/// Where traces are offered. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TraceSink {
    sender: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    settings: SinkSettings,
}

/// How a sink is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkState {
    /// Traces that were stored.
    pub stored: u64,
    /// Traces that were not, and never will be: there was no room, or the store did not take them.
    pub dropped: u64,
    /// Those of them for which there was no room, because too many waited.
    pub crowded: u64,
    /// Traces that wait.
    pub waiting: u64,
    /// Why the last attempt failed; nothing if it did not.
    pub failure: Option<StoreError>,
}

enum Message {
    /// With its size.
    Trace(Box<dyn Offered>, usize),
    Flush(oneshot::Sender<()>),
}

#[derive(Debug, Default)]
struct Shared {
    stored: AtomicU64,
    dropped: AtomicU64,
    crowded: AtomicU64,
    waiting: AtomicU64,
    bytes: AtomicUsize,
    failure: Mutex<Option<StoreError>>,
    /// There is a whole batch, or somebody flushes.
    hurry: Notify,
}

impl TraceSink {
    /// Begins to store traces. Has to be called in a runtime of tokio with its timers on.
    pub fn begin(store: Store, settings: SinkSettings) -> Self {
        let (sender, receiver) = mpsc::channel(settings.traces.max(1));
        let shared = Arc::new(Shared::default());
        let task = Task {
            store,
            settings,
            shared: Arc::clone(&shared),
            receiver,
            batch: Vec::new(),
            sizes: Vec::new(),
            at_once: settings.batch.max(1),
            flushes: Vec::new(),
        };
        tokio::spawn(task.run());
        Self { sender, shared, settings }
    }

    /// Takes a trace to be stored. Never waits. Says whether there was room.
    pub fn offer(&self, trace: impl Offered) -> bool {
        let (shared, length) = (&self.shared, trace.size());
        let before = shared.bytes.fetch_add(length, Ordering::Relaxed);
        // One trace alone always fits.
        let has_room = before == 0 || before.saturating_add(length) <= self.settings.bytes;
        let waiting = shared.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        let sent = if has_room {
            self.sender
                .try_send(Message::Trace(Box::new(trace), length))
                .map_err(|error| matches!(error, TrySendError::Full(_)))
        } else {
            Err(true)
        };
        let is_taken = sent.is_ok();
        if let Err(is_crowded) = sent {
            shared.crowded.fetch_add(is_crowded.into(), Ordering::Relaxed);
            shared.bytes.fetch_sub(length, Ordering::Relaxed);
            shared.waiting.fetch_sub(1, Ordering::Relaxed);
            shared.dropped.fetch_add(1, Ordering::Relaxed);
        } else if waiting == self.settings.batch as u64 {
            shared.hurry.notify_one();
        }
        is_taken
    }

    /// Ends when everything that was offered before is stored, or was dropped because the store refused it.
    ///
    /// # Errors
    /// [`StoreError::TimedOut`] after `within`: the store fails. It is tried again all the same.
    pub async fn flush(&self, within: Duration) -> Result<(), StoreError> {
        let (reply, done) = oneshot::channel();
        let flush = async {
            self.sender.send(Message::Flush(reply)).await.map_err(|_| StoreError::Closed)?;
            self.shared.hurry.notify_one();
            done.await.map_err(|_| StoreError::Closed)
        };
        tokio::time::timeout(within, flush).await.map_err(|_| StoreError::TimedOut(within))?
    }

    /// How it is.
    pub fn state(&self) -> SinkState {
        let shared = &self.shared;
        let failure = shared.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let counts = [&shared.stored, &shared.dropped, &shared.crowded, &shared.waiting];
        let [stored, dropped, crowded, waiting] = counts.map(|count| count.load(Ordering::Relaxed));
        SinkState { stored, dropped, crowded, waiting, failure }
    }
}

struct Task {
    store: Store,
    settings: SinkSettings,
    shared: Arc<Shared>,
    receiver: mpsc::Receiver<Message>,
    batch: Vec<(Trace, Vec<u8>)>,
    /// The sizes of what is in the batch, as they were offered.
    sizes: Vec<usize>,
    /// How many traces a transaction may have: fewer after one that failed.
    at_once: usize,
    flushes: Vec<oneshot::Sender<()>>,
}

impl Task {
    /// Goes on until every sink is dropped and all that was offered is stored.
    async fn run(mut self) {
        while let Some(first) = self.receiver.recv().await {
            self.take(first);
            // Nobody is woken for each trace: what comes meanwhile is looked at once.
            if self.flushes.is_empty() && !self.receiver.is_closed() {
                let hurry = self.shared.hurry.notified();
                let _either = tokio::time::timeout(self.settings.delay, hurry).await;
            }
            while let Ok(message) = self.receiver.try_recv() {
                self.take(message);
                if self.batch.len().is_multiple_of(AT_ONCE) {
                    tokio::task::yield_now().await;
                }
                if self.batch.len() >= self.settings.batch.max(1) || !self.flushes.is_empty() {
                    self.store().await;
                }
            }
            self.store().await;
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Trace(trace, size) => {
                self.batch.push(trace.row());
                self.sizes.push(size);
            }
            Message::Flush(reply) => self.flushes.push(reply),
        }
    }

    /// Stores the batch, part by part, however long that takes.
    async fn store(&mut self) {
        let (batch, sizes) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.sizes));
        let (mut batch, mut sizes) = (batch.as_slice(), sizes.as_slice());
        while !batch.is_empty() {
            let (length, stored) = self.keep(batch).await;
            let held = sizes.iter().take(length).sum();
            self.shared.stored.fetch_add(stored, Ordering::Relaxed);
            self.shared.dropped.fetch_add(length as u64 - stored, Ordering::Relaxed);
            self.shared.waiting.fetch_sub(length as u64, Ordering::Relaxed);
            self.shared.bytes.fetch_sub(held, Ordering::Relaxed);
            batch = batch.get(length..).unwrap_or_default();
            sizes = sizes.get(length..).unwrap_or_default();
        }
        for flush in self.flushes.drain(..) {
            // Whoever stopped waiting was told that it timed out.
            let _unheard = flush.send(());
        }
    }

    /// Stores the beginning of a batch. Says how long that is, and how many of it were stored.
    async fn keep(&mut self, batch: &[(Trace, Vec<u8>)]) -> (usize, u64) {
        let (mut pause, mut attempts) = (RETRY.0, 0);
        loop {
            let part = self.part(batch);
            let begun = tokio::time::Instant::now();
            let error = match self.store.insert_traces(part).await {
                Ok(()) => {
                    self.failed(None);
                    // One that took long is no reason to try a larger one.
                    if begun.elapsed() < self.store.deadline() / 4 {
                        self.at_once = self.settings.batch.max(1).min(self.at_once * 2);
                    }
                    return (part.len(), part.len() as u64);
                }
                Err(error) => error,
            };
            self.failed(Some(error.clone()));
            match error {
                StoreError::Closed => return (batch.len(), 0),
                // One that the database refuses is no reason to lose the others.
                StoreError::Statement { .. } if part.len() == 1 => return (1, 0),
                StoreError::Statement { .. } => {
                    self.at_once = 1;
                    continue;
                }
                StoreError::TimedOut(_) if is_long(part) && self.store.health().await.is_ok() => {
                    attempts += 1;
                    if attempts >= ATTEMPTS {
                        return (1, 0);
                    }
                }
                _ => self.at_once = (part.len() / 2).max(1),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY.1);
        }
    }

    /// As much of a batch as one transaction may have; at least one.
    fn part<'a>(&self, batch: &'a [(Trace, Vec<u8>)]) -> &'a [(Trace, Vec<u8>)] {
        let mut bytes = 0;
        let fits = |(_, record): &&(Trace, Vec<u8>)| {
            bytes += record.len();
            bytes <= AT_MOST
        };
        let length = batch.iter().take(self.at_once).take_while(fits).count().max(1);
        batch.get(..length).unwrap_or(batch)
    }

    fn failed(&self, error: Option<StoreError>) {
        *self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

/// Whether it is one trace, and a long one.
fn is_long(part: &[(Trace, Vec<u8>)]) -> bool {
    matches!(part, [(_, record)] if record.len() >= LONG)
}
