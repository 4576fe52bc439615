//! The body of an answer: chunks that are there at once, or come one by one.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// What is still to be sent.
#[derive(Debug)]
pub(crate) struct Chunks {
    left: VecDeque<Bytes>,
    /// The time before each chunk, and the clock of the next.
    pace: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl Chunks {
    /// One chunk, at once and with its length.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { left: VecDeque::from([bytes]), pace: None }
    }

    /// Chunks evenly spread over a time. Without one they are one.
    pub(crate) fn spread(chunks: Vec<Bytes>, over: Duration) -> Self {
        let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        let Some(gap) = over.checked_div(count).filter(|gap| !gap.is_zero()) else {
            return Self::whole(chunks.concat().into());
        };
        Self { left: chunks.into(), pace: Some((gap, Box::pin(tokio::time::sleep(gap)))) }
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        if let Some((gap, clock)) = &mut self.pace {
            ready!(clock.as_mut().poll(context));
            *clock = Box::pin(tokio::time::sleep(*gap));
        }
        Poll::Ready(self.left.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.pace, self.left.front()) {
            (None, Some(chunk)) => SizeHint::with_exact(chunk.len() as u64),
            (None, None) => SizeHint::with_exact(0),
            (Some(_), _) => SizeHint::default(),
        }
    }
}
