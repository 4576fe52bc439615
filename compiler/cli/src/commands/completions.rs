//! `pace completions`: scripts for shells, made from the command line's own definition.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::exit::ExitCode;
use crate::output::out;

/// Print a completion script for your shell
///
/// bash: `pace completions bash > ~/.local/share/bash-completion/completions/pace`;
/// zsh: write it as `_pace` into a folder of `$fpath`; fish: `~/.config/fish/completions/pace.fish`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the command.
pub(crate) fn run(command: &Completions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Arguments::command(), "pace", &mut script);
    out(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Success)
}
