//! What a collector answers over HTTP (OTLP 1.x, "OTLP/HTTP response").

use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Body;
use hyper::header::RETRY_AFTER;
use hyper::{Response, StatusCode};
use prost::Message as _;

use super::message::{ExportTraceServiceResponse, PartialSuccess, RpcStatus};
use super::send::{Outcome, media_type, said};
use crate::model::retry_after;

/// The most bytes of an answer: one has a sentence at most.
pub(super) const MOST_ANSWER: usize = 64 << 10;

/// Reads an answer to its end.
pub(super) async fn read<B>(response: Response<B>) -> Outcome
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (status, media_type) = (response.status(), media_type(&response));
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = wait.and_then(|value| retry_after(value, SystemTime::now()));
    let body = Limited::new(response.into_body(), MOST_ANSWER).collect().await.map(http_body_util::Collected::to_bytes);
    if status.is_success() {
        return match body {
            Ok(body) => taken(&media_type, &body),
            // It has the spans; what it said of them is lost.
            Err(_) => garbled(),
        };
    }
    let words =
        body.ok().and_then(|body| RpcStatus::decode(body).ok()).map(|status| status.message).unwrap_or_default();
    let words = if words.is_empty() { String::new() } else { format!(": {}", said(&words)) };
    let why = format!("the collector answered {}{words}", status.as_u16());
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Outcome::Later { why, wait },
        _ => Outcome::Refused(why),
    }
}

/// What an answer says that is none of a failure. Nothing is all well; JSON is what some answer whatever they are sent.
fn taken(media_type: &str, body: &Bytes) -> Outcome {
    if body.is_empty() || media_type == "application/json" {
        return Outcome::Taken;
    }
    if media_type.starts_with("text/") {
        return garbled();
    }
    ExportTraceServiceResponse::decode(body.clone())
        .map_or_else(|_| garbled(), |response| partly(response.partial_success))
}

/// What is told of spans that were not taken.
pub(super) fn partly(partial: Option<PartialSuccess>) -> Outcome {
    match partial.map(|partial| (u64::try_from(partial.rejected_spans).unwrap_or_default(), partial.error_message)) {
        Some((rejected, words)) if rejected > 0 => {
            Outcome::Partly { rejected, why: format!("the collector rejected {rejected} spans: {}", said(&words)) }
        }
        // A warning without a loss is the collector's operator's business.
        _ => Outcome::Taken,
    }
}

/// Whoever answers like this may be no collector. To send it all again would not change that.
pub(super) fn garbled() -> Outcome {
    Outcome::Refused("what answers at the collector's address does not answer as a collector does".to_owned())
}
