//! The files of an installed package, each with its size and hash: what tells whether a folder still is what was installed.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use pace_ir::digest::Digest;
use pace_ir::text::quoted;
use serde::{Deserialize, Serialize};

use super::owners::Owners;
use super::{MARKER, Unusable};

/// The name of the list.
const LIST: &str = "files.json";

/// The most bytes of a list: a quarter of a million files.
const MOST: u64 = 64 << 20;

/// What servers keep beside themselves unless they are told another place (the memory server of npm does), by the end of its
/// name. No runtime takes a file of such a name for a module, so that one which came later changes nothing that runs.
const DATA: [&str; 5] = ["jsonl", "db", "sqlite", "sqlite3", "log"];

#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    path: String,
    /// Bytes.
    size: u64,
    /// Of the contents; of a link, of where it leads.
    hash: String,
}

/// What a walk meets, by its path relative to where that began.
type Met = BTreeMap<String, Metadata>;

/// Lists what `directory` holds, makes the files read-only and the folders their owner's, and answers the digest of the list.
/// Folders stay writable, so that whoever owns them can remove them.
///
/// # Errors
/// Something cannot be read or written, or is neither file nor link nor folder.
pub(super) fn list(directory: &Path) -> std::io::Result<Digest> {
    let mut text = String::new();
    let protect = |path: &Path, metadata: &Metadata| {
        let mut permissions = metadata.permissions();
        if metadata.is_dir() {
            withhold(&mut permissions);
        } else {
            permissions.set_readonly(true);
        }
        std::fs::set_permissions(path, permissions)
    };
    for (path, metadata) in walk(directory, &protect)? {
        let hash = hash(&directory.join(&path), &metadata)?;
        let listed = Listed { path, size: metadata.len(), hash: hash.to_string() };
        text.push_str(&serde_json::to_string(&listed)?);
        text.push('\n');
    }
    std::fs::write(directory.join(LIST), &text)?;
    Ok(Digest::of(text.as_bytes()))
}

/// Whether `directory` holds what was listed, and nothing else that could be run.
pub(super) fn verify(directory: &Path, list: Digest, owners: Owners) -> Result<(), Unusable> {
    let text = read(&directory.join(LIST), MOST).filter(|text| Digest::of(text) == list);
    let text = text.ok_or_else(|| changed(LIST, "is not the list of what was installed"))?;
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let listed: Result<Vec<Listed>, _> = lines.map(serde_json::from_slice).collect();
    let listed = listed.map_err(|_| changed(LIST, "cannot be read"))?;
    owners.refuse_folder(directory).map_or(Ok(()), |why| Err(Unusable::Exposed(why)))?;
    let refusal = std::cell::Cell::new(None);
    let look = |path: &Path, metadata: &Metadata| {
        if !is_data(path)
            && let Some(why) = owners.refuse(path, metadata)
        {
            refusal.set(Some(why));
            return Err(std::io::Error::other("others may write there"));
        }
        Ok(())
    };
    let met = walk(directory, &look);
    if let Some(why) = refusal.take() {
        return Err(Unusable::Exposed(why));
    }
    let mut met = met.map_err(|error| changed("", &format!("cannot be looked through: {error}")))?;
    for one in listed {
        let metadata = met.remove(&one.path).ok_or_else(|| changed(&one.path, "is gone"))?;
        let same = metadata.len() == one.size
            && hash(&directory.join(&one.path), &metadata).is_ok_and(|hash| hash.to_string() == one.hash);
        if !same {
            return Err(changed(&one.path, "is not what was installed"));
        }
    }
    match met.keys().find(|path| !is_data(Path::new(path))) {
        Some(added) => Err(changed(added, "was added")),
        None => Ok(()),
    }
}

/// A regular file, if it has no more bytes than that.
pub(super) fn read(path: &Path, most: u64) -> Option<Vec<u8>> {
    // Others, a pipe for one, would keep whoever opens them waiting.
    if !std::fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(most + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(bytes.len()).ok()? <= most).then_some(bytes)
}

fn changed(path: &str, how: &str) -> Unusable {
    let path = if path.is_empty() { "its folder".to_owned() } else { format!("its file `{}`", quoted(path)) };
    Unusable::Changed(format!("{path} {how}"))
}

fn is_data(path: &Path) -> bool {
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| DATA.contains(&end))
}

