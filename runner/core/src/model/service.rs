//! A model behind a network: sends what a wire format makes, reads what it understands, and asks again where that is right.
//! Knows no format and no provider's name.

use std::pin::{Pin, pin};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, PROXY_AUTHORIZATION, RETRY_AFTER};
use hyper::{Method, Response, Uri};
use pace_web::Way;
use tokio::time::{Sleep, timeout};

use super::clock::{Elapsed, within};
use super::failure::{Begun, Failure, Settings, Subject, body, connection};
use super::http::Http;
use super::sse::Parser;
use super::wire::{Decoder, Wire, WireError};
use super::{Listener, Progress, Request, retry};
use crate::conversation::ModelTurn;
use crate::problem::{Code, Problem};

/// The most bytes of an answer, its envelope included.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// The most bytes that are read of an answer that is none.
const MAX_REFUSAL: usize = 64 * 1024;

/// The most bytes that are kept of a stream in which no event has come yet.
const MAX_START: usize = 300;

/// How long more is waited for when the answer is there: at most the tokens it took come after it. As long for the words of
/// a refusal, which come at once where they come at all.
const AFTER_END: Duration = Duration::from_secs(5);

/// How long the end of a body is waited for behind the format's own end mark. It mostly comes with it, and a connection
/// whose body was read to its end can be used again.
const DRAIN: Duration = Duration::from_millis(20);

/// A model's service, ready to be asked.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) wire: Wire,
    /// What the provider calls the model.
    pub(super) model: String,
    pub(super) uri: Uri,
    /// Those of every request, the key's among them.
    pub(super) headers: HeaderMap,
    pub(super) subject: Subject,
    pub(super) http: Http,
}

impl Service {
    /// The next turn.
    ///
    /// # Errors
    /// Why there is none, after all the retries that make sense.
    pub(super) async fn answer(&self, request: &Request<'_>, listener: Listener<'_>) -> Result<ModelTurn, Problem> {
        let body = self.wire.encode(&self.model, request).map_err(|error| {
            Problem::new(Code::Internal, format!("the request to `{}` cannot be written: {error}", self.subject.model))
        })?;
        let sent = Sent { body: Bytes::from(body), at: request.messages.len(), settings: Settings::of(request) };
        let mut attempt = 1;
        loop {
            let failure = match self.attempt(&sent, &mut *listener).await {
                Ok(turn) => return Ok(turn),
                Err(failure) => failure,
            };
            let Some(again) = failure.again.filter(|again| attempt < again.attempts) else {
                return Err(failure.problem);
            };
            attempt += 1;
            let wait = retry::wait(attempt, again.least, retry::random());
            if wait > retry::MAX_WAIT {
                return Err(failure.problem);
            }
            listener(Progress::Retry { attempt, wait, why: again.why });
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, sent: &Sent, listener: Listener<'_>) -> Result<ModelTurn, Failure> {
        let limit = self.http.timeouts().first_byte;
        let mut clock = pin!(tokio::time::sleep(limit));
        let sending = self.http.send(self.request(sent.body.clone()));
        let response = match within(clock.as_mut(), limit, sending).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let failure = connection::failure(&self.subject, &self.http.way(&self.uri), &error);
                let (model, url) = (self.subject.model.as_str(), self.subject.url.as_str());
                tracing::debug!(model, url, detail = failure.problem.detail, "no connection to a model's service");
                return Err(failure);
            }
            Err(Elapsed) => return Err(self.subject.timed_out("did not begin to answer", limit)),
        };
        if !response.status().is_success() {
            return Err(self.refusal(response, sent.settings).await);
        }
        if let Some(other) = media_type(&response) {
            let start = self.start(response.into_body()).await;
            return Err(self.subject.no_stream(&other, &start));
        }
        self.read(response.into_body(), clock, sent, listener).await
    }

    fn request(&self, body: Bytes) -> hyper::Request<Full<Bytes>> {
        let mut request = hyper::Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        if let Some(authorization) = self.http.proxy_authorization(&self.uri) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        request
    }

    async fn refusal(&self, response: Response<Incoming>, settings: Settings) -> Failure {
        let status = response.status().as_u16();
        // Over plain http the proxy answers itself; through a tunnel nobody but the service does.
        if let (407, Way::Proxy(proxy), Some("http")) = (status, self.http.way(&self.uri), self.uri.scheme_str()) {
            return connection::wants_user(&proxy);
        }
        let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = header.and_then(|value| retry::retry_after(value, SystemTime::now()));
        let mut error = body::parse(&self.start(response.into_body()).await, status);
        error.retry_after = error.retry_after.max(wait);
        self.subject.refused(&error, settings)
    }

    /// The start of a body that is only quoted; as much as comes in time.
    async fn start(&self, mut body: Incoming) -> Vec<u8> {
        let mut start = Vec::new();
        let reading = async {
            while start.len() < MAX_REFUSAL {
                let Some(Ok(frame)) = body.frame().await else { break };
                if let Some(data) = frame.data_ref() {
                    start.extend_from_slice(data.get(..MAX_REFUSAL.min(data.len())).unwrap_or_default());
                }
            }
        };
        let _elapsed = timeout(self.http.timeouts().idle.min(AFTER_END), reading).await;
        start
    }

    async fn read(
        &self,
        mut body: Incoming,
        mut clock: Pin<&mut Sleep>,
        sent: &Sent,
        listener: Listener<'_>,
    ) -> Result<ModelTurn, Failure> {
        let timeouts = self.http.timeouts();
        let unreadable = |error, begun| self.subject.unreadable(error, begun, sent.settings);
        let mut reading = Reading::new(self.wire.decoder(sent.at));
        loop {
            let (limit, waited) = match reading.bytes {
                0 => (timeouts.first_byte, "did not begin to answer"),
                _ if reading.decoder.is_complete() => (timeouts.idle.min(AFTER_END), ""),
                _ => (timeouts.idle, "did not go on with its answer"),
            };
            let step = match within(clock.as_mut(), limit, body.frame()).await {
                Ok(Some(Ok(frame))) => match frame.data_ref() {
                    Some(data) => reading.push(data, &mut *listener),
                    None => Ok(()),
                },
                Ok(None) => {
                    reading.end(&mut *listener).map_err(|error| unreadable(error, reading.begun))?;
                    if reading.is_empty() {
                        return Err(self.subject.empty());
                    }
                    break;
                }
                // What was to come after a complete answer is not missed.
                Ok(Some(Err(_))) | Err(_) if reading.decoder.is_complete() => break,
                Ok(Some(Err(_))) => reading.no_event().and(Err(WireError::CutOff)),
                Err(Elapsed) => return Err(self.subject.timed_out(waited, limit)),
            };
            step.map_err(|error| unreadable(error, reading.begun))?;
            if reading.decoder.has_end_mark() {
                if timeout(DRAIN, to_the_end(&mut body)).await.is_err() {
                    // Nobody waits for it any longer, but the connection is worth keeping.
                    tokio::spawn(async move { timeout(AFTER_END, to_the_end(&mut body)).await });
                }
                break;
            }
        }
        let begun = reading.begun;
        reading.decoder.finish().map_err(|error| unreadable(error, begun))
    }
}

