//! The environment variables that this version heeds, in one table: `--help` and docs/reference/configuration.md are made of
//! it. Values are read through [`Environment`], and a wrong one is an error that says which are right.

mod agents;
mod listener;
pub(crate) mod otlp;
mod state;
mod table;
mod writes;

use std::path::{Path, PathBuf};

use pace_ir::text::quoted;

use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::log::{Format, Level, LogSettings};
use crate::setup::SetupError;

pub use agents::{AgentFlags, agents};
pub use listener::serve_settings;
pub use otlp::{OtlpSettings, Protocol, Sampler, content as span_content, unused_collector};
pub use state::{StatePlace, StateSettings, Usual, state_settings};
pub use table::{Reader, VARIABLES, Variable, markdown, plain};
pub use writes::{WriteFlags, overruled, writes};

/// Whether standard error is read by a person as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardError {
    /// A terminal.
    Terminal,
    /// A file, a pipe, or whatever collects logs.
    Elsewhere,
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
/// Values are wrong; all that are, in one.
pub fn log_settings(environment: &Environment, standard_error: StandardError) -> Result<LogSettings, SetupError> {
    let (level, format) = SetupError::both(level(environment), format(environment, standard_error))?;
    Ok(LogSettings { level, format, standard_error })
}

fn level(environment: &Environment) -> Result<Level, SetupError> {
    let Some(text) = environment.text("LOG_LEVEL")? else { return Ok(Level::default()) };
    let level = Level::ALL.iter().copied().find(|level| level.as_str() == text);
    level.ok_or_else(|| wrong("LOG_LEVEL", text, "is no level", "set it to `error`, `warn`, `info` or `debug`"))
}

fn format(environment: &Environment, standard_error: StandardError) -> Result<Format, SetupError> {
    match environment.text("LOG_FORMAT")? {
        None if standard_error == StandardError::Terminal => Ok(Format::Text),
        None | Some("json") => Ok(Format::Json),
        Some("text") => Ok(Format::Text),
        Some(other) => Err(wrong("LOG_FORMAT", other, "is no format", "set it to `text` or `json`")),
    }
}

/// Puts what was read in the place of what is usual, so that all that is wrong can be told.
fn put<T>(place: &mut T, value: Result<Option<T>, SetupError>, errors: &mut Vec<SetupError>) {
    match value {
        Ok(Some(value)) => *place = value,
        Ok(None) => {}
        Err(error) => errors.push(error),
    }
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
    fn what_is_logged() {
        let log = log_settings(&of(&[]), StandardError::Elsewhere).unwrap();
        assert_eq!((log.level, log.format), (Level::Info, Format::Json));
        let log = log_settings(&of(&[("LOG_LEVEL", "debug")]), StandardError::Terminal).unwrap();
        assert_eq!((log.level, log.format), (Level::Debug, Format::Text));
        for (name, value) in [("LOG_LEVEL", "INFO"), ("LOG_LEVEL", "trace"), ("LOG_FORMAT", "xml")] {
            assert!(log_settings(&of(&[(name, value)]), StandardError::Terminal).is_err(), "{name}={value}");
        }
        let both = log_settings(&of(&[("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml")]), StandardError::Terminal);
        let error = both.unwrap_err();
        assert!(error.message.contains("is no level; ") && error.message.contains("is no format"), "{error:?}");
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
