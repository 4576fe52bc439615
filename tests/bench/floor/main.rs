//! `floor`: what the runner's speed is compared with. A bare HTTP server takes a message, asks the model by hyper-util's
//! client for a Gemini stream, and answers with its text. No routes, no access, no sessions, no limits, no retries, no
//! log: whatever the runner costs beyond this is its own doing.
//!
//! `floor --model URL [--current-thread] [--tools]` listens on a free port of 127.0.0.1 and prints it. A path that ends in
//! `/stream` answers by server-sent events, any other by JSON. With `--tools` it has a tool, what the model calls is answered
//! on the spot, and the model is asked again; there are no streams then.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it says where it listens, and what is wrong")]

mod answer;
mod tools;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use hyper::Uri;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::answer::{Floor, Work};

const USAGE: &str = "usage: floor --model URL [--current-thread] [--tools]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ["--model", model, options @ ..] = words.as_slice() else { bail!("{USAGE}") };
    let (mut runtime, mut work) = (tokio::runtime::Builder::new_multi_thread(), Work::Ask);
    for option in options {
        match *option {
            "--current-thread" => runtime = tokio::runtime::Builder::new_current_thread(),
            "--tools" => work = Work::Tools,
            _ => bail!("{USAGE}"),
        }
    }
    let path = "v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
    let uri: Uri = format!("{model}/{path}").parse().context("the model's address is no URL")?;
    runtime.enable_all().build().context("cannot start a runtime")?.block_on(serve(uri, work))
}

async fn serve(model: Uri, work: Work) -> Result<()> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let floor = Arc::new(Floor { client, model, work });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("cannot listen")?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await.context("cannot accept")?;
        stream.set_nodelay(true)?;
        let floor = Arc::clone(&floor);
        tokio::spawn(async move {
            let service = service_fn(|request| floor.answer(request));
            // A client that leaves is its own business.
            let _left =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
