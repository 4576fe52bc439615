//! `pace inspect`: everything a bundle says.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::out;
use crate::view::{Detail, View, text};
use crate::{bundle_file, manifest, project};

/// Print what a bundle says
///
/// Without a file: the project's newest build. Values of secrets are never in a bundle; what is printed are references
/// to them. A bundle that fails a check is refused, exit code 3.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The bundle; the project's newest build by default
    #[arg(value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// Print JSON, as the manifest beside a build has it
    #[arg(long)]
    json: bool,
    /// Print what the bundle does, and leave out ids, sizes, inputs, the compiler and digests of stored bytes
    #[arg(long)]
    program: bool,
}

/// Runs the command.
pub(crate) fn run(command: &Inspect, global: &Global) -> anyhow::Result<ExitCode> {
    let path = match &command.bundle {
        Some(path) => bundle_path(path, global),
        None => bundle_file::latest(&project::find(global)?)?,
    };
    let detail = if command.program { Detail::Program } else { Detail::Everything };
    let view = View::of(&bundle_file::read(&path)?, detail);
    out(&if command.json { manifest::pretty(&view) } else { text::of(&view) })?;
    Ok(ExitCode::Success)
}

/// A bundle as it was named on the command line, from the folder of `-C`.
pub(crate) fn bundle_path(path: &Path, global: &Global) -> PathBuf {
    global.directory.as_ref().map_or_else(|| path.to_owned(), |directory| directory.join(path))
}
