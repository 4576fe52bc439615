//! One connection: what it is served with, what it drives besides, and when it closes.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tower_service::Service;

use super::aboard::Aboard;
use super::measured::{method, route};
use super::reply::Refusal;
use super::routes::Shared;
use super::seats::{Notice, Place};
use super::socket::Socket;
use crate::problem::{Code, Problem};

/// Serves a connection to its end.
pub(super) async fn serve(
    http: http1::Builder,
    socket: Socket,
    router: Router,
    shared: Arc<Shared>,
    place: Arc<Place>,
    peer: IpAddr,
) {
    let aboard = Arc::new(Aboard::new(shared.patience.grace));
    let (requests, boarding) = (Arc::clone(&place), Arc::clone(&aboard));
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let request_is_at = Serving::new(&requests);
        let (mut router, shared, boarding) = (router.clone(), Arc::clone(&shared), Arc::clone(&boarding));
        let (begun, route, method) = (Instant::now(), route(request.uri().path()), method(request.method()));
        async move {
            let mut response = match shared.admit(&mut request, peer).await {
                Ok(()) => caught(router.call(request.map(Body::new))).await,
                Err(problem) => Refusal::from(problem).into_response(),
            };
            shared.runner.metrics().answered(route, method, response.status().as_u16(), begun.elapsed());
            boarding.take_over(&mut response);
            if shared.runner.work().is_draining() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response.map(|body| Watched { body, _request_is_at: request_is_at }))
        }
    });
    {
        let mut connection = pin!(http.serve_connection(socket, service));
        let mut is_closing = false;
        std::future::poll_fn(|context| {
            place.listen(context);
            let notice = place.notice();
            if notice == Notice::All {
                return Poll::Ready(());
            }
            if !is_closing && (notice == Notice::Fresh || (notice == Notice::Idle && !place.is_fresh())) {
                is_closing = true;
                connection.as_mut().graceful_shutdown();
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
    if place.notice() != Notice::All {
        aboard.leave();
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
