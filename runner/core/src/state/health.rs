//! Whether the store works: asked now and then, at once where something failed, and whatever is kept in it. What was found is told by
//! `/ready`, without a word of the store's own, and by the log.

use std::sync::Weak;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pace_state::{SinkState, Store, StoreError};
use tokio::sync::Notify;

use super::keeper::Keeper;

/// How often it is looked whether traces are stored.
const LOOK: Duration = Duration::from_secs(1);
/// After how many looks the store is asked whether it works, also when nothing is stored.
const ASKED: u32 = 5;

/// What is known of the store.
#[derive(Debug, Default)]
pub(crate) struct Health {
    is_failing: AtomicBool,
    /// Something failed.
    doubted: Notify,
}

impl Health {
    /// Whether it works, as far as is known.
    pub(crate) fn is_well(&self) -> bool {
        !self.is_failing.load(Ordering::Relaxed)
    }

    /// Something that has to be stored could not be. Until the store was asked, it counts as failing. Says whether it did not before:
    /// then the reason is news.
    pub(crate) fn doubt(&self) -> bool {
        let was_failing = self.is_failing.swap(true, Ordering::Relaxed);
        self.doubted.notify_one();
        !was_failing
    }
}

/// Looks after a store for as long as somebody wants to know: tells the log when it fails, when it works again, and when traces
/// were dropped.
pub(super) async fn watch(health: Weak<Health>, store: Store, keeper: Option<Weak<Keeper>>) {
    let (mut failure, mut dropped) = (None, (0, 0));
    let meanwhile =
        if keeper.is_some() { "traces wait, and live writes are refused" } else { "live writes are refused" };
    for look in 0_u32.. {
        let Some(health) = health.upgrade() else { return };
        let is_doubted = tokio::time::timeout(LOOK, health.doubted.notified()).await.is_ok();
        let sink = keeper.as_ref().and_then(Weak::upgrade).map(|keeper| keeper.state());
        // What failed is taken back by the store alone: that nobody asks anything of it is no sign that it works.
        let is_due = is_doubted || failure.is_some() || look % ASKED == 0;
        let found = match sink.as_ref().and_then(|sink| sink.failure.clone()) {
            None if is_due => store.health().await.err(),
            found => found,
        };
        health.is_failing.store(found.is_some(), Ordering::Relaxed);
        tell(failure.as_ref(), found.as_ref(), meanwhile);
        failure = found;
        tell_dropped(&mut dropped, sink.as_ref());
        if is_doubted {
            // Many who fail at once are one question.
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn tell(before: Option<&StoreError>, now: Option<&StoreError>, meanwhile: &str) {
    match (before, now) {
        (None, Some(error)) => tracing::error!("the store fails: {error}; {meanwhile}"),
        (Some(_), None) => tracing::info!("the store works again"),
        _ => {}
    }
}

/// What was told before is how many found no room, and how many the store did not take.
fn tell_dropped(told: &mut (u64, u64), sink: Option<&SinkState>) {
    let Some(SinkState { dropped, crowded, .. }) = sink else { return };
    let now = (*crowded, dropped.saturating_sub(*crowded));
    if now.0 > told.0 {
        tracing::warn!(dropped = now.0 - told.0, "traces were dropped, because too many waited for the store");
    }
    if now.1 > told.1 {
        tracing::warn!(dropped = now.1 - told.1, "traces were dropped, because the store does not take them");
    }
    *told = now;
}
