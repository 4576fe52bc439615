//! `pace mcp update`: pins what servers offer now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use clap::Args;
use pace_compiler::pins::{Change, Severity};
use pace_compiler::{Failure, Updated};
use pace_diag::render::{Action, Warnings};
use pace_ir::text::quoted;

use crate::arguments::Global;
use crate::bundle_file::write_whole;
use crate::exit::{self, Ended, ExitCode};
use crate::output::{self, Output, out};
use crate::{project, servers};

/// Pin what servers offer now, in mcp.lock
///
/// Packages without a version in their address go to the newest one. Without names, servers that no agent lists any more are
/// forgotten; with names, all that is not named stays as it is, byte for byte. A server that cannot be asked keeps no other
/// from being pinned: the exit code is 1 then. What changed is printed: review it as you would code.
#[derive(Debug, Args)]
pub(super) struct Update {
    /// Servers, by address or alias, or tools of them (`<server>/<tool>`); without any, all
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
    /// Print what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub(super) fn run(command: &Update, global: &Global) -> anyhow::Result<ExitCode> {
    if global.frozen && !command.dry_run {
        let help = "leave one of both out; `--dry-run` prints what would change";
        return Err(Ended::usage("`--frozen` keeps `mcp.lock` as it is", help).into());
    }
    let root = project::find(global)?;
    let updated = match asked(&root, &command.servers, Action::Update, global)? {
        Ok(updated) => updated,
        Err(code) => return Ok(code),
    };
    if let Some(lock) = &updated.lock
        && !command.dry_run
    {
        write_whole(&root.join(pace_compiler::pins::PATH), lock.as_bytes())?;
    }
    out(&words(&updated))?;
    let said = match (&updated.lock, command.dry_run) {
        (None, _) if updated.failed.is_empty() => "✓ Nothing changed".to_owned(),
        (None, _) => "note: nothing changed".to_owned(),
        (Some(_), true) => format!("note: `mcp.lock` would change: {}", totals(&updated)),
        (Some(_), false) => format!("✓ Wrote `mcp.lock`: {}", totals(&updated)),
    };
    Output::new(global).note(&format!("{said}\n"));
    Ok(if updated.failed.is_empty() { ExitCode::Success } else { ExitCode::Errors })
}

/// What servers offer now, or the exit code where that was reported.
///
/// # Errors
/// A server or tool was named that there is not, or the surroundings failed.
pub(super) fn asked(
    root: &std::path::Path,
    only: &[String],
    action: Action,
    global: &Global,
) -> anyhow::Result<Result<Updated, ExitCode>> {
    let prober = servers::prober(root, global)?;
    let outcome = pace_compiler::update_pins(&project::open(root)?, &prober, only);
    let output = Output::new(global);
    output.report_aside(&output::report(&outcome, &outcome.shown(), action, Warnings::Allowed));
    match outcome.result {
        Ok(updated) => misnamed(&updated).map_or(Ok(Ok(updated)), |misnamed| Err(misnamed.into())),
        Err(Failure::Reported) => Ok(Err(ExitCode::Errors)),
        Err(failure) => Err(exit::environment(&failure)),
    }
}

/// What is told somebody who named what there is not.
fn misnamed(updated: &Updated) -> Option<Ended> {
    let help =
        "name a server by its address or alias, or a tool as `<server>/<tool>`; `pace mcp list` says which there are";
    if let Some(unknown) = updated.unknown.first() {
        return Some(Ended::usage(format!("no agent lists a server `{}`", quoted(unknown)), help));
    }
    let (server, tool) = updated.unknown_tools.first()?;
    let (server, tool) = (quoted(server), quoted(tool));
    Some(Ended::usage(format!("`{server}` offers no tool `{tool}`, and none is pinned"), help))
}

/// What changed, server by server, those that matter most first in each.
pub(super) fn words(updated: &Updated) -> String {
    let mut text = String::new();
    for added in &updated.added {
        let _infallible = writeln!(text, "new: {}", servers::words(added));
    }
    for (server, (before, after)) in &updated.moved {
        let (server, before, after) = (quoted(server), quoted(before), quoted(after));
        let _infallible = if before == after {
            writeln!(text, "`{server}` {after} has other packages below it")
        } else {
            writeln!(text, "`{server}` goes from {before} to {after}")
        };
    }
    for (server, changes) in &updated.changed {
        let _infallible = if changes.is_empty() {
            writeln!(text, "`{}` offers the same, in another order", quoted(server))
        } else {
            writeln!(text, "`{}` offers something else:", quoted(server))
        };
        for change in changes {
            let _infallible = writeln!(text, "  {change}");
        }
    }
    for dropped in &updated.dropped {
        let _infallible = writeln!(text, "`{}` is listed by no agent any more", quoted(dropped));
    }
    text
}

/// ``1 new, 2 changed (1 unsafe, 3 compatible), 1 forgotten, 4 as they were, 1 failed``; what there is none of is left out.
fn totals(updated: &Updated) -> String {
    let touched: BTreeSet<_> = updated.changed.keys().chain(updated.moved.keys()).collect();
    let counts = [
        (updated.added.len(), "new", String::new()),
        (touched.len(), "changed", severities(updated.changed.values().flatten())),
        (updated.dropped.len(), "forgotten", String::new()),
        (updated.same.len(), "as they were", String::new()),
        (updated.failed.len(), "failed", String::new()),
    ];
    let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
    counts.map(|(count, what, more)| format!("{count} {what}{more}")).collect::<Vec<_>>().join(", ")
}

/// `` (1 unsafe, 3 compatible)``; empty where there are no changes.
fn severities<'c>(changes: impl Iterator<Item = &'c Change>) -> String {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for change in changes {
        *counts.entry(change.severity).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().rev().map(|(one, count)| format!("{count} {}", one.as_str())).collect();
    if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) }
}
