//! `cargo xtask bench compile`: `pace check` and `pace build` over growing projects, against a program that reads the same
//! files and checks nothing.

use std::path::Path;

use anyhow::{Context, Result};

use super::measure::{Sample, count, measure};
use super::promises::Promises;
use super::{build, project};
use crate::command::Verdict;
use crate::node::Node;

/// How many agents the projects have.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// A project with tools: how many agents and tools, half of which bring zod.
const AGENTS: usize = 100;
const TOOLS: usize = 20;

/// A promise of the design: what, how many agents and tools, milliseconds of wall-clock time.
const PROMISES: [(What, usize, usize, f64); 3] =
    [(What::Check, 1_000, 0, 300.0), (What::Cold, AGENTS, TOOLS, 3_000.0), (What::Unchanged, AGENTS, TOOLS, 150.0)];

/// The packages that tools import.
const PACKAGES: &str = "tests/counterparts/packages";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Reading every file and nothing else: the counterpart.
    Floor,
    /// `pace check`.
    Check,
    /// `pace build` without an earlier build.
    Cold,
    /// `pace build` of what was just built.
    Unchanged,
}

/// Measures all sizes.
pub(super) fn run() -> Result<Verdict> {
    let programs = build::release(&[&["--package", "pace"], &["--package", "pace-syntax", "--example", "floor"]])?;
    let packages = Node::install()?.packages(PACKAGES)?;
    let (pace, floor) = (programs.join("pace"), programs.join("examples").join("floor"));
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    // Beside the projects, where tools find them and the counterpart does not.
    std::os::unix::fs::symlink(packages.file(""), folder.path().join("node_modules"))
        .context("cannot link the packages")?;
    println!(
        "median of several runs; CPU = user + system; floor = the same files read by serde_yaml, nothing checked\n"
    );
    println!(
        "{:>7} {:>6}  {:<16} {:>9} {:>9} {:>9} {:>10} {:>10}",
        "agents", "tools", "", "CPU ms", "wall ms", "peak MiB", "CPU/floor", "µs/agent"
    );
    let mut promises = Promises::default();
    for (agents, tools) in SIZES.map(|agents| (agents, 0)).into_iter().chain([(AGENTS, TOOLS)]) {
        let project = folder.path().join(format!("{agents}-{tools}"));
        match tools {
            0 => project::write(&project, agents)?,
            tools => project::tools::write(&project, agents, tools)?,
        }
        for (what, sample) in of_project(&pace, &floor, &project, (agents, tools))? {
            let is_of =
                |promise: &&(What, usize, usize, f64)| (promise.0, promise.1, promise.2) == (what, agents, tools);
            if let Some((_, _, _, most)) = PROMISES.iter().find(is_of) {
                let what = format!("{}, {agents} agents, {tools} tools", what.name());
                promises.judge(&what, sample.wall_ms, *most, "ms");
            }
        }
    }
    Ok(promises.verdict())
}

fn of_project(
    pace: &Path,
    floor: &Path,
    project: &Path,
    (agents, tools): (usize, usize),
) -> Result<Vec<(What, Sample)>> {
    let runs = if agents >= 10_000 { 3 } else { 9 };
    let text = project.to_string_lossy().into_owned();
    let built = project.join(".pace");
    let clean = || if built.exists() { std::fs::remove_dir_all(&built) } else { Ok(()) };
    let floor = measure(floor, &[&text], runs, || Ok(()))?;
    let mut samples = vec![(What::Floor, floor)];
    samples.push((What::Check, measure(pace, &["-C", &text, "-q", "check"], runs, || Ok(()))?));
    samples.push((What::Cold, measure(pace, &["-C", &text, "-q", "build"], runs, clean)?));
    samples.push((What::Unchanged, measure(pace, &["-C", &text, "-q", "build"], runs, || Ok(()))?));
    for (what, sample) in &samples {
        println!(
            "{agents:>7} {tools:>6}  {:<16} {:>9.1} {:>9.1} {:>9.1} {:>10.2} {:>10.1}",
            what.name(),
            sample.cpu_ms,
            sample.wall_ms,
            sample.peak_mib,
            sample.cpu_ms / floor.cpu_ms,
            sample.cpu_ms * 1_000.0 / count(agents),
        );
    }
    Ok(samples)
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Check => "check",
            Self::Cold => "build, cold",
            Self::Unchanged => "build, unchanged",
        }
    }
}
