//! `pace explain P0201`: the pages of rules.

use anyhow::bail;
use clap::Args;
use pace_diag::{Code, Kind, code, nearest};

use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::out;

/// Explain diagnostics, with examples that fail and others that do not
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Codes (P0201, or 201 for short) or names (unknown-model); without any, all of them are listed
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(command: &Explain, _: &Global) -> anyhow::Result<ExitCode> {
    if command.codes.is_empty() {
        out(&list())?;
        return Ok(ExitCode::Success);
    }
    // All names are looked up first: a page is not worth much with the complaint about the next one below it.
    let pages = command.codes.iter().map(|name| Ok(find(name)?.page)).collect::<anyhow::Result<Vec<_>>>()?;
    out(&pages.join("\n"))?;
    Ok(ExitCode::Success)
}

fn find(name: &str) -> anyhow::Result<&'static Code> {
    if let Some(code) = Code::find(name).or_else(|| Code::find(&full(name)?)) {
        return Ok(code);
    }
    let names = code::ALL.iter().flat_map(|code| [code.id, code.slug]);
    match nearest::nearest(name, names) {
        Some(near) => bail!("unknown code `{name}`\n  help: did you mean `{near}`?"),
        None => bail!("unknown code `{name}`\n  help: `pace explain` lists all codes"),
    }
}

/// `201` and `p201` as `P0201`, in whose place people type them.
fn full(name: &str) -> Option<String> {
    let digits = name.strip_prefix(['p', 'P']).unwrap_or(name);
    let is_number = digits.len() <= 4 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("P{digits:0>4}"))
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

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn codes_are_found_by_number_and_name() {
        for name in ["P0201", "p0201", "P201", "201", "0201", "unknown-model"] {
            assert_eq!(find(name).unwrap().id, "P0201", "{name}");
        }
    }

    #[test]
    fn what_is_no_code_has_a_neighbour_or_the_list() {
        for (name, help) in [
            ("unknown-modle", "did you mean `unknown-model`?"),
            ("P02011", "did you mean `P0201`?"),
            ("p", "`pace explain` lists all codes"),
            ("", "`pace explain` lists all codes"),
            ("model", "`pace explain` lists all codes"),
        ] {
            assert_eq!(find(name).unwrap_err().to_string(), format!("unknown code `{name}`\n  help: {help}"));
        }
    }
}
