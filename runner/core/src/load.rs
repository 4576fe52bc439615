//! First step: the bytes of a bundle, whole and in memory. What they mean is not known here.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pace_ir::RejectReason;
use pace_ir::bundle::header::MAX_FILE_LENGTH;

use crate::printable;
use crate::verify::Refused;

/// Why there are no bytes. The path is the one that was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Nothing has this name.
    #[error("there is no file `{}`", shown(.0))]
    Missing(PathBuf),
    /// The name is a directory's.
    #[error("`{}` is a directory; a bundle is one file", shown(.0))]
    Directory(PathBuf),
    /// The system does not let it be read.
    #[error("cannot read `{}`", shown(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// Longer than a bundle can be.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl LoadError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing(_) => "name a bundle: `pace build` makes one and prints its path",
            Self::Directory(_) => "name the `.pace` file in it; `pace build` prints the path of the one it makes",
            Self::Unreadable { .. } => "let the user who starts the runner read the file",
            Self::Refused(refused) => refused.help(),
        }
    }
}

/// A path as messages show it: whoever named the file may have put anything into it.
pub(crate) fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// Reads a file, at most as much of it as a bundle may have.
///
/// # Errors
/// A [`LoadError`] if there is no such file, it cannot be read, or it is longer than [`MAX_FILE_LENGTH`].
pub fn load(path: &Path) -> Result<Vec<u8>, LoadError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => LoadError::Missing(path.to_owned()),
        io::ErrorKind::IsADirectory => LoadError::Directory(path.to_owned()),
        _ => LoadError::Unreadable { path: path.to_owned(), source },
    };
    let file = File::open(path).map_err(unreadable)?;
    let stated = file.metadata().map_err(unreadable)?.len();
    // The length may change while the file is read, and a device states none: what is read decides.
    let mut bytes = Vec::new();
    let read = file.take(MAX_FILE_LENGTH + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let length = stated.max(u64::try_from(read).unwrap_or(u64::MAX));
    if length > MAX_FILE_LENGTH {
        return Err(Refused::new(path, &bytes, RejectReason::TooLong { length }).into());
    }
    Ok(bytes)
}
