//! Between the invocations' tasks and the collector: records wait here, within bounds, until a task makes spans of them and sends
//! these, many at a time. While the collector fails they wait longer, and what does not fit is counted as dropped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prost::Message as _;
use tokio::sync::{Notify, mpsc, oneshot};

use super::message::Span;
use super::send::{Outcome, Sender};
use super::spans::{self, Content};
use crate::environment::Given;
use crate::trace::Trace;

/// The most records that wait: some seconds of the highest load.
const RECORDS: usize = 4_096;
/// The most bytes of them that wait.
const BYTES: usize = 32 << 20;
/// The most spans in one request, as OpenTelemetry's own exporters have it.
const BATCH: usize = 512;
/// The most bytes in one request: gRPC's servers refuse more than 4 MiB unless told otherwise. One span has at most some 200 KiB.
const BATCH_BYTES: usize = 3 << 20;
/// How long a record waits for others.
const DELAY: Duration = Duration::from_secs(1);
/// How long is waited after a failure: at first, and at most. Twice as long each time, and up to half of it more by chance, so that
/// the runners of a cluster do not all come back at once.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// The longest wait that a collector may ask for.
const LONGEST_ASKED: Duration = Duration::from_mins(5);
/// How long is waited after a failure when the process is about to end.
const LAST_RETRY: Duration = Duration::from_millis(250);

/// How an exporter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportState {
    /// Spans that the collector took.
    pub exported: u64,
    /// Spans that it never will.
    pub dropped: u64,
    /// Spans that wait.
    pub waiting: u64,
    /// Why the last attempt failed; nothing if it did not.
    pub failure: Option<String>,
}

/// Records on their way.
#[derive(Debug)]
pub(super) struct Queue {
    sender: mpsc::Sender<Message>,
    shared: Arc<Shared>,
}

enum Message {
    /// With its size.
    Record(Arc<Trace>, usize),
    Flush(oneshot::Sender<()>),
}

#[derive(Debug, Default)]
struct Shared {
    exported: AtomicU64,
    dropped: AtomicU64,
    waiting: AtomicU64,
    bytes: AtomicUsize,
    failure: Mutex<Option<String>>,
    /// There is a whole batch, or somebody flushes.
    hurry: Notify,
    /// Somebody flushes: there is no time for long waits.
    is_ending: AtomicBool,
}

impl Queue {
    pub(super) fn begin(sender: Sender, content: Content, secrets: Given) -> Self {
        let (queue, receiver) = mpsc::channel(RECORDS);
        let shared = Arc::<Shared>::default();
        let task = Task {
            sender,
            content,
            secrets,
            shared: Arc::clone(&shared),
            receiver,
            spans: VecDeque::new(),
            held: 0,
            flushes: Vec::new(),
        };
        tokio::spawn(task.run());
        Self { sender: queue, shared }
    }

    /// Never waits.
    pub(super) fn take(&self, trace: Arc<Trace>) {
        let (shared, length, spans) = (&self.shared, trace.size(), spans::count(&trace) as u64);
        let before = shared.bytes.fetch_add(length, Ordering::Relaxed);
        // One record alone always fits.
        let has_room = before == 0 || before.saturating_add(length) <= BYTES;
        let waited = shared.waiting.fetch_add(spans, Ordering::Relaxed);
        if !has_room || self.sender.try_send(Message::Record(trace, length)).is_err() {
            shared.bytes.fetch_sub(length, Ordering::Relaxed);
            shared.waiting.fetch_sub(spans, Ordering::Relaxed);
            shared.dropped.fetch_add(spans, Ordering::Relaxed);
        } else if waited < BATCH as u64 && waited + spans >= BATCH as u64 {
            shared.hurry.notify_one();
        }
    }

    /// Ends when everything that was taken before was sent or refused. Says whether it was in time.
    pub(super) async fn flush(&self, within: Duration) -> bool {
        let (reply, done) = oneshot::channel();
        let flush = async {
            self.shared.is_ending.store(true, Ordering::Relaxed);
            self.shared.hurry.notify_one();
            self.sender.send(Message::Flush(reply)).await.is_ok() && {
                self.shared.hurry.notify_one();
                done.await.is_ok()
            }
        };
        tokio::time::timeout(within, flush).await.unwrap_or(false)
    }

    pub(super) fn state(&self) -> ExportState {
        let shared = &self.shared;
        let failure = shared.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let [exported, dropped, waiting] =
            [&shared.exported, &shared.dropped, &shared.waiting].map(|count| count.load(Ordering::Relaxed));
        ExportState { exported, dropped, waiting, failure }
    }
}

