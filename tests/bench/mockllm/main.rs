//! `mockllm`: answers like Gemini, OpenAI and Anthropic, always the same, as fast as one thread can. It is the model of
//! the load tests, and strict where other mocks are not: a Gemini tool result without the signature of its call is
//! refused, as the real service does.
//!
//! A request that declares the tool `get_weather` is answered by two parallel calls, one with their results by text, any
//! other by text. A model named `flaky-N` fails N times first. Nothing here knows Paceline.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a mock says where it listens, and what is wrong")]

mod anthropic;
mod body;
mod flaky;
mod gemini;
mod openai;
mod options;
mod wire;

use std::process::ExitCode;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use crate::body::Chunks;
use crate::flaky::Flaky;
use crate::options::{Options, Strictness};
use crate::wire::{Asked, Wire};

/// What the mock is, for all its connections.
struct Mock {
    options: Options,
    flaky: Flaky,
    /// How often a model was asked.
    asked: AtomicU64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}\n\n{}", options::HELP);
            ExitCode::from(2)
        }
    }
}

async fn serve() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await.context("cannot listen")?;
    println!("listening on {}", listener.local_addr()?);
    let mock = Rc::new(Mock { options, flaky: Flaky::default(), asked: AtomicU64::new(0) });
    let connections = tokio::task::LocalSet::new();
    connections
        .run_until(async {
            loop {
                let (stream, _) = listener.accept().await.context("cannot accept")?;
                stream.set_nodelay(true)?;
                let mock = Rc::clone(&mock);
                tokio::task::spawn_local(async move {
                    let service = service_fn(|request| answer(&mock, request));
                    // A client that leaves is its own business.
                    let _left = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        })
        .await
}

async fn answer(mock: &Mock, request: Request<Incoming>) -> Result<Response<Chunks>, hyper::Error> {
    let path = request.uri().path().to_owned();
    if path == "/stats" {
        let asked = mock.asked.load(Ordering::Relaxed).to_string();
        return Ok(response(StatusCode::OK, "text/plain", Chunks::whole(asked.into())));
    }
    let Some(wire) = Wire::of(&path) else {
        return Ok(response(StatusCode::NOT_FOUND, "text/plain", Chunks::whole("no model service is here\n".into())));
    };
    let body = request.into_body().collect().await?.to_bytes();
    mock.asked.fetch_add(1, Ordering::Relaxed);
    if let Some(status) = mock.flaky.failure(&path, &body) {
        let text = wire.error(status, "the mock fails on purpose");
        let mut failed = response(status, "application/json", Chunks::whole(text));
        failed.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
        return Ok(failed);
    }
    if wire == Wire::Gemini
        && mock.options.strictness == Strictness::Strict
        && let Err(why) = gemini::check(&body)
    {
        return Ok(response(
            StatusCode::BAD_REQUEST,
            "application/json",
            Chunks::whole(wire.error(StatusCode::BAD_REQUEST, &why)),
        ));
    }
    Ok(reply(mock, wire, &Asked::of(&path, &body, mock.options.calls)).await)
}

async fn reply(mock: &Mock, wire: Wire, asked: &Asked) -> Response<Chunks> {
    let latency = mock.options.latency;
    let prepared = wire.prepared(asked.turn);
    if asked.is_stream {
        let mut chunks: Vec<Bytes> = prepared.chunks.clone();
        if asked.wants_usage {
            let end = chunks.len().saturating_sub(1);
            chunks.splice(end..end, prepared.usage.clone());
        }
        return response(StatusCode::OK, "text/event-stream", Chunks::spread(chunks, latency));
    }
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    response(StatusCode::OK, "application/json", Chunks::whole(prepared.whole.clone()))
}

fn response(status: StatusCode, content_type: &'static str, body: Chunks) -> Response<Chunks> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
