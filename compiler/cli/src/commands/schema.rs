//! `pace schema`: JSON Schemas for editors.

use clap::{Args, ValueEnum};
use pace_compiler::schema::{SpecKind, schema};

use crate::exit::ExitCode;
use crate::output::out;

/// Print the JSON Schema of a file you write
///
/// Point your editor at it: `pace schema agent > .pace/agent.schema.json`, and in a spec
/// `# yaml-language-server: $schema=../../.pace/agent.schema.json`.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which file
    #[arg(value_enum)]
    file: SpecFile,
}

/// A file with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SpecFile {
    /// agents/*/spec.yaml
    Agent,
    /// loops/*.yaml
    Loop,
    /// paceline.yaml
    Project,
}

/// Runs the command.
pub(crate) fn run(command: &Schema) -> anyhow::Result<ExitCode> {
    let kind = match command.file {
        SpecFile::Agent => SpecKind::Agent,
        SpecFile::Loop => SpecKind::Loop,
        SpecFile::Project => SpecKind::Project,
    };
    out(&format!("{}\n", serde_json::to_string_pretty(&schema(kind))?))?;
    Ok(ExitCode::Success)
}
