//! How long it takes from starting the runner to its first answer.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::bench::measure::median;
use crate::bench::server::Server;

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
    let listening = begun.elapsed().as_secs_f64() * 1_000.0;
    let answer = server.post("/agents/agent-7/chat", super::MESSAGE)?;
    let answered = begun.elapsed().as_secs_f64() * 1_000.0;
    ensure!(answer.contains("Oslo 9 C."), "the runner's first answer is wrong: {answer}");
    Ok(Start { listening, answered })
}
