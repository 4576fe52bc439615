//! One unary call of gRPC, as far as an exporter needs it
//! (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>): a message behind five bytes, and a status in trailers.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Body;
use hyper::header::HeaderMap;
use hyper::{Response, StatusCode};
use prost::Message;

use super::answer::{MOST_ANSWER, garbled, partly};
use super::message::{ExportTraceServiceRequest, ExportTraceServiceResponse, RetryInfo, RpcStatus};
use super::send::{Outcome, said};

/// Before each message: a byte that says whether it is compressed, and four with its length.
const PREFIX: usize = 5;

/// The details of a status are base64, with its padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const OK: i32 = 0;
const RESOURCE_EXHAUSTED: i32 = 8;
const UNAVAILABLE: i32 = 14;
/// Cancelled, deadline exceeded, aborted, out of range, unavailable, data loss: what the specification of OTLP tries again.
const PASSING: [i32; 6] = [1, 4, 10, 11, UNAVAILABLE, 15];

/// A request as it is sent.
pub(super) fn framed(request: &ExportTraceServiceRequest) -> Bytes {
    let length = request.encoded_len();
    let mut bytes = Vec::with_capacity(PREFIX + length);
    bytes.push(0);
    // A batch is far below what four bytes can say.
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    request.encode_raw(&mut bytes);
    bytes.into()
}

/// Reads an answer to its end.
pub(super) async fn read<B>(response: Response<B>) -> Outcome
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return of_http(head.status);
    }
    let broken_off = || Outcome::Later { why: "the answer of the collector broke off".to_owned(), wait: None };
    let Ok(body) = Limited::new(body, MOST_ANSWER).collect().await else { return broken_off() };
    // An answer without a message has its status in the head.
    let status = body.trailers().and_then(Answered::of).or_else(|| Answered::of(&head.headers));
    match status {
        None => garbled(),
        Some(status) if status.code == OK => taken(&body.to_bytes()),
        Some(status) => status.outcome(),
    }
}

/// What stands between answers in HTTP's own words.
fn of_http(status: StatusCode) -> Outcome {
    let why = format!("the collector answered {}", status.as_u16());
    match status.as_u16() {
        429 | 502..=504 => Outcome::Later { why, wait: None },
        _ => Outcome::Refused(why),
    }
}

fn taken(body: &[u8]) -> Outcome {
    match body.split_first_chunk() {
        None if body.is_empty() => Outcome::Taken,
        Some(([0, a, b, c, d], message)) if u32::from_be_bytes([*a, *b, *c, *d]) as usize == message.len() => {
            let response = ExportTraceServiceResponse::decode(message);
            response.map_or_else(|_| garbled(), |response| partly(response.partial_success))
        }
        _ => garbled(),
    }
}

/// A status.
struct Answered {
    code: i32,
    message: String,
    /// How long the collector wants not to be asked.
    wait: Option<Duration>,
}

impl Answered {
    fn of(fields: &HeaderMap) -> Option<Self> {
        let text = |name: &str| fields.get(name).and_then(|value| value.to_str().ok());
        let code = text("grpc-status")?.trim().parse().ok()?;
        let message = text("grpc-message").map(decoded).unwrap_or_default();
        let details = text("grpc-status-details-bin").and_then(|details| BASE64.decode(details.trim()).ok());
        let details = details.and_then(|details| RpcStatus::decode(details.as_slice()).ok());
        Some(Self { code, message, wait: details.as_ref().and_then(wait) })
    }

    fn outcome(self) -> Outcome {
        let Self { code, message, wait } = self;
        let words = if message.is_empty() { String::new() } else { format!(": {}", said(&message)) };
        let why = format!("the collector answered with the gRPC status {code}{words}");
        // Of what is exhausted, only what it says will come back does.
        if PASSING.contains(&code) || (code == RESOURCE_EXHAUSTED && wait.is_some()) {
            Outcome::Later { why, wait }
        } else {
            Outcome::Refused(why)
        }
    }
}

fn wait(status: &RpcStatus) -> Option<Duration> {
    let info = status.details.iter().find(|detail| detail.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay?;
    Some(Duration::new(u64::try_from(delay.seconds).ok()?, u32::try_from(delay.nanos).ok()?.min(999_999_999)))
}

/// A message is percent-encoded; what is not, is taken as it is.
fn decoded(text: &str) -> String {
    crate::config::otlp::decoded(text).unwrap_or_else(|| text.to_owned())
}
