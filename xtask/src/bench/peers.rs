//! `cargo xtask bench peers`: agent servers from other hands and ours, by turns, under the same load and on the same mock
//! model. Nothing is promised here: it is for the figures that others may check.

mod known;

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::load::{Load, Outcome};
use super::measure::median;
use super::server::{Memory, Server};
use super::{build, client, project};
use crate::command::Verdict;
use crate::needs;
use known::Peer;

/// How often each is started.
const STARTS: usize = 3;
const SECONDS: u32 = 10;
const CONNECTIONS: usize = 16;
/// Some compile themselves when they start.
const PATIENCE: Duration = Duration::from_secs(90);

/// Whether what is missing is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Install,
    Skip,
}

/// What an agent does before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// It asks the model once.
    Nothing,
    /// It calls two tools at once and asks the model twice.
    Tools,
}

/// What is said of a server.
struct Figures {
    start_ms: f64,
    idle: Memory,
    outcome: Outcome,
    after: Memory,
}

/// Measures all that are there.
pub(super) fn run(arguments: &[&str]) -> Result<Verdict> {
    let (mut missing, mut work) = (Missing::Skip, Work::Nothing);
    for argument in arguments {
        match *argument {
            "--install" => missing = Missing::Install,
            "--tools" => work = Work::Tools,
            other => bail!("unknown argument `{other}`; see `cargo xtask help`"),
        }
    }
    needs::ensure(&[needs::WRK])?;
    let peers = known::all(missing)?;
    let programs = build::release(&[&["--package", "pace-runner", "--package", "pace-bench"]])?;
    let model = Server::start(&programs.join("mockllm"), &["--strict"])?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    match work {
        Work::Nothing => project::write_open(folder.path(), 1)?,
        Work::Tools => project::tools::write_open(folder.path(), 1, 1)?,
    }
    let bundle = build::bundle(folder.path())?;
    println!(
        "\na new session for each request, {CONNECTIONS} connections, {SECONDS} s; memory and CPU of all processes\n"
    );
    println!(
        "{:<28} {:>10} {:>8} {:>9} {:>9} {:>10} {:>10} {:>10}",
        "", "CPU ms", "req/s", "p50 ms", "p99 ms", "start ms", "idle MiB", "after MiB"
    );
    print("pace-runner", &ours(&programs.join("pace-runner"), &bundle, &model)?);
    for peer in peers {
        match peer {
            Ok(peer) => print(peer.name, &of_peer(&peer, &model, work)?),
            Err(name) => println!("{name}: skipped: not installed; `cargo xtask bench peers --install` does it"),
        }
    }
    Ok(Verdict::Passed)
}

fn print(name: &str, figures: &Figures) {
    let Figures { start_ms, idle, outcome, after } = figures;
    println!(
        "{name:<28} {:>10.3} {:>8.0} {:>9.2} {:>9.2} {start_ms:>10.0} {:>10.1} {:>10.1}",
        outcome.cpu_us / 1_000.0,
        outcome.rate,
        outcome.p50_ms,
        outcome.p99_ms,
        idle.resident,
        after.resident,
    );
}

fn ours(runner: &Path, bundle: &Path, model: &Server) -> Result<Figures> {
    let (path, body) = ("/agents/agent-0/chat", super::serve::MESSAGE);
    let start = || {
        let server = Server::start_runner(runner, bundle.as_os_str(), model.port)?;
        server.post(path, body)?;
        Ok(server)
    };
    figures(start, Load { path, body, connections: CONNECTIONS, seconds: SECONDS }, None)
}

fn of_peer(peer: &Peer, model: &Server, work: Work) -> Result<Figures> {
    let start = || {
        let port = free_port()?;
        let arguments = peer.arguments.iter().map(|argument| argument.replace("PORT", &port.to_string()));
        let mut command = Command::new(&peer.program);
        command.args(arguments).current_dir(&peer.folder);
        let address = format!("http://127.0.0.1:{}", model.port);
        command.envs(peer.variables.iter().map(|(name, value)| (name, value.replace("MODEL", &address))));
        command.env("PORT", port.to_string()).env("BENCH_TOOLS", if work == Work::Tools { "1" } else { "0" });
        let named = |text: &str| text.replace("SESSION", "first");
        Server::answering(&mut command, port, PATIENCE, || {
            if let Some(session) = peer.session {
                client::post(port, &named(session), "{}")?;
            }
            let answer = client::post(port, &named(peer.path), &named(peer.body))?;
            anyhow::ensure!(answer.contains("Oslo 9 C"), "the answer is wrong: {answer}");
            Ok(())
        })
    };
    let load = Load { path: peer.path, body: peer.body, connections: CONNECTIONS, seconds: SECONDS };
    let sessions = peer.session.map(|path| Load { path, body: "{}", ..load });
    figures(start, load, sessions).with_context(|| format!("{} cannot be measured", peer.name))
}

/// Starts a server several times and loads the last one, whose sessions are made first where it does not make them.
fn figures(start: impl Fn() -> Result<Server>, load: Load<'_>, sessions: Option<Load<'_>>) -> Result<Figures> {
    let mut times = Vec::new();
    let mut begin = || {
        let begun = Instant::now();
        let server = start();
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        server
    };
    for _ in 1..STARTS {
        begin()?;
    }
    let server = begin()?;
    let idle = server.memory()?;
    if let Some(sessions) = sessions {
        sessions.run(&server)?;
    }
    Load { seconds: 2, ..load }.run(&server)?;
    let outcome = load.run(&server)?;
    Ok(Figures { start_ms: median(times), idle, outcome, after: server.memory()? })
}

/// A port that was free a moment ago: these servers cannot be told to take any.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").context("no free port")?.local_addr()?.port())
}
