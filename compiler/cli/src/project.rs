//! Finding the project: the folder asked for, or the nearest one above it that has `paceline.yaml` or `agents/`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::arguments::Global;

/// The folder that commands start from.
pub(crate) fn start(global: &Global) -> anyhow::Result<PathBuf> {
    let here = match &global.directory {
        Some(directory) => directory.clone(),
        None => std::env::current_dir().context("cannot tell the current directory")?,
    };
    std::path::absolute(&here)
        .with_context(|| format!("cannot find `{}`", here.display()))
        .and_then(|path| if path.is_dir() { Ok(path) } else { bail!("`{}` is not a directory", here.display()) })
}

/// The project's folder.
pub(crate) fn find(global: &Global) -> anyhow::Result<PathBuf> {
    let start = start(global)?;
    if let Some(found) = start.ancestors().find(|folder| is_project(folder)) {
        return Ok(found.to_owned());
    }
    bail!(
        "there is no project in `{}` or any folder above it\n  \
         looked for: `paceline.yaml` or a folder `agents`\n  \
         help: start one with `pace init`, or name its folder with `-C <dir>`",
        start.display()
    )
}

/// Whether a folder is a project.
pub(crate) fn is_project(folder: &Path) -> bool {
    folder.join("paceline.yaml").is_file() || folder.join("agents").is_dir()
}
