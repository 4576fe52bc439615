//! Files that only their owner may read, whole or not at all: what people said to agents.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use crate::bundle_file;

/// What is said of links, pipes and folders.
const NO_FILE: &str = "it is no regular file";

/// Writes a file, by a path that may begin at the project, and makes the folders it is in.
///
/// # Errors
/// In the system's words.
pub(crate) fn write(root: &Path, path: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
    let place = root.join(path);
    // A link would be replaced, and what it led to would stay where it was.
    if std::fs::symlink_metadata(&place).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::new(ErrorKind::InvalidInput, NO_FILE));
    }
    let folder = place.parent().unwrap_or(root);
    make_folder(root, folder)?;
    // Temporary files are their owner's alone (0600), and keep that when they are renamed.
    let mut file = tempfile::Builder::new().prefix(".pace-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&place).map(drop).map_err(|error| error.error)
}

/// Makes a folder in the project's `.pace`, and keeps that out of git.
///
/// # Errors
/// In the system's words.
pub(crate) fn make_folder(root: &Path, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // A project whose `.pace` cannot be marked is none the worse for it.
    let _unmarked = bundle_file::keep_out_of_git(&root.join(".pace"));
    Ok(())
}

/// The text of a file, at most `most` bytes of it; nothing where there is none.
///
/// # Errors
/// In the system's words; longer files and such that are not UTF-8 are [`ErrorKind::InvalidData`].
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Option<String>> {
    // A pipe would keep whoever opens it waiting.
    if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::new(ErrorKind::InvalidInput, NO_FILE));
    }
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    let read = file.take(most.saturating_add(1)).read_to_string(&mut text)?;
    if u64::try_from(read).is_ok_and(|read| read > most) {
        return Err(io::Error::new(ErrorKind::InvalidData, "it is too long"));
    }
    Ok(Some(text))
}
