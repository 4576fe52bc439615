//! What goes on though nobody waits for it: a turn that is stored for a client that has gone, a lease that is given back. Whoever ends the
//! process waits for all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How much of it there is.
#[derive(Debug, Default)]
pub(in crate::session) struct UnderWay {
    count: AtomicUsize,
    changed: Notify,
}

/// Held by one of them while it goes on.
#[derive(Debug)]
pub(super) struct Going(Arc<UnderWay>);

impl UnderWay {
    /// One more.
    pub(super) fn begin(self: &Arc<Self>) -> Going {
        self.count.fetch_add(1, Ordering::AcqRel);
        Going(Arc::clone(self))
    }

    /// Ends when there is none.
    pub(super) async fn over(&self) {
        loop {
            let changed = self.changed.notified();
            if self.count.load(Ordering::Acquire) == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.changed.notify_waiters();
        }
    }
}
