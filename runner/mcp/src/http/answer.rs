//! What a server's answer over HTTP means. Servers differ in what they answer to notifications, and in how they say that they
//! do not know the newer protocol; rmcp decides what follows, and has to be told in its own terms.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorData, JsonRpcError, JsonRpcMessage, ServerJsonRpcMessage, ServerResult,
};
use rmcp::transport::common::http_header::{EVENT_STREAM_MIME_TYPE, HEADER_SESSION_ID, JSON_MIME_TYPE};
use rmcp::transport::streamable_http_client::{SseError, StreamableHttpError, StreamableHttpPostResponse};
use sse_stream::{Sse, SseStream};

use super::Fault;
use super::body::{Broken, Events, beginning, stopped, whole};
use crate::bounds::{MOST_DEPTH, MOST_DIAGNOSTIC, MOST_MESSAGE, MOST_NOTICE};
use crate::error::Kind;
use crate::message::{self, Read, Scan};
use crate::wire::{Shared, no_answer};

/// What is answered.
pub(super) struct Asked<'a> {
    pub(super) message: &'a ClientJsonRpcMessage,
    pub(super) has_session: bool,
}

impl Asked<'_> {
    /// Nobody waits for what stands in the body.
    fn wants_nothing(&self) -> bool {
        !matches!(self.message, JsonRpcMessage::Request(_))
    }

    /// Whether it opens a connection, or a session again: what is answered is rmcp's alone, who does not ask by way of us.
    fn opens(&self) -> bool {
        matches!(self.message, JsonRpcMessage::Request(request)
            if matches!(request.request, ClientRequest::DiscoverRequest(_) | ClientRequest::InitializeRequest(_)))
    }

    /// Whether this is the first question of the newer protocol, which older servers refuse in many ways.
    fn discovers(&self) -> Option<&rmcp::model::RequestId> {
        match self.message {
            JsonRpcMessage::Request(request) if matches!(request.request, ClientRequest::DiscoverRequest(_)) => {
                Some(&request.id).filter(|_| !self.has_session)
            }
            _ => None,
        }
    }
}

type Answer = Result<StreamableHttpPostResponse, StreamableHttpError<Fault>>;

/// What is said in a header about the credential that is wanted.
pub(super) fn challenge(response: &Response<Incoming>) -> Option<String> {
    Some(response.headers().get(WWW_AUTHENTICATE)?.to_str().ok()?.to_owned())
}

/// The answer to a message.
pub(super) async fn to_post(response: Response<Incoming>, asked: &Asked<'_>, shared: &Arc<Shared>) -> Answer {
    let status = response.status();
    if status == StatusCode::NOT_FOUND && asked.has_session {
        return Err(StreamableHttpError::SessionExpired);
    }
    if !status.is_success() {
        return refused(response, asked, shared).await;
    }
    let is_empty = response.body().size_hint().exact() == Some(0);
    if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) || (is_empty && asked.wants_nothing()) {
        return Ok(StreamableHttpPostResponse::Accepted);
    }
    let session = response.headers().get(HEADER_SESSION_ID).and_then(|id| Some(id.to_str().ok()?.to_owned()));
    if is_of(response.headers(), EVENT_STREAM_MIME_TYPE) {
        let events = if asked.opens() { opening_events(response, shared) } else { events(response, shared) };
        return Ok(StreamableHttpPostResponse::Sse(events, session));
    }
    if asked.wants_nothing() {
        return Ok(StreamableHttpPostResponse::Accepted);
    }
    if !is_of(response.headers(), JSON_MIME_TYPE) {
        return Err(fault(Kind::NotMcp { said: said(response, shared).await }));
    }
    let (body, _room) = whole(response.into_body(), MOST_MESSAGE).await.map_err(broken)?;
    match read(body, asked, shared).await? {
        Ok(message) => Ok(StreamableHttpPostResponse::Json(message, session)),
        Err(body) => Err(fault(Kind::NotMcp { said: shared.redactor.quoted(&start(&body)) })),
    }
}

