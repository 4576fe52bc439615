//! `pace trace`: what agents did, from the project's records.

mod export;
mod filter;
mod list;
mod reading;
mod row;
mod show;
mod tail;
mod verify;
mod whose;

use clap::{Args, Subcommand};
use pace_diag::render::Glyphs;
use pace_runner::trace::{Status, query};
use pace_state::{Key, Store, StoreError, TraceFilter};

use crate::arguments::Global;
use crate::exit::ExitCode;

/// Look at what agents did
///
/// Each invocation leaves a trace: who asked, what was said, which tools were called with what, and what it took. `pace chat`, `pace
/// serve` and `pace mcp serve` keep them in `.pace/state`; PACE_STATE_DIR and DATABASE_URL name other places, for these commands too.
/// Outside of a project these commands look where a runner keeps them: there, or in `/var/lib/paceline`.
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

/// What was denied, as `pace trace list --status denied` has it; for those who have a store at hand.
///
/// # Errors
/// As every call of the store.
pub(super) async fn denied(store: &Store, glyphs: Glyphs) -> Result<String, StoreError> {
    let filter = TraceFilter { status: Some(Status::Denied.in_store()), ..TraceFilter::default() };
    let mut rows = Vec::new();
    for trace in store.traces(&filter, None, query::USUAL_LIMIT).await?.rows {
        rows.push(row::Row::of(&trace, store, glyphs).await?);
    }
    Ok(row::table(&rows))
}

/// A trace with those below it, as `pace trace show` has it; empty where there is none.
///
/// # Errors
/// As every call of the store.
pub(super) async fn shown(store: &Store, id: Key, glyphs: Glyphs) -> Result<String, StoreError> {
    Ok(show::text(store, id, glyphs).await?.unwrap_or_default())
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
