//! A connection's socket, with a clock: a client that does not send the head of its request in time, does not come back to
//! an idle connection, or takes nothing of its answer, meets an error here, and hyper ends the connection.
//!
//! hyper's own clock would start with an idle connection and end it without a word. This one costs no timer a request: it
//! stays armed for a moment that is not after the deadline, and looks when it rings.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::seats::Place;
use super::settings::Patience;

/// A socket with a clock.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TokioIo<TcpStream>,
    place: Arc<Place>,
    patience: Patience,
    waiting: Waiting,
    /// What is written to a client whose head did not arrive in time.
    too_slow: &'static [u8],
    read_clock: Pin<Box<Sleep>>,
    write_clock: Option<Pin<Box<Sleep>>>,
}

/// What is waited for while nothing is served.
#[derive(Debug, Clone, Copy)]
enum Waiting {
    /// The first request.
    First(Instant),
    /// The rest of a head.
    Head(Instant),
    /// Nothing: a request is served.
    Nothing,
    /// The next request.
    Next(Instant),
}

impl Socket {
    /// A socket that begins to wait for its first request.
    pub(super) fn new(stream: TcpStream, place: Arc<Place>, patience: Patience, too_slow: &'static [u8]) -> Self {
        let now = Instant::now();
        let read_clock = Box::pin(sleep_until(now + patience.head));
        let waiting = Waiting::First(now);
        let stream = TokioIo::new(stream);
        Self { stream, place, patience, waiting, too_slow, read_clock, write_clock: None }
    }

    /// Until when the client has time to send something; absent while it need not.
    fn deadline(&mut self) -> Option<Instant> {
        if self.place.is_serving() {
            self.waiting = Waiting::Nothing;
            return None;
        }
        if matches!(self.waiting, Waiting::Nothing) {
            self.waiting = Waiting::Next(Instant::now());
        }
        Some(match self.waiting {
            Waiting::First(since) | Waiting::Head(since) => since + self.patience.head,
            Waiting::Next(since) => since + self.patience.idle,
            Waiting::Nothing => return None,
        })
    }

    /// Bytes have come.
    fn heard(&mut self) {
        if self.deadline().is_some() && !matches!(self.waiting, Waiting::Head(_)) {
            self.waiting = Waiting::Head(Instant::now());
            self.place.heard();
        }
    }

    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let deadline = self.deadline();
            if let Some(deadline) = deadline
                && deadline < self.read_clock.deadline()
            {
                self.read_clock.as_mut().reset(deadline);
            }
            if self.read_clock.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            match deadline {
                Some(deadline) if deadline <= now => return Poll::Ready(Err(self.give_up())),
                Some(deadline) => self.read_clock.as_mut().reset(deadline),
                None => self.read_clock.as_mut().reset(now + self.patience.idle),
            }
        }
    }

    fn give_up(&mut self) -> io::Error {
        if matches!(self.waiting, Waiting::Head(_)) {
            // Nothing else is being written, so this fits the socket's buffer; if the client is gone, it does not matter.
            let _best_effort = self.stream.inner().try_write(self.too_slow);
        }
        io::ErrorKind::TimedOut.into()
    }

    /// What a write came to, with the clock of a client that takes nothing.
    fn timed<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write_clock = None;
            return result;
        }
        let patience = self.patience.write;
        let clock = self.write_clock.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match clock.as_mut().poll(context) {
            Poll::Ready(()) => {
                // Otherwise the system would go on offering what the client does not take, for minutes.
                let _best_effort = self.stream.inner().set_zero_linger();
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Read for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(result) => {
                this.heard();
                Poll::Ready(result)
            }
            Poll::Pending => this.poll_silence(context),
        }
    }
}

impl Write for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.timed(context, result)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.timed(context, result)
    }
}
