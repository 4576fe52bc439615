//! Standard input as the protocol's lines: the last one counts without a line break too, and whether there was anything at all
//! is remembered, for whoever has to tell a client that spoke something else from one that left.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// A stream of lines.
#[derive(Debug)]
pub(super) struct Input<R> {
    inner: R,
    last: u8,
    heard: Arc<AtomicBool>,
}

impl<R> Input<R> {
    /// The lines of `inner`, and whether any of them held anything.
    pub(super) fn new(inner: R) -> (Self, Arc<AtomicBool>) {
        let heard = Arc::<AtomicBool>::default();
        (Self { inner, last: b'\n', heard: Arc::clone(&heard) }, heard)
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Input<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        match read.last() {
            Some(last) => {
                self.last = *last;
                if !read.trim_ascii().is_empty() {
                    self.heard.store(true, Ordering::Relaxed);
                }
            }
            // The end; of a buffer without room, nothing can be said.
            None if self.last != b'\n' && buffer.remaining() > 0 => {
                self.last = b'\n';
                buffer.put_slice(b"\n");
            }
            None => {}
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    async fn read(text: &'static [u8]) -> (String, bool) {
        let (mut input, heard) = Input::new(text);
        let mut all = String::new();
        input.read_to_string(&mut all).await.unwrap();
        (all, heard.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn the_last_line_ends_as_the_others_do() {
        assert_eq!(read(b"one\ntwo").await, ("one\ntwo\n".to_owned(), true));
        assert_eq!(read(b"one\n").await, ("one\n".to_owned(), true));
        assert_eq!(read(b"").await, (String::new(), false));
        assert_eq!(read(b" \n\n").await, (" \n\n".to_owned(), false));
    }
}
