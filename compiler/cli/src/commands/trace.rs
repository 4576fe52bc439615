//! `pace trace`: what agents did, from the project's records.

mod export;
mod filter;
mod list;
mod reading;
mod row;
mod show;
mod tail;
mod verify;

use clap::{Args, Subcommand};

use crate::arguments::Global;
use crate::exit::ExitCode;

/// Look at what agents did
///
/// Each invocation leaves a trace: who asked, what was said, which tools were called with what, and what it took. `pace chat`, `pace
/// serve` and `pace mcp serve` keep them in `.pace/state`; PACE_STATE_DIR and DATABASE_URL name other places, for these commands too.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Trace {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Export(export::Export),
    Tail(tail::Tail),
    Verify(verify::Verify),
}

/// Runs the command.
pub(crate) fn run(command: &Trace, global: &Global) -> anyhow::Result<ExitCode> {
    match &command.command {
        Command::List(command) => list::run(command, global),
        Command::Show(command) => show::run(command, global),
        Command::Export(command) => export::run(command, global),
        Command::Tail(command) => tail::run(command, global),
        Command::Verify(command) => verify::run(command, global),
    }
}
