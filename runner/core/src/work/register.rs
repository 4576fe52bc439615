//! The invocations that run, by their ids. One enters when it is admitted and is taken out when it is settled what it comes to: whatever
//! stands here can still be cancelled. To enter and to be taken out cost the same however many there are. Decides nothing about who
//! may see or cancel one; what ran, traces know.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use pace_ir::program::Principal;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::events::Source;
use crate::id::{IdMap, InvocationId, SessionId};

/// Over how many locks they are spread: each invocation takes one of them twice.
const SHARDS: usize = 16;

/// All that run.
#[derive(Debug, Default)]
pub(crate) struct Register {
    shards: [Mutex<IdMap<InvocationId, Arc<Entry>>>; SHARDS],
}

/// An invocation that runs.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Which.
    pub(crate) source: Source,
    /// For whom.
    pub(crate) principal: Principal,
    /// The session it is a turn of.
    pub(crate) session: SessionId,
    /// When it was admitted.
    pub(crate) started: SystemTime,
    cancellation: CancellationToken,
    stage: Mutex<Stage>,
    over: Notify,
}

/// How far an invocation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It runs.
    Running,
    /// It was cancelled, and has yet to notice.
    Cancelling,
    /// What it comes to is settled; it is being kept and told.
    Settled,
    /// It is over.
    Over,
}

impl Stage {
    /// Whether it can be seen and cancelled.
    pub(crate) fn is_running(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

/// What an invocation is to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// To what it came to.
    Undisturbed,
    /// To nothing, whatever it came to: somebody was told that it is cancelled.
    Cancelled,
}

/// An invocation's place in the register. Dropped, it is over, however it ended.
#[derive(Debug)]
pub(crate) struct Entered {
    register: Arc<Register>,
    entry: Arc<Entry>,
}

impl Register {
    /// An invocation begins, of a turn of `session`; `cancellation` ends it early.
    pub(crate) fn enter(
        self: &Arc<Self>,
        source: Source,
        principal: Principal,
        session: SessionId,
        cancellation: CancellationToken,
    ) -> Entered {
        let (started, stage, over) = (SystemTime::now(), Mutex::new(Stage::Running), Notify::new());
        let entry = Arc::new(Entry { source, principal, session, started, cancellation, stage, over });
        let id = entry.source.invocation;
        lock(self.shard(id)).insert(id, Arc::clone(&entry));
        Entered { register: Arc::clone(self), entry }
    }

    /// The one of this id, if it runs.
    pub(crate) fn get(&self, id: InvocationId) -> Option<Arc<Entry>> {
        lock(self.shard(id)).get(&id).cloned()
    }

    /// All of them, in no order.
    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(lock(shard).values().cloned());
        }
        all
    }

    fn remove(&self, id: InvocationId) {
        let gone = lock(self.shard(id)).remove(&id);
        // Freed when the lock is given up.
        drop(gone);
    }

    fn shard(&self, id: InvocationId) -> &Mutex<IdMap<InvocationId, Arc<Entry>>> {
        // Not by the half of an id that a map takes for its hash: all of a shard would fall on the same places of it.
        let [first, ..] = &self.shards;
        self.shards.get(usize::from(id.last_byte()) % SHARDS).unwrap_or(first)
    }
}

impl Entry {
    /// How far it is.
    pub(crate) fn stage(&self) -> Stage {
        *lock(&self.stage)
    }

    /// Cancels it, and says whether that is what becomes of it: true as often as it is asked, false if it was settled before.
    pub(crate) fn cancel(&self) -> bool {
        let mut stage = lock(&self.stage);
        match *stage {
            Stage::Running => *stage = Stage::Cancelling,
            Stage::Cancelling => {}
            Stage::Settled | Stage::Over => return false,
        }
        drop(stage);
        self.cancellation.cancel();
        true
    }

    /// Waits until it is over: its last event was told.
    pub(crate) async fn over(&self) {
        // Made before the look, so that it hears of what comes after it.
        let heard = self.over.notified();
        if self.stage() != Stage::Over {
            heard.await;
        }
    }
}

impl Entered {
    /// It is known what it came to; from here on nobody can cancel it.
    pub(crate) fn settle(&self) -> Verdict {
        let before = std::mem::replace(&mut *lock(&self.entry.stage), Stage::Settled);
        self.register.remove(self.entry.source.invocation);
        if before == Stage::Cancelling { Verdict::Cancelled } else { Verdict::Undisturbed }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = std::mem::replace(&mut *lock(&self.entry.stage), Stage::Over);
        if before != Stage::Settled {
            self.register.remove(self.entry.source.invocation);
        }
        self.entry.over.notify_waiters();
    }
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn enter(register: &Arc<Register>) -> (Entered, InvocationId, CancellationToken) {
        let (invocation, session) = (InvocationId::new().unwrap(), SessionId::new().unwrap());
        let source = Source { invocation, parent: None, agent: "helper".parse().unwrap() };
        let token = CancellationToken::new();
        (register.enter(source, Principal::Anonymous, session, token.clone()), invocation, token)
    }

    #[test]
    fn who_was_told_that_it_is_cancelled_was_told_the_truth() {
        let register = Arc::new(Register::default());
        let (entered, id, token) = enter(&register);
        let entry = register.get(id).unwrap();
        assert_eq!((entry.stage(), entry.cancel(), entry.cancel()), (Stage::Running, true, true));
        assert!(token.is_cancelled() && entry.stage() == Stage::Cancelling);
        assert_eq!(entered.settle(), Verdict::Cancelled);

        let (entered, id, token) = enter(&register);
        let entry = register.get(id).unwrap();
        assert_eq!(entered.settle(), Verdict::Undisturbed);
        assert!(!entry.cancel() && !token.is_cancelled() && register.get(id).is_none());
        drop(entered);
        assert!(!entry.cancel() && entry.stage() == Stage::Over);
    }

    #[tokio::test]
    async fn it_is_over_when_its_place_is_given_up() {
        use futures_util::FutureExt as _;
        let register = Arc::new(Register::default());
        // With its end and without, as when the task it is part of is dropped.
        for settles in [true, false] {
            let (entered, id, _) = enter(&register);
            let entry = register.get(id).unwrap();
            let mut waiting = Box::pin(entry.over());
            assert!(waiting.as_mut().now_or_never().is_none());
            if settles {
                entered.settle();
                assert!(waiting.as_mut().now_or_never().is_none());
            }
            drop(entered);
            assert!(waiting.now_or_never().is_some() && register.get(id).is_none());
            assert!(entry.over().now_or_never().is_some());
        }
    }

    #[test]
    fn all_of_many_are_there_and_none_stays() {
        let register = Arc::new(Register::default());
        let entered: Vec<_> = (0..1_000).map(|_| enter(&register)).collect();
        let listed: BTreeSet<_> = register.all().iter().map(|entry| entry.source.invocation).collect();
        assert_eq!(listed, entered.iter().map(|(_, id, _)| *id).collect());
        // No lock has much more than its share.
        assert!(register.shards.iter().all(|shard| (20..120).contains(&lock(shard).len())));
        drop(entered);
        assert!(register.all().is_empty());
    }
}
