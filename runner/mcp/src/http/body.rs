//! Bodies of foreign servers, read as far as they may be.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::Fault;
use crate::error::Kind;

/// A body that is over its bound, or broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    TooLarge,
    Lost,
}

/// The whole of a body of at most `most` bytes.
pub(super) async fn whole(mut body: Incoming, most: usize) -> Result<Vec<u8>, Broken> {
    if usize::try_from(body.size_hint().lower()).is_ok_and(|least| least > most) {
        return Err(Broken::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(|_broken| Broken::Lost)?.into_data().unwrap_or_default();
        if bytes.len() + data.len() > most {
            return Err(Broken::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// The beginning of a body that is read for its words only.
pub(super) async fn beginning(mut body: Incoming, most: usize) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < most
        && let Some(Ok(frame)) = body.frame().await
    {
        bytes.extend_from_slice(&frame.into_data().unwrap_or_default());
    }
    bytes.truncate(most);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The bytes of a stream of events, none of which is longer than `most`. The parser behind it keeps an event until it is whole.
pub(super) struct Events {
    body: Incoming,
    most: usize,
    /// Of the event that is being read.
    event: usize,
    /// Of its last line.
    line: usize,
    is_over: bool,
}

impl Events {
    pub(super) fn new(body: Incoming, most: usize) -> Self {
        Self { body, most, event: 0, line: 0, is_over: false }
    }

    /// Whether every event in `bytes` is within its bound. An empty line ends one, however lines end.
    fn fits(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            match byte {
                b'\n' if self.line == 0 => self.event = 0,
                b'\n' => self.line = 0,
                b'\r' => {}
                _ => {
                    self.event += 1;
                    self.line += 1;
                }
            }
            if self.event > self.most {
                return false;
            }
        }
        true
    }
}

impl Stream for Events {
    type Item = Result<Bytes, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.is_over {
                return Poll::Ready(None);
            }
            let Some(frame) = std::task::ready!(Pin::new(&mut self.body).poll_frame(context)) else {
                return Poll::Ready(None);
            };
            let most = self.most;
            let kind = match frame {
                Ok(frame) => match frame.into_data() {
                    Ok(data) if self.fits(&data) => return Poll::Ready(Some(Ok(data))),
                    Ok(_) => Kind::TooLarge { what: "a message", limit: most },
                    Err(_trailers) => continue,
                },
                Err(_) => Kind::Lost { why: "its stream broke off".to_owned(), said: Vec::new() },
            };
            self.is_over = true;
            return Poll::Ready(Some(Err(Fault(kind))));
        }
    }
}
