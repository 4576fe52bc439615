//! Who drives an invocation that is streamed: the task of the connection that asked for it, for as long as there is one. A
//! task of its own would be woken on another core for each event, and each event would be written for itself. When the client
//! is gone, the invocation goes ashore: it has a task of its own then, and goes on for a while if nobody follows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::response::Response;
use tokio_util::sync::CancellationToken;

use super::record::Record;

/// An invocation that is streamed.
pub(super) struct Streaming {
    /// Takes it to its end. Dropped, the record says that it ended.
    running: Pin<Box<dyn Future<Output = ()> + Send>>,
    record: Arc<Record>,
    cancellation: CancellationToken,
}

impl Streaming {
    /// `running` takes the invocation of `record` to its end, early after `cancellation`.
    pub(super) fn new(
        running: impl Future<Output = ()> + Send + 'static,
        record: Arc<Record>,
        cancellation: CancellationToken,
    ) -> Self {
        Self { running: Box::pin(running), record, cancellation }
    }

    /// Takes it as far as it goes until it says more than that it began, for `time` at most. Whoever drops this meanwhile, because
    /// the client is gone, sends it ashore, where it has `grace`. `None`, if it is over.
    pub(super) async fn begin(self, time: Duration, grace: Duration) -> Option<Self> {
        /// The number of the event that says that it began.
        const START: u64 = 1;
        let mut held = Held { streaming: Some(self), grace };
        let said = std::future::poll_fn(|context| {
            let Some(streaming) = &mut held.streaming else { return Poll::Ready(()) };
            if streaming.poll(context).is_ready() {
                held.streaming = None;
                return Poll::Ready(());
            }
            if streaming.record.last().0 > START { Poll::Ready(()) } else { Poll::Pending }
        });
        let _either_way = tokio::time::timeout(time, said).await;
        held.streaming.take()
    }

    /// Takes it as far as it goes now. After it was ready, it is not to be polled again.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // After a panic the future is not touched again, and what it shares with others is sound at every moment.
        catch_unwind(AssertUnwindSafe(|| self.running.as_mut().poll(context))).unwrap_or_else(|_| {
            tracing::error!("an invocation met a fault of the runner");
            Poll::Ready(())
        })
    }

    /// Hands it to the connection that the response goes to.
    pub(super) fn board(self, response: &mut Response) {
        response.extensions_mut().insert(Boarding(Arc::new(Mutex::new(Some(self)))));
    }

    /// Takes it to its end, or to that of the patience with absent followers.
    async fn alone(mut self, grace: Duration) {
        let record = Arc::clone(&self.record);
        let cancellation = self.cancellation.clone();
        let mut running = std::future::poll_fn(move |context| self.poll(context));
        tokio::select! {
            () = &mut running => {}
            () = record.abandoned(grace) => {
                cancellation.cancel();
                running.await;
            }
        }
    }
}

/// An invocation that no connection drives yet.
struct Held {
    streaming: Option<Streaming>,
    grace: Duration,
}

impl Drop for Held {
    fn drop(&mut self) {
        send_ashore(self.streaming.take(), self.grace);
    }
}

/// What a response carries to its connection; an extension has to be one that can be cloned.
#[derive(Clone)]
struct Boarding(Arc<Mutex<Option<Streaming>>>);

/// The place for an invocation on a connection; HTTP/1.1 has one request at a time.
pub(super) struct Aboard {
    streaming: Mutex<Option<Streaming>>,
    grace: Duration,
}

impl Aboard {
    /// A place whose invocations go on for `grace` when the connection ends and nobody follows.
    pub(super) fn new(grace: Duration) -> Self {
        Self { streaming: Mutex::new(None), grace }
    }

    /// Takes over the invocation that a response carries, if it does.
    pub(super) fn take_over(&self, response: &mut Response) {
        if let Some(Boarding(boarding)) = response.extensions_mut().remove() {
            let streaming = take(&boarding);
            let before = std::mem::replace(&mut *lock(&self.streaming), streaming);
            send_ashore(before, self.grace);
        }
    }

    /// Sends the invocation that a response carries on its own way, where the connection has several requests at once.
    pub(super) fn send_off(&self, response: &mut Response) {
        if let Some(Boarding(boarding)) = response.extensions_mut().remove() {
            send_ashore(take(&boarding), self.grace);
        }
    }

    /// Takes the invocation as far as it goes now.
    pub(super) fn drive(&self, context: &mut Context<'_>) {
        let mut streaming = lock(&self.streaming);
        if streaming.as_mut().is_some_and(|streaming| streaming.poll(context).is_ready()) {
            *streaming = None;
        }
    }

    /// The connection has ended.
    pub(super) fn leave(&self) {
        send_ashore(take(&self.streaming), self.grace);
    }
}

fn send_ashore(streaming: Option<Streaming>, grace: Duration) {
    // Where there is no runtime any more, nothing goes on.
    if let (Some(streaming), Ok(runtime)) = (streaming, tokio::runtime::Handle::try_current()) {
        runtime.spawn(streaming.alone(grace));
    }
}

fn take(place: &Mutex<Option<Streaming>>) -> Option<Streaming> {
    lock(place).take()
}

fn lock(place: &Mutex<Option<Streaming>>) -> std::sync::MutexGuard<'_, Option<Streaming>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use pace_ir::program::Principal;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::events::{Event, EventSink as _, Source};
    use crate::id::{InvocationId, SessionId};

    const HELD: Duration = Duration::from_millis(5);
    const GRACE: Duration = Duration::from_secs(30);

    /// One that says something after each of these times, and when it is over.
    fn streaming(pauses: &'static [u64]) -> (Streaming, Arc<AtomicBool>) {
        let (invocation, session) = (InvocationId::new().unwrap(), SessionId::new().unwrap());
        let record = Arc::new(Record::new(invocation, session, Principal::Anonymous, Arc::default()));
        let source = Source { invocation, parent: None, agent: "helper".parse().unwrap() };
        let is_over = Arc::new(AtomicBool::new(false));
        let (said_to, over) = (Arc::clone(&record), Arc::clone(&is_over));
        let running = async move {
            for pause in pauses {
                sleep(Duration::from_millis(*pause)).await;
                said_to.on_event(&source, &Event::Text("x"));
            }
            over.store(true, Ordering::Relaxed);
        };
        (Streaming::new(running, record, CancellationToken::new()), is_over)
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_held_until_it_says_something_for_a_moment() {
        for (pauses, taken, is_over) in
            [(&[0, 2, 9][..], Some(2), false), (&[0, 9], Some(5), false), (&[0], None, true), (&[20], Some(5), false)]
        {
            let ((streaming, over), begun) = (streaming(pauses), Instant::now());
            let left = streaming.begin(HELD, GRACE).await;
            let millis = left.is_some().then(|| begun.elapsed().as_millis());
            // The clock of tokio has whole milliseconds, and rounds up.
            assert!(
                millis.zip(taken).is_none_or(|(millis, taken)| millis.abs_diff(taken) <= 1),
                "{millis:?} {pauses:?}"
            );
            assert_eq!((left.is_some(), over.load(Ordering::Relaxed)), (taken.is_some(), is_over), "{pauses:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_ashore_when_the_client_leaves_meanwhile() {
        let (streaming, is_over) = streaming(&[0, 50]);
        let mut held = Box::pin(streaming.begin(HELD, GRACE));
        std::future::poll_fn(|context| Poll::Ready(held.as_mut().poll(context).is_pending())).await;
        drop(held);
        sleep(Duration::from_millis(100)).await;
        assert!(is_over.load(Ordering::Relaxed));
    }
}
