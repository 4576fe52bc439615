//! A collector on this machine that answers what it is told to, the last of it for ever.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::config::Protocol;
use crate::trace::otlp::message::{
    AnyMessage, ExportTraceServiceRequest, ExportTraceServiceResponse, PartialSuccess, ProtobufDuration, ResourceSpans,
    RetryInfo, RpcStatus,
};

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Taken,
    Partly(i64),
    /// In seven seconds.
    Later,
    Unavailable,
    Refused,
    /// HTML.
    Page,
    /// Bytes that are no message.
    Garbage,
    Redirect,
    /// A body without an end.
    Endless,
    /// It takes the connection, and that is all.
    Nothing,
    /// It closes the connection at once, after bytes that are no HTTP.
    Closed,
    /// It says what it was sent as a key.
    Echo,
}

/// A request that was taken.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) fields: HeaderMap,
    pub(super) message: Bytes,
}

impl Taken {
    pub(super) fn spans(self) -> usize {
        let programs = ExportTraceServiceRequest::resource_spans(self.message);
        programs.iter().flat_map(|program| &program.scope_spans).map(|scope| scope.spans.len()).sum()
    }
}

impl ExportTraceServiceRequest {
    /// What a message holds.
    pub(super) fn resource_spans(message: Bytes) -> Vec<ResourceSpans> {
        Self::decode(message).unwrap().resource_spans
    }
}

/// The collector.
#[derive(Debug)]
pub(super) struct Collector {
    pub(super) port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

impl Collector {
    pub(super) async fn start(protocol: Protocol, script: Vec<Says>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::<Mutex<Vec<Taken>>>::default();
        let script = Arc::new(Mutex::new(script));
        tokio::spawn(accept(listener, protocol, script, Arc::clone(&taken)));
        Self { port, taken }
    }

    pub(super) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

fn next(script: &Mutex<Vec<Says>>) -> Says {
    let mut script = script.lock().unwrap();
    if script.len() > 1 { script.remove(0) } else { script[0] }
}

async fn accept(
    listener: TcpListener,
    protocol: Protocol,
    script: Arc<Mutex<Vec<Says>>>,
    taken: Arc<Mutex<Vec<Taken>>>,
) {
    let mut held = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let first = script.lock().unwrap()[0];
        match first {
            Says::Nothing => held.push(stream),
            Says::Closed => {
                next(&script);
                let _gone = stream.write_all(b"\x00\xffnonsense").await;
            }
            _ => {
                let (script, taken) = (Arc::clone(&script), Arc::clone(&taken));
                let service =
                    service_fn(move |request| answer(request, protocol, Arc::clone(&script), Arc::clone(&taken)));
                tokio::spawn(async move {
                    let io = TokioIo::new(stream);
                    let _ended = match protocol {
                        Protocol::Http => {
                            hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
                        }
                        Protocol::Grpc => {
                            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                                .serve_connection(io, service)
                                .await
                        }
                    };
                });
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    protocol: Protocol,
    script: Arc<Mutex<Vec<Says>>>,
    taken: Arc<Mutex<Vec<Taken>>>,
) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let whole = body.collect().await.unwrap().to_bytes();
    let message = match protocol {
        Protocol::Http => {
            assert_eq!(head.headers["content-type"], "application/x-protobuf");
            whole
        }
        Protocol::Grpc => {
            assert_eq!(
                (&head.headers["content-type"], &head.headers["te"]),
                (&"application/grpc".parse::<HeaderValue>().unwrap(), &"trailers".parse().unwrap())
            );
            assert_eq!(whole[..5], [&[0][..], &u32::try_from(whole.len() - 5).unwrap().to_be_bytes()].concat());
            whole.slice(5..)
        }
    };
    let says = next(&script);
    if says == Says::Taken {
        taken.lock().unwrap().push(Taken { fields: head.headers.clone(), message });
    }
    let key = head.headers["x-key"].to_str().unwrap().to_owned();
    Ok(match protocol {
        Protocol::Http => over_http(says, &key),
        Protocol::Grpc => over_grpc(says),
    })
}

fn response(partial: i64) -> Vec<u8> {
    let partial = PartialSuccess { rejected_spans: partial, error_message: "too old".to_owned() };
    let partial_success = Some(partial).filter(|partial| partial.rejected_spans > 0);
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}

fn endless() -> BoxBody<Bytes, Infallible> {
    let frames = futures_util::stream::repeat_with(|| Ok(Frame::data(Bytes::from_static(&[b'x'; 8192]))));
    StreamBody::new(frames).boxed()
}

fn full(bytes: impl Into<Bytes>) -> BoxBody<Bytes, Infallible> {
    Full::new(bytes.into()).boxed()
}

fn over_http(says: Says, key: &str) -> Answer {
    let refusal = |words: &str| RpcStatus { code: 0, message: words.to_owned(), details: Vec::new() }.encode_to_vec();
    let (status, media_type, body) = match says {
        Says::Partly(rejected) => (200, "application/x-protobuf", full(response(rejected))),
        Says::Later | Says::Unavailable => (503, "text/plain", full("busy")),
        Says::Refused => (400, "application/x-protobuf", full(refusal("no\nroom"))),
        Says::Echo => (401, "application/x-protobuf", full(refusal(&format!("not with {key}")))),
        Says::Page => (200, "text/html", full("<html>")),
        Says::Garbage => (200, "application/x-protobuf", full(vec![0xff; 40])),
        Says::Redirect => (302, "text/plain", full("")),
        Says::Endless => (200, "application/x-protobuf", endless()),
        Says::Taken | Says::Nothing | Says::Closed => (200, "application/x-protobuf", full(response(0))),
    };
    let mut answer = Response::builder().status(status).header("content-type", media_type);
    if says == Says::Later {
        answer = answer.header("retry-after", "7");
    }
    answer.body(body).unwrap()
}

fn over_grpc(says: Says) -> Answer {
    let framed = |message: Vec<u8>| [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), &message].concat();
    let answered = |body: Vec<u8>, status: &'static str, more: Option<(&'static str, String)>| {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static(status));
        if let Some((name, value)) = more {
            trailers.insert(name, value.parse().unwrap());
        }
        let body = Full::new(Bytes::from(body)).with_trailers(async { Some(Ok(trailers)) }).boxed();
        Response::builder().header("content-type", "application/grpc").body(body).unwrap()
    };
    match says {
        Says::Partly(rejected) => answered(framed(response(rejected)), "0", None),
        Says::Later => answered(Vec::new(), "8", Some(("grpc-status-details-bin", in_seven_seconds()))),
        Says::Unavailable => answered(Vec::new(), "14", None),
        Says::Refused => answered(Vec::new(), "3", Some(("grpc-message", "no%0Aroom".to_owned()))),
        Says::Page => Response::builder().header("content-type", "text/html").body(full("<html>")).unwrap(),
        Says::Garbage => answered(vec![0xff; 40], "0", None),
        Says::Redirect => Response::builder().status(302).header("location", "/elsewhere").body(full("")).unwrap(),
        Says::Endless => Response::builder().body(endless()).unwrap(),
        Says::Taken | Says::Nothing | Says::Closed | Says::Echo => answered(framed(response(0)), "0", None),
    }
}

fn in_seven_seconds() -> String {
    use base64::Engine as _;
    let info = RetryInfo { retry_delay: Some(ProtobufDuration { seconds: 7, nanos: 0 }) };
    let details = vec![AnyMessage {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
        value: info.encode_to_vec(),
    }];
    let status = RpcStatus { code: 8, message: "busy".to_owned(), details };
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(status.encode_to_vec())
}
