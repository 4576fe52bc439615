//! An answer as it is kept.

use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::refused::{Unclaimed, lost};
use crate::id::InvocationId;
use crate::serve::reply::{INVOCATION, SESSION};

/// The longest body that is kept, bytes: an answer of some 200,000 tokens.
const LONGEST: usize = 1 << 20;
/// Says that an answer is given again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The header fields that belong to an answer; others belong to the request that it answers.
const FIELDS: [HeaderName; 4] = [CONTENT_TYPE, INVOCATION, SESSION, RETRY_AFTER];

/// What there is to say to who asks again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept {
    /// This answer.
    Answer { status: u16, fields: Vec<(String, String)>, body: String },
    /// That nobody knows what came of an invocation.
    Lost { invocation: Option<InvocationId> },
}

impl Kept {
    /// An answer, and what is kept of it.
    pub(super) async fn of(response: Response) -> (Response, Self) {
        let (parts, body) = response.into_parts();
        // It is in memory already, and cannot fail.
        let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let kept = match std::str::from_utf8(&bytes) {
            Ok(text) if text.len() <= LONGEST => {
                Self::Answer { status: parts.status.as_u16(), fields: fields(&parts.headers), body: text.to_owned() }
            }
            _ => Self::Lost { invocation: invocation(&parts.headers) },
        };
        (Response::from_parts(parts, Body::from(bytes)), kept)
    }

    /// What was kept; a later version's is as good as lost.
    pub(super) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or(Self::Lost { invocation: None })
    }

    pub(super) fn written(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The answer as one that is given again.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn replayed(self) -> Result<Response, Unclaimed> {
        let (status, fields, body) = match self {
            Self::Answer { status, fields, body } => (status, fields, body),
            Self::Lost { invocation } => return Err(lost(invocation)),
        };
        let answer = || {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).ok()?;
            for (name, value) in fields {
                let (name, value) = (name.parse::<HeaderName>().ok()?, HeaderValue::from_str(&value).ok()?);
                response.headers_mut().insert(name, value);
            }
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Some(response)
        };
        answer().ok_or_else(|| lost(None))
    }
}

/// Which one an answer says that it is of.
fn invocation(headers: &HeaderMap) -> Option<InvocationId> {
    headers.get(INVOCATION)?.to_str().ok()?.parse().ok()
}

fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    let field = |name: &HeaderName| Some((name.as_str().to_owned(), headers.get(name)?.to_str().ok()?.to_owned()));
    FIELDS.iter().filter_map(field).collect()
}
