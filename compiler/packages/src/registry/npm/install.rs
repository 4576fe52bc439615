//! A tree of npm on disk: `npm ci` on a lock file made from it. npm finds addresses by itself, and checks every hash.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Configuration, failure, run};
use crate::error::PackageError;
use crate::settings::Settings;
use crate::tree::{Need, Package, Tree};

/// The most bytes of a first line.
const FIRST_LINE: u64 = 256;

/// Installs `tree` into `folder`, which is empty.
pub(crate) fn install(tree: &Tree, folder: &Path, settings: &Settings) -> Result<(), PackageError> {
    let failed = |error: std::io::Error| PackageError::file("cannot write", folder, &error);
    let (package, lock) = files(tree);
    std::fs::write(folder.join("package.json"), package.to_string()).map_err(failed)?;
    std::fs::write(folder.join("package-lock.json"), lock.to_string()).map_err(failed)?;
    let configuration = Configuration::copy(folder, settings)?;
    let output = run(&["ci"], folder, settings)?;
    if !output.succeeded {
        return Err(failure::of_install(&output, tree, folder, settings));
    }
    drop(configuration);
    // npm's own record holds addresses.
    for name in ["package.json", "package-lock.json", "node_modules/.package-lock.json"] {
        std::fs::remove_file(folder.join(name)).map_err(failed)?;
    }
    let missing = tree.packages.iter().find(|one| one.need == Need::Required && !folder.join(&one.path).is_dir());
    if let Some(missing) = missing {
        return Err(PackageError::failed("npm", &format!("it did not install {}", missing.path)));
    }
    let script = pace_mcp::installed::script(&crate::install::pinned(tree));
    let script = script.ok_or_else(|| PackageError::NoProgram { name: tree.name.clone() })?;
    ensure_node(&tree.name, &folder.join(script))
}

/// A `package.json` and a `package-lock.json` that ask for each package of the tree in its place. The packages' own wishes are
/// left out: they were heard when the tree was resolved.
fn files(tree: &Tree) -> (Value, Value) {
    let mut entries: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for package in &tree.packages {
        entries.entry(&package.path).or_default().extend(entry(package));
    }
    for package in &tree.packages {
        let (owner, name) = package.place();
        let kind = if package.need == Need::Required { "dependencies" } else { "optionalDependencies" };
        let wanted = match &package.alias_of {
            Some(alias) => format!("npm:{alias}@{}", package.version),
            None => package.version.clone(),
        };
        let wishes = entries.entry(owner).or_default().entry(kind).or_insert_with(|| json!({}));
        if let Value::Object(wishes) = wishes {
            wishes.insert(name.to_owned(), wanted.into());
        }
    }
    let top = entries.entry("").or_default();
    top.insert("name".to_owned(), "paceline-packages".into());
    top.insert("version".to_owned(), "0.0.0".into());
    let package = Value::Object(top.clone());
    let lock = json!({
        "name": "paceline-packages", "version": "0.0.0", "lockfileVersion": 3, "requires": true, "packages": entries,
    });
    (package, lock)
}

fn entry(package: &Package) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("version".to_owned(), package.version.clone().into());
    entry.insert("integrity".to_owned(), package.integrity.first().cloned().into());
    if let Some(name) = &package.alias_of {
        entry.insert("name".to_owned(), name.clone().into());
    }
    if package.need == Need::Optional {
        entry.insert("optional".to_owned(), true.into());
    }
    for (key, words) in [("os", &package.os), ("cpu", &package.cpu), ("libc", &package.libc)] {
        if !words.is_empty() {
            entry.insert(key.to_owned(), words.clone().into());
        }
    }
    entry
}

/// Whether the program is there, and Node.js is what its first line asks for, if it asks.
fn ensure_node(name: &str, script: &Path) -> Result<(), PackageError> {
    let Ok(file) = std::fs::File::open(script) else {
        return Err(PackageError::NoProgram { name: name.to_owned() });
    };
    let mut line = Vec::new();
    let read = BufReader::new(file.take(FIRST_LINE)).read_until(b'\n', &mut line);
    read.map_err(|error| PackageError::file("cannot read", script, &error))?;
    let line = String::from_utf8_lossy(&line);
    match line.strip_prefix("#!") {
        Some(interpreter) if !interpreter.contains("node") => Err(PackageError::OtherInterpreter {
            name: name.to_owned(),
            interpreter: interpreter.trim().trim_start_matches("/usr/bin/env ").to_owned(),
        }),
        _ => Ok(()),
    }
}
