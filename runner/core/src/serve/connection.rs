//! Connections: how they are accepted, what each is served with, and how all of them end.

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use super::MAX_CONNECTIONS;
use super::gate::MAX_HEAD;
use super::reply::{Refusal, slow_head};
use super::routes::{Shared, router};
use super::socket::{Activity, Socket};
use crate::problem::{Code, Problem};

/// The most bytes that wait in user space on their way in or out. hyper's own is 400 KiB, and it judges heads by this only
/// roughly; [`gate`](super::gate) is exact.
const MAX_BUFFER: usize = MAX_HEAD;
/// The most header fields of a request: hyper's own, and that of common servers. Over it, hyper answers 431.
const MAX_HEADERS: usize = 100;
/// How long a connection that was accepted and said nothing yet has when the server ends: what it sent is here by then.
const LAST_CALL: Duration = Duration::from_millis(100);
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
    http: http1::Builder,
    places: Arc<Semaphore>,
    ending: Ending,
}

/// How connections are told that the server ends, one step after the other.
#[derive(Debug, Clone, Default)]
struct Ending {
    /// Those that are idle close.
    idle: CancellationToken,
    /// Those that never had a request close too.
    fresh: CancellationToken,
    /// All close, whatever they do.
    all: CancellationToken,
}

impl Acceptor {
    pub(super) fn new(listener: TcpListener, shared: Arc<Shared>) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(MAX_BUFFER).max_headers(MAX_HEADERS);
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let router = router(Arc::clone(&shared));
        Self { listener, shared, router, http, places, ending: Ending::default() }
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
        self.ending.idle.cancel();
    }

    /// Answers what has already come in, closes everything, and returns when it is closed.
    pub(super) async fn end(mut self) {
        // What waits in the system's queue was accepted as far as the client knows.
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            let Some(stream) = self.waiting() else { break };
            self.spawn(stream, place);
        }
        let Self { listener, shared, places, ending, .. } = self;
        drop(listener);
        let everything = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
        let mut closed = pin!(places.acquire_many(everything));
        let steps = [(LAST_CALL, &ending.fresh), (shared.patience.flush, &ending.all)];
        for (patience, step) in steps {
            if tokio::time::timeout(patience, &mut closed).await.is_ok() {
                return;
            }
            step.cancel();
        }
        // The tasks have only to be dropped now.
        let _closed = tokio::time::timeout(shared.patience.flush, closed).await;
    }

    async fn accept(&self) -> (TcpStream, OwnedSemaphorePermit) {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
            // Nobody closes the semaphore; if somebody did, nothing would be accepted any more.
            return std::future::pending().await;
        };
        let mut is_told = false;
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return (stream, place),
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

    fn spawn(&self, stream: TcpStream, place: OwnedSemaphorePermit) {
        // Pieces of an answer are to arrive when they are said. Without it they only come a little later.
        let _best_effort = stream.set_nodelay(true);
        let activity = Arc::new(Activity::default());
        let patience = self.shared.patience;
        let socket = Socket::new(stream, Arc::clone(&activity), patience, slow_head());
        let (router, shared, http) = (self.router.clone(), Arc::clone(&self.shared), self.http.clone());
        let ending = self.ending.clone();
        tokio::spawn(async move {
            let all = ending.all.clone();
            tokio::select! {
                biased;
                () = all.cancelled() => {}
                () = serve(http, socket, router, shared, activity, ending) => {}
            }
            drop(place);
        });
    }
}

/// Errors of one connection that ended before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn serve(
    http: http1::Builder,
    socket: Socket,
    router: Router,
    shared: Arc<Shared>,
    activity: Arc<Activity>,
    ending: Ending,
) {
    let requests = Arc::clone(&activity);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let request_is_at = Serving::new(&requests);
        let (mut router, shared) = (router.clone(), Arc::clone(&shared));
        async move {
            let mut response = match shared.gate.admit(&request) {
                Ok(()) => caught(router.call(request.map(Body::new))).await,
                Err(problem) => Refusal::from(problem).into_response(),
            };
            if shared.runner.work().is_draining() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response.map(|body| Watched { body, _request_is_at: request_is_at }))
        }
    });
    let mut connection = pin!(http.serve_connection(socket, service));
    let result = tokio::select! {
        result = &mut connection => result,
        () = told_to_close(&ending, &activity) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!("a connection ended early: {error}");
    }
}

/// Ready when a connection is to close after its request. One that had none is given time to send what it has: hyper would
/// close it unread.
async fn told_to_close(ending: &Ending, activity: &Activity) {
    ending.idle.cancelled().await;
    if activity.is_fresh() {
        ending.fresh.cancelled().await;
    }
}

/// What a handler answers; if it panics, that it did.
async fn caught(answer: impl Future<Output = Result<Response, Infallible>>) -> Response {
    let mut answer = pin!(answer);
    let caught = std::future::poll_fn(|context| {
        // After a panic the future is not touched again, and what it shares with others is sound at every moment.
        match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))) {
            Ok(Poll::Ready(Ok(response))) => Poll::Ready(Some(response)),
            Ok(Poll::Ready(Err(never))) => match never {},
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        }
    });
    caught.await.unwrap_or_else(|| {
        tracing::error!("a request met a fault of the runner");
        let problem = Problem::new(Code::Internal, "the request met a fault of the runner");
        Refusal::from(problem.help("please report it, with what the runner logged")).into_response()
    })
}

/// A request that is being served, its answer included.
#[derive(Debug)]
struct Serving(Arc<Activity>);

impl Serving {
    fn new(activity: &Arc<Activity>) -> Self {
        activity.begin();
        Self(Arc::clone(activity))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// An answer's body that knows when it has been handed over.
struct Watched {
    body: Body,
    _request_is_at: Serving,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let response = caught(async { panic!("a test") }).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}
