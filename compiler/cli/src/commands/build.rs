//! `pace build`: full validation, then the bundle, its manifest and `latest`, each whole or not at all.

use std::path::{Path, PathBuf};

use clap::Args;
use pace_compiler::{Built, Counts, Failure, Outcome};
use pace_diag::render::{Action, Report, json};

use crate::arguments::Global;
use crate::exit::{self, ExitCode};
use crate::output::{self, Output, warnings};
use crate::servers::{self, Surroundings};
use crate::wrap::{columns, wrapped};
use crate::{bundle_file, manifest, project, summary, types};

/// Check the project and write its bundle
///
/// Writes `.pace/build/<id>.pace`, a readable manifest beside it, and `.pace/build/latest`, which names the newest bundle.
/// A build that fails leaves all of them as they were. Equal inputs give equal bytes, on any machine. For a project with
/// TypeScript tools, it also writes their types to `.pace/types`, and a `tsconfig.json` where there is none.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
    /// Write the bundle to this file too
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(command: &Build, global: &Global) -> anyhow::Result<ExitCode> {
    let root = project::find(global)?;
    let world = project::open(&root)?;
    let output = Output::new(global);
    types::write(&root)?;
    let surroundings = Surroundings::new(&root, global)?;
    let outcome = pace_compiler::build(&world, surroundings.doors());
    output.files(&root, &outcome.sources);
    let shown = outcome.shown();
    let report = output::report(&outcome, &shown, Action::Build, warnings(command.deny_warnings));
    output.report(&report)?;
    let code = finish(command, &root, &outcome, &report, output, global);
    output.finished(&report, &code)?;
    code
}

fn finish(
    command: &Build,
    root: &Path,
    outcome: &Outcome<Built>,
    report: &Report<'_>,
    output: Output,
    global: &Global,
) -> anyhow::Result<ExitCode> {
    let built = match &outcome.result {
        Ok(_) if report.failed() => return Ok(ExitCode::Errors),
        Ok(built) => built,
        Err(Failure::Reported) => {
            servers::keep_some(root, outcome.kept.as_ref(), output)?;
            return Ok(ExitCode::Errors);
        }
        Err(failure) => return Err(exit::environment(failure)),
    };
    servers::keep(root, &built.pins, output)?;
    servers::left_out(&built.pins, output);
    let manifest = manifest::of(&built.emitted.verified);
    if let Some(file) = &command.output {
        bundle_file::write_copy(&project::start(global)?.join(file), root, &built.emitted)?;
    }
    let written = bundle_file::write_build(root, &built.emitted, &manifest)?;
    if output.is_json() {
        output::out(&json::bundle(&json::Bundle {
            path: &written.bundle,
            id: &built.emitted.verified.id().to_string(),
            program: &built.emitted.verified.program_digest().to_string(),
            bytes: built.emitted.verified.length(),
            manifest: &written.manifest,
        }))?;
    }
    output.note(&success(built, &written, command.output.as_deref()));
    Ok(ExitCode::Success)
}

/// The roadmap's words, and what they leave open: what the bundle is called, and who may do what.
fn success(built: &Built, written: &bundle_file::Written, copy: Option<&Path>) -> String {
    let id = built.emitted.verified.id();
    let counts = counted(built.counts);
    let copy = copy.map(|file| format!("  Copy:     {}\n", file.display())).unwrap_or_default();
    let place = format!("  Bundle:   {}\n{copy}  Manifest: {}\n  Id:       {id}\n", written.bundle, written.manifest);
    let who_can = wrapped(&summary::who_can(built.emitted.verified.bundle()), columns(&std::io::stderr()));
    format!("✓ Build succeeded\n  {counts}\n{place}{who_can}")
}

/// `3 agents, 1 loop, 2 tools`.
pub(crate) fn counted(counts: Counts) -> String {
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    [count(counts.agents, "agent"), count(counts.loops, "loop"), count(counts.tools, "tool")].join(", ")
}
