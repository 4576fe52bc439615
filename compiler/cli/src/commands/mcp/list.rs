//! `pace mcp list`: the servers that agents list, and what is pinned of each. Starts nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use pace_compiler::pins::{Lock, Pin};
use pace_compiler::{Failure, Named, ToolUse};
use pace_diag::render::{Action, Warnings};
use pace_ir::text::quoted;
use serde::Serialize;

use crate::arguments::Global;
use crate::exit::{self, ExitCode};
use crate::output::{self, Output, out};
use crate::project;

/// List the project's servers, and what is pinned of them
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A server, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Row {
    server: String,
    /// By what agents' models know it.
    aliases: Vec<String>,
    /// `read` or `write`, by agent.
    agents: BTreeMap<String, &'static str>,
    pinned: Option<PinnedRow>,
}

#[derive(Debug, Serialize)]
struct PinnedRow {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    needs_credential: bool,
    /// `read` or `write`, by tool.
    tools: BTreeMap<String, &'static str>,
}

/// Runs the command.
pub(super) fn run(command: &List, global: &Global) -> anyhow::Result<ExitCode> {
    let (root, output) = (project::find(global)?, Output::new(global));
    let world = project::open(&root)?;
    let (uses, lock) = (pace_compiler::uses(&world), pace_compiler::pins(&world));
    output.report_aside(&output::report(&uses, &uses.shown(), Action::Check, Warnings::Allowed));
    let uses = match uses.result {
        Ok(uses) => uses,
        Err(Failure::Reported) => return Ok(ExitCode::Errors),
        Err(failure) => return Err(exit::environment(&failure)),
    };
    let lock = match lock.result {
        Ok(lock) => lock,
        Err(Failure::Reported) => {
            output.report_aside(&output::report(&lock, &lock.shown(), Action::Check, Warnings::Allowed));
            return Ok(ExitCode::Errors);
        }
        Err(failure) => return Err(exit::environment(&failure)),
    };
    let rows = rows(&uses, &lock);
    out(&if command.json || output.is_json() { serde_json::to_string_pretty(&rows)? + "\n" } else { table(&rows) })?;
    Ok(ExitCode::Success)
}

fn rows(uses: &[ToolUse], lock: &Lock) -> Vec<Row> {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for used in uses {
        let Named::Server(server) = &used.named else { continue };
        let row = rows.entry(server).or_insert_with(|| Row {
            server: server.clone(),
            aliases: Vec::new(),
            agents: BTreeMap::new(),
            pinned: lock.servers.get(server).map(pinned),
        });
        let alias = used.alias.to_string();
        if !row.aliases.contains(&alias) {
            row.aliases.push(alias);
        }
        row.agents.insert(used.agent.to_string(), used.access.as_str());
    }
    rows.into_values().collect()
}

fn pinned(pin: &Pin) -> PinnedRow {
    PinnedRow {
        name: pin.name.clone(),
        version: pin.package.as_ref().map(|package| package.version.clone()),
        needs_credential: pin.needs_credential,
        tools: pin.tools.iter().map(|(name, tool)| (name.clone(), tool.access.as_str())).collect(),
    }
}

fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "no agent lists a server; `docs/guide/mcp.md` shows how to\n".to_owned();
    }
    let mut text = String::new();
    for row in rows {
        let agents: Vec<_> = row.agents.iter().map(|(agent, access)| format!("{agent}: {access}")).collect();
        let _infallible = writeln!(text, "{} ({}), {}", quoted(&row.server), row.aliases.join(", "), agents.join(", "));
        let Some(pinned) = &row.pinned else {
            text.push_str("  not pinned yet; `pace build` asks it\n");
            continue;
        };
        let version = pinned.version.as_ref().map(|version| format!("{}, ", quoted(version))).unwrap_or_default();
        let credential = if pinned.needs_credential { ", wants a credential" } else { "" };
        let _infallible = writeln!(text, "  pinned: {version}{}{credential}", counted(pinned.tools.len()));
        for (tool, access) in &pinned.tools {
            let _infallible = writeln!(text, "    {} ({access})", quoted(tool));
        }
    }
    text
}

/// `3 tools`.
fn counted(tools: usize) -> String {
    if tools == 1 { "1 tool".to_owned() } else { format!("{tools} tools") }
}
