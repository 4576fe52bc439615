//! Whether the store works, as far as sessions found out; told to the log when that changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use pace_state::StoreError;

use super::{Shared, Stored};

/// How often the store is asked while it works, and while it does not.
const ASKED: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(1));

#[derive(Debug, Default)]
pub(super) struct Pulse {
    fails: AtomicBool,
}

impl Pulse {
    pub(super) fn worked(&self) {
        if self.fails.swap(false, Ordering::AcqRel) {
            tracing::info!("sessions are kept again");
        }
    }

    pub(super) fn failed(&self, error: &StoreError) {
        if !self.fails.swap(true, Ordering::AcqRel) {
            tracing::error!("sessions are not kept: {error}; those that are there do not go on");
        }
    }
}

impl Stored {
    /// Whether the store works, as far as sessions know. Why not is for the log.
    pub(in crate::session) fn is_well(&self) -> bool {
        !self.shared.pulse.fails.load(Ordering::Acquire)
    }

    /// Asks the store whether it works, for as long as it is used.
    pub(in crate::session) fn watch(&self) -> impl Future<Output = ()> + use<> {
        let shared = Arc::downgrade(&self.shared);
        async move {
            while let Some(wait) = look(&shared).await {
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Says how long to wait until the next look.
async fn look(shared: &Weak<Shared>) -> Option<Duration> {
    let shared = shared.upgrade()?;
    match shared.store.health().await {
        Err(StoreError::Closed) => None,
        answer => Some(if shared.told(answer).is_ok() { ASKED.0 } else { ASKED.1 }),
    }
}
