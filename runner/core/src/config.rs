//! The environment variables that this version heeds, in one table: `--help` and docs/reference/configuration.md are made of
//! it. Values are read through [`Environment`], and a wrong one is an error that says which are right.

mod agents;
mod state;
mod table;
mod writes;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pace_ir::text::quoted;

use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::log::{Format, Level, LogSettings};
use crate::serve::ServeSettings;
use crate::setup::SetupError;

pub use agents::{AgentFlags, agents};
pub use state::{StatePlace, StateSettings, Usual, state_settings};
pub use table::{Reader, VARIABLES, Variable, markdown, plain};
pub use writes::{WriteFlags, writes};

/// The longest time to drain: who needs more has an agent that should be a job of its own.
const LONGEST_DRAIN: Duration = Duration::from_hours(1);

/// Whether standard error is read by a person as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardError {
    /// A terminal.
    Terminal,
    /// A file, a pipe, or whatever collects logs.
    Elsewhere,
}

/// Where and how a server listens: `HOST`, `PORT`, `DRAIN_TIMEOUT`.
///
/// # Errors
/// A value is wrong.
pub fn serve_settings(environment: &Environment) -> Result<ServeSettings, SetupError> {
    let mut settings = ServeSettings::default();
    if let Some(host) = environment.text("HOST")? {
        settings.host = parse_host(host)?;
    }
    if let Some(port) = environment.text("PORT")? {
        settings.port = port.trim().parse().map_err(|_| {
            wrong("PORT", port, "is no port", "set it to a number from 1 to 65535, or to 0 for any port that is free")
        })?;
    }
    if let Some(drain) = environment.text("DRAIN_TIMEOUT")? {
        settings.drain = parse_duration(drain).filter(|drain| *drain <= LONGEST_DRAIN).ok_or_else(|| {
            wrong("DRAIN_TIMEOUT", drain, "is no duration of at most an hour", "set it to one such as 25s or 2m")
        })?;
    }
    Ok(settings)
}

/// The environment with the credentials that `PACE_CREDENTIALS` names, or else those of the file `usual`, where there is one.
///
/// # Errors
/// They cannot be read.
pub fn with_credentials(environment: Environment, usual: Option<&Path>) -> Result<Environment, SetupError> {
    let named = environment.text("PACE_CREDENTIALS")?.map(PathBuf::from);
    let credentials = match (named, usual.filter(|path| path.exists())) {
        (Some(path), _) => Credentials::read(&path).map_err(|error| {
            SetupError::new(format!("{}, where `PACE_CREDENTIALS` leads to", error.message), error.help)
        })?,
        (None, Some(path)) => Credentials::read(path)?,
        (None, None) => return Ok(environment),
    };
    Ok(environment.with_credentials(credentials))
}

/// What is logged: `LOG_LEVEL` and `LOG_FORMAT`.
///
/// # Errors
/// A value is wrong.
pub fn log_settings(environment: &Environment, standard_error: StandardError) -> Result<LogSettings, SetupError> {
    let level =
        match environment.text("LOG_LEVEL")? {
            None => Level::default(),
            Some(text) => Level::ALL.iter().copied().find(|level| level.as_str() == text).ok_or_else(|| {
                wrong("LOG_LEVEL", text, "is no level", "set it to `error`, `warn`, `info` or `debug`")
            })?,
        };
    let format = match environment.text("LOG_FORMAT")? {
        None if standard_error == StandardError::Terminal => Format::Text,
        None | Some("json") => Format::Json,
        Some("text") => Format::Text,
        Some(other) => return Err(wrong("LOG_FORMAT", other, "is no format", "set it to `text` or `json`")),
    };
    Ok(LogSettings { level, format, standard_error })
}

/// One sentence for each variable that is ours by its name and that this version does not know.
pub fn unknown(environment: &Environment) -> Vec<String> {
    let is_known = |name: &str| VARIABLES.iter().any(|variable| variable.is(name));
    let ours = environment.names().filter(|name| name.starts_with("PACE_") && !is_known(name));
    let unknown = ours.map(|name| match without_prefix(name).or_else(|| near(name)) {
        Some(near) => format!("there is no variable `{}`; did you mean `{near}`?", quoted(name)),
        None => format!("there is no variable `{}`; `pace-runner --help` lists all there are", quoted(name)),
    });
    unknown.chain(old_name(environment)).collect()
}

/// The variable that has no prefix where ours is thought to have one: `PORT` for `PACE_PORT`.
fn without_prefix(name: &str) -> Option<&'static str> {
    let bare = name.strip_prefix("PACE_")?;
    VARIABLES.iter().find(|variable| variable.is(bare)).map(|variable| variable.name)
}

/// OpenAI's library once read its address from another variable, which many machines still set.
fn old_name(environment: &Environment) -> Option<String> {
    let is_set = |name: &str| matches!(environment.text(name), Ok(Some(_)) | Err(_));
    (is_set("OPENAI_API_BASE") && !is_set("OPENAI_BASE_URL"))
        .then(|| "the variable `OPENAI_API_BASE` is an old name and has no effect; set `OPENAI_BASE_URL`".to_owned())
}