/// What is sent in each attempt, and what is to be known of it.
struct Sent {
    body: Bytes,
    /// The turn's place in the conversation.
    at: usize,
    settings: Settings,
}

/// An answer being read.
struct Reading {
    parser: Parser,
    decoder: Decoder,
    begun: Begun,
    bytes: usize,
    /// The first bytes, to be shown if no event comes.
    start: Vec<u8>,
}

impl Reading {
    fn new(decoder: Decoder) -> Self {
        Self { parser: Parser::default(), decoder, begun: Begun::No, bytes: 0, start: Vec::new() }
    }

    /// Whether there was nothing in the stream but, perhaps, what keeps a connection open.
    fn is_empty(&self) -> bool {
        let is_silence = |line: &[u8]| line.trim_ascii().is_empty() || line.starts_with(b":");
        self.begun == Begun::No && self.start.split(|byte| *byte == b'\n').all(is_silence)
    }

    /// Fails if what came is no event and no part of one.
    fn no_event(&self) -> Result<(), WireError> {
        let fields: [&[u8]; 5] = [b":", b"data", b"event", b"id", b"retry"];
        let is_field = |line: &[u8]| {
            let line = line.trim_ascii();
            line.is_empty() || fields.iter().any(|field| line.starts_with(field) || field.starts_with(line))
        };
        if self.begun == Begun::Yes || self.start.split(|byte| *byte == b'\n').all(is_field) {
            return Ok(());
        }
        let shown = pace_ir::text::shortened(String::from_utf8_lossy(&self.start).trim(), 120);
        Err(WireError::Garbled(format!("`{shown}`, which is no stream of events")))
    }

    fn push(&mut self, data: &[u8], listener: Listener<'_>) -> Result<(), WireError> {
        self.bytes += data.len();
        let is_too_much = self.bytes > MAX_ANSWER;
        let Self { parser, decoder, begun, .. } = &mut *self;
        let result = if is_too_much {
            Err(WireError::Garbled(format!("more than {MAX_ANSWER} bytes in one answer")))
        } else {
            parser.push(data, &mut |event| one(decoder, begun, event, &mut *listener))
        };
        if self.begun == Begun::No {
            let room = MAX_START.saturating_sub(self.start.len()).min(data.len());
            self.start.extend_from_slice(data.get(..room).unwrap_or_default());
        }
        result
    }

    fn end(&mut self, listener: Listener<'_>) -> Result<(), WireError> {
        let Self { parser, decoder, begun, .. } = &mut *self;
        let was_complete = decoder.is_complete();
        let result = parser.end(&mut |event| one(decoder, begun, event, &mut *listener));
        match result {
            // Half an event at the end of a stream is a stream that was cut.
            Err(WireError::Garbled(_)) if was_complete => Ok(()),
            Err(WireError::Garbled(_)) => Err(WireError::CutOff),
            Ok(()) => self.no_event(),
            other => other,
        }
    }
}

fn one(decoder: &mut Decoder, begun: &mut Begun, event: &[u8], listener: Listener<'_>) -> Result<(), WireError> {
    if decoder.has_end_mark() {
        return Ok(());
    }
    decoder.event(event, &mut |text| listener(Progress::Text(text)))?;
    *begun = Begun::Yes;
    Ok(())
}

async fn to_the_end(body: &mut Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// The media type of what is no stream of events. One that says nothing is taken at its word.
fn media_type(response: &Response<Incoming>) -> Option<String> {
    let value = response.headers().get(CONTENT_TYPE)?;
    let value = String::from_utf8_lossy(value.as_bytes());
    let is_stream = value.trim_start().get(..17).is_some_and(|start| start.eq_ignore_ascii_case("text/event-stream"));
    (!is_stream).then(|| value.into_owned())
}
