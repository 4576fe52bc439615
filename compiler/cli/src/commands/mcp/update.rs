//! `pace mcp update`: pins what servers offer now.

use std::fmt::Write as _;

use clap::Args;
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
/// Packages without a version in their address go to the newest one. Servers that no agent lists any more are forgotten. What
/// changed is printed: review it as you would code.
#[derive(Debug, Args)]
pub(super) struct Update {
    /// Servers, by address or alias; without any, all
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
}

/// Runs the command.
pub(super) fn run(command: &Update, global: &Global) -> anyhow::Result<ExitCode> {
    if global.frozen {
        return Err(Ended::usage("`--frozen` keeps `mcp.lock` as it is", "leave one of both out").into());
    }
    let root = project::find(global)?;
    let updated = match asked(&root, &command.servers, global)? {
        Ok(updated) => updated,
        Err(code) => return Ok(code),
    };
    if let Some(lock) = &updated.lock {
        write_whole(&root.join(pace_compiler::pins::PATH), lock.as_bytes())?;
    }
    out(&words(&updated))?;
    let said = if updated.lock.is_some() { "✓ Wrote `mcp.lock`\n" } else { "✓ Nothing changed\n" };
    Output::new(global).note(said);
    Ok(ExitCode::Success)
}

/// What servers offer now, or the exit code where that was reported.
///
/// # Errors
/// A server was named that no agent lists, or the surroundings failed.
pub(super) fn asked(
    root: &std::path::Path,
    only: &[String],
    global: &Global,
) -> anyhow::Result<Result<Updated, ExitCode>> {
    let prober = servers::prober(root, global)?;
    let outcome = pace_compiler::update_pins(&project::open(root)?, &prober, only);
    let output = Output::new(global);
    output.report_aside(&output::report(&outcome, &outcome.shown(), Action::Check, Warnings::Allowed));
    match outcome.result {
        Ok(updated) => match updated.unknown.first() {
            Some(unknown) => Err(Ended::usage(
                format!("no agent lists a server `{}`", quoted(unknown)),
                "name one by its address or alias; `pace mcp list` says which there are",
            )
            .into()),
            None => Ok(Ok(updated)),
        },
        Err(Failure::Reported) => Ok(Err(ExitCode::Errors)),
        Err(failure) => Err(exit::environment(&failure)),
    }
}

/// What changed, server by server.
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
        let _infallible = writeln!(text, "`{}` offers something else:", quoted(server));
        for change in changes {
            let _infallible = writeln!(text, "  {change}");
        }
    }
    for dropped in &updated.dropped {
        let _infallible = writeln!(text, "`{}` is listed by no agent any more", quoted(dropped));
    }
    text
}
