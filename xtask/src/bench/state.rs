//! `cargo xtask bench state`: what it costs to know who asks and to remember what was done. The runner with access lists, grants, tokens,
//! sessions and traces in SQLite, against itself with `PACE_STATE_DIR=memory` and against the floor of `bench serve`; the same over
//! many requests, and over a store that holds a million traces already.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};

use super::compare::{compare, heading};
use super::load::Load;
use super::measure::median;
use super::promises::Promises;
use super::serve::{MESSAGE, machine};
use super::server::Server;
use super::{build, client, project};
use crate::command::{self, Verdict};
use crate::needs;

/// CPU time of a request with two tools, access list, session and trace, milliseconds.
const MOST_CPU_MS: f64 = 0.40;
/// 99 of 100 answers, at 16 connections and a model that answers at once, milliseconds.
const MOST_P99_MS: f64 = 20.0;
/// Resident memory after all of [`REQUESTS`] against that after a quarter of them.
const MOST_GROWTH: f64 = 1.1;
/// CPU time of a request over a million traces against that over none.
const MOST_OVER_MANY: f64 = 1.1;

const REQUESTS: f64 = 200_000.0;
const CHAT: Load<'static> = Load {
    path: "/agents/agent-0/chat",
    body: MESSAGE,
    connections: 16,
    seconds: 3,
    token: project::guarded::TOKEN,
    series: "s",
};

/// What is measured with.
struct Rig {
    runner: PathBuf,
    bundle: PathBuf,
    fill: PathBuf,
    mock: PathBuf,
    floor: PathBuf,
    folder: tempfile::TempDir,
}

/// Measures everything.
pub(super) fn run() -> Result<Verdict> {
    needs::ensure(&[needs::WRK])?;
    let rig = Rig::new()?;
    let mut promises = Promises::default();
    println!("\n{}\n{}", machine()?, heading(CHAT.seconds));
    rig.requests(&mut promises)?;
    rig.many_traces(&mut promises)?;
    rig.memory(&mut promises)?;
    Ok(promises.verdict())
}

impl Rig {
    fn new() -> Result<Self> {
        let runner = build::shipped_runner()?;
        let programs =
            build::release(&[&["--package", "pace-bench"], &["--package", "pace-state", "--example", "measure"]])?;
        // Not in memory, where temporary folders may be.
        let folder = tempfile::tempdir_in(programs.parent().context("a program is in a folder")?)?;
        let project = folder.path().join("project");
        project::guarded::write(&project)?;
        Ok(Self {
            runner,
            bundle: build::bundle(&project)?,
            fill: programs.join("examples").join("measure"),
            mock: programs.join("mockllm"),
            floor: programs.join("floor"),
            folder,
        })
    }

    fn runner(&self, model: &Server, state: &OsStr) -> Result<Server> {
        Server::start_runner(&self.runner, self.bundle.as_os_str(), model.port, state)
    }

    /// A runner that keeps everything in a folder of its own.
    fn keeping(&self, model: &Server, name: &str) -> Result<Server> {
        self.runner(model, self.state(name)?.as_os_str())
    }

    fn state(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).context("cannot make a folder for records")?;
        Ok(folder)
    }

    fn requests(&self, promises: &mut Promises) -> Result<()> {
        for latency in ["0", "200"] {
            let model = Server::start(&self.mock, &["--latency", latency])?;
            let address = format!("http://127.0.0.1:{}", model.port);
            let floor = ("floor", Server::start(&self.floor, &["--model", &address, "--tools"])?);
            let forgets = ("memory", self.runner(&model, OsStr::new("memory"))?);
            let keeps = ("SQLite", self.keeping(&model, &format!("requests-{latency}"))?);
            for connections in [16, 256] {
                let what = format!("{connections} connections, model {latency} ms");
                let last = compare(&what, Load { connections, ..CHAT }, &[&floor, &forgets, &keeps])?;
                if (connections, latency) == (16, "0") {
                    promises.judge("CPU time with ACL, session and trace", last.cpu_us / 1_000.0, MOST_CPU_MS, "ms");
                    promises.judge("99 of 100 answers at 16 connections", last.p99_ms, MOST_P99_MS, "ms");
                }
            }
        }
        Ok(())
    }

    /// The same over a store that holds a million traces, and what a list of the newest takes there.
    fn many_traces(&self, promises: &mut Promises) -> Result<()> {
        let model = Server::start(&self.mock, &[])?;
        let full = self.state("full")?;
        command::capture(command::program(&self.fill)?.arg("fill").arg(&full))?;
        let empty = ("no traces", self.keeping(&model, "empty")?);
        let full = ("10^6 traces", self.runner(&model, full.as_os_str())?);
        let last = compare("16 connections, model 0 ms", CHAT, &[&empty, &full])?;
        promises.judge("CPU time over 10^6 traces, against none", last.ratio, MOST_OVER_MANY, "×");
        for (name, server) in [&empty, &full] {
            println!("GET /traces, {name}: {:.2} ms at the median of 200", list(server)?);
        }
        Ok(())
    }

    fn memory(&self, promises: &mut Promises) -> Result<()> {
        let model = Server::start(&self.mock, &[])?;
        let server = self.keeping(&model, "memory")?;
        let mut resident = Vec::new();
        let mut requests = 0.0;
        for part in 1..=4 {
            while requests < REQUESTS * f64::from(part) / 4.0 {
                requests += Load { seconds: 5, ..CHAT }.run(&server)?.requests;
            }
            let memory = server.memory()?;
            println!("{:.1} MiB resident after {requests:.0} requests, {:.1} at most", memory.resident, memory.peak);
            resident.push(memory.resident);
        }
        let growth = resident.last().zip(resident.first()).map_or(f64::NAN, |(last, first)| last / first);
        promises.judge("resident memory after 200,000 requests, against 50,000", growth, MOST_GROWTH, "×");
        Ok(())
    }
}

/// What a list of the newest fifty traces takes, milliseconds.
fn list(server: &Server) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        client::get_as(server.port, "/traces", project::guarded::READER)?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(median(times))
}
