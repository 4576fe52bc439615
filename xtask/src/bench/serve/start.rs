//! How long it takes from starting the runner to its first answer.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::process::Server;
use crate::bench::measure::median;

/// How often.
const RUNS: usize = 20;

/// What a start took, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// Until it listened.
    pub(super) listening: f64,
    /// Until the first answer was there.
    pub(super) answered: f64,
}

/// The median over many starts, after one that does not count.
pub(super) fn measure(runner: &Path, bundle: &OsStr, model: u16) -> Result<Start> {
    once(runner, bundle, model)?;
    let starts = (0..RUNS).map(|_| once(runner, bundle, model)).collect::<Result<Vec<_>>>()?;
    Ok(Start {
        listening: median(starts.iter().map(|start| start.listening)),
        answered: median(starts.iter().map(|start| start.answered)),
    })
}

fn once(runner: &Path, bundle: &OsStr, model: u16) -> Result<Start> {
    let begun = Instant::now();
    let server = Server::start_runner(runner, bundle, model)?;
    let listening = begun.elapsed();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).context("the runner takes no connection")?;
    let body = r#"{"message":"what is the weather"}"#;
    write!(
        stream,
        "POST /agents/agent-7/chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("the runner does not answer")?;
    let answered = begun.elapsed();
    if !answer.starts_with("HTTP/1.1 200") || !answer.contains("Oslo 9 C.") {
        bail!("the runner's first answer is wrong: {answer}");
    }
    Ok(Start { listening: listening.as_secs_f64() * 1_000.0, answered: answered.as_secs_f64() * 1_000.0 })
}
