//! How a run ends. One enum, so that every command agrees.

use pace_runner::{LoadError, Refused, SetupError};

use crate::wrap::{columns, wrapped};
use crate::{misused, output};

/// The exit codes of `pace` and `pace-runner`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// 0: done.
    Success,
    /// 1: the project has errors, or what was asked for says no.
    Errors,
    /// 2: wrong usage, or surroundings that do not work.
    Usage,
    /// 3: a bundle was refused.
    Refused,
    /// 130: interrupted.
    Interrupted,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(match code {
            ExitCode::Success => 0,
            ExitCode::Errors => 1,
            ExitCode::Usage => 2,
            ExitCode::Refused => 3,
            ExitCode::Interrupted => 130,
        })
    }
}

/// Why a command ends without having done what was asked, with the exit code that goes with it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Ended {
    /// What is wrong, one line that stands alone.
    message: String,
    /// What to do, imperative; may have several lines.
    help: Option<String>,
    /// How the run ends.
    code: ExitCode,
}

impl Ended {
    /// Wrong usage, or surroundings that do not work.
    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()), code: ExitCode::Usage }
    }

    /// What to do.
    pub(crate) fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// What was asked for was tried, and did not come about.
    pub(crate) fn errors(message: impl Into<String>, help: Option<String>) -> Self {
        Self { message: message.into(), help, code: ExitCode::Errors }
    }
}

/// Says what is wrong with the command line, or prints the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let typed: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(help) = misused::help(error, &typed) {
        let text = error.to_string();
        let message = text.lines().next().unwrap_or_default();
        output::err(&words(message.trim_start_matches("error: "), Some(&help)));
        return ExitCode::Usage;
    }
    // Where nothing can be printed, the exit code has to do.
    let _unheard = error.print();
    if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success }
}

/// How the process ends that bundles tools for another: whoever started it reads its answers, and nobody its words.
pub(crate) fn bundling(result: std::io::Result<()>) -> std::process::ExitCode {
    result.map_or(ExitCode::Usage, |()| ExitCode::Success).into()
}

/// A failure of the surroundings, with what to do about it.
pub(crate) fn environment(failure: &pace_compiler::Failure) -> anyhow::Error {
    match failure {
        pace_compiler::Failure::World(error) => match &error.help {
            Some(help) => anyhow::anyhow!("{error}\n  help: {help}"),
            None => anyhow::anyhow!("{error}"),
        },
        pace_compiler::Failure::Emit(error) => anyhow::anyhow!("cannot write the bundle: {error}"),
        pace_compiler::Failure::Reported => anyhow::anyhow!("{failure}"),
    }
}

/// Says why a command failed, and what to do about it.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    output::err(&wrapped(&explained(error), columns(&std::io::stderr())));
    let load = error.downcast_ref::<LoadError>();
    let is_refused = error.is::<Refused>() || matches!(load, Some(LoadError::Refused(_)));
    let ended = error.downcast_ref::<Ended>();
    if is_refused { ExitCode::Refused } else { ended.map_or(ExitCode::Usage, |ended| ended.code) }
}

/// What a failure says, with what to do about it. Not yet printable: it may hold names of files and arguments.
pub(crate) fn explained(error: &anyhow::Error) -> String {
    let load = error.downcast_ref::<LoadError>();
    let refused = error.downcast_ref::<Refused>();
    let ended = error.downcast_ref::<Ended>();
    let setup = error.downcast_ref::<SetupError>();
    if let Some(several) = setup.filter(|setup| setup.told().count() > 1) {
        return several.told().map(|part| words(&part.message, Some(&part.help))).collect();
    }
    let help = refused.map(Refused::help).or(load.map(LoadError::help)).or(setup.map(|setup| setup.help.as_str()));
    words(&format!("{error:#}"), help.or(ended.and_then(Ended::help)))
}

/// A failure as people read it: one line, and what to do on the lines below.
pub(crate) fn words(message: &str, help: Option<&str>) -> String {
    let help = help.map(|help| format!("  help: {}\n", help.replace('\n', "\n        ")));
    format!("error: {message}\n{}", help.unwrap_or_default())
}
