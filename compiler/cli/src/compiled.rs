//! A project as a bundle in memory, for commands that run it at once: the passes of `pace build`, then the runner's own
//! verification. Nothing is written.

use std::path::Path;

use pace_compiler::{Failure, Overrides};
use pace_diag::render::{Action, Warnings};
use pace_ir::VerifiedBundle;

use crate::exit::{self, ExitCode};
use crate::output::{self, Output};
use crate::project;

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
pub(crate) fn compile(root: &Path, overrides: &Overrides, output: Output) -> anyhow::Result<Compiled> {
    let world = project::open(root)?;
    let outcome = pace_compiler::build_with(&world, overrides);
    output.files(root, &outcome.sources);
    output.report_aside(&output::report(&outcome, &outcome.shown(), Action::Build, Warnings::Allowed));
    match &outcome.result {
        Ok(built) => {
            let name = format!("{}.pace", built.emitted.verified.id());
            let verified = pace_runner::verify(Path::new(&name), &built.emitted.bytes, None)?;
            Ok(Compiled::Bundle(Box::new(verified)))
        }
        Err(Failure::Reported) => Ok(Compiled::Failed(ExitCode::Errors)),
        Err(failure) => Err(exit::environment(failure)),
    }
}
