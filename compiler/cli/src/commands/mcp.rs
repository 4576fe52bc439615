//! `pace mcp`: the MCP servers of the project, what is pinned of them, and one call of one of their tools.

mod call;
mod install;
mod list;
mod probe;
mod serve;
mod update;

use clap::{Args, Subcommand};

use crate::arguments::Global;
use crate::exit::ExitCode;

/// Look after the project's MCP servers
///
/// What servers offer is pinned in `mcp.lock` when a build meets them for the first time. Agents are told what is pinned, and
/// nothing that a server says later.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Mcp {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Probe(probe::Probe),
    Update(update::Update),
    Install(install::Install),
    Call(call::Call),
    Serve(serve::Serve),
}

/// Runs the command.
pub(crate) fn run(command: &Mcp, global: &Global) -> anyhow::Result<ExitCode> {
    match &command.command {
        Command::List(command) => list::run(command, global),
        Command::Probe(command) => probe::run(command, global),
        Command::Update(command) => update::run(command, global),
        Command::Install(command) => install::run(command, global),
        Command::Call(command) => call::run(command, global),
        Command::Serve(command) => serve::run(command, global),
    }
}
