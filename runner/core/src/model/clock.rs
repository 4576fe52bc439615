//! One timer for everything that is waited for in a call, one thing after the other. A timer of its own for each would be
//! set and taken back for each piece of an answer, and hardly any ever rings.

use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Elapsed;

/// What a future comes to, if it does within `limit`. The clock stays set for a moment that is not after the deadline, and
/// looks when it rings.
///
/// # Errors
/// [`Elapsed`].
pub(super) async fn within<F: Future>(
    mut clock: Pin<&mut Sleep>,
    limit: Duration,
    future: F,
) -> Result<F::Output, Elapsed> {
    let deadline = Instant::now() + limit;
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        // Only now: to set a clock may wake the thread that waits for the next one to ring, and most futures are ready at once.
        if deadline < clock.deadline() {
            clock.as_mut().reset(deadline);
        }
        while clock.as_mut().poll(context).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(Err(Elapsed));
            }
            clock.as_mut().reset(deadline);
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_has_its_own_time() {
        let second = Duration::from_secs(1);
        let mut clock = pin!(tokio::time::sleep(second));
        let begun = Instant::now();
        let wait = |seconds: u32| tokio::time::sleep(second * seconds);
        assert_eq!(within(clock.as_mut(), second * 5, wait(3)).await, Ok(()));
        assert_eq!(within(clock.as_mut(), second * 10, wait(9)).await, Ok(()));
        assert_eq!(begun.elapsed(), second * 12);
        // Shorter than what the clock is set for.
        assert_eq!(within(clock.as_mut(), second * 2, wait(3)).await, Err(Elapsed));
        assert_eq!(begun.elapsed(), second * 14);
        assert_eq!(within(clock.as_mut(), second * 2, async { 7 }).await, Ok(7));
        assert_eq!(within(clock.as_mut(), second * 2, std::future::pending::<()>()).await, Err(Elapsed));
        assert_eq!(begun.elapsed(), second * 16);
    }
}
