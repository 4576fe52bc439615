//! Bodies of foreign servers, read as far as they may be.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;

use super::Fault;
use crate::bounds::{LONG, READ_LONG};
use crate::error::Kind;
use crate::message::{Room, while_read};

/// A body that is over its bound, or broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    TooLarge,
    /// It is long, and has not come to its end in time.
    Stopped,
    Lost,
}

/// The whole of a body of at most `most` bytes, and the leave to keep it, where it is long.
pub(super) async fn whole(mut body: Incoming, most: usize) -> Result<(Vec<u8>, Option<Room>), Broken> {
    if usize::try_from(body.size_hint().lower()).is_ok_and(|least| least > most) {
        return Err(Broken::TooLarge);
    }
    let (mut bytes, mut room) = (Vec::new(), None);
    loop {
        if bytes.len() > LONG && room.is_none() {
            room = Some((while_read().await, Instant::now() + READ_LONG));
        }
        let frame = match &room {
            Some((_, ends)) => {
                tokio::time::timeout_at(*ends, body.frame()).await.map_err(|_elapsed| Broken::Stopped)?
            }
            None => body.frame().await,
        };
        let Some(frame) = frame else { return Ok((bytes, room.map(|(room, _)| room))) };
        let data = frame.map_err(|_broken| Broken::Lost)?.into_data().unwrap_or_default();
        if bytes.len() + data.len() > most {
            return Err(Broken::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
}

/// What is wrong with a long message that does not end.
pub(super) fn stopped() -> Kind {
    Kind::Protocol { why: "it stopped in the middle of a long message".to_owned() }
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

    /// The bytes, each time there is leave to read on, which long events need.
    pub(super) fn with_leave(self) -> impl Stream<Item = Result<Bytes, Fault>> + Send {
        futures_util::stream::unfold((self, None), |(mut events, mut room)| async move {
            if events.event <= LONG {
                // What was read of a long one is done with: whoever asks for more has taken it.
                room = None;
            } else if room.is_none() {
                room = Some((while_read().await, Instant::now() + READ_LONG));
            }
            let next = match &room {
                Some((_, ends)) => tokio::time::timeout_at(*ends, events.next()).await.unwrap_or_else(|_elapsed| {
                    events.is_over = true;
                    Some(Err(Fault(stopped())))
                }),
                None => events.next().await,
            };
            Some((next?, (events, room)))
        })
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
