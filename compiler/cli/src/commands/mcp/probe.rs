//! `pace mcp probe`: asks servers what they offer, and changes nothing.

use clap::Args;

use super::update;
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::{Output, out};
use crate::project;

/// Ask servers what they offer, and compare it with what is pinned
///
/// Exits with 1 where something differs. `pace mcp update` adopts it.
#[derive(Debug, Args)]
pub(super) struct Probe {
    /// Servers, by address or alias; without any, all
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
}

/// Runs the command.
pub(super) fn run(command: &Probe, global: &Global) -> anyhow::Result<ExitCode> {
    let updated = match update::asked(&project::find(global)?, &command.servers, global)? {
        Ok(updated) => updated,
        Err(code) => return Ok(code),
    };
    out(&update::words(&updated))?;
    if updated.lock.is_none() {
        Output::new(global).note("✓ All servers offer what is pinned\n");
        return Ok(ExitCode::Success);
    }
    Output::new(global).note("note: `pace mcp update` pins what they offer now\n");
    Ok(ExitCode::Errors)
}
