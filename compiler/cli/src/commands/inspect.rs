//! Being written.

use clap::Args;

use crate::arguments::Global;
use crate::exit::ExitCode;

/// Being written
#[derive(Debug, Args)]
pub(crate) struct Inspect {}

/// Runs the command.
pub(crate) fn run(_: &Inspect, _: &Global) -> anyhow::Result<ExitCode> {
    anyhow::bail!("being written")
}
