//! The programs that the tests run: Node.js, npm, Python, pip and uv, each alone in a folder that is the whole `PATH`, so that a
//! test decides which of them there are.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use pace_packages::Settings;
use pace_tests::skip;
use tempfile::TempDir;

/// A `PATH` of chosen programs, and folders of their own for the clients.
#[derive(Debug)]
pub(crate) struct Clients(TempDir);

impl Clients {
    /// Node.js and npm; nothing where they are not installed.
    pub(crate) fn npm() -> Option<Self> {
        Self::of(&["node", "npm"])
    }

    /// Python with its pip.
    pub(crate) fn pip() -> Option<Self> {
        Self::of(&["python3"])
    }

    /// Python and uv.
    pub(crate) fn uv() -> Option<Self> {
        Self::of(&["python3", "uv"])
    }

    fn of(names: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let Some(words) = find(name) else {
                skip(&format!("`{name}` on the `PATH`"));
                return None;
            };
            let words: Vec<_> = words.iter().map(|word| format!("'{}'", word.display())).collect();
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "))).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Some(Self(folder))
    }

    /// A folder that goes with the rest.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// One of the programs.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder(name));
        command.env("PATH", self.path());
        command
    }

    /// A `PATH` that finds these programs first.
    pub(crate) fn path(&self) -> OsString {
        let machine = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.0.path().to_owned()).chain(std::env::split_paths(&machine));
        std::env::join_paths(folders).unwrap()
    }

    /// Settings for these programs, with further variables.
    pub(crate) fn settings(&self, variables: &[(&str, &str)]) -> Settings {
        let variable = |name: &str, value: &Path| (OsString::from(name), value.as_os_str().to_owned());
        let mut all = vec![variable("PATH", self.0.path())];
        all.extend(variables.iter().map(|(name, value)| variable(name, Path::new(value))));
        Settings { variables: all, limit: Duration::from_mins(5), ..Settings::default() }
    }

    /// Settings for a registry of a test, with caches of its own.
    pub(crate) fn settings_for(&self, address: &str) -> Settings {
        let (index, cache) = (format!("{address}/simple"), self.folder("cache"));
        let cache = cache.to_str().unwrap();
        let nowhere = "/dev/null";
        self.settings(&[
            ("npm_config_registry", address),
            ("npm_config_cache", cache),
            ("npm_config_userconfig", nowhere),
            ("npm_config_fetch_retries", "0"),
            ("PIP_CONFIG_FILE", nowhere),
            ("PIP_FIND_LINKS", ""),
            ("PIP_RETRIES", "0"),
            ("PIP_INDEX_URL", &index),
            ("PIP_CACHE_DIR", cache),
            ("UV_DEFAULT_INDEX", &index),
            ("UV_FIND_LINKS", ""),
            ("UV_CACHE_DIR", cache),
        ])
    }
}

/// Settings that keep the lines of progress.
pub(crate) fn listening(settings: Settings) -> (Settings, Arc<std::sync::Mutex<Vec<String>>>) {
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let progress = Arc::new(move |line: &str| kept.lock().unwrap().push(line.to_owned()));
    (Settings { progress, ..settings }, lines)
}

/// What starts the program itself, not what chooses one: a counterpart's, or the machine's.
fn find(name: &str) -> Option<Vec<PathBuf>> {
    let installed = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    match name {
        "node" => installed("PACE_TEST_NODE").or_else(|| on_the_path(name)).map(|node| vec![node]),
        "npm" => match installed("PACE_TEST_NODE") {
            Some(node) => {
                let script = node.ancestors().nth(2)?.join("lib/node_modules/npm/bin/npm-cli.js");
                Some(vec![node, script])
            }
            None => on_the_path(name).map(|npm| vec![npm]),
        },
        "uv" => installed("PACE_TEST_UV").or_else(|| on_the_path(name)).map(|uv| vec![uv]),
        _ => installed("PACE_TEST_PYTHON").or_else(python).map(|python| vec![python]),
    }
}

fn on_the_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn python() -> Option<PathBuf> {
    let asked = Command::new("python3").args(["-I", "-c", "import sys; print(sys.executable)"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim())).filter(|path| path.is_file())
}
