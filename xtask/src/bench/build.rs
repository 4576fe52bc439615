//! Building what is measured, and what it is measured on.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{Verdict, capture, cargo, program, run};

/// Builds these: each the arguments of one `cargo build`. Returns the folder of the programs.
///
/// # Errors
/// One does not build.
pub(super) fn release(builds: &[&[&str]]) -> Result<PathBuf> {
    for arguments in builds {
        build(&[&["--release"], *arguments].concat())?;
    }
    Ok(target()?.join("release"))
}

/// Builds the runner as it is shipped, which takes some ten minutes where nothing of it is there. Returns the program.
///
/// # Errors
/// It does not build.
pub(super) fn shipped_runner() -> Result<PathBuf> {
    build(&["--profile", "dist", "--package", "pace-runner"])?;
    Ok(target()?.join("dist").join("pace-runner"))
}

/// Makes a bundle of the project in `folder`. The compiler is not measured here, so it is not optimised, which would take
/// minutes.
///
/// # Errors
/// The compiler does not build, or the project does not.
pub(super) fn bundle(folder: &Path) -> Result<PathBuf> {
    build(&["--package", "pace"])?;
    let bundle = folder.join("bench.pace");
    let mut pace = program(target()?.join("debug").join("pace"))?;
    // In the project, which is no place for it, no key is made; and none at home.
    pace.env("XDG_STATE_HOME", folder);
    capture(pace.arg("-C").arg(folder).args(["-q", "build", "--output"]).arg(&bundle))?;
    Ok(bundle)
}

fn build(arguments: &[&str]) -> Result<()> {
    if run(cargo()?.args(["build", "--locked"]).args(arguments))? == Verdict::Failed {
        bail!("what is measured does not build");
    }
    Ok(())
}

fn target() -> Result<PathBuf> {
    let metadata = capture(cargo()?.args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata)?;
    Ok(metadata["target_directory"].as_str().context("cargo names no target folder")?.into())
}
