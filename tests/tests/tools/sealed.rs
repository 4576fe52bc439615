//! What the engine made of a tool is kept under a seal of the user's key: taken as it is while that is right, and made again
//! whenever it is not. Either way a build gives the same bundle.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use pace_ir::{Digest, VerifiedBundle};
use pace_tests::Project;
use pace_tests::program::output_of;
use serde_json::Value;

use crate::{built, cached, latest, project, tool};

/// What a seal is made over, before the entry's name and content.
const SEAL_CONTEXT: &[u8] = b"paceline 2026-11 tool cache seal v1";

/// What stands for a seal where there is none.
const UNSEALED: &str = "-";

/// A file of the cache, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    path: PathBuf,
    format: String,
    seal: String,
    source: Value,
    /// What the module says of itself, and its bytecode.
    made: Vec<u8>,
}

impl Entry {
    /// The one there is.
    pub(crate) fn of(project: &Project) -> Self {
        let path = cached(project).pop().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
        let mut line = || String::from_utf8(lines.next().unwrap().to_vec()).unwrap();
        let (first, digest, source) = (line(), line(), line());
        assert_eq!(digest, Digest::of(source.as_bytes()).to_string());
        let (format, seal) = first.rsplit_once(' ').unwrap();
        let source = serde_json::from_str(&source).unwrap();
        Self { format: format.into(), seal: seal.into(), source, made: lines.next().unwrap().to_vec(), path }
    }

    pub(crate) fn with_source(mut self, change: impl Fn(&mut Value)) -> Self {
        change(&mut self.source);
        self
    }

    fn with_made(mut self, made: &[u8]) -> Self {
        self.made = made.to_vec();
        self
    }

    fn with_seal(mut self, seal: &str) -> Self {
        self.seal = seal.into();
        self
    }

    /// Seals it with a key, as `pace` would.
    fn sealed(self, key: &[u8; 32]) -> Self {
        let name: Digest = self.path.file_name().unwrap().to_str().unwrap().parse().unwrap();
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(SEAL_CONTEXT).update(name.as_bytes()).update(&self.content());
        let seal = hasher.finalize().to_hex();
        self.with_seal(&seal)
    }

    fn content(&self) -> Vec<u8> {
        let source = self.source.to_string();
        [format!("{}\n{source}\n", Digest::of(source.as_bytes())).as_bytes(), &self.made].concat()
    }

    /// Puts it into the place of the one there is.
    pub(crate) fn write(&self, project: &Project) {
        let bytes = [format!("{} {}\n", self.format, self.seal).as_bytes(), &self.content()].concat();
        std::fs::write(cached(project).pop().unwrap(), bytes).unwrap();
    }

    fn file(&self) -> u64 {
        std::fs::metadata(&self.path).unwrap().ino()
    }
}

/// A user's home.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn key_file(&self) -> PathBuf {
        self.0.path().join("paceline/cache.key")
    }

    fn key(&self) -> [u8; 32] {
        std::fs::read(self.key_file()).unwrap().try_into().unwrap()
    }

    /// Builds as this user, without a word of warning.
    fn built(&self, project: &Project) -> VerifiedBundle {
        built_with(project, &[("XDG_STATE_HOME", self.0.path())])
    }
}

fn built_with(project: &Project, variables: &[(&str, &Path)]) -> VerifiedBundle {
    let mut command = project.pace(&["build"]);
    command.env_remove("XDG_STATE_HOME").env_remove("HOME").envs(variables.iter().copied());
    let output = output_of(command.stderr(std::process::Stdio::piped()).spawn().unwrap());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("warning"), "{said}");
    latest(project.path())
}

fn saying(expression: &str) -> Project {
    project(&[("first", &tool("first", "", expression))])
}

/// What the model is told, and the digest of the bytecode.
fn definition(bundle: &VerifiedBundle) -> (String, Digest) {
    let tool = &bundle.bundle().tools.local["tools/first"];
    (tool.description.clone(), tool.module)
}

/// The same as `made`, with another description.
fn told_otherwise(made: &[u8]) -> Vec<u8> {
    let (from, to) = (b"A test", b"A lie!");
    let at = made.windows(from.len()).position(|window| window == from).unwrap();
    [&made[..at], to, &made[at + from.len()..]].concat()
}

#[test]
fn what_is_sealed_is_not_made_again() {
    let (project, other, home) = (saying("\"two\""), saying("\"three\""), Home::new());
    let (first, third) = (home.built(&project), home.built(&other));
    let (entry, file) = (Entry::of(&project), Entry::of(&project).file());
    assert_eq!(entry.clone().sealed(&home.key()), entry);
    assert_eq!((home.built(&project).id(), Entry::of(&project).file()), (first.id(), file));

    // Who has the key can say anything. This is what shows that the engine is not asked.
    entry.clone().with_made(&told_otherwise(&entry.made)).sealed(&home.key()).write(&project);
    assert_eq!(definition(&home.built(&project)), ("A lie!".to_owned(), definition(&first).1));
    entry.clone().with_made(&Entry::of(&other).made).sealed(&home.key()).write(&project);
    assert_eq!(definition(&home.built(&project)), definition(&third));
    entry.write(&project);
    assert_eq!(home.built(&project).id(), first.id());
}

