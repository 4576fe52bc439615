//! What is wrong with a request before any agent hears of it: broken messages as JSON-RPC has it, everything else as a problem.
//! What the library says of such requests is text for people; its statuses are the protocol's, and stay.

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode};
use pace_ir::text::shortened;
use serde::de::IgnoredAny;
use serde_json::json;

use super::super::reply::{self, Refusal};
use crate::problem::{Code, Problem};

/// JSON-RPC 2.0, section 5.1: the body is no JSON.
const PARSE_ERROR: i64 = -32_700;
/// JSON-RPC 2.0, section 5.1: the body is JSON, and no message.
const INVALID_REQUEST: i64 = -32_600;

/// The most characters of a reader's complaint, which may hold what the client sent.
const MAX_COMPLAINT: usize = 300;

/// A client has to take both kinds of answer where it sends a message, and streams where it listens.
///
/// # Errors
/// [`Code::NotAcceptable`].
pub(super) fn acceptable(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let wanted: &[&str] = match *method {
        Method::POST => &["application/json", "text/event-stream"],
        Method::GET => &["text/event-stream"],
        _ => return Ok(()),
    };
    let fields = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let taken: Vec<_> = fields.flat_map(|field| field.split(',')).filter_map(|kind| kind.split(';').next()).collect();
    if wanted.iter().all(|wanted| taken.iter().any(|kind| kind.trim().eq_ignore_ascii_case(wanted))) {
        return Ok(());
    }
    let wanted = wanted.join(", ");
    let detail = format!("the client does not take what an MCP server answers with: `{wanted}`");
    Err(Problem::new(Code::NotAcceptable, detail).help(format!("send the header `Accept: {wanted}`")))
}

/// The answer to a body that is no JSON at all; none if it is.
pub(super) fn broken(body: &Bytes) -> Option<Response> {
    let error = serde_json::from_slice::<IgnoredAny>(body).err()?;
    Some(error_message(PARSE_ERROR, &format!("the message is no JSON: {error}")))
}

/// The library's answer, where it is text about a fault, in our words.
pub(super) fn told(method: &Method, response: Response) -> Response {
    let status = response.status();
    let is_json =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !(status.is_client_error() || status.is_server_error()) || is_json {
        return response;
    }
    let allow = response.headers().get(hyper::header::ALLOW).cloned();
    let mut told = match status {
        // It is JSON: that was looked at before.
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            error_message(INVALID_REQUEST, "the message is none of JSON-RPC 2.0 as MCP uses it")
        }
        _ => Refusal::from(problem(method, status)).into_response(),
    };
    if let Some(allow) = allow {
        told.headers_mut().insert(hyper::header::ALLOW, allow);
    }
    told
}

fn problem(method: &Method, status: StatusCode) -> Problem {
    let new = |code, detail: &str, help: &str| Problem::new(code, detail).help(help);
    match status {
        StatusCode::NOT_FOUND => new(Code::UnknownSession, "there is no such session any more", BEGIN),
        StatusCode::METHOD_NOT_ALLOWED => {
            let detail = format!("there is nothing to do for `{method}` without a session of the protocol");
            Problem::new(Code::WrongMethod, detail).help("send messages with `POST`")
        }
        StatusCode::NOT_ACCEPTABLE => new(
            Code::NotAcceptable,
            "the client does not take what an MCP server answers with",
            "send the header `Accept: application/json, text/event-stream`",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => new(Code::TooLarge, "the message is too large", "send a shorter one"),
        status if status.is_client_error() => new(
            Code::MalformedRequest,
            "the request has no session, or a header field of the protocol that does not fit the message",
            BEGIN,
        ),
        _ => Problem::new(Code::Internal, "the session could not be served"),
    }
}

const BEGIN: &str = "begin a session with `initialize`, and send its `Mcp-Session-Id` with each request";

/// An error without an id: nobody knows which message it was.
fn error_message(code: i64, message: &str) -> Response {
    let error = json!({"code": code, "message": shortened(message, MAX_COMPLAINT)});
    let mut response = reply::json(StatusCode::BAD_REQUEST, &json!({"jsonrpc": "2.0", "id": null, "error": error}));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
