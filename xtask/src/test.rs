//! `cargo xtask test`: everything CI runs. All steps run even when an early one fails, so that one run says it all.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::command::{self, Verdict};
use crate::test::suite::Tally;
use crate::{needs, std_tools, tidy};

pub(crate) mod counterparts;
mod suite;

/// Runs all steps and prints one line for each, then the totals.
///
/// # Errors
/// Something is missing on this machine.
pub(crate) fn run() -> Result<Verdict> {
    let needed = [needs::GIT, needs::PYTHON, needs::TMUX, needs::CURL, needs::IP];
    command::persistently("a Debian package", || needs::ensure(&needed))?;
    let steps = [
        step("fmt", || cargo(&["fmt", "--all", "--check"]))?,
        step("tidy", tidy::run)?,
        step("std", std_tools)?,
        step("clippy", || cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))?,
        // The suites judge the binaries, which `cargo test` alone does not build.
        step("build", || cargo(&["build", "--workspace", "--bins", "--locked"]))?,
    ];
    let started = Instant::now();
    let tally = suite::run()?;
    println!();
    for step in &steps {
        println!("{step}");
    }
    println!("{}", Step { name: "tests", verdict: tally.verdict(), took: started.elapsed() });
    for skipped in &tally.skipped {
        println!("skipped: {skipped}");
    }
    let verdict = Verdict::all(steps.iter().map(|step| step.verdict).chain([tally.verdict()]));
    println!("{}", total(&tally));
    Ok(verdict)
}

/// Proves that what is vendored for `std/` is what its packages give. Elsewhere than in CI a registry may be out of reach.
fn std_tools() -> Result<Verdict> {
    match command::persistently("what is vendored", || std_tools::run(std_tools::Mode::Compare)) {
        Err(error) if !command::in_ci() => {
            println!("skipped: the packages of std tools cannot be had: {error:#}");
            Ok(Verdict::Passed)
        }
        compared => compared,
    }
}

struct Step {
    name: &'static str,
    verdict: Verdict,
    took: Duration,
}

fn step(name: &'static str, check: impl FnOnce() -> Result<Verdict>) -> Result<Step> {
    let started = Instant::now();
    let verdict = check()?;
    Ok(Step { name, verdict, took: started.elapsed() })
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.verdict == Verdict::Passed { "ok" } else { "FAILED" };
        write!(formatter, "{}: {outcome} in {:.1} s", self.name, self.took.as_secs_f64())
    }
}

fn cargo(arguments: &[&str]) -> Result<Verdict> {
    command::run(command::cargo()?.args(arguments))
}

/// The line other programs read.
fn total(tally: &Tally) -> String {
    format!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped.len())
}
