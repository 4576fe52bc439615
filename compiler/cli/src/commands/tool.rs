//! `pace tool`: what the project's tools are, and one of them tried by itself. As in `pace chat`, the project is compiled to a
//! bundle in memory, and the runner makes the call.

pub(super) mod arguments;
pub(super) mod call;
mod list;
mod parameters;
mod run;
mod trial;

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use pace_compiler::{EntryKind, World};
use pace_ir::Bundle;
use pace_ir::program::{AgentName, Target, ToolEntry};

use crate::arguments::Global;
use crate::exit::ExitCode;

/// Try a tool, or list them
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Tool {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    List(list::List),
}

/// Runs the command.
pub(crate) fn run(command: &Tool, global: &Global) -> anyhow::Result<ExitCode> {
    match &command.command {
        Command::Run(command) => run::run(command, global),
        Command::List(command) => list::run(command, global),
    }
}

/// The agents that list a tool, by name, each with its entry.
fn listing<'b>(bundle: &'b Bundle, key: &str) -> Vec<(&'b AgentName, &'b ToolEntry)> {
    let names = |entry: &ToolEntry| matches!(&entry.target, Target::Local(local) if local.tool == key);
    let entry = |(name, agent): (&'b AgentName, &'b pace_ir::program::Agent)| {
        agent.tools.iter().find(|entry| names(entry)).map(|entry| (name, entry))
    };
    bundle.program.agents.iter().filter_map(entry).collect()
}

/// The files directly in `tools/` that could be tools: `tools/lookup-weather`.
///
/// # Errors
/// The folder cannot be read.
fn files(world: &dyn World) -> Result<BTreeSet<String>, pace_compiler::WorldError> {
    let entries = world.list("tools")?.into_iter().filter(|entry| entry.kind == EntryKind::File);
    let names = entries.filter_map(|entry| {
        let name = entry.name.strip_suffix(".ts")?;
        // `x.d.ts` declares types and is no tool; nor is any other name with a dot.
        (!name.contains('.')).then(|| format!("tools/{name}"))
    });
    Ok(names.collect())
}
