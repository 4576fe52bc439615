//! Command lines that people write from what they know of other programs: what to write instead.

use clap::Error;
use clap::error::{ContextKind, ContextValue};

/// What to write instead of a command line that was not understood, by its words behind `pace`.
pub(crate) fn help(error: &Error, words: &[String]) -> Option<String> {
    let wrong = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].into_iter().find_map(|kind| {
        match error.get(kind)? {
            ContextValue::String(word) => Some(word.as_str()),
            _ => None,
        }
    })?;
    let value = value(wrong, words);
    match words.iter().map(String::as_str).find(|word| !word.starts_with('-'))? {
        "serve" if wrong.starts_with("--port") => Some(format!(
            "set `PORT={port}` in the environment: `PORT={port} pace serve`",
            port = value.unwrap_or("8080")
        )),
        "chat" if wrong.starts_with("--agent") => {
            Some(format!("write the agent alone: `pace chat {}`", value.unwrap_or("<agent>")))
        }
        "chat" if !wrong.starts_with('-') => {
            let before = words.iter().position(|word| word == wrong)?.checked_sub(1)?;
            Some(format!("pipe the message in: `echo \"{wrong}\" | pace chat {}`", words.get(before)?))
        }
        planned if wrong == planned && PLANNED.contains(&planned) => {
            Some(format!("this version has no `pace {planned}` yet; `pace --help` lists what there is"))
        }
        _ => None,
    }
}

/// Commands that Paceline is to have.
const PLANNED: [&str; 7] = ["auth", "loop", "mcp", "push", "run", "skill", "test"];

/// What follows an option, in one word with it or in the next.
fn value<'w>(option: &str, words: &'w [String]) -> Option<&'w str> {
    let name = option.split(['=', ' ']).next()?;
    let at = words.iter().position(|word| word.split('=').next() == Some(name))?;
    match words.get(at)?.split_once('=') {
        Some((_, value)) => Some(value),
        None => words.get(at + 1).map(String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::help;
    use crate::arguments::Arguments;

    #[test]
    fn what_people_write_is_answered_with_what_to_write() {
        let told = |line: &[&str]| {
            let words: Vec<_> = line.iter().map(|word| (*word).to_owned()).collect();
            let error = Arguments::try_parse_from([&["pace"], line].concat()).unwrap_err();
            help(&error, &words).unwrap_or_default()
        };
        for port in [&["serve", "--port", "8181"][..], &["serve", "--port=8181"]] {
            assert_eq!(told(port), "set `PORT=8181` in the environment: `PORT=8181 pace serve`");
        }
        let piped = "pipe the message in: `echo \"Are you open?\" | pace chat helper`";
        assert_eq!(told(&["chat", "helper", "Are you open?"]), piped);
        assert_eq!(told(&["chat", "--agent", "helper"]), "write the agent alone: `pace chat helper`");
        assert!(told(&["run"]).starts_with("this version has no `pace run` yet"));
        assert_eq!(told(&["serv"]), "");
        assert_eq!(told(&["build", "--port", "1"]), "");
    }
}