struct Task {
    sender: Sender,
    content: Content,
    secrets: Given,
    shared: Arc<Shared>,
    receiver: mpsc::Receiver<Message>,
    spans: VecDeque<Span>,
    /// The sizes of the records that the spans are of, together.
    held: usize,
    flushes: Vec<oneshot::Sender<()>>,
}

impl Task {
    /// Goes on until the queue is dropped and all that was in it is sent.
    async fn run(mut self) {
        while let Some(first) = self.receiver.recv().await {
            self.take(first);
            // What came while others were sent may be a batch already, and nobody is told of it again.
            let is_enough = self.shared.waiting.load(Ordering::Relaxed) >= BATCH as u64;
            if self.flushes.is_empty() && !self.receiver.is_closed() && !is_enough {
                let hurry = self.shared.hurry.notified();
                let _either = tokio::time::timeout(DELAY, hurry).await;
            }
            while let Ok(message) = self.receiver.try_recv() {
                self.take(message);
                // Others on this thread have a turn after each.
                tokio::task::yield_now().await;
                if self.spans.len() >= BATCH || !self.flushes.is_empty() {
                    self.send_all().await;
                }
            }
            self.send_all().await;
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Record(trace, size) => {
                self.spans.extend(spans::of(&trace, &self.secrets.redactor(), self.content));
                self.held += size;
            }
            Message::Flush(reply) => self.flushes.push(reply),
        }
    }

    /// Sends what is there, however long that takes.
    async fn send_all(&mut self) {
        while !self.spans.is_empty() {
            let batch = self.batch();
            let count = batch.len() as u64;
            let exported = self.send(self.sender.encoded(batch), count).await.min(count);
            self.shared.exported.fetch_add(exported, Ordering::Relaxed);
            self.shared.dropped.fetch_add(count - exported, Ordering::Relaxed);
            self.shared.waiting.fetch_sub(count, Ordering::Relaxed);
        }
        self.shared.bytes.fetch_sub(std::mem::take(&mut self.held), Ordering::Relaxed);
        for flush in self.flushes.drain(..) {
            // Whoever stopped waiting was told that it timed out.
            let _unheard = flush.send(());
        }
    }

    /// The first spans, as many as one request may have: at least one.
    fn batch(&mut self) -> Vec<Span> {
        let (mut batch, mut bytes) = (Vec::with_capacity(BATCH.min(self.spans.len())), 0);
        while let Some(span) = self.spans.front() {
            bytes += span.encoded_len();
            if batch.len() == BATCH || (bytes > BATCH_BYTES && !batch.is_empty()) {
                break;
            }
            batch.extend(self.spans.pop_front());
        }
        batch
    }

    /// Sends one request until it is taken or refused; says how many of its spans were taken.
    async fn send(&mut self, request: bytes::Bytes, spans: u64) -> u64 {
        let mut pause = RETRY.0;
        loop {
            let (why, asked) = match self.sender.attempt(request.clone()).await {
                Outcome::Taken => {
                    self.failed(None);
                    return spans;
                }
                Outcome::Partly { rejected, why } => {
                    self.failed(Some(&why));
                    return spans.saturating_sub(rejected);
                }
                Outcome::Refused(why) => {
                    self.failed(Some(&why));
                    return 0;
                }
                Outcome::Later { why, wait } => (why, wait),
            };
            self.failed(Some(&why));
            if self.receiver.is_closed() {
                return 0;
            }
            let chance =
                pause.mul_f64(f64::from(u8::try_from(crate::id::random().unwrap_or(0) & 0xff).unwrap_or(0)) / 512.0);
            let wait = (pause + chance).max(asked.unwrap_or_default().min(LONGEST_ASKED));
            self.rest(wait).await;
            pause = (pause * 2).min(RETRY.1);
        }
    }

    /// Waits; not for long where the process is about to end.
    async fn rest(&self, wait: Duration) {
        let until_ending = async {
            while !self.shared.is_ending.load(Ordering::Relaxed) {
                self.shared.hurry.notified().await;
            }
            tokio::time::sleep(LAST_RETRY).await;
        };
        let _either = tokio::time::timeout(wait, until_ending).await;
    }

    fn failed(&self, why: Option<&str>) {
        // What a collector says may be what it was told.
        let why = why.map(|why| self.secrets.redactor().text(why).into_owned());
        *self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
}
