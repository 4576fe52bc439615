//! `cargo xtask bench peers`: agent servers from other hands and ours, one after the other, under the same load and on the same
//! mock model. Nothing is promised here: it is for the figures that others may check.

mod known;

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::load::{Load, Outcome};
use super::measure::median;
use super::serve::{MESSAGE, machine};
use super::server::{Memory, Server};
use super::{build, client, project};
use crate::command::Verdict;
use crate::needs;
use known::Peer;

/// How often each is started.
const STARTS: usize = 3;
/// How long each is loaded before that counts, and then. Some need seconds to answer anything over many connections.
const WARM_UP: u32 = 10;
const SECONDS: u32 = 10;
/// Some compile themselves when they start.
const PATIENCE: Duration = Duration::from_secs(90);
const CHAT: &str = "/agents/agent-0/chat";
const CONNECTIONS: &[usize] = &[16, 256];
/// How long the model takes for an answer, milliseconds.
const LATENCIES: &[u64] = &[0, 200];

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

/// What is asked for on the command line.
#[derive(Debug)]
struct Options {
    missing: Missing,
    work: Work,
    connections: Vec<usize>,
    latencies: Vec<u64>,
}

/// A server of ours, and how it is asked.
struct Ours {
    name: &'static str,
    program: PathBuf,
    bundle: PathBuf,
    /// Its `PACE_STATE_DIR`.
    state: OsString,
    token: &'static str,
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
    let options = Options::read(arguments)?;
    needs::ensure(&[needs::WRK])?;
    let peers = known::all(options.missing)?;
    let runner = build::shipped_runner()?;
    let programs = build::release(&[&["--package", "pace-bench"]])?;
    // Not in memory, where temporary folders may be.
    let folder = tempfile::tempdir_in(programs.parent().context("a program is in a folder")?)?;
    let ours = ours(&runner, folder.path(), options.work)?;
    println!(
        "\na new session for each request, {SECONDS} s; memory and CPU of all processes\n{}\n\n{:<34} {:>10} {:>8} {:>9} {:>9} {:>10} {:>10} {:>10}",
        machine()?,
        "",
        "CPU ms",
        "req/s",
        "p50 ms",
        "p99 ms",
        "start ms",
        "idle MiB",
        "after MiB"
    );
    for latency in options.latencies {
        for &connections in &options.connections {
            println!("{connections} connections, model {latency} ms");
            let model = Server::start(&programs.join("mockllm"), &["--strict", "--latency", &latency.to_string()])?;
            for server in &ours {
                print(server.name, server.figures(&model, connections));
            }
            for peer in &peers {
                match peer {
                    Ok(peer) => print(peer.name, of_peer(peer, &model, options.work, connections)),
                    Err(name) => {
                        println!("  {name}: skipped: not installed; `cargo xtask bench peers --install` does it");
                    }
                }
            }
        }
    }
    Ok(Verdict::Passed)
}

impl Options {
    fn read(arguments: &[&str]) -> Result<Self> {
        let mut options = Self {
            missing: Missing::Skip,
            work: Work::Tools,
            connections: CONNECTIONS.to_vec(),
            latencies: LATENCIES.to_vec(),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let value = arguments.next().and_then(|value| value.parse::<u32>().ok());
                value.with_context(|| format!("`{argument}` takes a number"))
            };
            match *argument {
                "--install" => options.missing = Missing::Install,
                "--plain" => options.work = Work::Nothing,
                "--connections" => options.connections = vec![usize::try_from(number()?)?],
                "--latency" => options.latencies = vec![number()?.into()],
                other => bail!("unknown argument `{other}`; see `cargo xtask help`"),
            }
        }
        Ok(options)
    }
}

/// A line for a server. One that cannot bear the load says so and stops no other.
fn print(name: &str, figures: Result<Figures>) {
    match figures {
        Ok(Figures { start_ms, idle, outcome, after }) => println!(
            "  {name:<32} {:>10.3} {:>8.0} {:>9.2} {:>9.2} {start_ms:>10.0} {:>10.1} {:>10.1}",
            outcome.cpu_us / 1_000.0,
            outcome.rate,
            outcome.p50_ms,
            outcome.p99_ms,
            idle.resident,
            after.resident,
        ),
        Err(error) => println!("  {name:<32} {error:#}"),
    }
}

/// The runner as peers are, open to everybody and keeping nothing; and with tools as it is meant to be used: tokens, access list,
/// grants, sessions and traces in SQLite.
fn ours(runner: &Path, folder: &Path, work: Work) -> Result<Vec<Ours>> {
    let open = folder.join("open");
    match work {
        Work::Nothing => project::write_open(&open, 1)?,
        Work::Tools => project::tools::write_open(&open, 1, 1)?,
    }
    let program = runner.to_owned();
    let mut ours = vec![Ours {
        name: "pace-runner, memory",
        bundle: build::bundle(&open)?,
        program: program.clone(),
        state: "memory".into(),
        token: "",
    }];
    if work == Work::Tools {
        let (guarded, state) = (folder.join("guarded"), folder.join("state"));
        project::guarded::write(&guarded)?;
        std::fs::create_dir(&state).context("cannot make a folder for records")?;
        ours.push(Ours {
            name: "pace-runner, access and SQLite",
            bundle: build::bundle(&guarded)?,
            program,
            state: state.into(),
            token: project::guarded::TOKEN,
        });
    }
    Ok(ours)
}

impl Ours {
    fn figures(&self, model: &Server, connections: usize) -> Result<Figures> {
        let start = || {
            let server = Server::start_runner(&self.program, self.bundle.as_os_str(), model.port, &self.state)?;
            client::post_as(server.port, CHAT, MESSAGE, self.token)?;
            Ok(server)
        };
        figures(start, Load { token: self.token, ..load(CHAT, MESSAGE, connections) }, None)
    }
}

fn of_peer(peer: &Peer, model: &Server, work: Work, connections: usize) -> Result<Figures> {
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
            ensure!(answer.contains("Oslo 9 C"), "the answer is wrong: {answer}");
            Ok(())
        })
    };
    let sessions = peer.session.map(|path| load(path, "{}", connections));
    figures(start, load(peer.path, peer.body, connections), sessions)
}

fn load<'a>(path: &'a str, body: &'a str, connections: usize) -> Load<'a> {
    Load { path, body, connections, seconds: SECONDS, token: "", series: "s" }
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
    let warm_up = Load { seconds: WARM_UP, series: "warm", ..load };
    for counted in [warm_up, load] {
        if let Some(sessions) = sessions {
            Load { seconds: counted.seconds, series: counted.series, ..sessions }.run(&server)?;
        }
    }
    warm_up.run(&server)?;
    let outcome = load.run(&server)?;
    Ok(Figures { start_ms: median(times), idle, outcome, after: server.memory()? })
}

/// A port that was free a moment ago: these servers cannot be told to take any.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").context("no free port")?.local_addr()?.port())
}
