//! Keeps tools that compute away from those who serve. A call starts on its caller's thread, where most end within a tenth
//! of a millisecond. One that has computed for a tick moves to threads of its own, where the operating system shares the
//! processors out fairly; so do, for a while, all that come after it. A call that took long only because others had the
//! processor stays: on a busy machine that is most of them, and another thread would have it no sooner.

use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::ticker::TICK;

/// The work of a call.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How long nobody computes on its caller's thread after one did for a whole tick: of two hundred such at once only the first
/// costs its caller that tick.
const WARY: Duration = Duration::from_millis(50);

/// Threads for tools that compute, started when the first one does.
#[derive(Debug)]
pub(crate) struct BusyThreads {
    runtime: OnceLock<Option<Runtime>>,
    callers: Callers,
}

/// What goes on on the callers' threads.
#[derive(Debug)]
struct Callers {
    /// Until when nobody may compute there, milliseconds since `start`.
    wary_until: AtomicU64,
    start: Instant,
}

impl Default for BusyThreads {
    fn default() -> Self {
        let callers = Callers { wary_until: AtomicU64::new(0), start: Instant::now() };
        Self { runtime: OnceLock::new(), callers }
    }
}

impl Callers {
    fn are_wary(&self) -> bool {
        self.milliseconds() < self.wary_until.load(Ordering::Acquire)
    }

    fn be_wary(&self) {
        let until = self.start.elapsed() + WARY;
        self.wary_until.store(u64::try_from(until.as_millis()).unwrap_or(0), Ordering::Release);
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(0)
    }
}

impl BusyThreads {
    /// Does the work, wherever it is best done; nothing comes of it if it panics. `is_busy` is set by the work when it has
    /// computed for a tick.
    pub(crate) async fn run<T: Send + 'static>(&self, work: Work<T>, is_busy: Arc<AtomicBool>) -> Option<T> {
        let inline = Inline { work: Some(work), is_busy, computed: Duration::ZERO, callers: &self.callers };
        match inline.await {
            Ended::Done(output) => Some(output),
            Ended::Panicked => None,
            Ended::Moves(work) => match self.runtime() {
                Some(runtime) => Aborting(runtime.spawn(work)).await,
                // No threads to be had: then it has to be here.
                None => Some(work.await),
            },
        }
    }

    fn runtime(&self) -> Option<&Runtime> {
        let start = || {
            let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads).thread_name("pace-sandbox").enable_time().enable_io().build().ok()
        };
        self.runtime.get_or_init(start).as_ref()
    }
}

/// A runtime must not be waited for where it might be dropped: inside of another one.
impl Drop for BusyThreads {
    fn drop(&mut self) {
        if let Some(Some(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

enum Ended<T> {
    Done(T),
    /// A mistake of ours that a tool has found; its caller, and all others, go on.
    Panicked,
    Moves(Work<T>),
}

struct Inline<'a, T> {
    work: Option<Work<T>>,
    is_busy: Arc<AtomicBool>,
    /// Time of the processor, in those turns that a tick ended.
    computed: Duration,
    callers: &'a Callers,
}

impl<T> Future for Inline<'_, T> {
    type Output = Ended<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended<T>> {
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        if self.callers.are_wary() {
            return Poll::Ready(Ended::Moves(work));
        }
        let before = processor_time();
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Err(_) => return Poll::Ready(Ended::Panicked),
            Ok(Poll::Ready(output)) => return Poll::Ready(Ended::Done(output)),
            Ok(Poll::Pending) => {}
        }
        if self.is_busy.swap(false, Ordering::AcqRel) {
            self.computed += processor_time().saturating_sub(before);
            if self.computed >= TICK / 2 {
                self.callers.be_wary();
                return Poll::Ready(Ended::Moves(work));
            }
        }
        self.work = Some(work);
        Poll::Pending
    }
}

/// What this thread has computed so far.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Elsewhere the time that has passed has to do.
#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A task that ends with whoever waits for it.
struct Aborting<T>(JoinHandle<T>);

impl<T> Future for Aborting<T> {
    /// Nothing if the task panicked.
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.0).poll(context).map(Result::ok)
    }
}

impl<T> Drop for Aborting<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_the_end_of_its_own_work_only() {
        let busy = BusyThreads::default();
        for _ in 0..3 {
            let work: Work<u8> = Box::pin(async { panic!("on purpose") });
            assert_eq!(busy.run(work, Arc::default()).await, None);
        }
        assert_eq!(busy.run(Box::pin(async { 7 }), Arc::default()).await, Some(7));
    }
}
