//! What a runner is doing, as a whole: which invocations run, whether new ones may begin, and how one or all of them are ended.

mod register;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::id::InvocationId;
use crate::problem::{Code, Problem};

pub(crate) use register::{Entered, Entry, Register, Stage, Verdict};

/// The most invocations at once. Each holds its session and at most one answer in memory, and mostly waits for a model.
pub const MAX_RUNNING: usize = 1_024;

/// The most live writes at once; the next ones wait. More than the sandbox has places.
const MAX_WRITES: usize = 1_024;

/// Over how many tokens the invocations are spread; a few for each of as many cores as one runner makes use of.
const BRANCHES: usize = 16;

/// The invocations of a runner.
#[derive(Debug)]
pub struct Work {
    places: Arc<Semaphore>,
    is_draining: AtomicBool,
    /// Writes that are being made; each holds one of as many permits as there can be.
    writes: Arc<Semaphore>,
    cancel: CancellationToken,
    /// Children of `cancel`. A token keeps its children behind a lock, and each invocation begins and ends with it.
    branches: [CancellationToken; BRANCHES],
    register: Arc<Register>,
}

impl Default for Work {
    fn default() -> Self {
        let cancel = CancellationToken::new();
        Self {
            places: Arc::new(Semaphore::new(MAX_RUNNING)),
            is_draining: AtomicBool::new(false),
            writes: Arc::new(Semaphore::new(MAX_WRITES)),
            branches: std::array::from_fn(|_| cancel.child_token()),
            cancel,
            register: Arc::default(),
        }
    }
}

impl Work {
    /// Whether new invocations may begin.
    ///
    /// # Errors
    /// [`Code::Draining`].
    pub fn accepts(&self) -> Result<(), Problem> {
        if self.is_draining() { Err(draining()) } else { Ok(()) }
    }

    /// A place among those running.
    ///
    /// # Errors
    /// [`Code::TooMany`]; [`Code::Draining`] where somebody waits for all places already ([`Work::finished`]).
    pub fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            if self.is_draining() {
                return draining();
            }
            let detail = format!("the runner runs {MAX_RUNNING} invocations already");
            Problem::new(Code::TooMany, detail).help("try again in a moment").retry_after(Duration::from_secs(1))
        })
    }

    /// How many run.
    pub fn running(&self) -> usize {
        MAX_RUNNING.saturating_sub(self.places.available_permits())
    }

    /// Whether the runner is being stopped.
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Acquire)
    }

    /// From now on nothing new begins.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// Ends everything that runs.
    pub fn cancel(&self) {
        self.drain();
        self.cancel.cancel();
    }

    /// Waits until nothing runs.
    pub async fn finished(&self) {
        let everything = u32::try_from(MAX_RUNNING).unwrap_or(u32::MAX);
        // The semaphore is never closed, so this is only ever an end of waiting.
        let _all = self.places.acquire_many(everything).await;
    }

    /// A place for a live write, held until it is on record what came of it: [`Work::written`] waits for that.
    pub async fn write(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.writes).acquire_owned().await.ok()
    }

    /// How many live writes are being made.
    pub fn writing(&self) -> usize {
        MAX_WRITES.saturating_sub(self.writes.available_permits())
    }

    /// Waits until no live write is being made. What was begun is finished, also when everything else is cancelled; each has
    /// the time limit of its tool.
    pub async fn written(&self) {
        let everything = u32::try_from(MAX_WRITES).unwrap_or(u32::MAX);
        let _all = self.writes.acquire_many(everything).await;
    }

    /// The invocations that run, each by itself.
    pub(crate) fn register(&self) -> &Arc<Register> {
        &self.register
    }

    /// A token for an invocation: cancelled when everything is to end.
    pub fn token(&self, invocation: InvocationId) -> CancellationToken {
        let branch = self.branches.get(usize::from(invocation.first_byte()) % BRANCHES);
        branch.unwrap_or(&self.cancel).child_token()
    }

    /// What an invocation that was cancelled answers.
    pub fn why_cancelled(&self) -> Problem {
        if self.cancel.is_cancelled() {
            draining()
        } else {
            Problem::new(Code::Cancelled, "the invocation was cancelled")
        }
    }
}

fn draining() -> Problem {
    Problem::new(Code::Draining, "the runner is shutting down").help("send it to another runner, or try again later")
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::task::{Context, Poll, Waker};

    use super::{Code, Work};

    /// Whoever waits for the end is in line for all places, and gets each that is given back.
    #[test]
    fn a_request_that_meets_the_end_is_told_of_it() {
        let work = Work::default();
        let running = work.place().unwrap();
        work.drain();
        let mut finished = std::pin::pin!(work.finished());
        let mut context = Context::from_waker(Waker::noop());
        assert!(finished.as_mut().poll(&mut context).is_pending());
        assert_eq!(work.place().unwrap_err().code, Code::Draining);
        drop(running);
        assert_eq!(finished.as_mut().poll(&mut context), Poll::Ready(()));
    }
}
