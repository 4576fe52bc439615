//! The compiler's door to the outside, over a folder. Nothing outside of the folder is read, whatever links say, and a
//! file that changes while it is read is not taken for what it never was.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use pace_compiler::{DirEntry, EntryKind, World, WorldError};

/// More than any source file may have, and little enough to read a wrong one.
const MAX_BYTES: u64 = 64 << 20;

/// A project's folder.
#[derive(Debug)]
pub(crate) struct Folder {
    /// As the author named it.
    root: PathBuf,
    /// Without links.
    canonical: PathBuf,
}

impl Folder {
    /// Opens a folder.
    pub(crate) fn open(root: &Path) -> std::io::Result<Self> {
        Ok(Self { root: root.to_owned(), canonical: root.canonicalize()? })
    }

    /// Where a path leads, if it stays in the project.
    fn inside(&self, path: &str) -> Result<Option<PathBuf>, WorldError> {
        match self.root.join(path).canonicalize() {
            Ok(real) if real.starts_with(&self.canonical) => Ok(Some(real)),
            Ok(_) => Err(WorldError {
                path: path.to_owned(),
                why: "it is a link that leads out of the project".to_owned(),
                help: Some("put the file itself into the project".to_owned()),
                leads_out: true,
            }),
            // A link that leads nowhere is no absence: what it should have said would be missing in silence.
            Err(error) if is_absence(&error) && self.root.join(path).symlink_metadata().is_err() => Ok(None),
            Err(error) => Err(failed(path, &error)),
        }
    }
}

impl World for Folder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, WorldError> {
        let Some(real) = self.inside(path)? else { return Ok(None) };
        read_whole(&real, path)
    }

    fn list(&self, path: &str) -> Result<Vec<DirEntry>, WorldError> {
        let Some(real) = self.inside(path)? else { return Ok(Vec::new()) };
        let entries = match fs::read_dir(&real) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                let help = Some("put a folder there, or remove it".to_owned());
                return Err(WorldError {
                    path: path.to_owned(),
                    why: "it is not a folder".to_owned(),
                    help,
                    leads_out: false,
                });
            }
            Err(error) => return Err(failed(path, &error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed(path, &error))?;
            let Ok(name) = entry.file_name().into_string() else {
                let why = "it holds a name that is not UTF-8".to_owned();
                return Err(WorldError {
                    path: path.to_owned(),
                    why,
                    help: Some("rename that file".to_owned()),
                    leads_out: false,
                });
            };
            if !name.starts_with('.') {
                // A link that leads nowhere is of no kind; whoever needs it finds out by reading it.
                let kind = kind(&entry).unwrap_or(EntryKind::Other);
                found.push(DirEntry { kind, name });
            }
        }
        found.sort();
        Ok(found)
    }
}

/// What an entry is, links followed.
fn kind(entry: &fs::DirEntry) -> std::io::Result<EntryKind> {
    let mut kind = entry.file_type()?;
    if kind.is_symlink() {
        kind = fs::metadata(entry.path())?.file_type();
    }
    Ok(match kind {
        kind if kind.is_file() => EntryKind::File,
        kind if kind.is_dir() => EntryKind::Directory,
        _ => EntryKind::Other,
    })
}

/// Reads a file, and makes sure that it was the same one from beginning to end.
fn read_whole(real: &Path, path: &str) -> Result<Option<Vec<u8>>, WorldError> {
    let before = match fs::metadata(real) {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => {
            let help = Some("put a file there, or remove it".to_owned());
            return Err(WorldError {
                path: path.to_owned(),
                why: "it is not a file".to_owned(),
                help,
                leads_out: false,
            });
        }
        Err(error) => return Err(failed(path, &error)),
    };
    let whole = || {
        let mut file = File::open(real)?;
        let mut bytes = Vec::new();
        file.by_ref().take(MAX_BYTES).read_to_end(&mut bytes)?;
        file.metadata().map(|after| (bytes, after))
    };
    let (bytes, after) = whole().map_err(|error: std::io::Error| failed(path, &error))?;
    if is_same(&before, &after, bytes.len()) {
        return Ok(Some(bytes));
    }
    let why = "it changed while it was read".to_owned();
    Err(WorldError { path: path.to_owned(), why, help: Some("run the command again".to_owned()), leads_out: false })
}

fn is_same(before: &Metadata, after: &Metadata, read: usize) -> bool {
    let whole = u64::try_from(read).is_ok_and(|read| read == after.len().min(MAX_BYTES));
    whole && before.len() == after.len() && before.modified().ok() == after.modified().ok()
}

fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn failed(path: &str, error: &std::io::Error) -> WorldError {
    let (why, help) = match error.kind() {
        ErrorKind::NotFound => ("it is a link that leads nowhere", Some("mend the link, or remove it")),
        ErrorKind::PermissionDenied => ("permission denied", Some("make it readable for the user who builds")),
        ErrorKind::InvalidFilename => ("its name is too long for this system", None),
        _ => return WorldError { path: path.to_owned(), why: plain(error), help: None, leads_out: false },
    };
    WorldError { path: path.to_owned(), why: why.to_owned(), help: help.map(str::to_owned), leads_out: false }
}

/// An error of the system in its own words, without what libraries add.
pub(crate) fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::QuotaExceeded => "your share of the disk is used up".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::NotADirectory => "a file is in the way of its folder".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotFound => "there is no such folder".to_owned(),
        // What libraries wrap holds the names of their temporary files; its kind says enough.
        kind => error.raw_os_error().map_or_else(|| kind.to_string(), os_words),
    }
}

/// The system's words, without the number that Rust puts behind them.
fn os_words(code: i32) -> String {
    let words = std::io::Error::from_raw_os_error(code).to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
