//! When calls are given up. One timer serves all calls of a connection: one of its own for each call would be set and taken back a
//! thousand times a second, and each time wake the thread that waits for the next of them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// What is longer than a clock can tell is as good as this.
const FOREVER: Duration = Duration::from_hours(24 * 365);

/// The deadlines of one connection.
pub(super) struct Deadlines {
    shared: Arc<Shared>,
    keeper: AbortHandle,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is a deadline before the one that the timer is set to.
    earlier: Notify,
}

#[derive(Default)]
struct State {
    /// Tells those with the same deadline apart.
    next: u64,
    /// Who is woken when.
    waiting: BTreeMap<(Instant, u64), Waker>,
    /// What the timer is set to.
    set: Option<Instant>,
}

impl Deadlines {
    /// None yet. To be called in a runtime.
    pub(super) fn new() -> Self {
        let shared = Arc::new(Shared::default());
        let keeper = tokio::spawn(keep(Arc::clone(&shared))).abort_handle();
        Self { shared, keeper }
    }

    /// What `future` comes to, or nothing if it takes longer.
    pub(super) fn within<F>(&self, within: Duration, mut future: F) -> impl Future<Output = Option<F::Output>>
    where
        F: Future + Unpin,
    {
        let now = Instant::now();
        let ends = now.checked_add(within).unwrap_or(now + FOREVER);
        let mut deadline = Deadline { shared: Arc::clone(&self.shared), ends, place: None };
        std::future::poll_fn(move |context| match Pin::new(&mut future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => deadline.poll(context).map(|()| None),
        })
    }
}

impl Drop for Deadlines {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those whose time is over, and says when the next one's is.
    fn sweep(&self) -> Option<Instant> {
        let (now, mut over) = (Instant::now(), Vec::new());
        let next = {
            let mut state = self.state();
            while let Some(first) = state.waiting.first_entry().filter(|first| first.key().0 <= now) {
                over.push(first.remove());
            }
            state.set = state.waiting.first_key_value().map(|((ends, _), _)| *ends);
            state.set
        };
        over.into_iter().for_each(Waker::wake);
        next
    }
}

/// One deadline.
struct Deadline {
    shared: Arc<Shared>,
    ends: Instant,
    place: Option<u64>,
}

impl Deadline {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // The first time it is only noted: asking for the time costs as much.
        if self.place.is_some() && Instant::now() >= self.ends {
            return Poll::Ready(());
        }
        let mut state = self.shared.state();
        let place = *self.place.get_or_insert_with(|| {
            state.next += 1;
            state.next
        });
        state.waiting.entry((self.ends, place)).or_insert_with(|| context.waker().clone()).clone_from(context.waker());
        let is_earlier = state.set.is_none_or(|set| self.ends < set);
        if is_earlier {
            state.set = Some(self.ends);
        }
        drop(state);
        if is_earlier {
            self.shared.earlier.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.shared.state().waiting.remove(&(self.ends, place));
        }
    }
}

/// Keeps the timer: it is set to the first deadline there was when it last rang, so that calls that end before wake nobody.
async fn keep(shared: Arc<Shared>) {
    loop {
        let next = shared.sweep();
        let timer = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = timer => {}
            () = shared.earlier.notified() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn each_is_given_up_at_its_own_time() {
        let (deadlines, start) = (Deadlines::new(), Instant::now());
        let never = |seconds: u32| {
            let given_up = deadlines.within(SECOND * seconds, std::future::pending::<()>());
            async move { (given_up.await, start.elapsed().as_secs()) }
        };
        // The later one comes first, and an earlier one while it waits.
        let later = async {
            tokio::time::sleep(SECOND).await;
            never(2).await
        };
        let all = tokio::join!(never(60), never(5), later, deadlines.within(SECOND * 9, std::future::ready(7)));
        assert_eq!(all, ((None, 60), (None, 5), (None, 3), Some(7)));
        assert!(deadlines.shared.state().waiting.is_empty());
        // And again, when there is nothing any more.
        assert_eq!(never(4).await, (None, 64));
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_time_leaves_nothing_behind() {
        let deadlines = Deadlines::new();
        for _call in 0..3 {
            let slow = std::pin::pin!(async {
                tokio::time::sleep(SECOND).await;
                7
            });
            assert_eq!(deadlines.within(SECOND * 60, slow).await, Some(7));
        }
        drop(deadlines.within(SECOND, std::future::pending::<()>()));
        assert!(deadlines.shared.state().waiting.is_empty());
    }
}