#[test]
fn what_is_not_sealed_is_not_read() {
    let (project, other, home) = (saying("\"two\""), saying("\"three\""), Home::new());
    let (first, _) = (home.built(&project), home.built(&other));
    let (entry, third) = (Entry::of(&project), Entry::of(&other));
    let bytecode = entry.made.len() - 1;
    let mut damaged = entry.made.clone();
    damaged[bytecode] ^= 1;
    for made in [told_otherwise(&entry.made), third.made.clone(), damaged, Vec::new()] {
        for seal in [&entry.seal, &third.seal, UNSEALED, "", "0", &"0".repeat(64)] {
            entry.clone().with_made(&made).with_seal(seal).write(&project);
            assert_eq!(home.built(&project).id(), first.id(), "{seal:?}");
            assert_eq!(Entry::of(&project), entry, "it is made again, and sealed: {seal:?}");
        }
        entry.clone().with_made(&made).sealed(&[0; 32]).write(&project);
        assert_eq!(home.built(&project).id(), first.id());
    }
}

#[test]
fn an_entry_of_another_tool_is_none() {
    let (project, home) = (saying("\"two\""), Home::new());
    let first = home.built(&project);
    let (entry, mut other) = (Entry::of(&project), Entry::of(&project));
    // Sealed, and true of another name only.
    other.path = other.path.with_file_name(Digest::of(b"another").to_string());
    other.with_made(&told_otherwise(&entry.made)).sealed(&home.key()).write(&project);
    assert_eq!(home.built(&project).id(), first.id());
    entry.clone().with_source(|source| source["key"] = "tools/second".into()).sealed(&home.key()).write(&project);
    assert_eq!(home.built(&project).id(), first.id());
    assert_eq!(Entry::of(&project), entry);
}

#[test]
fn a_restored_cache_is_sealed_anew_once() {
    let (project, here, there) = (saying("\"two\""), Home::new(), Home::new());
    let first = there.built(&project);
    let before = Entry::of(&project);
    assert_eq!(here.built(&project).id(), first.id());
    let (after, file) = (Entry::of(&project), Entry::of(&project).file());
    assert_ne!(before.seal, after.seal);
    assert_eq!(before.clone().sealed(&here.key()), after);
    assert_eq!((here.built(&project).id(), Entry::of(&project).file()), (first.id(), file));
    // A key that was deleted is made again, and is another.
    std::fs::remove_file(here.key_file()).unwrap();
    assert_eq!(here.built(&project).id(), first.id());
    assert_eq!(before.sealed(&here.key()), Entry::of(&project));
    assert_ne!(after.seal, Entry::of(&project).seal);
}

#[test]
fn without_a_key_nothing_is_sealed_and_nothing_else_is_different() {
    let (project, home) = (saying("\"two\""), Home::new());
    let wanted = built(&saying("\"two\"")).id();
    let (open, short) = (Home::new(), Home::new());
    for (home, wrong) in [(&open, &[7; 32][..]), (&short, &[7; 31])] {
        home.built(&saying("1"));
        std::fs::write(home.key_file(), wrong).unwrap();
    }
    let file = open.key_file();
    std::fs::set_permissions(file.parent().unwrap(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let in_project = project.path().join("state");
    let without: [&[(&str, &Path)]; 6] = [
        &[],
        &[("XDG_STATE_HOME", Path::new("state")), ("HOME", Path::new("."))],
        &[("HOME", Path::new("/nonexistent"))],
        &[("XDG_STATE_HOME", open.0.path())],
        &[("XDG_STATE_HOME", short.0.path())],
        &[("XDG_STATE_HOME", &in_project)],
    ];
    for variables in without {
        assert_eq!(built_with(&project, variables).id(), wanted, "{variables:?}");
        let entry = Entry::of(&project);
        assert_eq!((entry.seal.as_str(), entry.made.len()), (UNSEALED, 0), "{variables:?}");
        assert_eq!(built_with(&project, variables).id(), wanted, "{variables:?}");
        assert_eq!(Entry::of(&project).file(), entry.file());
        std::fs::remove_dir_all(project.path().join(".pace/cache")).unwrap();
    }
    assert!(!in_project.exists());
    // What another has sealed stays sealed.
    home.built(&project);
    let (entry, file) = (Entry::of(&project), Entry::of(&project).file());
    for variables in without {
        assert_eq!(built_with(&project, variables).id(), wanted);
        assert_eq!((Entry::of(&project), Entry::of(&project).file()), (entry.clone(), file));
    }
}

#[test]
fn the_key_is_the_users_alone_and_at_home() {
    let (project, home) = (saying("\"two\""), Home::new());
    built_with(&project, &[("HOME", home.0.path()), ("XDG_STATE_HOME", Path::new("relative"))]);
    let key = home.0.path().join(".local/state/paceline/cache.key");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(key.parent().unwrap()), mode(&key)), (0o700, 0o600));
    let key = std::fs::read(key).unwrap().try_into().unwrap();
    let entry = Entry::of(&project);
    assert_eq!(entry.clone().sealed(&key), entry);
    assert!(!project.path().join("relative").exists());
}
