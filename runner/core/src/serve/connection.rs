//! One connection: which protocol it speaks, what it is served with, what it drives besides, and when it closes.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::Version;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::http::request::Request;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

use super::aboard::Aboard;
use super::exchange::Exchange;
use super::reply::Refusal;
use super::routes::{Admission, Shared};
use super::seats::{Notice, Place};
use super::socket::{Protocol, Socket};
use super::stalls::{Stall, Stalls};
use crate::problem::{Code, Problem};
use crate::request_id::{self, RequestId};

/// How each protocol is spoken.
#[derive(Debug, Clone)]
pub(super) struct Protocols {
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<TokioExecutor>,
}

/// Serves a connection to its end.
pub(super) async fn serve(
    protocols: Protocols,
    mut socket: Socket,
    router: Router,
    shared: Arc<Shared>,
    place: Arc<Place>,
    peer: IpAddr,
) {
    let Some(protocol) = spoken(&mut socket, &place).await else { return };
    let aboard = Arc::new(Aboard::new(shared.patience.grace));
    let stalls = Arc::new(Stalls::new(shared.patience.write));
    let (requests, boarding, stalling) = (Arc::clone(&place), Arc::clone(&aboard), Arc::clone(&stalls));
    let service = service_fn(move |request: Request<Incoming>| {
        let request_is_at = Serving::new(&requests);
        let (router, shared, boarding) = (router.clone(), Arc::clone(&shared), Arc::clone(&boarding));
        let stall = (protocol == Protocol::Http2).then(|| stalling.begin());
        async move {
            let mut exchange = Exchange::begin(&request, peer);
            let mut response = answered(&shared, router, request, peer, &mut exchange).await;
            match protocol {
                Protocol::Http1 => boarding.take_over(&mut response),
                Protocol::Http2 => boarding.send_off(&mut response),
            }
            Ok::<_, Infallible>(response.map(|body| Watched { body, exchange, stall, _request_is_at: request_is_at }))
        }
    });
    match protocol {
        Protocol::Http1 => {
            let connection = protocols.http1.serve_connection(socket, service);
            until_over(connection, http1::Connection::graceful_shutdown, &place, &aboard, None).await;
        }
        Protocol::Http2 => {
            let connection = protocols.http2.serve_connection(socket, service);
            until_over(connection, http2::Connection::graceful_shutdown, &place, &aboard, Some(&stalls)).await;
        }
    }
    if place.notice() != Notice::All {
        aboard.leave();
    }
}

/// What the client speaks; nothing if the connection is to close before it said so.
async fn spoken(socket: &mut Socket, place: &Place) -> Option<Protocol> {
    std::future::poll_fn(|context| {
        place.listen(context);
        let notice = place.notice();
        if notice == Notice::All {
            return Poll::Ready(None);
        }
        if let Poll::Ready(protocol) = socket.poll_protocol(context) {
            return Poll::Ready(protocol.ok());
        }
        // Only now: what has come in meanwhile was read.
        if matches!(notice, Notice::Fresh | Notice::MakeRoom) { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

/// Takes a connection to its end. `close` closes it after the requests it is at.
async fn until_over<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    close: impl Fn(Pin<&mut C>),
    place: &Place,
    aboard: &Aboard,
    stalls: Option<&Stalls>,
) {
    let mut connection = pin!(connection);
    let mut is_closing = false;
    std::future::poll_fn(|context| {
        place.listen(context);
        let notice = place.notice();
        if notice == Notice::All || stalls.is_some_and(|stalls| stalls.poll_too_long(context).is_ready()) {
            return Poll::Ready(());
        }
        if !is_closing && (notice == Notice::Fresh || (notice == Notice::Idle && !place.is_fresh())) {
            is_closing = true;
            close(connection.as_mut());
        }
        // First the invocation: what it says now is written at once, and in one piece.
        aboard.drive(context);
        if let Poll::Ready(result) = connection.as_mut().poll(context) {
            if let Err(error) = result {
                tracing::debug!("a connection ended early: {error}");
            }
            return Poll::Ready(());
        }
        // Only now: what has come in meanwhile was read.
        if notice == Notice::MakeRoom {
            if !place.is_serving() {
                return Poll::Ready(());
            }
            place.stay();
        }
        Poll::Pending
    })
    .await;
}

/// The answer to a request, with all that answers have in common.
async fn answered(
    shared: &Arc<Shared>,
    mut router: Router,
    mut request: Request<Incoming>,
    peer: IpAddr,
    exchange: &mut Exchange,
) -> Response {
    let (version, origin) = (request.version(), shared.origins.listed(request.headers()));
    let id = exchange.id().clone();
    let answer = async {
        let admission = shared.admit(&mut request, peer).await;
        exchange.from(&request);
        match admission {
            Ok(Admission::Answered(response)) => response,
            Ok(Admission::ToRoute) => caught(router.call(request.map(Body::new))).await,
            Err(problem) => Refusal::from(problem).into_response(),
        }
    };
    let mut response = id.scope(answer).await;
    shared.origins.say(origin, &mut response);
    if version == Version::HTTP_2 {
        // There a connection is not the matter of one request (RFC 9113, section 8.2.2).
        response.headers_mut().remove(CONNECTION);
    } else if shared.runner.work().is_draining() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    exchange.answered(&mut response);
    exchange.count(shared.runner.metrics());
    response
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
        let request = request_id::current();
        let request = request.as_ref().map(RequestId::as_str);
        tracing::error!(request, "a request met a fault of the runner");
        let problem = Problem::new(Code::Internal, "the request met a fault of the runner");
        Refusal::from(problem.help("please report it, with what the runner logged")).into_response()
    })
}

/// A request that is being served, its answer included.
#[derive(Debug)]
struct Serving(Arc<Place>);

impl Serving {
    fn new(place: &Arc<Place>) -> Self {
        place.begin();
        Self(Arc::clone(place))
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
    exchange: Exchange,
    stall: Option<Stall>,
    _request_is_at: Serving,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(stall) = &self.stall {
            stall.taken();
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(frame) = &polled {
            self.exchange.gave(frame.as_ref());
            if self.body.is_end_stream() {
                self.exchange.is_over();
            }
            if let Some(stall) = self.stall.as_ref().filter(|_| frame.is_some()) {
                stall.given();
            }
        }
        polled
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
