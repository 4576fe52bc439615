//! A project as a bundle in memory, for commands that run it at once: the passes of `pace build`, then the runner's own
//! verification. Nothing is written but pins of servers that are new.

use std::path::Path;

use pace_compiler::{Failure, Overrides, World};
use pace_diag::render::{Action, Warnings};
use pace_diag::{Diagnostic, code};
use pace_ir::VerifiedBundle;

use crate::arguments::Global;
use crate::exit::{self, Ended, ExitCode};
use crate::output::{self, Output};
use crate::project;
use crate::servers::{self, Surroundings};

/// What came of it.
#[derive(Debug)]
pub(crate) enum Compiled {
    /// A bundle.
    Bundle(Box<VerifiedBundle>),
    /// The project has errors, and its author was told.
    Failed(ExitCode),
}

/// Compiles the project in a folder. What there is to say about it is said on standard error.
///
/// # Errors
/// The surroundings failed, or the runner refuses the bundle.
pub(crate) fn compile(root: &Path, overrides: &Overrides, global: &Global) -> anyhow::Result<Compiled> {
    compile_seen(&project::open(root)?, root, overrides, global)
}

/// As [`compile`], the project being what `world` says.
///
/// # Errors
/// As [`compile`].
pub(crate) fn compile_seen(
    world: &dyn World,
    root: &Path,
    overrides: &Overrides,
    global: &Global,
) -> anyhow::Result<Compiled> {
    let output = Output::new(global);
    let surroundings = Surroundings::new(root, global)?;
    let outcome = pace_compiler::build_with(world, surroundings.doors(), overrides);
    output.files(root, &outcome.sources);
    if let Some(ended) = wrong_override(&outcome.diagnostics, overrides) {
        return Err(ended.into());
    }
    output.report_aside(&output::report(&outcome, &outcome.shown(), Action::Build, Warnings::Allowed));
    match &outcome.result {
        Ok(built) => {
            servers::keep(root, &built.pins, output)?;
            let name = format!("{}.pace", built.emitted.verified.id());
            let verified = pace_runner::verify(Path::new(&name), &built.emitted.bytes, None)?;
            Ok(Compiled::Bundle(Box::new(verified)))
        }
        Err(Failure::Reported) => {
            servers::keep_some(root, outcome.kept.as_ref(), output)?;
            Ok(Compiled::Failed(ExitCode::Errors))
        }
        Err(failure) => Err(exit::environment(failure)),
    }
}

/// What is wrong with the command line, and not with the project: a model that there is none of.
fn wrong_override(diagnostics: &[Diagnostic], overrides: &Overrides) -> Option<Ended> {
    let is_given = |diagnostic: &&Diagnostic| {
        diagnostic.code.id == code::UNKNOWN_MODEL.id
            && overrides.models.values().any(|other| diagnostic.message.ends_with(&format!("in `{}`", other.given_by)))
    };
    let wrong = diagnostics.iter().find(is_given)?;
    let help: Vec<_> = wrong.help.iter().map(|help| help.text.as_str()).collect();
    Some(Ended::usage(wrong.message.clone(), help.join("\n")))
}
