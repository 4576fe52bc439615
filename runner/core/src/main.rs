//! `pace-runner`: the small binary that ships. It takes a bundle, and knows flags and exit codes; everything else is the
//! library's.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod listing;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use clap::{Args, Parser, Subcommand};
use pace_ir::BundleId;
use pace_runner::environment::Environment;
use pace_runner::{LoadError, Refused, Runner, Scope, instantiate, load, verify};

/// Execute a bundle made by `pace build`, and nothing else.
///
/// The file is verified first, every byte of it, and refused with a reason if anything is wrong. This version then prints
/// what the bundle would serve; it does not serve yet.
#[derive(Debug, Parser)]
#[command(name = "pace-runner", version, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(subcommand_negates_reqs = true, after_help = EXIT_CODES)]
struct Arguments {
    #[command(flatten)]
    file: Option<BundleFile>,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 2 wrong usage or surroundings that do not work, 3 bundle refused, 101 a fault of \
                          pace-runner itself, 130 interrupted";

/// Which bundle.
#[derive(Debug, Clone, Args)]
struct BundleFile {
    /// The bundle; `pace build` prints the path of the one it makes
    #[arg(value_name = "BUNDLE")]
    path: PathBuf,
    /// Refuse every bundle but this one (`b3:` and 64 digits, as `pace build` prints it)
    #[arg(long, value_name = "ID")]
    expect: Option<BundleId>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verify a bundle, print its id, and serve nothing
    #[command(after_help = EXIT_CODES)]
    Check(BundleFile),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let done = match (arguments.command, arguments.file) {
        (Some(Command::Check(file)), _) => check(&file),
        (None, Some(file)) => serve(&file),
        (None, None) => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn check(file: &BundleFile) -> anyhow::Result<()> {
    let bytes = load(&file.path)?;
    let verified = verify(&file.path, &bytes, file.expect)?;
    out(&format!("{}\n", verified.id()))
}

fn serve(file: &BundleFile) -> anyhow::Result<()> {
    let runner = open(&file.path, file.expect)?;
    out(&listing::listing(&runner, SystemTime::now().into()))?;
    tell("note: this version of pace-runner verifies bundles and says what they would serve; it does not serve yet");
    Ok(())
}

fn open(path: &Path, expect: Option<BundleId>) -> anyhow::Result<Arc<Runner>> {
    let bytes = load(path)?;
    Ok(instantiate(verify(path, &bytes, expect)?, &Environment::of_process(), Scope::All)?)
}

fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Says something to whoever reads standard error. If nobody can, the exit code still says how it ended.
fn tell(line: &str) {
    let _unread = writeln!(io::stderr(), "{line}");
}

/// Says what is wrong with the command line, or prints the help that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is the only way this fails, and nobody is left to tell.
    let _closed = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Says why nothing was done. A reader that closed the pipe is no failure.
fn failed(error: &anyhow::Error) -> ExitCode {
    let is_closed = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    if error.downcast_ref::<io::Error>().is_some_and(is_closed) {
        return ExitCode::SUCCESS;
    }
    let load = error.downcast_ref::<LoadError>();
    let refused = match load {
        Some(LoadError::Refused(refused)) => Some(refused),
        _ => error.downcast_ref::<Refused>(),
    };
    tell(&format!("error: {error:#}"));
    if let Some(help) = refused.map(Refused::help).or_else(|| load.map(LoadError::help)) {
        tell(&format!("  help: {help}"));
    }
    ExitCode::from(if refused.is_some() { 3 } else { 2 })
}
