//! Answers that a client of HTTP/2 does not take. There the socket goes on while the window of one stream is closed, so that the clock of
//! the [socket](super::socket) does not see it: an answer was begun, and hyper does not come back for more of it. A client that lets one of
//! its answers lie for too long loses the connection; its other streams could be used to hold memory just as well.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The answers of one connection.
#[derive(Debug)]
pub(super) struct Stalls {
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    /// Since when a piece of each has not been taken.
    since: BTreeMap<u64, Instant>,
    clock: Option<Pin<Box<Sleep>>>,
}

/// One answer.
#[derive(Debug)]
pub(super) struct Stall {
    all: Arc<Stalls>,
    number: u64,
}

impl Stalls {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, state: Mutex::default() }
    }

    /// An answer begins.
    pub(super) fn begin(self: &Arc<Self>) -> Stall {
        let mut state = self.lock();
        state.next += 1;
        Stall { all: Arc::clone(self), number: state.next }
    }

    /// Ready when a piece has been waiting for too long. Looks four times in that time, as long as it is polled.
    pub(super) fn poll_too_long(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let now = Instant::now();
        if state.since.values().any(|since| now.duration_since(*since) >= self.patience) {
            return Poll::Ready(());
        }
        let pause = self.patience / 4;
        let clock = state.clock.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
        while clock.as_mut().poll(context).is_ready() {
            clock.as_mut().reset(now + pause);
        }
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stall {
    /// hyper has a piece, and comes back when the client took it.
    pub(super) fn given(&self) {
        self.all.lock().since.insert(self.number, Instant::now());
    }

    /// It comes back.
    pub(super) fn taken(&self) {
        self.all.lock().since.remove(&self.number);
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        self.taken();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_what_is_given_and_not_taken_counts() {
        let patience = Duration::from_secs(30);
        let stalls = Arc::new(Stalls::new(patience));
        let too_long = || std::future::poll_fn(|context| stalls.poll_too_long(context));
        let (slow, idle, gone) = (stalls.begin(), stalls.begin(), stalls.begin());
        idle.given();
        idle.taken();
        gone.given();
        drop(gone);
        assert!(tokio::time::timeout(patience * 3, too_long()).await.is_err());
        slow.given();
        let begun = Instant::now();
        too_long().await;
        assert!(begun.elapsed() >= patience && begun.elapsed() < patience * 2);
        slow.taken();
        assert!(tokio::time::timeout(patience * 3, too_long()).await.is_err());
    }
}
