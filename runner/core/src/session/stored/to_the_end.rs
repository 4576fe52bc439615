//! Something that goes to its end also if nobody waits for it any more.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::under_way::UnderWay;
use futures_util::future::BoxFuture;

/// A future that goes on as a task of its own where it is dropped: it costs nothing more where it is not.
pub(in crate::session) struct ToTheEnd<T: Send + 'static> {
    left: Option<BoxFuture<'static, T>>,
    under_way: Arc<UnderWay>,
}

impl<T: Send + 'static> ToTheEnd<T> {
    /// Counted as under way while it goes on unwatched.
    pub(in crate::session) fn of(future: impl Future<Output = T> + Send + 'static, under_way: Arc<UnderWay>) -> Self {
        Self { left: Some(Box::pin(future)), under_way }
    }
}

impl<T: Send + 'static> Future for ToTheEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(left) = &mut self.left else { return Poll::Pending };
        let polled = left.as_mut().poll(context);
        if polled.is_ready() {
            self.left = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToTheEnd<T> {
    fn drop(&mut self) {
        if let (Some(left), Ok(runtime)) = (self.left.take(), tokio::runtime::Handle::try_current()) {
            let going = self.under_way.begin();
            runtime.spawn(async move {
                // What it came to may have something to give back.
                drop(left.await);
                drop(going);
            });
        }
    }
}