/// A link is told from a file that holds the same text.
fn hash(path: &Path, metadata: &Metadata) -> std::io::Result<Digest> {
    if metadata.is_symlink() {
        let target = std::fs::read_link(path)?.into_os_string().into_encoded_bytes();
        return Ok(Digest::of(&[b"link\0".as_slice(), &target].concat()));
    }
    if metadata.is_file() {
        return Ok(Digest::of(&std::fs::read(path)?));
    }
    Err(std::io::Error::other("it is neither a file nor a link"))
}

/// Everything in `directory` that is no folder, but for the two files that say what it is; `look` sees folders and files, not
/// links, which have no rights of their own.
fn walk(directory: &Path, look: &dyn Fn(&Path, &Metadata) -> std::io::Result<()>) -> std::io::Result<Met> {
    let mut met = Met::new();
    let mut left = vec![PathBuf::new()];
    while let Some(below) = left.pop() {
        for entry in std::fs::read_dir(directory.join(&below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            let metadata = entry.metadata()?;
            if !metadata.is_symlink() {
                look(&entry.path(), &metadata)?;
            }
            if metadata.is_dir() {
                left.push(path);
                continue;
            }
            let text = path.to_str().ok_or_else(|| std::io::Error::other("a file's name is not UTF-8"))?;
            if ![MARKER, LIST].contains(&text) {
                met.insert(text.to_owned(), metadata);
            }
        }
    }
    Ok(met)
}

#[cfg(unix)]
fn withhold(permissions: &mut std::fs::Permissions) {
    use std::os::unix::fs::PermissionsExt as _;
    permissions.set_mode(permissions.mode() & !0o022);
}

#[cfg(not(unix))]
fn withhold(_: &mut std::fs::Permissions) {}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn sealed() -> (tempfile::TempDir, Digest) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("node_modules/a")).unwrap();
        std::fs::write(folder.path().join("node_modules/a/index.js"), "good").unwrap();
        std::os::unix::fs::symlink("index.js", folder.path().join("node_modules/a/main.js")).unwrap();
        let list = list(folder.path()).unwrap();
        std::fs::write(folder.path().join(MARKER), "{}").unwrap();
        (folder, list)
    }

    fn is_refused(how: &str, change: fn(&Path)) {
        let (folder, list) = sealed();
        let look = || verify(folder.path(), list, Owners::of(None));
        assert_eq!(look(), Ok(()));
        change(folder.path());
        assert!(look().unwrap_err().to_string().contains(how), "{how}: {:?}", look());
    }

    #[test]
    fn what_is_not_what_was_installed_is_refused() {
        is_refused("`node_modules/a/index.js` is not what", |folder| {
            let path = folder.join("node_modules/a/index.js");
            std::fs::remove_file(&path).unwrap();
            std::fs::write(path, "evil").unwrap();
        });
        is_refused("`node_modules/a/main.js` is not what", |folder| {
            let path = folder.join("node_modules/a/main.js");
            std::fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink("other.js", path).unwrap();
        });
        is_refused("`node_modules/a/index.js` is gone", |folder| {
            std::fs::remove_file(folder.join("node_modules/a/index.js")).unwrap();
        });
        is_refused("`node_modules/b/index.js` was added", |folder| {
            std::fs::create_dir(folder.join("node_modules/b")).unwrap();
            std::fs::write(folder.join("node_modules/b/index.js"), "").unwrap();
        });
        is_refused("`files.json` is not the list", |folder| {
            let list = std::fs::read_to_string(folder.join(LIST)).unwrap();
            std::fs::write(folder.join(LIST), list + "\n").unwrap();
        });
        // What a server keeps beside itself is not run.
        let (folder, list) = sealed();
        std::fs::write(folder.path().join("node_modules/a/memory.jsonl"), "{}\n").unwrap();
        assert_eq!(verify(folder.path(), list, Owners::of(None)), Ok(()));
    }

    #[test]
    fn what_others_may_write_to_is_refused() {
        fn open(path: &Path, mode: u32) {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        is_refused("its mode 777", |folder| open(folder, 0o777));
        is_refused("its mode 775", |folder| open(&folder.join("node_modules"), 0o775));
        is_refused("its mode 666", |folder| open(&folder.join("node_modules/a/index.js"), 0o666));
    }
}
