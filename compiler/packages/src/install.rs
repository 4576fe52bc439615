//! Installation: a pinned tree becomes a folder that starts without a registry. Nothing of a package is run while it is
//! installed, and nothing is kept whose hash is not in the tree.

use std::path::Path;

use crate::error::PackageError;
use crate::file_list::{self, Look};
use crate::registry::{npm, pypi};
use crate::runtime::{self, Runtime};
use crate::settings::Settings;
use crate::stage;
use crate::tree::{Registry, Tree};
use pace_mcp::installed::{self, Installed, Marker};

/// Installs `tree` into a folder of `into` named by its digest, or finds it there: whole, unchanged as far as sizes tell, and
/// for this machine. Safe to be called by several processes at once, and to be killed.
///
/// # Errors
/// The runtime or client is missing or too old, the registry does not deliver what is pinned, the folder cannot be written.
/// Then nothing is left in the place.
pub fn install(tree: &Tree, into: &Path, settings: &Settings) -> Result<Installed, PackageError> {
    tree.check()?;
    let digest = tree.digest();
    let here = runtime::here(tree.registry, &std::env::temp_dir(), settings)?;
    let found = || installed::find(into, digest).filter(|found| is_usable(found, &here));
    // In an image nobody may write, and nobody has to.
    if let Some(installed) = found() {
        return Ok(installed);
    }
    runtime::check(tree, &here)?;
    let lock = stage::lock(into, digest, settings)?;
    // Somebody else may have installed it in the meantime.
    if let Some(installed) = found() {
        return Ok(installed);
    }
    (settings.progress)(&format!("installing `{}` {}", tree.name, tree.version));
    let stage = lock.stage()?;
    let folder = stage.path();
    let start = match tree.registry {
        Registry::Npm => npm::install(tree, folder, settings)?,
        Registry::PyPi => pypi::install(tree, folder, settings)?,
    };
    let files = file_list::write(folder)?;
    let marker = Marker::new(digest, [&tree.name, &tree.version], &here.fits, start, files);
    marker.write(folder).map_err(|error| PackageError::file("cannot write", folder, &error))?;
    stage.finish()?;
    installed::find(into, digest).ok_or_else(|| PackageError::NoProgram { name: tree.name.clone() })
}

/// Whether every file that was installed still is what it was, byte by byte. Files that were added are not looked for: some
/// servers write beside themselves.
pub fn is_unchanged(installed: &Installed) -> bool {
    installed.marker.files().is_some_and(|list| file_list::is_unchanged(&installed.directory, list, Look::Contents))
}

fn is_usable(found: &Installed, here: &Runtime) -> bool {
    let unchanged = |list| file_list::is_unchanged(&found.directory, list, Look::Sizes);
    found.marker.fits == here.fits && found.marker.files().is_some_and(unchanged)
}
