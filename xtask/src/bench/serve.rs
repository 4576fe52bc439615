//! `cargo xtask bench serve`: what the runner takes to start and to answer, against the floor: a bare HTTP server that does
//! nothing but ask the same model (`tests/bench/floor`). The model is `tests/bench/mockllm`, the load comes from wrk.

mod start;
mod tools;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::compare::{compare, heading};
use super::load::Load;
use super::measure::count;
use super::promises::Promises;
use super::server::Server;
use super::{build, project};
use crate::command::Verdict;
use crate::needs;
use start::Disk;

pub(crate) use start::child as start_child;

/// CPU time of a request without tools, as a multiple of the floor's.
const MOST_CPU: f64 = 2.0;
/// From exec to the first answer, without tools, milliseconds.
const MOST_START_MS: f64 = 12.0;
/// Resident memory before the first request, MiB.
const MOST_IDLE_MIB: f64 = 12.0;

/// The program as it is shipped, MiB.
const MOST_SIZE_MIB: f64 = 14.0;

const AGENTS: usize = 20;

pub(super) const MESSAGE: &str = r#"{"message":"what is the weather"}"#;
const CHAT: Load<'static> =
    Load { path: "/agents/agent-0/chat", body: MESSAGE, connections: 16, seconds: 2, token: "", series: "s" };
const STREAM: Load<'static> = Load { path: "/agents/agent-0/chat/stream", ..CHAT };
const CROWD: Load<'static> = Load { connections: 256, ..CHAT };

/// What is measured with.
struct Rig {
    /// What is measured.
    runner: PathBuf,
    /// Where the others are.
    programs: PathBuf,
    /// Agents without tools.
    bundle: PathBuf,
    /// Agents with tools.
    tools: PathBuf,
    /// Agents whose tools take their time.
    slow: PathBuf,
    /// A model that answers at once.
    model: Server,
    _folder: tempfile::TempDir,
}

/// Measures everything.
pub(super) fn run() -> Result<Verdict> {
    needs::ensure(&[needs::WRK])?;
    let rig = Rig::new()?;
    let mut promises = Promises::default();
    println!("\n{}", machine()?);
    rig.start(&mut promises)?;
    rig.requests(&mut promises)?;
    tools::requests(&rig, &mut promises)?;
    tools::crowd(&rig, &mut promises)?;
    rig.memory(&mut promises)?;
    rig.size(&mut promises)?;
    Ok(promises.verdict())
}

impl Rig {
    fn new() -> Result<Self> {
        let runner = build::shipped_runner()?;
        let programs = build::release(&[&["--package", "pace-bench"]])?;
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let [plain, tools, slow] = ["plain", "tools", "slow"].map(|name| folder.path().join(name));
        project::write_open(&plain, AGENTS)?;
        project::tools::write_open(&tools, AGENTS, tools::TOOLS)?;
        project::tools::write_slow(&slow)?;
        let [bundle, tools, slow] = [build::bundle(&plain)?, build::bundle(&tools)?, build::bundle(&slow)?];
        let model = Server::start(&programs.join("mockllm"), &[])?;
        Ok(Self { runner, programs, bundle, tools, slow, model, _folder: folder })
    }

    fn runner(&self, bundle: &Path, model: &Server) -> Result<Server> {
        Server::start_runner(&self.runner, bundle.as_os_str(), model.port, OsStr::new("memory"))
    }

    fn floor(&self, model: &Server, more: &[&str]) -> Result<Server> {
        let address = format!("http://127.0.0.1:{}", model.port);
        Server::start(&self.programs.join("floor"), &[&["--model", &address], more].concat())
    }

    fn start(&self, promises: &mut Promises) -> Result<()> {
        println!("\nmilliseconds from exec\n{:<24} {:>9} {:>9}", "", "listens", "answered");
        let answered = self.print_start(&self.bundle, &format!("{AGENTS} agents"))?;
        promises.judge("from exec to the first answer", answered, MOST_START_MS, "ms");
        tools::start(self, promises)
    }

    /// Measures the start with a bundle, and returns when the first answer was there.
    fn print_start(&self, bundle: &Path, what: &str) -> Result<f64> {
        let (start, disk) = start::measure(&self.runner, bundle, self.model.port)?;
        let note =
            if disk == Disk::ReadOnly { "all file systems read-only" } else { "skipped: read-only file systems" };
        println!("{what:<24} {:>9.1} {:>9.1}  {note}", start.listening, start.answered);
        Ok(start.answered)
    }

    fn requests(&self, promises: &mut Promises) -> Result<()> {
        let slow = Server::start(&self.programs.join("mockllm"), &["--latency", "200"])?;
        let floor = ("floor", self.floor(&self.model, &[])?);
        let single = ("floor, one thread", self.floor(&self.model, &["--current-thread"])?);
        let runner = ("pace-runner", self.runner(&self.bundle, &self.model)?);
        let patient = [("floor", self.floor(&slow, &[])?), ("pace-runner", self.runner(&self.bundle, &slow)?)];
        println!("{}", heading(CHAT.seconds));
        let chat = compare("chat", CHAT, &[&floor, &single, &runner])?.ratio;
        promises.judge("CPU time of a chat, against the floor", chat, MOST_CPU, "×");
        let stream = compare("chat/stream", STREAM, &[&floor, &single, &runner])?.ratio;
        promises.judge("CPU time of a streamed chat, against the floor", stream, MOST_CPU, "×");
        compare("chat, 256 connections", CROWD, &[&floor, &runner])?;
        compare("chat, 256, model takes 200 ms", CROWD, &patient.each_ref())?;
        Ok(())
    }

    fn memory(&self, promises: &mut Promises) -> Result<()> {
        let server = self.runner(&self.bundle, &self.model)?;
        let idle = server.memory()?;
        println!("\nresident memory, MiB: {:.1} idle", idle.resident);
        promises.judge("resident memory idle", idle.resident, MOST_IDLE_MIB, "MiB");
        let mut requests = 0.0;
        let mut last = (requests, idle.resident);
        for _ in 0..4 {
            requests += Load { seconds: 5, ..CHAT }.run(&server)?.requests;
            let memory = server.memory()?;
            let growth = (memory.resident - last.1) * 1024.0 * 1024.0 / (requests - last.0);
            last = (requests, memory.resident);
            println!(
                "  {:.1} after {requests:.0} requests, {:.1} at most; {growth:+.0} bytes a request since the last line",
                memory.resident, memory.peak
            );
        }
        Ok(())
    }

    fn size(&self, promises: &mut Promises) -> Result<()> {
        promises.judge("size of pace-runner", mebibytes(&self.runner)?, MOST_SIZE_MIB, "MiB");
        Ok(())
    }
}

/// What the figures were taken on.
pub(super) fn machine() -> Result<String> {
    let load = std::fs::read_to_string("/proc/loadavg").context("this bench needs Linux's /proc")?;
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!("{cores} cores, shared by server, model and load; load average before: {load}"))
}

fn mebibytes(path: &Path) -> Result<f64> {
    let bytes = std::fs::metadata(path).context("a program is gone")?.len();
    Ok(count(usize::try_from(bytes)?) / 1024.0 / 1024.0)
}
