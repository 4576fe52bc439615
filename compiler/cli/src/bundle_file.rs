//! Bundles as files. Everything is written beside its place and renamed into it, so that nobody ever sees half of it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pace_ir::bundle::verify::TOOL_ABI;
use pace_ir::program::tool::PackageRuntime;
use pace_ir::{BundleId, Emitted, Policy, VerifiedBundle};

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
    clean(&folder);
    let id = emitted.verified.id().to_string();
    let stem: String = id.trim_start_matches("b3:").chars().take(12).collect();
    let name = format!("{stem}.pace");
    write_if_different(&folder.join(&name), &emitted.bytes)?;
    write_if_different(&folder.join(format!("{stem}.json")), manifest.as_bytes())?;
    write_if_different(&folder.join("latest"), format!("{name}\n").as_bytes())?;
    Ok(Written { bundle: format!("{BUILD_FOLDER}/{name}"), manifest: format!("{BUILD_FOLDER}/{stem}.json") })
}

/// `.pace/` holds what this machine made; a project that is cloned makes its own.
pub(crate) fn keep_out_of_git(folder: &Path) -> anyhow::Result<()> {
    let ignore = folder.join(".gitignore");
    if ignore.exists() { Ok(()) } else { write_whole(&ignore, b"*\n") }
}

fn write_if_different(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    match std::fs::read(path) {
        Ok(there) if there == bytes => Ok(()),
        _ => write_whole(path, bytes),
    }
}

/// Writes the copy an author asked for. A device or pipe is written to, a link is followed; what the bundle was made from,
/// and what other builds left, is not overwritten.
pub(crate) fn write_copy(path: &Path, root: &Path, emitted: &Emitted) -> anyhow::Result<()> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let inputs = emitted.verified.bundle().lock.inputs.keys().map(|input| root.join(input).canonicalize());
    let kept = root.join(".pace").canonicalize();
    let is_read = root.canonicalize().is_ok_and(|root| is_read(&real, &root));
    if is_read || inputs.flatten().any(|input| input == real) || kept.is_ok_and(|kept| real.starts_with(kept)) {
        anyhow::bail!("cannot write `{}`: it is a part of the project\n  help: name another file", path.display());
    }
    if real.is_file() && !is_bundle(&real) {
        anyhow::bail!(
            "cannot write `{}`: another file is there, and it is no bundle\n  help: name another file, or move it away",
            path.display()
        );
    }
    match std::fs::metadata(&real) {
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => std::fs::OpenOptions::new()
            .write(true)
            .open(&real)
            .and_then(|mut device| device.write_all(&emitted.bytes))
            .map_err(|error| anyhow::anyhow!("cannot write `{}`: {}", path.display(), plain(&error))),
        _ => write_whole(path, &emitted.bytes),
    }
}

/// Whether the compiler reads what stands at a path, or would if it were there.
fn is_read(path: &Path, root: &Path) -> bool {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    let inside = folder.as_deref().unwrap_or(path).strip_prefix(root).map(Path::to_owned);
    let top = inside.ok().and_then(|inside| inside.components().next().map(|part| part.as_os_str().to_owned()));
    top.is_some_and(|top| ["agents", "loops", "tools", "skills"].iter().any(|folder| top == *folder))
        || path == root.join("paceline.yaml")
}

/// Whether a file begins as bundles do, or is empty.
fn is_bundle(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes.is_empty() || bytes.starts_with(&pace_ir::bundle::header::MAGIC)
}

/// Writes a file whole or not at all. A link stays a link, and a file that is there keeps its permissions.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let shown = path;
    let real = path.canonicalize();
    let path = real.as_deref().unwrap_or(path);
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut builder = tempfile::Builder::new();
        // As any other file of the user's; the process's mask applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.prefix(TEMPORARY).tempfile_in(folder)?;
        if let Ok(there) = std::fs::metadata(path) {
            file.as_file().set_permissions(there.permissions())?;
        }
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok::<(), std::io::Error>(())
    };
    write().map_err(|error| anyhow::anyhow!("cannot write `{}`: {}", shown.display(), plain(&error)))
}

/// How the names of files begin that are not finished yet.
const TEMPORARY: &str = ".pace-";

/// How old an unfinished file is whose build has certainly ended.
const ABANDONED: Duration = Duration::from_hours(1);

/// Removes what killed builds left behind. What cannot be removed stays; it harms nobody.
fn clean(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(TEMPORARY)) {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
        if matches!(age, Ok(Ok(age)) if age > ABANDONED) {
            let _stays = std::fs::remove_file(entry.path());
        }
    }
}

/// What a bundle may require that is only to be told of: whatever this version builds.
const READABLE: &[&str] = &[TOOL_ABI, PackageRuntime::Node.feature(), PackageRuntime::Python.feature()];

/// Reads and verifies a bundle, by the very steps the runner takes.
pub(crate) fn read(path: &Path) -> anyhow::Result<VerifiedBundle> {
    read_expected(path, None)
}

/// As [`read`], where it has to be this bundle.
pub(crate) fn read_expected(path: &Path, expect: Option<BundleId>) -> anyhow::Result<VerifiedBundle> {
    let bytes = pace_runner::load(path)?;
    Ok(pace_runner::verify_for(path, &bytes, &Policy { expect, features: READABLE })?)
}

/// The newest build of a project.
pub(crate) fn latest(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join(BUILD_FOLDER);
    let latest = folder.join("latest");
    if !latest.is_file() {
        anyhow::bail!("the project has no bundle yet\n  help: run `pace build`, or name a bundle");
    }
    let text = std::fs::read_to_string(&latest).unwrap_or_default();
    let name = text.trim_end();
    let digits = name.strip_suffix(".pace").unwrap_or_default();
    if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        anyhow::bail!("`{BUILD_FOLDER}/latest` does not name a bundle\n  help: run `pace build`, or name a bundle");
    }
    Ok(folder.join(name))
}
