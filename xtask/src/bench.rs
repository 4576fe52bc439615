//! `cargo xtask bench`: the figures the product promises, as ratios against a counterpart in the same run. Nothing here is
//! a test: machines are shared and noisy, so CPU time is what counts, and a figure that is missed fails the bench alone.

mod measure;
mod project;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{Verdict, capture, cargo, run as run_command};
use measure::{Sample, measure};

pub(crate) use measure::child;

/// How many agents the projects have.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// A promise of the design: what, how many agents, milliseconds of wall-clock time.
const PROMISES: [(What, usize, f64); 3] =
    [(What::Check, 1_000, 300.0), (What::Cold, 100, 3_000.0), (What::Unchanged, 100, 150.0)];

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

/// Measures everything.
pub(crate) fn run() -> Result<Verdict> {
    let (pace, floor) = build()?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    println!(
        "median of several runs; CPU = user + system; floor = the same files read by serde_yaml, nothing checked\n"
    );
    println!(
        "{:>7}  {:<16} {:>9} {:>9} {:>9} {:>10} {:>10}",
        "agents", "", "CPU ms", "wall ms", "peak MiB", "CPU/floor", "µs/agent"
    );
    let mut verdict = Verdict::Passed;
    let mut promises = Vec::new();
    for size in SIZES {
        let project = folder.path().join(size.to_string());
        project::write(&project, size)?;
        for (what, sample) in of_project(&pace, &floor, &project, size)? {
            if let Some((_, _, most)) = PROMISES.iter().find(|(of, agents, _)| *of == what && *agents == size) {
                let kept = sample.wall_ms <= *most;
                promises.push(format!(
                    "{}: {size} agents in {:.0} ms, promised {most:.0} ms: {}",
                    what.name(),
                    sample.wall_ms,
                    if kept { "kept" } else { "MISSED" }
                ));
                if !kept {
                    verdict = Verdict::Failed;
                }
            }
        }
    }
    println!("\n{}", promises.join("\n"));
    Ok(verdict)
}

/// Builds what is measured, optimised.
fn build() -> Result<(PathBuf, PathBuf)> {
    for arguments in [&["--package", "pace"][..], &["--package", "pace-syntax", "--example", "floor"]] {
        if run_command(cargo()?.args(["build", "--release", "--locked"]).args(arguments))? == Verdict::Failed {
            bail!("what is measured does not build");
        }
    }
    let metadata = capture(cargo()?.args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    let folder = Path::new(target).join("release");
    Ok((folder.join("pace"), folder.join("examples").join("floor")))
}

fn of_project(pace: &Path, floor: &Path, project: &Path, size: usize) -> Result<Vec<(What, Sample)>> {
    let runs = if size >= 10_000 { 3 } else { 9 };
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
            "{size:>7}  {:<16} {:>9.1} {:>9.1} {:>9.1} {:>10.2} {:>10.1}",
            what.name(),
            sample.cpu_ms,
            sample.wall_ms,
            sample.peak_mib,
            sample.cpu_ms / floor.cpu_ms,
            sample.cpu_ms * 1_000.0 / measure::count(size),
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
