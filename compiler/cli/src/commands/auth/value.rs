//! Where a value comes from: a variable, standard input, or a person who types it unseen.

use std::io::{IsTerminal, Read, stdin};

use pace_ir::text::quoted;
use pace_runner::environment::Secret;

use crate::exit::Ended;
use crate::output::err;
use crate::world::plain;

/// The longest value, bytes. Keys in PEM have a few thousand.
const LONGEST: u64 = 64 << 10;

/// What is shorter is not taken out of results and traces, since it is found by chance in the texts of everybody
/// (`pace-redact`), characters.
const SHORTEST_REDACTED: usize = 6;

/// Reads a value; `what` says which: ``the token for `slack` ``.
///
/// # Errors
/// There is none.
pub(super) fn read(what: &str, from_env: Option<&str>) -> Result<Secret, Ended> {
    let value = match from_env {
        Some(variable) => std::env::var(variable).map_err(|error| {
            let why = match error {
                std::env::VarError::NotPresent => "is not set",
                std::env::VarError::NotUnicode(_) => "is not UTF-8",
            };
            Ended::usage(format!("the variable `{}` {why}", quoted(variable)), "name one that holds the value")
        })?,
        None if stdin().is_terminal() => typed(what)?,
        None => piped(what)?,
    };
    let value = value.trim();
    if value.is_empty() {
        return Err(Ended::usage(
            format!("{what} is empty"),
            "type or pipe the value, or name its variable with `--from-env`",
        ));
    }
    if value.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Ended::usage(format!("{what} has control characters"), "pass the value alone, as text"));
    }
    if value.chars().count() < SHORTEST_REDACTED {
        err(&format!(
            "warning: {what} is shorter than {SHORTEST_REDACTED} characters, and is not taken out of results and traces\n"
        ));
    }
    Ok(Secret::new(value))
}

fn typed(what: &str) -> Result<String, Ended> {
    rpassword::prompt_password(format!("{what} (not shown while you type): ")).map_err(|error| {
        Ended::usage(format!("cannot read {what}: {}", plain(&error)), "pipe the value in, or use `--from-env`")
    })
}

fn piped(what: &str) -> Result<String, Ended> {
    let mut text = String::new();
    let read = stdin().lock().take(LONGEST + 1).read_to_string(&mut text);
    let read = read.map_err(|error| {
        Ended::usage(format!("cannot read {what} from standard input: {}", plain(&error)), "pipe it in as UTF-8")
    })?;
    if u64::try_from(read).is_ok_and(|read| read > LONGEST) {
        return Err(Ended::usage(format!("{what} is longer than {LONGEST} bytes"), "pipe the value alone"));
    }
    Ok(text)
}
