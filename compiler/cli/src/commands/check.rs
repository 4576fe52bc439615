//! `pace check`: full validation, and nothing else.

use std::path::Path;

use clap::Args;
use pace_compiler::{Counts, Failure, Outcome};
use pace_diag::Sink;
use pace_diag::render::{Action, Report, Warnings};
use pace_tools::types::checker::{self, CheckerError};

use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::{self, Output, warnings};
use crate::{fix, project, types};

/// Check the project; write nothing, start nothing
///
/// Tools are compiled, and MCP servers asked, by `pace build` alone.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
    /// Apply the fixes that keep what you meant; never one that widens anybody's access
    #[arg(long)]
    fix: bool,
    /// Check the types of the tools too, by the TypeScript of the project; starts it, and writes its types to `.pace/types`
    #[arg(long)]
    types: bool,
}

/// Runs the command.
pub(crate) fn run(command: &Check, global: &Global) -> anyhow::Result<ExitCode> {
    let root = project::find(global)?;
    let mut outcome = check(&root)?;
    let mut fixed = None;
    if command.fix {
        let done = fix::apply(&root, &outcome.diagnostics, &outcome.sources)?;
        if done.changed() {
            outcome = check(&root)?;
        }
        fixed = Some(done);
    }
    if command.types {
        check_types(&root, &mut outcome)?;
    }
    let output = Output::new(global);
    output.files(&root, &outcome.sources);
    let code = finish(&outcome, warnings(command.deny_warnings), output)?;
    // Last, where it is read: what was found is long.
    if let Some(fixed) = fixed {
        output.note(&fixed.summary(outcome.diagnostics.len()));
    }
    Ok(code)
}

fn check(root: &Path) -> anyhow::Result<Outcome<Counts>> {
    let world = project::open(root)?;
    Ok(pace_compiler::check(&world))
}

/// Adds what the type checker says.
fn check_types(root: &Path, outcome: &mut Outcome<Counts>) -> anyhow::Result<()> {
    let settings = types::settings(root)?;
    let mut sink = Sink::new();
    let found = checker::check(root, settings, &mut outcome.sources, &mut sink).map_err(|error| match error {
        CheckerError::Missing => anyhow::anyhow!("{error}\n  help: install it: `npm install --save-dev typescript`"),
        CheckerError::Failed { .. } => anyhow::anyhow!("{error}"),
    })?;
    outcome.diagnostics.extend(sink.finish());
    if found > 0 && outcome.result.is_ok() {
        outcome.result = Err(Failure::Reported);
    }
    Ok(())
}

fn finish(outcome: &Outcome<Counts>, warnings: Warnings, output: Output) -> anyhow::Result<ExitCode> {
    let shown = outcome.shown();
    let report = output::report(outcome, &shown, Action::Check, warnings);
    output.report(&report)?;
    let code = result(outcome, &report, output);
    output.finished(&report, &code)?;
    code
}

fn result(outcome: &Outcome<Counts>, report: &Report<'_>, output: Output) -> anyhow::Result<ExitCode> {
    match &outcome.result {
        Ok(_) if report.failed() => Ok(ExitCode::Errors),
        Ok(counts) => {
            output.note(&format!("✓ Check passed\n  {}\n", super::build::counted(*counts)));
            Ok(ExitCode::Success)
        }
        Err(Failure::Reported) => Ok(ExitCode::Errors),
        Err(failure) => Err(crate::exit::environment(failure)),
    }
}
