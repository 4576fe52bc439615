//! An agent answers a message as a stream of server-sent events, and the stream of one that runs, or ran, can be followed
//! again from where it broke off. The invocation goes on for a while if nobody follows.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode, Uri, Version};
use pace_ir::text::quoted;

use super::aboard::Streaming;
use super::chat::admitted;
use super::follow::Follower;
use super::record::{Record, Woken};
use super::repeat::Key;
use super::reply::{Refusal, name};
use super::routes::{Asker, Path, Shared};
use crate::invoke::Admitted;
use crate::problem::{Code, Problem};
use crate::request_id::{self, carried};

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// nginx, and others after it, hold answers back unless told.
const BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
/// How long an answer's head may wait for something to be said. Nobody sees so short a time; a recording, or a model next door,
/// has answered by then, and to write the head by itself takes as long as a fifth of such an answer.
const HELD: Duration = Duration::from_millis(5);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// `POST /agents/{name}/chat/stream`
pub(super) async fn chat(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let owner = Asker::of(request.extensions())?.0.principal;
    Key::refuse(request.headers())?;
    // Where a connection has several requests at once, none of them drives its task.
    let woken = if request.version() == Version::HTTP_2 { Woken::ByRecord(None) } else { Woken::WithInvocation };
    let admitted = admitted(&shared, &asked, request).await?;
    let record = shared.records.begin(admitted.id(), admitted.session(), owner);
    let mut response = followed(&shared, &record, 0, woken);
    let cancellation = admitted.cancellation().clone();
    let grace = shared.patience.grace;
    let running = carried(request_id::current(), run(shared, admitted, Arc::clone(&record)));
    // It begins before the answer does: its first events go with the answer's head.
    if let Some(streaming) = Streaming::new(running, record, cancellation).begin(HELD, grace).await {
        streaming.board(&mut response);
    }
    Ok(response)
}

/// `GET /invocations/{id}/events`
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    Asker(subject): Asker,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let record = shared.records.get(&asked, &subject.principal)?;
    let after = after(&headers, &uri)?;
    let (last, is_over) = record.last();
    if after > last {
        let is_what = if is_over { ": it is over, and its last is" } else { " yet: the last is" };
        let detail = format!("there is no event {after} of this invocation{is_what} {last}");
        return Err(Problem::new(Code::MalformedRequest, detail)
            .help("send the `id` of the last event you read")
            .into());
    }
    if is_over && after == last {
        // The one answer that makes a browser's `EventSource` stop asking.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(followed(&shared, &record, after, Woken::ByRecord(None)))
}

/// Takes an invocation to its end.
async fn run(shared: Arc<Shared>, admitted: Admitted, record: Arc<Record>) {
    let failing = admitted.failing();
    let open = shared.records.open(record);
    if let Err(problem) = admitted.run(&*open.record).await {
        failing.failed(&shared.runner, &problem);
    }
}

fn followed(shared: &Shared, record: &Arc<Record>, after: u64, woken: Woken) -> Response {
    let follower = Follower::new(Arc::clone(record), after, woken, shared.patience.comment);
    let mut response = Response::new(Body::new(follower));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, EVENT_STREAM);
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(BUFFERING.0, BUFFERING.1);
    name(&mut response, record.invocation, record.session);
    response
}

/// The last event that a client has read, 0 if none: from the header that browsers send when they come back, or else from
/// the query, for clients that cannot set one.
fn after(headers: &HeaderMap, uri: &Uri) -> Result<u64, Problem> {
    let of_query = || uri.query()?.split('&').find_map(|pair| pair.strip_prefix("after="));
    let (place, text) = match headers.get(LAST_EVENT_ID) {
        Some(value) => ("the header `Last-Event-ID`", String::from_utf8_lossy(value.as_bytes()).into_owned()),
        None => match of_query() {
            Some(text) => ("`after`", text.to_owned()),
            None => return Ok(0),
        },
    };
    text.trim().parse().map_err(|_| {
        let detail = format!("{place} is `{}`, and the ids of events are numbers from 1", quoted(&text));
        Problem::new(Code::MalformedRequest, detail).help("send the `id` of the last event you read")
    })
}
