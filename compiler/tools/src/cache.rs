//! What was bundled before, under `.pace/cache/tools`: a file a tool (`cache/entry.rs`), whole or not there, used only while
//! every file it was made from is what it was. Whatever else a result depends on is in the file's name: this program's version,
//! the bundler, the engine, and what Paceline adds. A file that does not read back as it was written is no file.
//!
//! Kept is what bundling gave. That it is what the bundler made of the project, only the bundler could tell: who may write here
//! is trusted as who may write the project (`cache/owner.rs`). What the engine made of it, bytecode and description, is kept
//! under a seal of the user's own key (`cache/key.rs`), and made again wherever that is not right (`again.rs`): a bundle's
//! bytecode is always what its source does.

use std::collections::HashMap;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use pace_ir::Digest;

use crate::engine::{self, Described};
use crate::protocol::Read;
use crate::{BUNDLER, embedded};

mod entry;
mod key;
mod owner;

pub(crate) use entry::{Found, Kept};
use key::Key;
use owner::Owners;

/// Where results are kept, relative to the project.
pub(crate) const FOLDER: &str = ".pace/cache/tools";

/// What a name is made of, in BLAKE3's derive-key mode.
const NAME_CONTEXT: &str = "paceline 2026-11 tool cache name v2";

/// How old an unfinished file is whose build has certainly ended.
const ABANDONED: std::time::Duration = std::time::Duration::from_hours(1);

/// The cache of one project.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
    owners: Owners,
    /// Why nothing is read from it and nothing put there.
    refused: Option<String>,
    /// What seals entries; without it none are.
    key: Option<Key>,
    /// Digests of files that were looked at, by path in the project; a package is in many tools.
    seen: HashMap<String, Option<String>>,
    /// Whether something stands at a path, by the same: one package looks for thousands.
    standing: HashMap<String, bool>,
}

impl Cache {
    /// The cache of a project, whose folder is given without links. The user's key is in the folder `state`, if there is one.
    pub(crate) fn new(root: &Path, state: Option<&Path>) -> Self {
        let owners = Owners::of(root);
        let refused = owners.refuse_folder(&root.join(FOLDER));
        let state = state.filter(|_| refused.is_none());
        let key = state.and_then(|folder| Key::in_folder(folder, root));
        let (seen, standing) = (HashMap::new(), HashMap::new());
        Self { root: root.to_owned(), owners, refused, key, seen, standing }
    }