/// The known name that is meant: at most a third of its letters differ.
fn near(name: &str) -> Option<&'static str> {
    let distance = |variable: &Variable| strsim::damerau_levenshtein(name, variable.name);
    let nearest = VARIABLES.iter().min_by_key(|variable| distance(variable))?;
    (distance(nearest) * 3 <= nearest.name.len()).then_some(nearest.name)
}

fn parse_host(text: &str) -> Result<IpAddr, SetupError> {
    match text.trim() {
        "localhost" => Ok(Ipv4Addr::LOCALHOST.into()),
        text => {
            let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
            bare.parse().map_err(|_| {
                let help = "set it to 127.0.0.1 for this machine alone, 0.0.0.0 for all its addresses, or one of them";
                wrong("HOST", text, "is no IP address", help)
            })
        }
    }
}

/// `500ms`, `25s`, `2m`, `1h`; a bare number is in seconds.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split)?;
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

fn wrong(name: &str, value: &str, what: &str, help: &str) -> SetupError {
    SetupError::new(format!("the variable `{name}` is `{}`, which {what}", quoted(value)), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Environment {
        Environment::from_pairs(pairs.iter().copied())
    }

    #[test]
    fn the_defaults_are_the_tables() {
        let settings = serve_settings(&of(&[])).unwrap();
        let default = |name: &str| VARIABLES.iter().find(|variable| variable.name == name).unwrap().default;
        assert_eq!(settings.host.to_string(), default("HOST"));
        assert_eq!(settings.port.to_string(), default("PORT"));
        assert_eq!(Some(settings.drain), parse_duration(default("DRAIN_TIMEOUT")));
        let log = log_settings(&of(&[]), StandardError::Elsewhere).unwrap();
        assert_eq!((log.level.as_str(), log.format), (default("LOG_LEVEL"), Format::Json));
    }

    #[test]
    fn values_are_read() {
        let settings = serve_settings(&of(&[("HOST", "[::1]"), ("PORT", "0"), ("DRAIN_TIMEOUT", "1500ms")])).unwrap();
        assert_eq!((settings.host.to_string().as_str(), settings.port), ("::1", 0));
        assert_eq!(settings.drain, Duration::from_millis(1_500));
        assert_eq!(serve_settings(&of(&[("HOST", "localhost")])).unwrap().host.to_string(), "127.0.0.1");
        for (text, seconds) in [("0", 0), ("25", 25), ("2m", 120), ("1h", 3_600)] {
            assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        let log = log_settings(&of(&[("LOG_LEVEL", "debug")]), StandardError::Terminal).unwrap();
        assert_eq!((log.level, log.format), (Level::Debug, Format::Text));
    }

    #[test]
    fn wrong_values_say_what_is_right() {
        for (name, value, what, help) in [
            ("HOST", "example.com", "is no IP address", "127.0.0.1"),
            ("PORT", "80a", "is no port", "1 to 65535"),
            ("PORT", "65536", "is no port", "1 to 65535"),
            ("PORT", "-1", "is no port", "1 to 65535"),
            ("DRAIN_TIMEOUT", "soon", "is no duration", "25s"),
            ("DRAIN_TIMEOUT", "2h", "is no duration of at most an hour", "25s"),
            ("DRAIN_TIMEOUT", "99999999999999999999h", "is no duration", "25s"),
        ] {
            let error = serve_settings(&of(&[(name, value)])).unwrap_err();
            assert!(error.message.starts_with(&format!("the variable `{name}` is `{value}`, which ")), "{error:?}");
            assert!(error.message.contains(what) && error.help.contains(help), "{error:?}");
        }
        for (name, value) in [("LOG_LEVEL", "INFO"), ("LOG_LEVEL", "trace"), ("LOG_FORMAT", "xml")] {
            assert!(log_settings(&of(&[(name, value)]), StandardError::Terminal).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn unknown_names_of_ours_are_noticed() {
        let environment = of(&[("PACE_STATE_DIR", "memory"), ("PACE_STATEDIR", "x"), ("PACE_X", "y"), ("HOST_", "z")]);
        let wanted = [
            "there is no variable `PACE_STATEDIR`; did you mean `PACE_STATE_DIR`?",
            "there is no variable `PACE_X`; `pace-runner --help` lists all there are",
        ];
        assert_eq!(unknown(&environment), wanted);
        for (name, meant) in [("PACE_PORT", "PORT"), ("PACE_HOST", "HOST"), ("PACE_LOG_LEVEL", "LOG_LEVEL")] {
            let wanted = format!("there is no variable `{name}`; did you mean `{meant}`?");
            assert_eq!(unknown(&of(&[(name, "x")])), [wanted]);
        }
        let old = ("OPENAI_API_BASE", "http://localhost:8000/v1");
        let wanted = "the variable `OPENAI_API_BASE` is an old name and has no effect; set `OPENAI_BASE_URL`";
        assert_eq!(unknown(&of(&[old])), [wanted]);
        assert_eq!(unknown(&of(&[old, ("OPENAI_BASE_URL", "http://localhost:8000/v1")])), Vec::<String>::new());
    }
}
