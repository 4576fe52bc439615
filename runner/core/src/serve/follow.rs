//! A follower of a record: the body of an event stream. It reads as fast as its client takes, says something when there is
//! nothing to say, and says so when events were dropped before it got to them.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Sleep, sleep};

use super::backlog::single;
use super::record::{FollowerId, Next, Record, Woken};
use crate::problem::{Code, Problem};
use crate::request_id::{self, RequestId};

/// The body of an event stream.
#[derive(Debug)]
pub(super) struct Follower {
    record: Arc<Record>,
    id: FollowerId,
    /// The number of the next event.
    next: u64,
    comment: Duration,
    /// The request that is answered.
    request: Option<RequestId>,
    /// Set when there is nothing to say for the first time: short answers need none.
    clock: Option<Pin<Box<Sleep>>>,
}

impl Follower {
    /// Follows a record for the current request, from the event after `after` on, with a comment each `comment`.
    pub(super) fn new(record: Arc<Record>, after: u64, woken: Woken, comment: Duration) -> Self {
        let id = record.join(woken);
        Self { record, id, next: after.saturating_add(1), comment, request: request_id::current(), clock: None }
    }

    fn lost(&mut self, first: u64) -> Bytes {
        let detail = format!("the events {} to {} were dropped: they were read too late", self.next, first - 1);
        let problem = Problem::new(Code::EventsLost, detail).help("read on: the event `done` holds the whole answer");
        let request = self.request.as_ref().map(RequestId::as_str);
        let document = problem.document(Some(self.record.invocation)).of_request(request);
        // It bears the number of the last event that was lost, so that whoever resumes after it is not told again.
        self.next = first;
        single(first - 1, "error", &document)
    }
}

impl Body for Follower {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let frame = |bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        match this.record.poll_next(context, this.id, this.next) {
            Poll::Ready(Next::Events { bytes, next }) => {
                this.next = next;
                frame(bytes)
            }
            Poll::Ready(Next::Lost { first }) => frame(this.lost(first)),
            Poll::Ready(Next::Over) => Poll::Ready(None),
            Poll::Pending => {
                let comment = this.comment;
                let clock = this.clock.get_or_insert_with(|| Box::pin(sleep(comment)));
                if clock.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                this.clock = None;
                frame(Bytes::from_static(b": waiting\n\n"))
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.record.leave(self.id);
    }
}
