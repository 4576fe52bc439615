//! `cargo xtask bench peers`: agent servers from other hands and ours, by turns, under the same load and on the same mock
//! model. Nothing is promised here: it is for the figures that others may check.

mod known;

use std::ffi::OsStr;
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

/// What each is measured under.
#[derive(Debug, Clone, Copy)]
struct Under {
    work: Work,
    connections: usize,
}

/// How often each is started.
const STARTS: usize = 3;
const SECONDS: u32 = 10;
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
    let mut missing = Missing::Skip;
    let mut under = Under { work: Work::Nothing, connections: 16 };
    let mut latency = "0";
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("`{argument}` takes a number"));
        match *argument {
            "--install" => missing = Missing::Install,
            "--tools" => under.work = Work::Tools,
            "--connections" => under.connections = value()?.parse().context("`--connections` takes a number")?,
            "--latency" => latency = value()?,
            other => bail!("unknown argument `{other}`; see `cargo xtask help`"),
        }
    }
    needs::ensure(&[needs::WRK])?;
    let peers = known::all(missing)?;
    let programs = build::release(&[&["--package", "pace-runner", "--package", "pace-bench"]])?;
    let model = Server::start(&programs.join("mockllm"), &["--strict", "--latency", latency])?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    match under.work {
        Work::Nothing => project::write_open(folder.path(), 1)?,
        Work::Tools => project::tools::write_open(folder.path(), 1, 1)?,
    }
    let bundle = build::bundle(folder.path())?;
    println!(
        "\na new session for each request, {} connections, {SECONDS} s, {latency} ms for a part of the model's answer; memory and CPU \
         of all processes\n",
        under.connections
    );
    println!(
        "{:<28} {:>10} {:>8} {:>9} {:>9} {:>10} {:>10} {:>10}",
        "", "CPU ms", "req/s", "p50 ms", "p99 ms", "start ms", "idle MiB", "after MiB"
    );
    print("pace-runner", &ours(&programs.join("pace-runner"), &bundle, &model, under)?);
    for peer in peers {
        match peer {
            Ok(peer) => print(peer.name, &of_peer(&peer, &model, under)?),
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

fn ours(runner: &Path, bundle: &Path, model: &Server, under: Under) -> Result<Figures> {
    let (path, body) = ("/agents/agent-0/chat", super::serve::MESSAGE);
    let start = || {
        let server = Server::start_runner(runner, bundle.as_os_str(), model.port, OsStr::new("memory"))?;
        server.post(path, body)?;
        Ok(server)
    };
    figures(start, load(path, body, under), None)
}

fn of_peer(peer: &Peer, model: &Server, under: Under) -> Result<Figures> {
    let start = || {
        let port = free_port()?;
        let arguments = peer.arguments.iter().map(|argument| argument.replace("PORT", &port.to_string()));
        let mut command = Command::new(&peer.program);
        command.args(arguments).current_dir(&peer.folder);
        let address = format!("http://127.0.0.1:{}", model.port);
        command.envs(peer.variables.iter().map(|(name, value)| (name, value.replace("MODEL", &address))));
        command.env("PORT", port.to_string()).env("BENCH_TOOLS", if under.work == Work::Tools { "1" } else { "0" });
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
    let sessions = peer.session.map(|path| load(path, "{}", under));
    figures(start, load(peer.path, peer.body, under), sessions)
        .with_context(|| format!("{} cannot be measured", peer.name))
}

fn load<'a>(path: &'a str, body: &'a str, under: Under) -> Load<'a> {
    Load { path, body, connections: under.connections, seconds: SECONDS, token: "" }
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
