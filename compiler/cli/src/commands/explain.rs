//! `pace explain P0201`: the page of a rule.

use anyhow::bail;
use clap::Args;
use pace_diag::{Code, Kind, code, nearest};

use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::out;

/// Explain a diagnostic, with an example that fails and one that does not
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code (P0201) or name (unknown-model); without it, all of them are listed
    code: Option<String>,
}

/// Runs the command.
pub(crate) fn run(command: &Explain, _: &Global) -> anyhow::Result<ExitCode> {
    let Some(name) = &command.code else {
        out(&list())?;
        return Ok(ExitCode::Success);
    };
    let Some(code) = Code::find(name) else {
        let names = code::ALL.iter().flat_map(|code| [code.id, code.slug]);
        match nearest::nearest(name, names) {
            Some(near) => bail!("unknown code `{name}`\n  help: did you mean `{near}`?"),
            None => bail!("unknown code `{name}`\n  help: `pace explain` lists all codes"),
        }
    };
    out(code.page)?;
    Ok(ExitCode::Success)
}

fn list() -> String {
    let line = |code: &&Code| {
        let kind = match code.kind {
            Kind::Error => "error".to_owned(),
            Kind::Lint(level) => format!("lint, {} by default", level.as_str()),
        };
        format!("{}  {:<24}  {kind}\n", code.id, code.slug)
    };
    code::ALL.iter().map(line).collect()
}
