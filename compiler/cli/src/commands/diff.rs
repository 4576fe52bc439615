//! Being written.

use clap::Args;

use crate::arguments::Global;
use crate::exit::ExitCode;

/// Being written
#[derive(Debug, Args)]
pub(crate) struct Diff {}

/// Runs the command.
pub(crate) fn run(_: &Diff, _: &Global) -> anyhow::Result<ExitCode> {
    anyhow::bail!("being written")
}
