//! `pace mcp probe`: asks servers what they offer, and changes nothing.

use clap::Args;
use pace_diag::render::Action;

use super::update;
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::{Output, out};
use crate::project;

/// Ask servers what they offer, and compare it with what is pinned
///
/// Exits with 1 where something differs, or a server does not answer. `pace mcp update` adopts what differs.
#[derive(Debug, Args)]
pub(super) struct Probe {
    /// Servers, by address or alias, or tools of them (`<server>/<tool>`); without any, all
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
}

/// Runs the command.
pub(super) fn run(command: &Probe, global: &Global) -> anyhow::Result<ExitCode> {
    let root = project::find(global)?;
    let updated = match update::asked(&root, &command.servers, Action::Probe, global)? {
        Ok(updated) => updated,
        Err(code) => return Ok(code),
    };
    out(&update::words(&updated))?;
    match (&updated.lock, updated.failed.is_empty()) {
        (None, true) => {
            let said = if project::has_servers(&root)? {
                "✓ All servers offer what is pinned\n"
            } else {
                "✓ No agent lists a server\n"
            };
            Output::new(global).note(said);
            return Ok(ExitCode::Success);
        }
        (None, false) => {}
        (Some(_), _) => Output::new(global).note("note: `pace mcp update` pins what they offer now\n"),
    }
    Ok(ExitCode::Errors)
}
