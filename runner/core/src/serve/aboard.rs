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

    /// Takes it as far as it goes now. After it was ready, it is not to be polled again.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
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
            self.send_ashore(before);
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
        self.send_ashore(take(&self.streaming));
    }

    fn send_ashore(&self, streaming: Option<Streaming>) {
        if let Some(streaming) = streaming {
            tokio::spawn(streaming.alone(self.grace));
        }
    }
}

fn take(place: &Mutex<Option<Streaming>>) -> Option<Streaming> {
    lock(place).take()
}

fn lock(place: &Mutex<Option<Streaming>>) -> std::sync::MutexGuard<'_, Option<Streaming>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