/// A body as the message that it is; the body again if it is none.
async fn read(
    body: Vec<u8>,
    asked: &Asked<'_>,
    shared: &Arc<Shared>,
) -> Result<Result<ServerJsonRpcMessage, Vec<u8>>, StreamableHttpError<Fault>> {
    if asked.opens() {
        let scan = Scan::of(body.get(..body.len().min(MOST_NOTICE)).unwrap_or_default());
        message::fits(body.len(), &scan).map_err(fault)?;
        return Ok(serde_json::from_slice(&body).map_err(|_error| body));
    }
    let (read, body) = message::read(body, shared).await;
    let id = match asked.message {
        JsonRpcMessage::Request(request) => Some(&request.id),
        _ => None,
    };
    Ok(match (read, id) {
        (Read::Message(message), _) => Ok(message),
        (Read::Unwanted, Some(id)) => {
            shared.unwanted(body.len()).map_err(fault)?;
            // Whoever asked is gone, and this goes nowhere; or this answers something else.
            Ok(no_answer(id.clone(), crate::connection::UNREADABLE))
        }
        _ => Err(body),
    })
}

/// The answer to a request for a stream.
pub(super) async fn to_get(
    response: Response<Incoming>,
    shared: &Arc<Shared>,
) -> Result<BoxStream<'static, Result<Sse, SseError>>, StreamableHttpError<Fault>> {
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED => {
            Err(StreamableHttpError::ServerDoesNotSupportSse)
        }
        status if status.is_success() && is_of(response.headers(), EVENT_STREAM_MIME_TYPE) => {
            Ok(events(response, shared))
        }
        _ => Err(fault(status(response, shared).await)),
    }
}

/// An answer that is none. An error of the protocol in it counts for more than its status.
async fn refused(response: Response<Incoming>, asked: &Asked<'_>, shared: &Arc<Shared>) -> Answer {
    let (code, is_json) = (response.status(), is_of(response.headers(), JSON_MIME_TYPE));
    let is_about_credential = matches!(code, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if is_about_credential || code == StatusCode::TOO_MANY_REQUESTS || (code.is_server_error() && !is_json) {
        return Err(fault(status(response, shared).await));
    }
    let challenge = challenge(&response);
    let body = if is_json {
        whole(response.into_body(), MOST_MESSAGE).await.map_err(broken)?.0
    } else {
        beginning(response.into_body(), MOST_DIAGNOSTIC).await.into_bytes()
    };
    // An error is short.
    let body = if body.len() > MOST_NOTICE { Vec::new() } else { body };
    let error = match serde_json::from_slice(&body) {
        Ok(ServerJsonRpcMessage::Error(error)) => Some(error),
        _ => None,
    };
    if asked.has_session && code == StatusCode::BAD_REQUEST && error.as_ref().is_some_and(knows_no_session) {
        return Err(StreamableHttpError::SessionExpired);
    }
    if let Some(id) = asked.discovers().filter(|_| code.is_client_error()) {
        let error =
            error.map_or_else(|| ErrorData::invalid_request(format!("HTTP status {code}"), None), |error| error.error);
        // An older server cannot know the id of a question that it does not understand.
        return Ok(StreamableHttpPostResponse::Json(ServerJsonRpcMessage::error(error, Some(id.clone())), None));
    }
    match (error, asked.message) {
        (Some(error), JsonRpcMessage::Request(request)) => {
            let id = error.id.unwrap_or_else(|| request.id.clone());
            Ok(StreamableHttpPostResponse::Json(ServerJsonRpcMessage::error(error.error, Some(id)), None))
        }
        _ => Err(fault(Kind::Status { status: code.as_u16(), challenge, said: shared.redactor.quoted(&start(&body)) })),
    }
}

/// Servers written after the TypeScript SDK's examples say so by 400, where the protocol wants 404. The message was not read.
fn knows_no_session(error: &JsonRpcError) -> bool {
    error.error.message.to_lowercase().contains("session")
}

/// A status, told.
async fn status(response: Response<Incoming>, shared: &Arc<Shared>) -> Kind {
    let challenge = challenge(&response).map(|challenge| shared.redactor.quoted(&challenge));
    let status = response.status().as_u16();
    let said = if is_of(response.headers(), "text/html") { String::new() } else { said(response, shared).await };
    Kind::Status { status, challenge, said }
}

async fn said(response: Response<Incoming>, shared: &Arc<Shared>) -> String {
    shared.redactor.quoted(&beginning(response.into_body(), MOST_DIAGNOSTIC).await)
}

fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..body.len().min(MOST_DIAGNOSTIC)).unwrap_or_default()).into_owned()
}

