//! The user's key: what seals that bytecode and description of an entry were made here, of the source beside them. It lies
//! outside of every project, and only who may read the user's own files anyway could seal as they do. Where none can be had,
//! nothing is sealed and nothing is believed; nobody is told, since a build is then only slower.

use std::fmt;
use std::path::Path;

use pace_ir::Digest;

#[cfg(unix)]
mod unix;

/// What a seal is made over, before the entry's name and content.
const SEAL_CONTEXT: &[u8] = b"paceline 2026-11 tool cache seal v1";

/// How long a key is, bytes: what BLAKE3 takes.
const LENGTH: usize = 32;

/// A key that nobody else can read.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key([u8; LENGTH]);

impl Key {
    /// The one in a user's folder, made if there is none yet. Nothing where it cannot be had, or not for this user alone: also
    /// in a folder of the project itself, which who wrote the project may have filled.
    ///
    /// `project` is a path without links.
    #[cfg(unix)]
    pub(super) fn in_folder(folder: &Path, project: &Path) -> Option<Self> {
        unix::find(folder, project).map(Self)
    }

    /// Where files have no owners and modes to tell by, there is none.
    #[cfg(not(unix))]
    pub(super) fn in_folder(_: &Path, _: &Path) -> Option<Self> {
        None
    }

    /// The seal of an entry: BLAKE3 with this key. `name` is what the entry is of, by whom, and in which format.
    pub(super) fn seal(&self, name: Digest, content: &[u8]) -> Digest {
        Digest::from_bytes(*self.hash(name, content).as_bytes())
    }

    /// Whether an entry has this seal, in a time that does not tell how much of it is right.
    pub(super) fn has_sealed(&self, seal: Digest, name: Digest, content: &[u8]) -> bool {
        self.hash(name, content) == blake3::Hash::from_bytes(*seal.as_bytes())
    }

    /// Context and name have one length each, so what is joined here is told apart.
    fn hash(&self, name: Digest, content: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(SEAL_CONTEXT).update(name.as_bytes()).update(content);
        hasher.finalize()
    }

    /// One for tests.
    #[cfg(test)]
    pub(super) const fn of(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }
}

/// Keeps it to itself.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_of_one_key_one_name_and_one_content() {
        let (key, name) = (Key::of([7; 32]), Digest::of(b"tools/a"));
        let seal = key.seal(name, b"content");
        assert!(key.has_sealed(seal, name, b"content"));
        assert!(!key.has_sealed(seal, name, b"contend"));
        assert!(!key.has_sealed(seal, Digest::of(b"tools/b"), b"content"));
        assert!(!Key::of([8; 32]).has_sealed(seal, name, b"content"));
        assert_ne!(seal, Digest::of(b"content"));
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", Some(Key::of([7; 32]))), "Some(Key)");
    }
}
