//! CPU time, wall-clock time and peak memory of a command, by the operating system's own accounting of finished children.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// User and system time, milliseconds.
    pub(crate) cpu_ms: f64,
    /// Milliseconds.
    pub(crate) wall_ms: f64,
    /// Peak resident memory, MiB.
    pub(crate) peak_mib: f64,
}

/// The median of each figure over `runs` runs, after one that does not count. `before` runs before each.
pub(crate) fn measure(
    program: &Path,
    arguments: &[&str],
    runs: usize,
    before: impl Fn() -> std::io::Result<()>,
) -> Result<Sample> {
    let mut samples = Vec::new();
    for run in 0..=runs {
        before().context("cannot prepare a run")?;
        let sample = through_child(program, arguments)?;
        if run > 0 {
            samples.push(sample);
        }
    }
    let median = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure));
    Ok(Sample { cpu_ms: median(|s| s.cpu_ms), wall_ms: median(|s| s.wall_ms), peak_mib: median(|s| s.peak_mib) })
}

/// The middle figure; not a number where there is none.
pub(super) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs this very program as `__measure`: the accounting of children adds up over a process's life, so each run gets one.
fn through_child(program: &Path, arguments: &[&str]) -> Result<Sample> {
    let this = std::env::current_exe().context("cannot find this program")?;
    let mut measuring = Command::new(&this);
    // What a user's `pace` keeps from one build to the next, beside this program instead of at home.
    measuring.env("XDG_STATE_HOME", this.with_file_name("state-of-bench"));
    let output = measuring.arg("__measure").arg(program).args(arguments).output().context("cannot measure")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match figures.as_slice() {
        [cpu_ms, wall_ms, peak_mib] if output.status.success() => {
            Ok(Sample { cpu_ms: *cpu_ms, wall_ms: *wall_ms, peak_mib: *peak_mib })
        }
        _ => {
            bail!("`{} {}` failed: {}", program.display(), arguments.join(" "), String::from_utf8_lossy(&output.stderr))
        }
    }
}

/// The other side of [`through_child`]: runs the command and prints what it took.
pub(crate) fn child(arguments: &[&str]) -> Result<()> {
    let [program, arguments @ ..] = arguments else { bail!("a program is missing") };
    let start = Instant::now();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status()?;
    let wall = start.elapsed().as_secs_f64() * 1_000.0;
    if !status.success() {
        bail!("it ended with {status}");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = milliseconds(usage.user_time()) + milliseconds(usage.system_time());
    println!("{cpu:.3} {wall:.3} {:.3}", count(usize::try_from(usage.max_rss())?) / 1024.0);
    Ok(())
}

fn milliseconds(time: TimeVal) -> f64 {
    let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
    count(usize::try_from(micros).unwrap_or(0)) / 1_000.0
}

/// A count as a figure to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}
