//! Answers: JSON from our own types, and problems as RFC 9457 documents.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;

use crate::id::{InvocationId, SessionId};
use crate::problem::{Code, Problem};
use crate::request_id::{self, RequestId};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
pub(super) const INVOCATION: HeaderName = HeaderName::from_static("paceline-invocation");
pub(super) const SESSION: HeaderName = HeaderName::from_static("paceline-session");

/// Bytes that most answers fit in.
const USUAL: usize = 512;

/// A problem on its way to a client.
#[derive(Debug)]
pub(super) struct Refusal {
    problem: Box<Problem>,
    invocation: Option<InvocationId>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), invocation: None }
    }
}

impl Refusal {
    /// The problem that an invocation ended with.
    pub(super) fn of(problem: Problem, invocation: InvocationId) -> Self {
        Self { problem: Box::new(problem), invocation: Some(invocation) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { problem, invocation } = self;
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let request = request_id::current();
        let document = problem.document(invocation).of_request(request.as_ref().map(RequestId::as_str));
        let mut response = json(status, &document);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM);
        if let Some(wait) = problem.retry_after {
            // Whole seconds, rounded up: who comes back a moment early is refused again.
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            headers.insert(RETRY_AFTER, number(u64::try_from(seconds).unwrap_or(u64::MAX)));
        }
        if let Some(id) = invocation {
            headers.insert(INVOCATION, text(id.digits().as_str()));
        }
        // For the log and for nobody else: what a client is told stands in the document.
        response.extensions_mut().insert(problem.code);
        let headers = response.headers_mut();
        // RFC 6750, section 3: an error is told only to who showed something.
        let challenge = match problem.code {
            Code::WrongCredential => Some("Bearer error=\"invalid_token\""),
            Code::CredentialNeeded => Some("Bearer realm=\"paceline\""),
            _ => None,
        };
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        // What remains of such a request may still be on its way, and is not to be taken for the next one.
        if matches!(problem.code, Code::SlowRequest | Code::TooLarge) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// A value as JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(USUAL);
    match serde_json::to_writer(&mut bytes, value) {
        Ok(()) => {
            let mut response = Response::new(Body::from(Bytes::from(bytes)));
            *response.status_mut() = status;
            response.headers_mut().insert(CONTENT_TYPE, JSON);
            response
        }
        // Only a type whose own serialization fails comes here, and none of ours does.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Which run it is an answer of.
pub(super) fn name(response: &mut Response, invocation: InvocationId, session: SessionId) {
    name_invocation(response, invocation);
    response.headers_mut().insert(SESSION, text(session.digits().as_str()));
}

/// Which run it is about.
pub(super) fn name_invocation(response: &mut Response, invocation: InvocationId) {
    response.headers_mut().insert(INVOCATION, text(invocation.digits().as_str()));
}

/// A whole answer for a client whose request's head did not arrive in time, as it goes over the wire.
pub(super) fn slow_head() -> &'static [u8] {
    static ANSWER: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let problem = Problem::new(Code::SlowRequest, "the head of the request did not arrive in time");
        let document = serde_json::to_string(&problem.document(None)).unwrap_or_default();
        let head = "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/problem+json\r\nconnection: close";
        format!("{head}\r\ncontent-length: {}\r\n\r\n{document}", document.len()).into_bytes()
    });
    &ANSWER
}

fn number(number: u64) -> HeaderValue {
    HeaderValue::from(number)
}

/// A text of digits and letters as a header's value.
fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