    /// Why it is not used, where others than those who may write the project may have written there.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// What is kept of a tool, if it is still what would be bundled.
    pub(crate) fn find(&mut self, key: &str) -> Option<Found> {
        if self.refused.is_some() {
            return None;
        }
        let name = name(key);
        let mut file = std::fs::File::open(self.path(name)).ok()?;
        if !self.owners.have(&file.metadata().ok()?) {
            return None;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let found = entry::read(&bytes, name, self.key.as_ref())?;
        (found.kept.key == key && self.is_current(&found.kept.bundle.read)).then_some(found)
    }

    fn is_current(&mut self, read: &Read) -> bool {
        let same = read.files.iter().all(|(path, digest)| self.digest(path) == Some(digest));
        if !same || read.absent.iter().any(|path| self.stands(path)) {
            return false;
        }
        read.links.iter().all(|(path, to)| {
            let there = self.root.join(path).canonicalize().ok();
            there.is_some_and(|there| crate::child::reach::relative(&self.root, &there) == *to)
        })
    }

    fn digest(&mut self, path: &str) -> Option<&String> {
        if !self.seen.contains_key(path) {
            let digest = std::fs::read(self.root.join(path)).ok().map(|bytes| Digest::of(&bytes).to_string());
            self.seen.insert(path.to_owned(), digest);
        }
        self.seen.get(path)?.as_ref()
    }

    fn stands(&mut self, path: &str) -> bool {
        if let Some(stands) = self.standing.get(path) {
            return *stands;
        }
        let stands = self.root.join(path).exists();
        self.standing.insert(path.to_owned(), stands);
        stands
    }

    /// Keeps a tool and what the engine made of it. What cannot be kept is made again next time; a build never fails for it.
    pub(crate) fn keep(&self, kept: &Kept, described: &Described) {
        if self.refused.is_some() || kept.bundle.read.unwatched {
            return;
        }
        let name = name(&kept.key);
        let path = self.path(name);
        let (Some(folder), Some(bytes)) = (path.parent(), entry::write(kept, described, name, self.key.as_ref()))
        else {
            return;
        };
        let _made_again = write(&self.root, folder, &path, &bytes);
    }

    /// Seals what was found without a seal of this user's, now that the engine has been asked. Without a key it stays as it is:
    /// somebody else's seal may be on it.
    pub(crate) fn seal(&self, kept: &Kept, described: &Described) {
        if self.key.is_some() {
            self.keep(kept, described);
        }
    }

    /// Removes what killed builds left behind.
    pub(crate) fn clean(&self) {
        if self.refused.is_some() {
            return;
        }
        let entries = std::fs::read_dir(self.root.join(FOLDER)).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(TEMPORARY)) {
            let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
            if matches!(age, Ok(Ok(age)) if age > ABANDONED) {
                let _stays = std::fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, name: Digest) -> PathBuf {
        self.root.join(FOLDER).join(name.to_string())
    }
}

/// What the entry of a tool is called: all that its content depends on besides files.
fn name(key: &str) -> Digest {
    let engine = engine::digest();
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let own = [entry::FORMAT.as_bytes(), version, BUNDLER.as_bytes(), engine.as_bytes(), key.as_bytes()];
    let parts: Vec<_> = own.into_iter().chain(embedded::fingerprint(key)).collect();
    // With the length of each, no two lists of parts are joined to the same bytes.
    let lengths: Vec<_> = parts.iter().map(|part| part.len().to_le_bytes()).collect();
    let told = lengths.iter().zip(&parts).flat_map(|(length, part)| [length.as_slice(), part]);
    Digest::derive(NAME_CONTEXT, told)
}

/// How the names of files begin that are not finished yet.
const TEMPORARY: &str = ".pace-";

fn write(root: &Path, folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(root.join(".pace"))?;
    owner::make_folder(folder)?;
    let ignore = root.join(".pace/.gitignore");
    if !ignore.exists() {
        std::fs::write(ignore, "*\n")?;
    }
    // Temporary files are their owner's alone (0600), and keep that when they are renamed.
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
    file.write_all(bytes)?;
    // Renamed into its place: of two builds at once, one replaces the equal file of the other.
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use pace_sandbox::{Bytecode, Description, Exported};

    use super::*;
    use crate::protocol::Bundle;

    fn kept(root: &Path, file: &str) -> Kept {
        let digest = Digest::of(&std::fs::read(root.join(file)).unwrap()).to_string();
        let read =
            Read { files: [(file.to_owned(), digest)].into(), absent: ["lib.ts".to_owned()].into(), ..Read::default() };
        let bundle = Bundle { code: "code \u{e9}\n".into(), read, ..Bundle::default() };
        Kept { key: "tools/a".into(), bundle }
    }

    fn described(bytecode: &[u8]) -> Described {
        let description =
            Description { exported: Exported::Tool, name: Some("\"a\"".into()), description: None, parameters: None };
        Described { bytecode: Bytecode(bytecode.to_vec()), description }
    }

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tools")).unwrap();
        std::fs::write(folder.path().join("tools/a.ts"), "one").unwrap();
        folder
    }

    #[test]
    fn what_is_kept_is_found_while_nothing_changed() {
        let folder = project();
        let kept = kept(folder.path(), "tools/a.ts");
        let find = || Cache::new(folder.path(), None).find("tools/a");
        assert_eq!(find(), None);
        Cache::new(folder.path(), None).keep(&kept, &described(b"bytecode"));
        assert_eq!(find(), Some(Found { kept, described: None }));
        assert_eq!(std::fs::read_to_string(folder.path().join(".pace/.gitignore")).unwrap(), "*\n");

        std::fs::write(folder.path().join("lib.ts"), "shadows what was found").unwrap();
        assert_eq!(find(), None);
        std::fs::remove_file(folder.path().join("lib.ts")).unwrap();
        std::fs::write(folder.path().join("tools/a.ts"), "two").unwrap();
        assert_eq!(find(), None);
    }

    #[test]
    fn names_tell_tools_apart() {
        let names = ["tools/a", "tools/b", "std/a", "std/calc"].map(name);
        assert!(names.iter().enumerate().all(|(at, one)| !names[..at].contains(one)));
    }

    #[cfg(unix)]
    #[test]
    fn what_one_user_sealed_is_made_again_by_another_and_without_a_key() {
        let (folder, home, other) = (project(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let state = |home: &tempfile::TempDir| Some(home.path().join("paceline"));
        let cache = |state: Option<PathBuf>| Cache::new(folder.path(), state.as_deref());
        let found = |state: Option<PathBuf>| cache(state).find("tools/a").unwrap().described;
        let kept = kept(folder.path(), "tools/a.ts");
        cache(state(&home)).keep(&kept, &described(b"first"));
        assert_eq!(found(state(&home)), Some(described(b"first")));
        assert_eq!((found(state(&other)), found(None)), (None, None));

        // Who has no key leaves the seal of others alone.
        cache(None).seal(&kept, &described(b"second"));
        assert_eq!(found(state(&home)), Some(described(b"first")));
        cache(state(&other)).seal(&kept, &described(b"second"));
        assert_eq!(found(state(&other)), Some(described(b"second")));
        assert_eq!(found(state(&home)), None);

        // Another tool's entry is none, sealed or not.
        let place = |key: &str| cache(None).path(name(key));
        std::fs::copy(place("tools/a"), place("tools/b")).unwrap();
        assert_eq!(cache(state(&other)).find("tools/b"), None);
    }
}
