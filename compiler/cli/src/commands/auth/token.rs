//! `pace auth token create`: a fresh bearer token for `authentication`. The token goes to standard output and nowhere else; what the
//! project keeps of it is its digest.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use pace_ir::program::Principal;
use pace_runner::authenticate::fresh_token;

use crate::arguments::Global;
use crate::exit::{Ended, ExitCode};
use crate::output::{err, out};

/// Make bearer tokens for those who call a runner
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(super) struct Token {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(Create),
}

/// Print a fresh token, and the line for `paceline.yaml` that says whose it is
///
/// The token is printed on standard output, once; it is kept nowhere. The line goes to standard error. It belongs under `tokens` of a
/// source of the type `tokens` in `authentication`, and holds the digest of the token, which may be read by everybody.
#[derive(Debug, Args)]
struct Create {
    /// Who brings it: `serviceaccount:ci`, `user:ann`
    #[arg(long, value_name = "WHO", default_value = "serviceaccount:ci", value_parser = somebody)]
    principal: Principal,
    /// A group that they are in; may be given several times
    #[arg(long = "group", value_name = "NAME", value_parser = group)]
    groups: Vec<String>,
}

/// Runs the command.
pub(super) fn run(token: &Token, _global: &Global) -> anyhow::Result<ExitCode> {
    let Command::Create(Create { principal, groups }) = &token.command;
    let fresh = fresh_token().map_err(|error| {
        Ended::usage(format!("the system has no random bytes: {error}"), "try again, or look at the system's log")
    })?;
    let groups: BTreeSet<_> = groups.iter().map(|name| quoted(name)).collect();
    let groups = match groups.len() {
        0 => String::new(),
        _ => format!(", groups: [{}]", groups.into_iter().collect::<Vec<_>>().join(", ")),
    };
    out(&format!("{}\n", fresh.token.expose()))?;
    err(&format!("- {{sha256: \"{}\", principal: {}{groups}}}\n", fresh.sha256, quoted(&principal.to_string())));
    Ok(ExitCode::Success)
}

/// A name as YAML reads it inside of a list; plain where that is the same.
fn quoted(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_@./:".contains(&byte);
    let begins_plain = name.starts_with(|first: char| first.is_ascii_alphabetic()) && !name.ends_with(':');
    let is_word = matches!(name.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if begins_plain && !is_word && name.bytes().all(is_plain) { name.to_owned() } else { format!("{name:?}") }
}

fn somebody(text: &str) -> Result<Principal, String> {
    match text.parse::<Principal>() {
        Ok(principal @ (Principal::User(_) | Principal::ServiceAccount(_))) => Ok(principal),
        Ok(_) => {
            Err("a token belongs to `user:<id>` or `serviceaccount:<name>`; name groups with `--group`".to_owned())
        }
        Err(why) => Err(why.to_string()),
    }
}

fn group(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("group:").unwrap_or(text);
    match format!("group:{name}").parse::<Principal>() {
        Ok(_) => Ok(name.to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_yaml_reads_them() {
        for (name, wanted) in [
            ("serviceaccount:ci", "serviceaccount:ci"),
            ("user:a@b.example", "user:a@b.example"),
            ("ops", "ops"),
            ("user:a,b", "\"user:a,b\""),
            ("user:a\"b", "\"user:a\\\"b\""),
            ("user:x:", "\"user:x:\""),
            ("user:[x]", "\"user:[x]\""),
            ("1", "\"1\""),
            ("null", "\"null\""),
            ("user:#x", "\"user:#x\""),
        ] {
            assert_eq!(quoted(name), wanted);
        }
    }

    #[test]
    fn tokens_belong_to_somebody() {
        assert!(somebody("user:ann").is_ok() && somebody("serviceaccount:ci").is_ok());
        for nobody in ["group:ops", "anonymous", "authenticated", "ann", "user:", "serviceaccount:CI"] {
            assert!(somebody(nobody).is_err(), "{nobody}");
        }
        assert_eq!(group("group:ops"), Ok("ops".to_owned()));
        assert!(group("two words").is_err());
    }
}
