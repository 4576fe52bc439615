//! `pace mcp probe`: asks servers what they offer, and changes nothing.

use std::path::Path;

use clap::Args;
use pace_compiler::Named;

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
    let root = project::find(global)?;
    let updated = match update::asked(&root, &command.servers, global)? {
        Ok(updated) => updated,
        Err(code) => return Ok(code),
    };
    out(&update::words(&updated))?;
    if updated.lock.is_none() {
        let said = if has_servers(&root)? {
            "✓ All servers offer what is pinned\n"
        } else {
            "✓ No agent lists a server\n"
        };
        Output::new(global).note(said);
        return Ok(ExitCode::Success);
    }
    Output::new(global).note("note: `pace mcp update` pins what they offer now\n");
    Ok(ExitCode::Errors)
}

/// Whether an agent lists a server; another agent of the project is none.
fn has_servers(root: &Path) -> anyhow::Result<bool> {
    let uses = pace_compiler::uses(&project::open(root)?).result.unwrap_or_default();
    let is_server = |named: &Named| matches!(named, Named::Server(server) if !server.starts_with("paceline://"));
    Ok(uses.iter().any(|used| is_server(&used.named)))
}
