//! Requests whose agents call two tools in TypeScript at once and ask the model twice, against a floor that answers the same
//! calls itself; and what two hundred tools in flight do to those who ask for something else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::{AGENTS, CHAT, MESSAGE, Rig};
use crate::bench::compare::compare;
use crate::bench::load::Load;
use crate::bench::promises::Promises;
use crate::bench::server::Server;

/// CPU time of a request with two tools, milliseconds.
const MOST_CPU_MS: f64 = 0.33;
/// From exec to the first answer, with tools, milliseconds.
const MOST_START_MS: f64 = 20.0;
/// Resident memory before the first request and under load, MiB.
const MOST_IDLE_MIB: f64 = 15.0;
const MOST_LOADED_MIB: f64 = 50.0;
/// How long `/health` may take beside two hundred tools in flight, milliseconds.
const MOST_HEALTH_MS: f64 = 50.0;

/// Tools of the project whose start is measured.
pub(super) const TOOLS: usize = 10;

/// A hundred requests of two tools each.
const CROWD: Load<'static> = Load { path: "", body: MESSAGE, connections: 100, seconds: 6, token: "", series: "s" };
/// Between two questions for `/health`.
const PAUSE: Duration = Duration::from_millis(3);

pub(super) fn start(rig: &Rig, promises: &mut Promises) -> Result<()> {
    let answered = rig.print_start(&rig.tools, &format!("{AGENTS} agents, {TOOLS} tools"))?;
    promises.judge("from exec to the first answer, with tools", answered, MOST_START_MS, "ms");
    Ok(())
}

pub(super) fn requests(rig: &Rig, promises: &mut Promises) -> Result<()> {
    let floor = ("floor", rig.floor(&rig.model, &["--tools"])?);
    let single = ("floor, one thread", rig.floor(&rig.model, &["--tools", "--current-thread"])?);
    let runner = ("pace-runner", rig.runner(&rig.tools, &rig.model)?);
    let idle = runner.1.memory()?;
    let last = compare("chat, 2 tools, 2 model calls", CHAT, &[&floor, &single, &runner])?;
    let loaded = runner.1.memory()?;
    println!("resident memory, MiB: {:.1} idle, {:.1} at most under this load", idle.resident, loaded.peak);
    promises.judge("CPU time of a chat with two tools", last.cpu_us / 1_000.0, MOST_CPU_MS, "ms");
    promises.judge("resident memory idle, with tools", idle.resident, MOST_IDLE_MIB, "MiB");
    promises.judge("resident memory under the load with tools", loaded.peak, MOST_LOADED_MIB, "MiB");
    Ok(())
}

/// Two hundred tools at once, and somebody who asks for `/health` all the while.
pub(super) fn crowd(rig: &Rig, promises: &mut Promises) -> Result<()> {
    println!(
        "\n/health, each time over a new connection, milliseconds\n{:<42} {:>8} {:>8} {:>8} {:>8}",
        "", "asked", "p50", "p99", "worst"
    );
    let server = rig.runner(&rig.slow, &rig.model)?;
    let is_over = AtomicBool::new(false);
    print("with nothing else to do", &ask(&server, || std::thread::sleep(Duration::from_secs(3)), &is_over)?.1);
    for (agent, what) in [("wait", "200 tools that wait for 200 ms"), ("compute", "200 tools that compute")] {
        let path = format!("/agents/{agent}/chat");
        let load = Load { path: &path, ..CROWD };
        let is_over = AtomicBool::new(false);
        let (outcome, times) = ask(&server, || load.run(&server), &is_over)?;
        let outcome = outcome?;
        print(what, &times);
        println!(
            "  {:.0} requests/s, {:.0} ms each at the median, {:.2} ms of CPU time; {:.1} MiB resident at most so far",
            outcome.rate,
            outcome.p50_ms,
            outcome.cpu_us / 1_000.0,
            server.memory()?.peak
        );
        let worst = times.last().copied().unwrap_or(f64::NAN);
        promises.judge(&format!("/health beside {what}, worst"), worst, MOST_HEALTH_MS, "ms");
    }
    Ok(())
}

fn print(what: &str, times: &[f64]) {
    let at =
        |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).unwrap_or(&f64::NAN);
    println!("{what:<42} {:>8} {:>8.2} {:>8.2} {:>8.2}", times.len(), at(50), at(99), at(100));
}

/// Asks for `/health` for as long as `work` takes: what came of it, and how long each answer took, milliseconds, the shortest
/// first.
fn ask<T>(server: &Server, work: impl FnOnce() -> T, is_over: &AtomicBool) -> Result<(T, Vec<f64>)> {
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| -> Result<Vec<f64>> {
            let mut times = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                server.get("/health")?;
                times.push(begun.elapsed().as_secs_f64() * 1_000.0);
                std::thread::sleep(PAUSE);
            }
            times.sort_by(f64::total_cmp);
            Ok(times)
        });
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        let times = asking.join().map_err(|_| anyhow!("the thread that asks failed"))?;
        Ok((done, times.context("/health has no answer")?))
    })
}
