//! Bundles as files. Everything is written beside its place and renamed into it, so that nobody ever sees half of it.

use std::io::Write;
use std::path::{Path, PathBuf};

use pace_ir::{Emitted, VerifiedBundle};

use crate::world::plain;

/// Where a build stands, relative to the project.
#[derive(Debug)]
pub(crate) struct Written {
    /// The bundle.
    pub(crate) bundle: String,
    /// The readable manifest.
    pub(crate) manifest: String,
}

/// Where builds stand, relative to the project.
const BUILD_FOLDER: &str = ".pace/build";

/// Writes a build: bundle, manifest, and last of all the name of both.
pub(crate) fn write_build(root: &Path, emitted: &Emitted, manifest: &str) -> anyhow::Result<Written> {
    let folder = root.join(BUILD_FOLDER);
    std::fs::create_dir_all(&folder)
        .map_err(|error| anyhow::anyhow!("cannot make the folder `{BUILD_FOLDER}`: {}", plain(&error)))?;
    keep_out_of_git(&root.join(".pace"))?;
    let id = emitted.verified.id().to_string();
    let stem: String = id.trim_start_matches("b3:").chars().take(12).collect();
    let name = format!("{stem}.pace");
    write_if_different(&folder.join(&name), &emitted.bytes)?;
    write_if_different(&folder.join(format!("{stem}.json")), manifest.as_bytes())?;
    write_if_different(&folder.join("latest"), format!("{name}\n").as_bytes())?;
    Ok(Written { bundle: format!("{BUILD_FOLDER}/{name}"), manifest: format!("{BUILD_FOLDER}/{stem}.json") })
}

/// `.pace/` holds what this machine made; a project that is cloned makes its own.
fn keep_out_of_git(folder: &Path) -> anyhow::Result<()> {
    let ignore = folder.join(".gitignore");
    if ignore.exists() { Ok(()) } else { write_whole(&ignore, b"*\n") }
}

fn write_if_different(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    match std::fs::read(path) {
        Ok(there) if there == bytes => Ok(()),
        _ => write_whole(path, bytes),
    }
}

/// Writes a file whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut builder = tempfile::Builder::new();
        // As any other file of the user's; the process's mask applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.prefix(".pace-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok::<(), std::io::Error>(())
    };
    write().map_err(|error| anyhow::anyhow!("cannot write `{}`: {}", path.display(), plain(&error)))
}

/// Reads and verifies a bundle, by the very steps the runner takes.
pub(crate) fn read(path: &Path) -> anyhow::Result<VerifiedBundle> {
    let bytes = pace_runner::load(path)?;
    Ok(pace_runner::verify(path, &bytes, None)?)
}

/// The newest build of a project.
pub(crate) fn latest(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join(BUILD_FOLDER);
    let name = std::fs::read_to_string(folder.join("latest"))
        .map_err(|_| anyhow::anyhow!("the project has no bundle yet\n  help: run `pace build`, or name a bundle"))?;
    Ok(folder.join(name.trim()))
}
