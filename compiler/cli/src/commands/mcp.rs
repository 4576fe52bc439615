//! `pace mcp`: the Model Context Protocol.

mod serve;

use clap::{Args, Subcommand};

use crate::arguments::Global;
use crate::exit::ExitCode;

/// Offer agents to MCP clients
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
}

/// Runs the command.
pub(crate) fn run(command: &Mcp, global: &Global) -> anyhow::Result<ExitCode> {
    match &command.command {
        Command::Serve(command) => serve::run(command, global),
    }
}
