//! The compiler's only door to the outside (after typst's `World`). The command line implements it over a folder; tests
//! implement it over strings.

use std::fmt::Debug;

/// What the compiler may ask of its surroundings. Paths are relative to the project, with `/`, and never leave it.
pub trait World: Debug {
    /// The bytes of a file, or `None` where there is none. Called once for each file of a compilation.
    ///
    /// # Errors
    /// [`WorldError`] when the file is there and cannot be read, leads out of the project, or changed meanwhile.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, WorldError>;

    /// What a directory holds, sorted by name; empty where there is no such directory. Hidden entries are left out.
    ///
    /// # Errors
    /// [`WorldError`] when the directory is there and cannot be read.
    fn list(&self, path: &str) -> Result<Vec<DirEntry>, WorldError>;
}

/// Something in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// Its name, without the directory.
    pub name: String,
    /// What it is, links followed.
    pub kind: EntryKind,
}

/// What an entry of a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A socket, a device, a dangling link.
    Other,
}

/// The surroundings failed: not the author's mistake in a spec, and nothing a diagnostic could point at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read `{path}`: {why}")]
pub struct WorldError {
    /// The path in the project.
    pub path: String,
    /// In plain words.
    pub why: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether it is a link that leads out of the project, which an author can be shown where the path is named.
    pub leads_out: bool,
}
