//! What a connection and its transport both know.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rmcp::model::{NumberOrString, ProgressToken, RequestId, ServerJsonRpcMessage};
use tokio::sync::watch;

use crate::bounds::{MOST_ASKED, MOST_UNWANTED, UNWANTED_A_SECOND};
use crate::call::{Progress, ProgressSink};
use crate::error::{Error, Kind};
use crate::message::Room;
use crate::redact::Redactor;

/// Of one connection.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The server's.
    pub(crate) name: Arc<str>,
    pub(crate) redactor: Redactor,
    /// How often the list of tools has changed.
    generation: watch::Sender<u64>,
    pending: Mutex<Pending>,
    /// Why the connection cannot go on, if something is to blame; the first of them.
    fault: Mutex<Option<Kind>>,
    /// When the answers that nobody waited for would be made good for.
    unwanted: Mutex<Option<Instant>>,
    opened: OnceLock<Instant>,
    ended: OnceLock<Instant>,
}

#[derive(Debug, Default)]
struct Pending {
    /// What was asked and not answered, with the token that its progress goes by.
    asked: HashMap<RequestId, Asked>,
    sinks: HashMap<ProgressToken, ProgressSink>,
    /// What the server asked and was not answered.
    of_server: HashSet<RequestId>,
    /// Answers on their way past rmcp, which is shown something shorter in their place.
    aside: HashMap<RequestId, ServerJsonRpcMessage>,
    /// The memory of heavy answers, until whoever asked is done with them.
    rooms: HashMap<RequestId, Room>,
}

#[derive(Debug)]
struct Asked {
    asks: Asks,
    token: Option<ProgressToken>,
}

/// What is asked of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// A tool's call.
    Call,
    /// A list of tools.
    List,
    /// Something that is answered by little.
    Else,
}

impl Shared {
    pub(crate) fn new(name: &str, redactor: Redactor) -> Self {
        Self {
            name: name.into(),
            redactor,
            generation: watch::Sender::new(0),
            pending: Mutex::default(),
            fault: Mutex::default(),
            unwanted: Mutex::default(),
            opened: OnceLock::new(),
            ended: OnceLock::new(),
        }
    }

    pub(crate) fn error(&self, kind: Kind) -> Error {
        Error::new(&self.name, kind)
    }

    /// The first reason counts: the others follow from it.
    pub(crate) fn blame(&self, kind: Kind) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert(kind);
    }

    pub(crate) fn fault(&self) -> Option<Kind> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same, once: over HTTP the connection goes on.
    pub(crate) fn take_fault(&self) -> Option<Kind> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The handshake is done.
    pub(crate) fn opened(&self) {
        self.opened.get_or_init(Instant::now);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.opened.get().is_some()
    }

    /// Nothing comes any more.
    pub(super) fn ended(&self) {
        self.ended.get_or_init(Instant::now);
    }

    /// From the handshake to the end.
    pub(crate) fn lived(&self) -> Option<Duration> {
        Some(self.ended.get()?.duration_since(*self.opened.get()?))
    }

    pub(crate) fn generation(&self) -> u64 {
        *self.generation.borrow()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    pub(crate) fn list_changed(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// Something is asked.
    pub(crate) fn ask(&self, id: RequestId, asks: Asks, sink: Option<(ProgressToken, ProgressSink)>) {
        let mut pending = self.pending();
        pending.asked.insert(id, Asked { asks, token: sink.as_ref().map(|(token, _)| token.clone()) });
        pending.sinks.extend(sink);
    }

    /// Whether `id` was asked and is not answered yet: now it is.
    pub(super) fn answered(&self, id: &RequestId) -> bool {
        let mut pending = self.pending();
        let asked = pending.id(id).and_then(|id| pending.asked.remove(&id));
        if let Some(token) = asked.as_ref().and_then(|asked| asked.token.as_ref()) {
            pending.sinks.remove(token);
        }
        asked.is_some()
    }

    /// What was asked by `id`, if it is not answered yet.
    pub(crate) fn asks(&self, id: &RequestId) -> Option<Asks> {
        let pending = self.pending();
        Some(pending.asked.get(&pending.id(id)?)?.asks)
    }

    /// Keeps the memory of an answer until [`Shared::done`], if that will be said.
    pub(crate) fn weigh(&self, id: &RequestId, room: Room) {
        let mut pending = self.pending();
        if let Some(id) = pending.id(id)
            && pending.asked.get(&id).is_some_and(|asked| asked.asks != Asks::Else)
        {
            pending.rooms.insert(id, room);
        }
    }

    /// Whether the answer to `id` is heavy.
    pub(crate) fn is_heavy(&self, id: &RequestId) -> bool {
        self.pending().rooms.contains_key(id)
    }

    /// Whoever asked is done with the answer, or waits for none any more.
    pub(crate) fn done(&self, id: &RequestId) {
        self.answered(id);
        let mut pending = self.pending();
        pending.aside.remove(id);
        pending.rooms.remove(id);
    }

    /// Has an answer go past rmcp. Not if nobody waits for it any more.
    pub(crate) fn put_aside(&self, id: &RequestId, message: ServerJsonRpcMessage) {
        let mut pending = self.pending();
        if let Some(id) = pending.id(id) {
            pending.aside.insert(id, message);
        }
    }

    /// The answer that went past.
    pub(super) fn take_aside(&self, id: &RequestId) -> Option<ServerJsonRpcMessage> {
        self.pending().aside.remove(id)
    }

    /// An answer of so many bytes came that nobody waits for.
    ///
    /// # Errors
    /// It is one too many: the server does not heed what it is told.
    pub(crate) fn unwanted(&self, bytes: usize) -> Result<(), Kind> {
        // As long as it takes to be made good for.
        let time = |bytes: usize| Duration::from_micros(bytes as u64 * 1_000_000 / UNWANTED_A_SECOND as u64);
        let mut good = self.unwanted.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let then = good.map_or(now, |then| then.max(now)) + time(bytes);
        *good = Some(then);
        if then.duration_since(now) > time(MOST_UNWANTED) {
            let why = format!("it sent {} MiB of answers to calls that were over", MOST_UNWANTED >> 20);
            return Err(Kind::Protocol { why });
        }
        Ok(())
    }

    /// The only thing that is asked, or `id` if that is.
    pub(crate) fn pending_or(&self, id: Option<RequestId>) -> Option<RequestId> {
        let pending = self.pending();
        match id.and_then(|id| pending.id(&id)) {
            None if pending.asked.len() == 1 => pending.asked.keys().next().cloned(),
            found => found,
        }
    }

    pub(super) fn progress(&self, token: &ProgressToken, progress: Progress) {
        let sink = self.pending().sinks.get(token).cloned();
        if let Some(sink) = sink {
            sink.tell(progress);
        }
    }

    /// Whether something that the server asks is answered: not if it asks ever more and takes no answers.
    pub(super) fn asked(&self, id: &RequestId) -> bool {
        let mut pending = self.pending();
        pending.of_server.len() < MOST_ASKED && pending.of_server.insert(id.clone())
    }

    pub(super) fn replied(&self, id: &RequestId) {
        self.pending().of_server.remove(id);
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// `id` as it was asked by, if it was. Some servers answer `7` by `"7"`.
    fn id(&self, id: &RequestId) -> Option<RequestId> {
        match id {
            id if self.asked.contains_key(id) => Some(id.clone()),
            NumberOrString::String(text) => {
                text.parse().ok().map(NumberOrString::Number).filter(|id| self.asked.contains_key(id))
            }
            NumberOrString::Number(_) => None,
        }
    }
}
