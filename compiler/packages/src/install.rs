//! Installation: a pinned tree becomes a folder that starts without a registry. Nothing of a package is run while it is
//! installed, and nothing is kept whose hash is not in the tree.

use std::path::Path;

use crate::error::PackageError;
use crate::registry::{npm, pypi};
use crate::runtime;
use crate::settings::Settings;
use crate::stage;
use crate::tree::{Registry, Tree};
use pace_ir::program::tool::PackageRuntime;
use pace_mcp::installed::{self, Installed, Pinned, Place, Unusable};

/// Installs `tree` into a folder of `into` named by its digest, or finds it there: whole, unchanged to the byte, and for this
/// machine. Safe to be called by several processes at once, and to be killed.
///
/// # Errors
/// The runtime or client is missing or too old, the registry does not deliver what is pinned, the folder cannot be written or
/// can be by others. Then nothing is left in the place.
pub fn install(tree: &Tree, into: &Path, settings: &Settings) -> Result<Installed, PackageError> {
    tree.check()?;
    let digest = tree.digest();
    let here = runtime::here(tree.registry, &std::env::temp_dir(), settings)?;
    let place = Place { into, project: settings.project.as_deref() };
    let found = || match installed::find(place, &pinned(tree)) {
        Ok(found) => Ok(Some(found).filter(|found| found.marker.fits == here.fits)),
        Err(Unusable::Place(why)) => Err(PackageError::Exposed { why }),
        Err(Unusable::Absent) => Ok(None),
        Err(changed) => {
            (settings.progress)(&format!("`{}` {} is not as it was installed: {changed}", tree.name, tree.version));
            Ok(None)
        }
    };
    // In an image nobody may write, and nobody has to.
    if let Some(installed) = found()? {
        return Ok(installed);
    }
    runtime::check(tree, &here)?;
    let lock = stage::lock(into, digest, settings)?;
    // Somebody else may have installed it in the meantime.
    if let Some(installed) = found()? {
        return Ok(installed);
    }
    (settings.progress)(&format!("installing `{}` {}", tree.name, tree.version));
    let stage = lock.stage()?;
    let folder = stage.path();
    match tree.registry {
        Registry::Npm => npm::install(tree, folder, settings)?,
        Registry::PyPi => pypi::install(tree, folder, settings)?,
    }
    let sealed = installed::seal(folder, digest, [&tree.name, &tree.version], &here.fits);
    sealed.map_err(|error| PackageError::file("cannot write", folder, &error))?;
    stage.finish()?;
    installed::find(place, &pinned(tree)).map_err(|why| match why {
        Unusable::Place(why) | Unusable::Exposed(why) => PackageError::Exposed { why },
        Unusable::Absent | Unusable::Changed(_) => PackageError::NoProgram { name: tree.name.clone() },
    })
}

/// What is started of a tree.
pub fn pinned(tree: &Tree) -> Pinned<'_> {
    let runtime = match tree.registry {
        Registry::Npm => PackageRuntime::Node,
        Registry::PyPi => PackageRuntime::Python,
    };
    Pinned { tree: tree.digest(), runtime, name: &tree.name, entry: &tree.entry }
}
