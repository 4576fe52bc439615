//! The records of the invocations that are streamed, and of those that were and are over, for a while.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pace_ir::program::Principal;
use tokio::time::Instant;

use super::record::Record;
use crate::id::{IdMap, InvocationId, SessionId};
use crate::problem::{Code, Problem};

/// The most records kept of invocations that are over.
const MAX_OVER: usize = 1_000;
/// The most bytes of events kept of invocations that are over.
const MAX_BYTES_OVER: usize = 16 << 20;

/// All records of a server.
#[derive(Debug)]
pub(super) struct Records {
    kept_for: Duration,
    kept: Mutex<Kept>,
    bytes_of_all: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Kept {
    by_id: IdMap<InvocationId, Arc<Record>>,
    /// When each was over, in this order, and its bytes.
    over: VecDeque<(Instant, InvocationId, usize)>,
    bytes_over: usize,
}

/// A record being written. Dropped, the invocation is over, however it ended.
#[derive(Debug)]
pub(super) struct Open<'a> {
    records: &'a Records,
    pub(super) record: Arc<Record>,
}

impl Records {
    /// Records of invocations that are over are kept for so long.
    pub(super) fn new(kept_for: Duration) -> Self {
        Self { kept_for, kept: Mutex::default(), bytes_of_all: Arc::default() }
    }

    /// Begins a record.
    pub(super) fn begin(&self, invocation: InvocationId, session: SessionId, owner: Principal) -> Arc<Record> {
        let record = Arc::new(Record::new(invocation, session, owner, Arc::clone(&self.bytes_of_all)));
        self.lock().by_id.insert(invocation, Arc::clone(&record));
        record
    }

    /// Makes sure that a record ends.
    pub(super) fn open(&self, record: Arc<Record>) -> Open<'_> {
        Open { records: self, record }
    }

    /// The record of this invocation, for who may follow it.
    ///
    /// # Errors
    /// [`Code::UnknownInvocation`].
    pub(super) fn get(&self, asked: &str, owner: &Principal) -> Result<Arc<Record>, Problem> {
        self.sweep();
        let id = asked.parse::<InvocationId>().ok();
        let record = id.and_then(|id| self.lock().by_id.get(&id).cloned());
        record.filter(|record| record.owner == *owner).ok_or_else(|| {
            let detail =
                format!("there is no invocation `{}` of yours whose events are kept", pace_ir::text::quoted(asked));
            let minutes = self.kept_for.as_secs() / 60;
            let help =
                format!("follow an invocation that was begun with `/chat/stream` within {minutes} minutes of its end");
            Problem::new(Code::UnknownInvocation, detail).help(help)
        })
    }

    /// Forgets what is too old or too much.
    pub(super) fn sweep(&self) {
        let gone = self.lock().sweep(Instant::now(), self.kept_for);
        // Records are large; others need not wait until each is free.
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Takes out what is too old or too much, to be dropped when the lock is given up.
    fn sweep(&mut self, now: Instant, kept_for: Duration) -> Vec<Arc<Record>> {
        let mut gone = Vec::new();
        while let Some((since, id, bytes)) = self.over.front().copied() {
            let is_too_much = self.over.len() > MAX_OVER || self.bytes_over > MAX_BYTES_OVER;
            if !is_too_much && now.duration_since(since) < kept_for {
                break;
            }
            self.over.pop_front();
            self.bytes_over -= bytes;
            gone.extend(self.by_id.remove(&id));
        }
        gone
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.record.end();
        let (bytes, now) = (self.record.bytes(), Instant::now());
        let mut kept = self.records.lock();
        kept.over.push_back((now, self.record.invocation, bytes));
        kept.bytes_over += bytes;
        let gone = kept.sweep(now, self.records.kept_for);
        drop(kept);
        drop(gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(records: &Records) -> String {
        let (invocation, session) = (InvocationId::new().unwrap(), SessionId::new().unwrap());
        drop(records.open(records.begin(invocation, session, Principal::Anonymous)));
        invocation.to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn records_are_kept_for_a_while_and_for_their_owner() {
        let records = Records::new(Duration::from_mins(5));
        let id = over(&records);
        let ann: Principal = "user:ann".parse().unwrap();
        assert!(records.get(&id, &Principal::Anonymous).is_ok());
        for (id, who) in [(id.as_str(), &ann), ("x\u{1b}", &ann), (&"0".repeat(32), &Principal::Anonymous)] {
            assert_eq!(records.get(id, who).unwrap_err().code, Code::UnknownInvocation);
        }
        tokio::time::advance(Duration::from_secs(301)).await;
        assert!(records.get(&id, &Principal::Anonymous).is_err());
        let kept = records.lock();
        assert_eq!((kept.by_id.len(), kept.bytes_over), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_kept_than_fit() {
        let records = Records::new(Duration::from_mins(5));
        let first = over(&records);
        for _ in 0..MAX_OVER {
            over(&records);
        }
        assert!(records.get(&first, &Principal::Anonymous).is_err());
        assert_eq!(records.lock().by_id.len(), MAX_OVER);
    }
}
