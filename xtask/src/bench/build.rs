//! Building what is measured, optimised.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{Verdict, capture, cargo, run};

/// Builds these: each the arguments of one `cargo build`. Returns the folder of the programs.
///
/// # Errors
/// One does not build.
pub(super) fn release(builds: &[&[&str]]) -> Result<PathBuf> {
    for arguments in builds {
        if run(cargo()?.args(["build", "--release", "--locked"]).args(*arguments))? == Verdict::Failed {
            bail!("what is measured does not build");
        }
    }
    let metadata = capture(cargo()?.args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    Ok(Path::new(target).join("release"))
}
