//! `pace auth`: what this project's tools and servers are shown on this machine. Values are typed without being seen, read from
//! standard input or a variable, and never printed. And `pace auth token`: what callers of a runner show.

mod add;
mod list;
mod remove;
mod subject;
mod token;
mod value;

use clap::{Args, Subcommand};

use crate::arguments::Global;
use crate::exit::ExitCode;

/// Keep credentials for this machine, list or remove them; make tokens for callers
///
/// Credentials are kept in `.pace/credentials.local`, readable by you alone and out of git. `pace chat`, `pace tool run` and their
/// like use them; a production runner has its own, named by `PACE_CREDENTIALS`.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Auth {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Add),
    List(list::List),
    Remove(remove::Remove),
    Token(token::Token),
}

/// Runs the command.
pub(crate) fn run(command: &Auth, global: &Global) -> anyhow::Result<ExitCode> {
    match &command.command {
        Command::Add(command) => add::run(command, global),
        Command::List(command) => list::run(command, global),
        Command::Remove(command) => remove::run(command, global),
        Command::Token(command) => token::run(command, global),
    }
}
