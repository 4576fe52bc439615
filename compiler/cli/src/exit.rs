//! How a run ends. One enum, so that every command agrees.

use pace_runner::{LoadError, Refused};

use crate::output;

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
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(match code {
            ExitCode::Success => 0,
            ExitCode::Errors => 1,
            ExitCode::Usage => 2,
            ExitCode::Refused => 3,
        })
    }
}

/// Says what is wrong with the command line, or prints the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
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
    let mut text = format!("error: {error:#}\n");
    let load = error.downcast_ref::<LoadError>();
    let refused = error.downcast_ref::<Refused>();
    if let Some(help) = refused.map(Refused::help).or(load.map(LoadError::help)) {
        text.push_str("  help: ");
        text.push_str(help);
        text.push('\n');
    }
    output::err(&text);
    let is_refused = refused.is_some() || matches!(load, Some(LoadError::Refused(_)));
    if is_refused { ExitCode::Refused } else { ExitCode::Usage }
}
