//! One attempt to send spans: over HTTP or gRPC, within its time, and what came of it. Knows no queue, and never tries twice.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, PROXY_AUTHORIZATION, TE, USER_AGENT};
use hyper::{Method, Request, Response, Uri};
use pace_ir::text::{quoted, shortened};
use pace_web::Speaks;
use prost::Message as _;

use super::message::{ExportTraceServiceRequest, InstrumentationScope, Resource, ResourceSpans, ScopeSpans, Span};
use super::{SCOPE, VERSION, answer, grpc};
use crate::config::{OtlpSettings, Protocol};
use crate::environment::Environment;
use crate::model::http::{Http, Timeouts};
use crate::setup::SetupError;

/// The most characters of what somebody else says.
const MOST_SAID: usize = 200;

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The collector has all of it.
    Taken,
    /// It has all but some.
    Partly {
        /// How many spans.
        rejected: u64,
        /// In its words.
        why: String,
    },
    /// It will never take them.
    Refused(String),
    /// It may take them later.
    Later {
        /// Why not now.
        why: String,
        /// No sooner than this.
        wait: Option<Duration>,
    },
}

/// Sends spans.
#[derive(Debug)]
pub(super) struct Sender {
    protocol: Protocol,
    endpoint: Uri,
    headers: HeaderMap,
    timeout: Duration,
    resource: Resource,
    http: Http,
}

impl Sender {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// A proxy is of a kind that is not spoken, or root certificates cannot be read.
    pub(super) fn configure(
        settings: &OtlpSettings,
        resource: Resource,
        environment: &Environment,
    ) -> Result<Self, SetupError> {
        let OtlpSettings { protocol, endpoint, timeout, .. } = settings;
        let (speaks, media_type) = match protocol {
            Protocol::Http => (Speaks::Http1, "application/x-protobuf"),
            Protocol::Grpc => (Speaks::Http2, "application/grpc"),
        };
        // The time of an attempt is all there is, for its connection as well.
        let timeouts = Timeouts { connect: *timeout, ..Timeouts::default() };
        let http = Http::speaking(speaks, environment, timeouts)?;
        let mut headers = settings.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("paceline/", env!("CARGO_PKG_VERSION"))));
        if *protocol == Protocol::Grpc {
            headers.insert(TE, HeaderValue::from_static("trailers"));
        }
        Ok(Self { protocol: *protocol, endpoint: endpoint.clone(), headers, timeout: *timeout, resource, http })
    }

    /// Spans as they are sent.
    pub(super) fn encoded(&self, spans: Vec<Span>) -> Bytes {
        let scope = InstrumentationScope { name: SCOPE.to_owned(), version: VERSION.to_owned() };
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
        let resource_spans = vec![ResourceSpans { resource: Some(self.resource.clone()), scope_spans }];
        let request = ExportTraceServiceRequest { resource_spans };
        match self.protocol {
            Protocol::Http => request.encode_to_vec().into(),
            Protocol::Grpc => grpc::framed(&request),
        }
    }

    /// Sends them once.
    pub(super) async fn attempt(&mut self, body: Bytes) -> Outcome {
        let sending = async {
            match (self.http.send(self.request(body)).await, self.protocol) {
                (Ok(response), Protocol::Http) => answer::read(response).await,
                (Ok(response), Protocol::Grpc) => grpc::read(response).await,
                (Err(error), _) => {
                    let why = format!("the collector cannot be reached: {}", cause(&error));
                    Outcome::Later { why, wait: None }
                }
            }
        };
        if let Ok(outcome) = tokio::time::timeout(self.timeout, sending).await {
            return outcome;
        }
        // A connection that says nothing would be used again.
        self.http = self.http.anew();
        let why = format!("the collector did not answer within {} s", self.timeout.as_secs_f64());
        Outcome::Later { why, wait: None }
    }

    fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.clone();
        *request.headers_mut() = self.headers.clone();
        if let Some(authorization) =
            self.http.proxy_authorization(&self.endpoint).filter(|_| self.protocol == Protocol::Http)
        {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        request
    }
}

/// What somebody else says, in one line of bounded length.
pub(super) fn said(words: &str) -> String {
    quoted(&shortened(words.trim(), MOST_SAID))
}

/// The innermost reason: those around it say only that something failed.
fn cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    said(&cause.to_string())
}

/// The media type of an answer, without its parameters, in lower case.
pub(super) fn media_type<B>(response: &Response<B>) -> String {
    let value = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(value);
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
