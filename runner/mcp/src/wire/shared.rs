//! What a connection and its transport both know.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rmcp::model::{NumberOrString, ProgressToken, RequestId};
use tokio::sync::watch;

use crate::bounds::MOST_ASKED;
use crate::call::{Progress, ProgressSink};
use crate::error::{Error, Kind};
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
    opened: OnceLock<Instant>,
    ended: OnceLock<Instant>,
}

#[derive(Debug, Default)]
struct Pending {
    /// What was asked and not answered, with the token that its progress goes by.
    asked: HashMap<RequestId, Option<ProgressToken>>,
    sinks: HashMap<ProgressToken, ProgressSink>,
    /// What the server asked and was not answered.
    of_server: HashSet<RequestId>,
}

impl Shared {
    pub(crate) fn new(name: &str, redactor: Redactor) -> Self {
        Self {
            name: name.into(),
            redactor,
            generation: watch::Sender::new(0),
            pending: Mutex::default(),
            fault: Mutex::default(),
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
    pub(super) fn ask(&self, id: RequestId, sink: Option<(ProgressToken, ProgressSink)>) {
        let mut pending = self.pending();
        pending.asked.insert(id, sink.as_ref().map(|(token, _)| token.clone()));
        pending.sinks.extend(sink);
    }

    /// Whether `id` was asked and is not answered yet: now it is. Some servers answer `7` by `"7"`.
    pub(super) fn answered(&self, id: &RequestId) -> bool {
        let mut pending = self.pending();
        let token = match (pending.asked.remove(id), id) {
            (None, NumberOrString::String(text)) => {
                text.parse().ok().and_then(|id| pending.asked.remove(&NumberOrString::Number(id)))
            }
            (found, _) => found,
        };
        if let Some(Some(token)) = &token {
            pending.sinks.remove(token);
        }
        token.is_some()
    }

    /// The only thing that is asked, or `id` if that is.
    pub(crate) fn pending_or(&self, id: Option<i64>) -> Option<RequestId> {
        let pending = self.pending();
        match id.map(NumberOrString::Number).filter(|id| pending.asked.contains_key(id)) {
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
