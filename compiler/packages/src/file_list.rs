//! The files of an installed package, each with its size and hash: what tells whether a folder is still what was installed.

use std::path::{Path, PathBuf};

use pace_ir::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::error::PackageError;
use pace_mcp::installed::MARKER;

/// The name of the list.
const LIST: &str = "files.json";

/// How closely files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// That they are there, and as long as they were: a few milliseconds.
    Sizes,
    /// Every byte.
    Contents,
}

#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    path: String,
    /// Bytes.
    size: u64,
    /// Of the contents; of the target of a link.
    hash: String,
}

/// Lists what `directory` holds, makes the files read-only, and answers the digest of the list. Folders stay writable, so that
/// whoever owns them can remove them, and servers that keep their data beside themselves can.
pub(crate) fn write(directory: &Path) -> Result<Digest, PackageError> {
    let mut found = Vec::new();
    walk(directory, Path::new(""), &mut found).map_err(|error| PackageError::file("cannot list", directory, &error))?;
    found.sort_by(|one: &Listed, other| one.path.cmp(&other.path));
    let mut text = String::new();
    for listed in &found {
        text.push_str(&serde_json::to_string(listed).unwrap_or_default());
        text.push('\n');
    }
    let path = directory.join(LIST);
    std::fs::write(&path, &text).map_err(|error| PackageError::file("cannot write", directory, &error))?;
    Ok(Digest::of(text.as_bytes()))
}

/// Whether all that was listed in `directory` is there and unchanged. Files that came later are nobody's business: servers write
/// beside themselves.
pub(crate) fn is_unchanged(directory: &Path, list: Digest, look: Look) -> bool {
    let Ok(text) = std::fs::read(directory.join(LIST)) else { return false };
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    Digest::of(&text) == list
        && lines
            .map(serde_json::from_slice::<Listed>)
            .all(|listed| listed.is_ok_and(|one| one.is_unchanged(directory, look)))
}

impl Listed {
    fn of(directory: &Path, path: String) -> std::io::Result<Self> {
        let full = directory.join(&path);
        let metadata = std::fs::symlink_metadata(&full)?;
        let contents = if metadata.is_symlink() {
            std::fs::read_link(&full)?.into_os_string().into_encoded_bytes()
        } else {
            std::fs::read(&full)?
        };
        Ok(Self { path, size: metadata.len(), hash: Digest::of(&contents).to_string() })
    }

    fn is_unchanged(&self, directory: &Path, look: Look) -> bool {
        match look {
            Look::Sizes => {
                std::fs::symlink_metadata(directory.join(&self.path)).is_ok_and(|now| now.len() == self.size)
            }
            Look::Contents => Self::of(directory, self.path.clone()).is_ok_and(|now| now.hash == self.hash),
        }
    }
}

/// Adds everything below `below` that is no folder.
fn walk(directory: &Path, below: &Path, found: &mut Vec<Listed>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory.join(below))? {
        let entry = entry?;
        let path: PathBuf = below.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(directory, &path, found)?;
            continue;
        }
        let Some(text) = path.to_str() else {
            return Err(std::io::Error::other("a file's name is not UTF-8"));
        };
        if [MARKER, LIST].contains(&text) {
            continue;
        }
        found.push(Listed::of(directory, text.to_owned())?);
        if kind.is_file() {
            let mut permissions = entry.metadata()?.permissions();
            permissions.set_readonly(true);
            std::fs::set_permissions(entry.path(), permissions)?;
        }
    }
    Ok(())
}
