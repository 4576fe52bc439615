//! The tree of a package of npm: what `npm install` would write to a `package-lock.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Configuration, OLDEST, failure, run};
use crate::error::PackageError;
use crate::process;
use crate::resolve::{Notice, Resolved};
use crate::runtime;
use crate::settings::Settings;
use crate::tree::{Need, Package, Registry, Tree};

/// A lock file, as far as it is read.
#[derive(Debug, Deserialize)]
struct Lock {
    packages: BTreeMap<String, Entry>,
}

/// An installed package of a lock file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the lock file has them")]
struct Entry {
    name: Option<String>,
    version: Option<String>,
    resolved: Option<String>,
    integrity: Option<String>,
    link: bool,
    in_bundle: bool,
    optional: bool,
    os: Value,
    cpu: Value,
    libc: Value,
    engines: Value,
    bin: Value,
    deprecated: Value,
    has_install_script: bool,
}

/// Asks npm which versions it would install.
pub(crate) fn resolve(
    name: &str,
    wanted: Option<&str>,
    scratch: &Path,
    settings: &Settings,
) -> Result<Resolved, PackageError> {
    ensure_client(scratch, settings)?;
    let wanted = wanted.unwrap_or("latest");
    let package =
        json!({"name": "paceline-packages", "version": "0.0.0", "private": true, "dependencies": {name: wanted}});
    let failed = |error: std::io::Error| PackageError::file("cannot write", scratch, &error);
    std::fs::write(scratch.join("package.json"), package.to_string()).map_err(failed)?;
    let configuration = Configuration::copy(scratch, settings)?;
    let arguments = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved"];
    let output = run(&arguments, scratch, settings)?;
    if !output.succeeded {
        return Err(failure::of(&output, name, Some(wanted), scratch, settings));
    }
    drop(configuration);
    let text = std::fs::read(scratch.join("package-lock.json")).map_err(failed)?;
    let lock: Lock = serde_json::from_slice(&text).map_err(|error| PackageError::failed("npm", &error.to_string()))?;
    read(name, &lock)
}

/// Older clients leave out what cannot be told from the rest.
fn ensure_client(scratch: &Path, settings: &Settings) -> Result<(), PackageError> {
    let output = process::run("npm", &["--version"], scratch, settings)?;
    let found = output.out.trim().to_owned();
    if !output.succeeded {
        return Err(PackageError::failed("npm", &output.err));
    }
    if runtime::is_at_least(&found, OLDEST) {
        return Ok(());
    }
    Err(PackageError::OldClient { program: "npm", found, needed: OLDEST })
}

fn read(name: &str, lock: &Lock) -> Result<Resolved, PackageError> {
    let path = format!("node_modules/{name}");
    let lost = || PackageError::failed("npm", "its lock file lacks the package");
    let root = lock.packages.get(&path).ok_or_else(lost)?;
    let mut packages = Vec::new();
    let mut notices = Vec::new();
    // What is bundled lies inside of another package, and is covered by its hash.
    for (path, entry) in lock.packages.iter().filter(|(path, entry)| !path.is_empty() && !entry.in_bundle) {
        packages.push(package(name, path, entry)?);
        notices.extend(entry.notices(path));
    }
    let tree = Tree {
        registry: Registry::Npm,
        name: name.to_owned(),
        version: root.version.clone().unwrap_or_default(),
        runtime: root.engines.get("node").and_then(Value::as_str).unwrap_or_default().to_owned(),
        entry: program(name, &root.bin)?,
        packages,
    };
    Ok(Resolved { tree, notices })
}

fn package(asked: &str, path: &str, entry: &Entry) -> Result<Package, PackageError> {
    let registry = Registry::Npm;
    let Some(version) = entry.version.clone().filter(|_| entry.is_of_the_registry(path)) else {
        let name = path.rsplit("node_modules/").next().unwrap_or(path);
        return Err(PackageError::NotFromRegistry { registry, name: asked.to_owned(), origin: name.to_owned() });
    };
    let strong = |integrity: &&str| integrity.starts_with("sha512-");
    let integrity = entry.integrity.as_deref().unwrap_or_default().split(' ').find(strong);
    let integrity = integrity.ok_or_else(|| PackageError::NoIntegrity { registry, name: path.to_owned() })?;
    Ok(Package {
        path: path.to_owned(),
        version,
        alias_of: entry.name.clone(),
        integrity: vec![integrity.to_owned()],
        need: if entry.optional { Need::Optional } else { Need::Required },
        os: words(&entry.os),
        cpu: words(&entry.cpu),
        libc: words(&entry.libc),
        marker: None,
    })
}

impl Entry {
    /// Of the registry's own packages no address was written; folders have no version.
    fn is_of_the_registry(&self, path: &str) -> bool {
        !self.link && self.resolved.is_none() && path.starts_with("node_modules/")
    }

    fn notices(&self, path: &str) -> Vec<Notice> {
        let name = self.name.as_deref().or_else(|| path.rsplit("node_modules/").next()).unwrap_or(path);
        let package = format!("{name}@{}", self.version.as_deref().unwrap_or_default());
        let mut notices = Vec::new();
        match &self.deprecated {
            Value::Null | Value::Bool(false) => {}
            says => {
                let says = says.as_str().unwrap_or("without a reason").to_owned();
                notices.push(Notice::Deprecated { package: package.clone(), says });
            }
        }
        if self.has_install_script {
            notices.push(Notice::InstallScript { package });
        }
        notices
    }
}

/// The program that `npx` would take: the only one, or else the one named like the last word of the package.
fn program(name: &str, bin: &Value) -> Result<String, PackageError> {
    let word = name.rsplit('/').next().unwrap_or(name);
    let programs: BTreeMap<&str, &str> = match bin {
        Value::String(path) => [(word, path.as_str())].into(),
        Value::Object(map) => map.iter().filter_map(|(name, path)| Some((name.as_str(), path.as_str()?))).collect(),
        _ => BTreeMap::new(),
    };
    let paths: BTreeSet<&str> = programs.values().copied().collect();
    let chosen = match (paths.first(), paths.len()) {
        (None, _) => return Err(PackageError::NoProgram { name: name.to_owned() }),
        (Some(&only), 1) => only,
        _ => programs.get(word).copied().ok_or_else(|| PackageError::SeveralPrograms {
            name: name.to_owned(),
            programs: programs.keys().map(|&name| name.to_owned()).collect(),
        })?,
    };
    Ok(chosen.strip_prefix("./").unwrap_or(chosen).to_owned())
}

/// One word or a list of them.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        Value::Array(words) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::program;
    use crate::error::PackageError;

    #[test]
    fn the_program_is_the_one_that_npx_would_take() {
        assert_eq!(program("@a/server-x", &json!({"mcp-server-x": "./dist/index.js"})), Ok("dist/index.js".to_owned()));
        assert_eq!(program("x", &json!({"y": "a.js", "x": "b.js"})), Ok("b.js".to_owned()));
        assert_eq!(program("x", &json!({"y": "a.js", "z": "a.js"})), Ok("a.js".to_owned()));
        assert_eq!(program("@a/x", &json!("cli.js")), Ok("cli.js".to_owned()));
        assert_eq!(program("x", &json!(null)), Err(PackageError::NoProgram { name: "x".to_owned() }));
        let several =
            PackageError::SeveralPrograms { name: "x".to_owned(), programs: vec!["a".to_owned(), "b".to_owned()] };
        assert_eq!(program("x", &json!({"b": "b.js", "a": "a.js"})), Err(several));
    }
}
