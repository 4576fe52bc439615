//! Running other programs: always from the workspace's root, never with a standard input, always shown before they run.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing to say against it.
    Passed,
    /// It was checked and is wrong: exit code 1.
    Failed,
}

impl Verdict {
    /// The verdict that holds where all of `verdicts` have to.
    pub(crate) fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let failed = verdicts.into_iter().any(|verdict| verdict == Self::Failed);
        if failed { Self::Failed } else { Self::Passed }
    }
}

/// The root of the workspace. Asked at run time: a target folder outside the checkout may serve several checkouts.
///
/// # Errors
/// Not started by cargo.
pub(crate) fn root() -> Result<PathBuf> {
    let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask <command>`")?;
    let root = PathBuf::from(crate_folder).parent().map(PathBuf::from);
    root.context("the crate of the chores has no parent folder")
}

/// `program`, to be run from the root without a standard input.
///
/// # Errors
/// As [`root`].
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Result<Command> {
    let mut command = Command::new(name);
    command.current_dir(root()?).stdin(Stdio::null());
    Ok(command)
}

/// The cargo that started these chores, told nothing of them: build scripts of dependencies look at what cargo says of the package that
/// runs (`CARGO_PKG_NAME` and the like), and where that differs, half of the workspace is built anew.
///
/// # Errors
/// As [`root`].
pub(crate) fn cargo() -> Result<Command> {
    let mut cargo = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))?;
    let is_ours = |name: &str| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start));
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| is_ours(name)) {
        cargo.env_remove(name);
    }
    Ok(cargo)
}

/// Shows the command and runs it, its output passed through.
///
/// # Errors
/// The program could not be started.
pub(crate) fn run(command: &mut Command) -> Result<Verdict> {
    show(command);
    let status = command.status().with_context(|| format!("cannot run {}", shown(command)))?;
    Ok(if status.success() { Verdict::Passed } else { Verdict::Failed })
}

/// What the command prints on standard output.
///
/// # Errors
/// The program could not be started, or failed; the error holds what it said.
pub(crate) fn capture(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("cannot run {}", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", shown(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}

/// Whether the command runs and succeeds; its output is thrown away.
pub(crate) fn succeeds(command: &[&str]) -> bool {
    let Some((name, arguments)) = command.split_first() else { return false };
    let status =
        Command::new(name).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Prints the command line that is about to run.
pub(crate) fn show(command: &Command) {
    eprintln!("\n$ {}", shown(command));
}

/// How often is tried in CI what asks servers of others, and how long is waited after the first failure; after each further
/// one longer.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_secs(5);

/// Does what asks servers of others. In CI, where one that fails for a moment would fail everything, it is tried again;
/// elsewhere there may be no network, and nobody wants to wait to hear that.
///
/// # Errors
/// Those of the last try.
pub(crate) fn persistently<T>(what: &str, attempt: impl Fn() -> Result<T>) -> Result<T> {
    let tries = if in_ci() { TRIES } else { 1 };
    for number in 1..tries {
        match attempt() {
            Err(error) => eprintln!("warning: {what} cannot be had, and is tried again: {error:#}"),
            done => return done,
        }
        std::thread::sleep(PAUSE * number);
    }
    attempt()
}

/// Whether this is CI, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

fn shown(command: &Command) -> String {
    let name = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
