//! Where installed tools are kept between runs: outside the checkout where that can be written, else in its target
//! folder. Everything in it can be deleted at any time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command;

/// The cache folder, made if need be.
///
/// # Errors
/// Neither the user's cache nor the checkout can be written.
pub(crate) fn folder() -> Result<PathBuf> {
    if let Some(folder) = user_cache().map(|cache| cache.join("paceline"))
        && is_writable(&folder)
    {
        return Ok(folder);
    }
    let folder = command::root()?.join("target").join("cache");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}

/// A name for what is made from `inputs`: another name as soon as one of them changes.
pub(crate) fn key(inputs: &[&str]) -> String {
    // Not a digest: a new compiler may hash differently, and then the thing is made again.
    let mut hasher = DefaultHasher::new();
    inputs.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn user_cache() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
}

fn is_writable(folder: &Path) -> bool {
    std::fs::create_dir_all(folder).is_ok() && tempfile::tempfile_in(folder).is_ok()
}
