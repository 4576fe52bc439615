//! The tests themselves: `cargo test` over the workspace, its output passed through and its results added up.
//!
//! A test that cannot run here appends one line, what is missing, to the file that `PACE_SKIP_LOG` names, prints
//! `skipped: <what is missing>` and returns. The lines are counted as skipped instead of passed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use crate::command::{self, Verdict};
use crate::test::counterparts;

/// The results of all test programs together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Ran, and held.
    pub(crate) passed: usize,
    /// Ran, and did not hold; a test program that did not build counts as one.
    pub(crate) failed: usize,
    /// What did not run, and why.
    pub(crate) skipped: Vec<String>,
}

impl Tally {
    /// In CI nothing may be skipped.
    pub(crate) fn verdict(&self) -> Verdict {
        let sound = self.failed == 0 && self.passed > 0 && (self.skipped.is_empty() || !command::in_ci());
        if sound { Verdict::Passed } else { Verdict::Failed }
    }
}

/// Runs every test of the workspace.
///
/// # Errors
/// A counterpart cannot be installed in CI, or cargo cannot be run.
pub(crate) fn run() -> Result<Tally> {
    let skip_log = NamedTempFile::new().context("cannot make a temporary file")?;
    let mut test = command::cargo()?;
    test.args(["test", "--workspace", "--no-fail-fast", "--locked"]).env("PACE_SKIP_LOG", skip_log.path());
    test.envs(counterparts::variables()?);
    let mut tally = watch(&mut test)?;
    let logged = std::fs::read_to_string(skip_log.path()).context("cannot read the log of skipped tests")?;
    add_skips(&mut tally, &logged);
    Ok(tally)
}

fn watch(test: &mut Command) -> Result<Tally> {
    command::show(test);
    let mut child = test.stdout(Stdio::piped()).spawn().context("cannot run cargo test")?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.context("cannot read the output of cargo test")?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            add_results(&mut tally, &line);
        }
    }
    let status = child.wait().context("cannot wait for cargo test")?;
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
fn add_results(tally: &mut Tally, line: &str) {
    let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else { return };
    for part in counts.split("; ") {
        match part.split_once(' ').map(|(count, what)| (count.parse::<usize>(), what)) {
            Some((Ok(count), "passed")) => tally.passed += count,
            Some((Ok(count), "failed")) => tally.failed += count,
            Some((Ok(count), "ignored")) => {
                tally.skipped.extend(std::iter::repeat_n("a test marked `ignore`".to_owned(), count));
            }
            _ => {}
        }
    }
}

/// A test that skips itself returns as if it had passed, so each line moves one from passed to skipped.
fn add_skips(tally: &mut Tally, logged: &str) {
    let lines = logged.lines().filter(|line| !line.trim().is_empty());
    let before = tally.skipped.len();
    tally.skipped.extend(lines.map(str::to_owned));
    tally.passed = tally.passed.saturating_sub(tally.skipped.len() - before);
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
    const BAD: &str = "test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1s";

    #[test]
    fn results_of_several_programs_add_up() {
        let mut tally = Tally::default();
        for line in ["running 3 tests", OK, BAD, "test result: nonsense"] {
            add_results(&mut tally, line);
        }
        assert_eq!((tally.passed, tally.failed, tally.skipped.len()), (4, 2, 1));
        assert_eq!(tally.verdict(), Verdict::Failed);
    }

    #[test]
    fn a_skipped_test_does_not_count_as_passed() {
        let mut tally = Tally::default();
        add_results(&mut tally, OK);
        add_skips(&mut tally, "no PostgreSQL on this machine\n\n");
        assert_eq!((tally.passed, tally.skipped.len()), (2, 1));
    }

    #[test]
    fn no_test_at_all_is_a_failure() {
        assert_eq!(Tally::default().verdict(), Verdict::Failed);
    }
}
