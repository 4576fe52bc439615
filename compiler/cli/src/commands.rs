//! The commands, one file each.

pub(crate) mod auth;
pub(crate) mod build;
pub(crate) mod chat;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod mcp;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod tool;
pub(crate) mod trace;
pub(crate) mod who_can;

use crate::arguments::{Arguments, Command};
use crate::exit::ExitCode;

/// Runs the command that was asked for.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Init(command) => init::run(command, global),
        Command::Chat(command) => chat::run(command, global),
        Command::Build(command) => build::run(command, global),
        Command::Check(command) => check::run(command, global),
        Command::Tool(command) => tool::run(command, global),
        Command::Mcp(command) => mcp::run(command, global),
        Command::Auth(command) => auth::run(command, global),
        Command::Serve(command) => serve::run(command, global),
        Command::Demo(command) => demo::run(command, global),
        Command::Trace(command) => trace::run(command, global),
        Command::Inspect(command) => inspect::run(command, global),
        Command::Diff(command) => diff::run(command, global),
        Command::WhoCan(command) => who_can::run(command, global),
        Command::Explain(command) => explain::run(command, global),
        Command::Schema(command) => schema::run(command),
        Command::Completions(command) => completions::run(command),
    }
}