/// The messages of a stream. What is answered to a call goes past rmcp: it would be built again, and where others wait.
fn events(response: Response<Incoming>, shared: &Arc<Shared>) -> BoxStream<'static, Result<Sse, SseError>> {
    let reader = Arc::clone(shared);
    let read = move |event: Result<Sse, SseError>| {
        let shared = Arc::clone(&reader);
        async move {
            let Ok(Sse { data: Some(_), .. }) = &event else { return event };
            let mut event = event?;
            event.data = message_of(event.data.unwrap_or_default(), &shared).await.map_err(|kind| {
                shared.blame(kind.clone());
                SseError::Body(Box::new(Fault(kind)))
            })?;
            Ok(event)
        }
    };
    raw(response, shared).then(read).boxed()
}

/// What rmcp is shown of a message: nothing if it is for nobody.
async fn message_of(data: String, shared: &Arc<Shared>) -> Result<Option<String>, Kind> {
    let (read, data) = message::read(data.into_bytes(), shared).await;
    let message = match read {
        Read::Message(message) => message,
        Read::Unwanted => return shared.unwanted(data.len()).map(|()| None),
        Read::Dropped | Read::Stray => return Ok(None),
    };
    Ok(match message {
        // rmcp looks into lists of tools itself.
        JsonRpcMessage::Response(answer) if !matches!(answer.result, ServerResult::ListToolsResult(_)) => {
            let shown = ServerJsonRpcMessage::response(ServerResult::empty(()), answer.id.clone());
            let id = answer.id.clone();
            shared.put_aside(&id, JsonRpcMessage::Response(answer));
            serde_json::to_string(&shown).ok()
        }
        JsonRpcMessage::Error(error) => serde_json::to_string(&JsonRpcMessage::<(), (), ()>::Error(error)).ok(),
        _ => String::from_utf8(data).ok(),
    })
}

/// The messages of a stream that opens something, as far as they are within their bounds.
fn opening_events(response: Response<Incoming>, shared: &Arc<Shared>) -> BoxStream<'static, Result<Sse, SseError>> {
    let blamed = Arc::clone(shared);
    let fits = move |event: Result<Sse, SseError>| {
        let data = event.as_ref().ok().and_then(|event| event.data.as_deref()).unwrap_or_default();
        let scan = Scan::of(data.get(..data.len().min(MOST_NOTICE)).unwrap_or_default().as_bytes());
        match message::fits(data.len(), &scan) {
            Ok(()) if scan.depth <= MOST_DEPTH => event,
            Ok(()) => Err(SseError::Body("it is nested too deep".into())),
            Err(kind) => {
                blamed.blame(kind.clone());
                Err(SseError::Body(Box::new(Fault(kind))))
            }
        }
    };
    raw(response, shared).map(fits).boxed()
}

fn raw(response: Response<Incoming>, shared: &Arc<Shared>) -> BoxStream<'static, Result<Sse, SseError>> {
    let shared = Arc::clone(shared);
    let bytes = Events::new(response.into_body(), MOST_MESSAGE).with_leave().inspect(move |bytes| {
        // rmcp only says that a stream has ended.
        if let Err(Fault(kind @ (Kind::TooLarge { .. } | Kind::Protocol { .. }))) = bytes {
            shared.blame(kind.clone());
        }
    });
    SseStream::from_bytes_stream(bytes).boxed()
}

/// Whether the body is of a kind, whatever its parameters.
fn is_of(headers: &HeaderMap, kind: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|value| value.trim().eq_ignore_ascii_case(kind))
}

fn fault(kind: Kind) -> StreamableHttpError<Fault> {
    StreamableHttpError::Client(Fault(kind))
}

fn broken(broken: Broken) -> StreamableHttpError<Fault> {
    fault(match broken {
        Broken::TooLarge => Kind::TooLarge { what: "a message", limit: MOST_MESSAGE },
        Broken::Stopped => stopped(),
        Broken::Lost => Kind::Lost { why: "its answer broke off".to_owned(), said: Vec::new() },
    })
}
