//! How connections are accepted, and how all of them end.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use super::connection::{Protocols, serve};
use super::gate::MAX_HEAD;
use super::reply::slow_head;
use super::routes::{Face, Shared, router};
use super::seats::{Notice, Place, Seats};
use super::socket::{Socket, Transport};

/// The most bytes that wait in user space on their way in or out. hyper's own is 400 KiB, and it judges heads by this only
/// roughly; [`gate`](super::gate) is exact.
const MAX_BUFFER: usize = MAX_HEAD;
/// How long a connection that was accepted and said nothing yet has when the server ends: what it sent is here by then.
pub(super) const LAST_CALL: Duration = Duration::from_millis(100);
/// How long accepting rests when the system has no file descriptors left.
const OUT_OF_FILES: Duration = Duration::from_millis(100);
/// How often the events of invocations that are over are looked through.
const SWEEP: Duration = Duration::from_secs(30);

/// Accepts connections and knows all that are open.
#[derive(Debug)]
pub(super) struct Acceptor {
    listener: TcpListener,
    shared: Arc<Shared>,
    router: Router,
    protocols: Protocols,
    seats: Arc<Seats>,
    /// One that was accepted and has no place yet.
    newcomer: Option<TcpStream>,
}

impl Acceptor {
    pub(super) fn new(listener: TcpListener, connections: usize, shared: Arc<Shared>, face: Face) -> Self {
        let mut http1 = http1::Builder::new();
        http1.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(MAX_BUFFER);
        let protocols = Protocols { http1, http2: http2() };
        let (seats, router) = (Seats::new(connections), router(Arc::clone(&shared), face));
        Self { listener, shared, router, protocols, seats, newcomer: None }
    }

    /// Accepts connections until `end` is ready.
    pub(super) async fn serve_until<T>(&mut self, end: impl Future<Output = T>) -> T {
        let mut end = pin!(end);
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            tokio::select! {
                biased;
                ended = &mut end => return ended,
                _ = sweep.tick() => self.shared.records.sweep(),
                (stream, place) = self.accept() => self.spawn(stream, place),
            }
        }
    }

    /// Closes the connections that wait for a next request, and all others after the request they are at.
    pub(super) fn close_idle(&self) {
        self.seats.tell(Notice::Idle);
    }

    /// Answers what has already come in, closes everything, and returns when it is closed.
    pub(super) async fn end(mut self) {
        // What waits in the system's queue was accepted as far as the client knows.
        while let Some(place) = self.seats.try_take() {
            let Some(stream) = self.newcomer.take().or_else(|| self.waiting()) else { break };
            self.spawn(stream, place);
        }
        let Self { listener, shared, seats, .. } = self;
        drop(listener);
        let steps = [(LAST_CALL, Notice::Fresh), (shared.patience.flush, Notice::All)];
        for (patience, notice) in steps {
            if tokio::time::timeout(patience, seats.empty()).await.is_ok() {
                return;
            }
            seats.tell(notice);
        }
        // The tasks have only to be dropped now.
        let _closed = tokio::time::timeout(shared.patience.flush, seats.empty()).await;
    }

    /// The next connection and its place. Nothing is lost if this is dropped before it is ready.
    async fn accept(&mut self) -> (TcpStream, Place) {
        if self.newcomer.is_none() {
            self.newcomer = Some(self.next().await);
        }
        loop {
            let place = self.seats.take().await;
            if let Some(stream) = self.newcomer.take() {
                return (stream, place);
            }
        }
    }

    async fn next(&self) -> TcpStream {
        let mut is_told = false;
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    // Once, however often it is tried: a log that fills a disk helps nobody.
                    if !std::mem::replace(&mut is_told, true) {
                        tracing::error!("cannot accept connections for now: {error}");
                    }
                    tokio::time::sleep(OUT_OF_FILES).await;
                }
            }
        }
    }

    fn waiting(&mut self) -> Option<TcpStream> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match self.listener.poll_accept(&mut context) {
            Poll::Ready(Ok((stream, _))) => Some(stream),
            Poll::Ready(Err(_)) | Poll::Pending => None,
        }
    }

    fn spawn(&self, stream: TcpStream, place: Place) {
        // Without an address it has ended already.
        let Ok(peer) = stream.peer_addr() else { return };
        // Pieces of an answer are to arrive when they are said. Without it they only come a little later.
        let _best_effort = stream.set_nodelay(true);
        let (place, protocols) = (Arc::new(place), self.protocols.clone());
        let (router, shared) = (self.router.clone(), Arc::clone(&self.shared));
        tokio::spawn(async move {
            let transport = match &shared.tls {
                None => Transport::Plain(TokioIo::new(stream)),
                Some(tls) => match tls.accept(stream, shared.patience.head).await {
                    Ok(stream) => Transport::Tls(Box::new(TokioIo::new(stream))),
                    Err(error) => {
                        return tracing::debug!(peer = %peer.ip().to_canonical(), "a connection has no TLS: {error}");
                    }
                },
            };
            let socket = Socket::new(transport, Arc::clone(&place), shared.patience, slow_head());
            serve(protocols, socket, router, shared, place, peer.ip()).await;
        });
    }
}

/// HTTP/2 within bounds. Those of resets (CVE-2023-44487) and of endless heads (`CONTINUATION`, CVE-2024-27316) are h2's, and are
/// tested; the rest is set here.
fn http2() -> http2::Builder<TokioExecutor> {
    /// Requests at once on a connection: RFC 9113 wants no fewer than 100.
    const STREAMS: u32 = 100;
    /// Resets that a client may have ahead of what was served of its requests; over it, the connection ends.
    const RESETS: usize = 20;
    /// How often a client is asked whether it is there while a request is served, and how long it has to say so.
    const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(20));
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
        .max_send_buf_size(MAX_BUFFER)
        .keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1);
    http
}

/// Errors of one connection that ended before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
