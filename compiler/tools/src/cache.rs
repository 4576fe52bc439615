//! What was bundled before, under `.pace/cache/tools`: a file a tool, whole or not there, used only while every file it was
//! made from is what it was. Whatever else a result depends on is in the file's name: this program's version, the bundler,
//! the engine, and what Paceline adds. A file that does not read back as it was written is no file.
//!
//! Kept is what bundling gave and nothing that follows from it: bytecode and description are made of the kept source again
//! (`again.rs`), so that a bundle's source is always what its bytecode does. That the source is what the bundler made of the
//! project, only the bundler could tell: who may write here is trusted as who may write the project (`cache/owner.rs`).

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use pace_ir::Digest;
use serde::{Deserialize, Serialize};

use crate::protocol::{Bundle, Read};
use crate::{BUNDLER, embedded, engine};

mod owner;

use owner::Owners;

/// Where results are kept, relative to the project.
pub(crate) const FOLDER: &str = ".pace/cache/tools";

/// Rises when what is stored changes.
const FORMAT: &str = "paceline tool cache 2";

/// What a name is made of, in BLAKE3's derive-key mode.
const NAME_CONTEXT: &str = "paceline 2026-11 tool cache name v1";

/// How old an unfinished file is whose build has certainly ended.
const ABANDONED: std::time::Duration = std::time::Duration::from_hours(1);

/// A tool as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// `tools/<name>` or `std/<name>`.
    pub(crate) key: String,
    /// What bundling it gave.
    pub(crate) bundle: Bundle,
}

/// The cache of one project.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
    owners: Owners,
    /// Why nothing is read from it and nothing put there.
    refused: Option<String>,
    /// Digests of files that were looked at; a package is in many tools.
    seen: BTreeMap<PathBuf, Option<String>>,
}

impl Cache {
    /// The cache of a project.
    pub(crate) fn new(root: &Path) -> Self {
        let owners = Owners::of(root);
        let refused = owners.refuse_folder(&root.join(FOLDER));
        Self { root: root.to_owned(), owners, refused, seen: BTreeMap::new() }
    }

    /// Why it is not used, where others than those who may write the project may have written there.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// What is kept of a tool, if it is still what would be bundled.
    pub(crate) fn find(&mut self, key: &str) -> Option<Kept> {
        if self.refused.is_some() {
            return None;
        }
        let mut file = std::fs::File::open(self.path(key)).ok()?;
        if !self.owners.have(&file.metadata().ok()?) {
            return None;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let kept = parse(&bytes)?;
        (kept.key == key && self.is_current(&kept.bundle.read)).then_some(kept)
    }

    fn is_current(&mut self, read: &Read) -> bool {
        let same = read.files.iter().all(|(path, digest)| self.digest(path).as_ref() == Some(digest));
        let absent = || read.absent.iter().all(|path| !self.root.join(path).exists());
        let linked = |(path, to): (&String, &String)| {
            let there = self.root.join(path).canonicalize().ok();
            there.is_some_and(|there| crate::child::reach::relative(&self.root, &there) == *to)
        };
        same && absent() && read.links.iter().all(linked)
    }

    fn digest(&mut self, path: &str) -> Option<String> {
        let path = self.root.join(path);
        let digest = || std::fs::read(&path).ok().map(|bytes| Digest::of(&bytes).to_string());
        self.seen.entry(path.clone()).or_insert_with(digest).clone()
    }

    /// Keeps a tool. What cannot be kept is made again next time; a build never fails for it.
    pub(crate) fn keep(&self, kept: &Kept) {
        if self.refused.is_some() {
            return;
        }
        let path = self.path(&kept.key);
        let Some(folder) = path.parent() else { return };
        let _made_again = write(&self.root, folder, &path, &format(kept));
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

    fn path(&self, key: &str) -> PathBuf {
        let engine = engine::digest();
        let own = [FORMAT.as_bytes(), env!("CARGO_PKG_VERSION").as_bytes(), BUNDLER.as_bytes(), engine.as_bytes()];
        let parts = own.into_iter().chain([key.as_bytes()]).chain(embedded::fingerprint(key));
        let name = Digest::derive(NAME_CONTEXT, parts).to_string();
        self.root.join(FOLDER).join(name.get(..32).unwrap_or(&name))
    }
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

/// The file: its format and its digest, then a line of JSON.
fn format(kept: &Kept) -> Vec<u8> {
    let rest = serde_json::to_string(kept).unwrap_or_default();
    format!("{FORMAT} {}\n{rest}", Digest::of(rest.as_bytes())).into_bytes()
}

fn parse(bytes: &[u8]) -> Option<Kept> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (first, rest) = (std::str::from_utf8(bytes.get(..end)?).ok()?, bytes.get(end + 1..)?);
    if first.strip_prefix(FORMAT)?.trim() != Digest::of(rest).to_string() {
        return None;
    }
    serde_json::from_slice(rest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(root: &Path, file: &str) -> Kept {
        let digest = Digest::of(&std::fs::read(root.join(file)).unwrap()).to_string();
        let read =
            Read { files: [(file.to_owned(), digest)].into(), absent: ["lib.ts".to_owned()].into(), ..Read::default() };
        let bundle = Bundle { code: "code \u{e9}\n".into(), read, ..Bundle::default() };
        Kept { key: "tools/a".into(), bundle }
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
        let find = || Cache::new(folder.path()).find("tools/a");
        assert_eq!(find(), None);
        Cache::new(folder.path()).keep(&kept);
        assert_eq!(find(), Some(kept));
        assert_eq!(std::fs::read_to_string(folder.path().join(".pace/.gitignore")).unwrap(), "*\n");

        std::fs::write(folder.path().join("lib.ts"), "shadows what was found").unwrap();
        assert_eq!(find(), None);
        std::fs::remove_file(folder.path().join("lib.ts")).unwrap();
        std::fs::write(folder.path().join("tools/a.ts"), "two").unwrap();
        assert_eq!(find(), None);
    }

    #[test]
    fn any_change_of_a_kept_file_makes_it_none() {
        let folder = project();
        let bytes = format(&kept(folder.path(), "tools/a.ts"));
        assert!(parse(&bytes).is_some());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(parse(&changed), None, "byte {at}");
            assert_eq!(parse(&bytes[..at]), None, "cut at {at}");
        }
    }
}
