//! A connection's socket, in the clear or in TLS, with a clock: a client that does not send the head of its request in time, does not come back to
//! an idle connection, or takes nothing of its answer, meets an error here, and hyper ends the connection.
//!
//! hyper's own clock would start with an idle connection and end it without a word. This one costs no timer a request: it
//! stays armed for a moment that is not after the deadline, and looks when it rings.
//!
//! Which protocol the client speaks is known by its first bytes: those of HTTP/2 are always the same (RFC 9113, section 3.4), with TLS or
//! without. There frames come at any time and begin no request, so that only the time without a request counts.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_rustls::server::TlsStream;

use super::seats::Place;
use super::settings::Patience;

/// The first bytes of HTTP/2.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// One request at a time.
    Http1,
    /// Several.
    Http2,
}

/// What bytes go over.
#[derive(Debug)]
pub(super) enum Transport {
    /// In the clear.
    Plain(TokioIo<TcpStream>),
    /// In TLS.
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

/// A socket with a clock.
#[derive(Debug)]
pub(super) struct Socket {
    transport: Transport,
    place: Arc<Place>,
    patience: Patience,
    waiting: Waiting,
    protocol: Protocol,
    /// What was read to know the protocol, and not handed on yet.
    first: Vec<u8>,
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
    pub(super) fn new(transport: Transport, place: Arc<Place>, patience: Patience, too_slow: &'static [u8]) -> Self {
        let now = Instant::now();
        let read_clock = Box::pin(sleep_until(now + patience.head));
        let (waiting, protocol, first) = (Waiting::First(now), Protocol::Http1, Vec::new());
        Self { transport, place, patience, waiting, protocol, first, too_slow, read_clock, write_clock: None }
    }

    /// What the client speaks, as soon as it has said enough.
    ///
    /// # Errors
    /// It does not say so in time, or has gone.
    pub(super) fn poll_protocol(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Protocol>> {
        loop {
            if !PREFACE.starts_with(&self.first) {
                return Poll::Ready(Ok(Protocol::Http1));
            }
            if self.first.len() == PREFACE.len() {
                (self.protocol, self.waiting) = (Protocol::Http2, Waiting::Next(Instant::now()));
                return Poll::Ready(Ok(Protocol::Http2));
            }
            let mut bytes = [MaybeUninit::uninit(); PREFACE.len()];
            let rest = bytes.get_mut(self.first.len()..).unwrap_or_default();
            let mut buffer = ReadBuf::uninit(rest);
            match self.poll_more(context, buffer.unfilled()) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                Poll::Ready(Ok(())) => self.first.extend_from_slice(buffer.filled()),
            }
        }
    }

    fn poll_more(&mut self, context: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match self.transport.reader().poll_read(context, buffer) {
            Poll::Ready(result) => {
                self.heard();
                Poll::Ready(result)
            }
            Poll::Pending => self.poll_silence(context),
        }
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
        let is_request = self.protocol == Protocol::Http1;
        if is_request && self.deadline().is_some() && !matches!(self.waiting, Waiting::Head(_)) {
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
                Some(deadline) if deadline <= now => return Poll::Ready(Err(self.give_up(context))),
                Some(deadline) => self.read_clock.as_mut().reset(deadline),
                None => self.read_clock.as_mut().reset(now + self.patience.idle),
            }
        }
    }

    fn give_up(&mut self, context: &mut Context<'_>) -> io::Error {
        if matches!(self.waiting, Waiting::Head(_)) {
            // Nothing else is being written, so this fits the socket's buffer; if the client is gone, it does not matter.
            let _best_effort = self.transport.writer().poll_write(context, self.too_slow);
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
                let _best_effort = self.transport.tcp().set_zero_linger();
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Transport {
    fn reader(&mut self) -> Pin<&mut (dyn Read + Send + Unpin)> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }

    fn writer(&mut self) -> Pin<&mut (dyn Write + Send + Unpin)> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream.inner(),
            Self::Tls(stream) => stream.inner().get_ref().0,
        }
    }
}

impl Read for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.first.is_empty() {
            return this.poll_more(context, buffer);
        }
        let length = this.first.len().min(buffer.remaining());
        let rest = this.first.split_off(length);
        buffer.put_slice(&std::mem::replace(&mut this.first, rest));
        Poll::Ready(Ok(()))
    }
}

impl Write for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = this.transport.writer().poll_write(context, bytes);
        this.timed(context, result)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = this.transport.writer().poll_flush(context);
        // TLS keeps what the socket does not take; plain sockets are always flushed.
        this.timed(context, result)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = this.transport.writer().poll_shutdown(context);
        this.timed(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = this.transport.writer().poll_write_vectored(context, slices);
        this.timed(context, result)
    }
}
