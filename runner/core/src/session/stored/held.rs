//! The lease of a turn, held by this runner: renewed while the turn goes on, given back when it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pace_state::{Key, StoreError, TurnEnd, TurnLease, Version};
use tokio::time::{Instant, sleep};

use super::{LEASE, Shared, Write, now};
use crate::id::SessionId;

/// How often a lease is renewed: twice may fail.
const RENEWED: Duration = Duration::from_secs(10);
/// How often it is tried to renew it, or to give it back, while the store fails.
const AGAIN: Duration = Duration::from_secs(1);

/// A lease.
pub(in crate::session) struct Held {
    lease: TurnLease,
    id: Key,
    shared: Arc<Shared>,
    /// It is being ended: what the store says of it since means nothing.
    is_over: AtomicBool,
}

impl Held {
    pub(super) fn new(lease: TurnLease, id: Key, shared: &Arc<Shared>) -> Self {
        Self { lease, id, shared: Arc::clone(shared), is_over: AtomicBool::new(false) }
    }

    pub(super) fn id(&self) -> SessionId {
        SessionId::of_number(self.id.0)
    }

    /// At which version the conversation will have been seen.
    pub(super) fn version(&self) -> Version {
        self.lease.version()
    }

    /// Ends the turn with what was said.
    ///
    /// # Errors
    /// As [`pace_state::Store::commit_turn`].
    pub(super) async fn commit(&self, end: &TurnEnd) -> Result<(), StoreError> {
        let was_over = self.is_over.swap(true, Ordering::AcqRel);
        let ended = self.shared.persist(&Write::Next(self.lease), end).await;
        if !was_over && !matches!(ended, Ok(()) | Err(StoreError::Fenced { .. })) {
            // Nobody need wait until it ends by itself.
            self.give_back();
        }
        ended
    }

    /// Ends it without.
    pub(super) fn release(&self) {
        if !self.is_over.swap(true, Ordering::AcqRel) {
            self.give_back();
        }
    }

    /// Renews it until it is somebody else's. While the store fails it may run out, and is still good where nobody took it over.
    pub(super) async fn renewed(&self) {
        let mut wait = RENEWED;
        loop {
            sleep(wait).await;
            let renewed = self.shared.told(self.shared.store.renew_turn(&self.lease, LEASE, now()).await);
            wait = match renewed {
                Ok(()) => RENEWED,
                Err(StoreError::Fenced { .. }) if !self.is_over.load(Ordering::Acquire) => return,
                Err(StoreError::Fenced { .. }) => std::future::pending().await,
                Err(_) => AGAIN,
            };
        }
    }

    /// In the background, for as long as it would last.
    fn give_back(&self) {
        let (lease, shared) = (self.lease, Arc::clone(&self.shared));
        // Outside of a runtime nothing goes on, and the lease ends by itself.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let going = shared.under_way.begin();
        runtime.spawn(async move {
            let _going = going;
            let end = Instant::now() + LEASE;
            while shared.told(shared.store.release_turn(&lease).await).is_err() && Instant::now() < end {
                sleep(AGAIN).await;
            }
        });
    }
}

impl Drop for Held {
    /// Of a turn that was taken for somebody who was gone by then.
    fn drop(&mut self) {
        self.release();
    }
}
