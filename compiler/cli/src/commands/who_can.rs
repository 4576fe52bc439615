//! `pace who-can`: who may do what, from a bundle. The whole of it, or what concerns one principal, agent, loop or tool.

mod findings;
mod json;
mod question;
mod text;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::Args;

use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::out;
use crate::{bundle_file, project};

/// Say who may do what, from a bundle
///
/// Answers come from the rules in the bundle alone, delegation included. Which groups a person is in is known only when
/// they ask; to see what they may do, name the groups too: `pace who-can user:ann,group:ops`.
#[derive(Debug, Args)]
pub(crate) struct WhoCan {
    /// A principal (user:ann, or with groups user:ann,group:ops), `anyone`, `operator` (of the machine), an agent, a loop or
    /// a tool; without it, everything
    #[arg(value_name = "WHO|WHAT")]
    subject: Option<String>,
    /// The bundle; without it, the project's newest build
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(command: &WhoCan, global: &Global) -> anyhow::Result<ExitCode> {
    let path = match &command.bundle {
        Some(path) => project::start(global)?.join(path),
        None => bundle_file::latest(&project::find(global)?)?,
    };
    let verified = bundle_file::read(&path)?;
    let question = question::parse(command.subject.as_deref(), verified.bundle())?;
    let bundle = verified.bundle();
    out(&if command.json {
        json::render(&verified, &findings::answer(bundle, question))?
    } else {
        text::render(&verified, &findings::short_answer(bundle, question))
    })?;
    Ok(ExitCode::Success)
}
