//! pip: what it would install, and the hashes of the wheels for other machines.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::failure::Attempt;
use super::resolve::Found;
use crate::error::PackageError;
use crate::process::{self, Output};
use crate::resolve::Notice;
use crate::settings::{Network, Settings};
use crate::tree::{Need, Package, Registry, normalised};

/// Prints the hashes of all wheels of packages.
const WHEELS: &str = include_str!("pip/wheels.py");

/// What `pip install --report` writes, as far as it is read (pypa's installation report, version 1).
#[derive(Debug, Deserialize)]
struct Report {
    install: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    metadata: Metadata,
    download_info: Download,
    #[serde(default)]
    is_direct: bool,
    #[serde(default)]
    is_yanked: bool,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    name: String,
    version: String,
}

#[derive(Debug, Deserialize)]
struct Download {
    #[serde(default)]
    archive_info: Archive,
}

#[derive(Debug, Default, Deserialize)]
struct Archive {
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    /// `sha256=<hex>`, of the oldest that write reports.
    hash: Option<String>,
}

/// Runs `pip install` in `folder`, from wheels only, and with nothing of the user's own Python taken for granted.
pub(super) fn run(arguments: &[&str], folder: &Path, settings: &Settings) -> Result<Output, PackageError> {
    let mut all = vec![
        "-m",
        "pip",
        "install",
        "--progress-bar",
        "off",
        "--only-binary",
        ":all:",
        "--no-compile",
        "--ignore-installed",
    ];
    all.extend(["--no-user", "--root-user-action=ignore"]);
    all.extend(arguments);
    if settings.network == Network::Offline {
        all.push("--no-index");
    }
    process::run("python3", &all, folder, settings)
}

/// What pip would install for `requirement`.
pub(super) fn resolve(attempt: Attempt<'_>, requirement: &str) -> Result<Found, PackageError> {
    let Attempt { name, folder, settings, .. } = attempt;
    let output = run(&["--dry-run", "--report", "report.json", requirement], folder, settings)?;
    if !output.succeeded {
        return Err(attempt.error(&output));
    }
    let text = std::fs::read(folder.join("report.json"));
    let text = text.map_err(|error| PackageError::file("cannot read pip's report", folder, &error))?;
    let report: Report =
        serde_json::from_slice(&text).map_err(|error| PackageError::failed("pip", &error.to_string()))?;
    let all = wheels(&report, folder, settings);
    let mut found = Found::default();
    if all.is_none() {
        found.notices.push(Notice::ThisPlatformOnly);
    }
    for item in &report.install {
        found.packages.push(package(name, item, all.as_ref())?);
        // Older reports do not tell, but pip says so: `yanked version: 'x' candidate (version 1.0 …)`.
        let said = format!("yanked version: '{}' candidate", normalised(&item.metadata.name));
        if item.is_yanked || output.err.contains(&said) {
            found.notices.push(Notice::Yanked { package: item.key() });
        }
    }
    Ok(found)
}

impl Item {
    fn key(&self) -> String {
        format!("{}=={}", normalised(&self.metadata.name), self.metadata.version)
    }
}

fn package(asked: &str, item: &Item, all: Option<&BTreeMap<String, Vec<String>>>) -> Result<Package, PackageError> {
    let registry = Registry::PyPi;
    let name = normalised(&item.metadata.name);
    if item.is_direct {
        return Err(PackageError::NotFromRegistry { registry, name: asked.to_owned(), origin: name });
    }
    let archive = &item.download_info.archive_info;
    let own = archive.hashes.get("sha256").map(String::as_str);
    let own = own.or_else(|| archive.hash.as_deref()?.strip_prefix("sha256="));
    let Some(own) = own.map(|hash| format!("sha256:{hash}")) else {
        return Err(PackageError::NoIntegrity { registry, name });
    };
    let mut integrity = all.and_then(|all| all.get(&item.key())).cloned().unwrap_or_default();
    integrity.push(own);
    integrity.sort();
    integrity.dedup();
    Ok(Package {
        path: name,
        version: item.metadata.version.clone(),
        alias_of: None,
        integrity,
        need: Need::Required,
        os: Vec::new(),
        cpu: Vec::new(),
        libc: Vec::new(),
        marker: None,
    })
}

/// The hashes of all wheels of each package, by `name==version`. None where pip's inside is not what the script expects.
fn wheels(report: &Report, folder: &Path, settings: &Settings) -> Option<BTreeMap<String, Vec<String>>> {
    std::fs::write(folder.join("wheels.py"), WHEELS).ok()?;
    let keys: Vec<String> = report.install.iter().map(Item::key).collect();
    let mut arguments = vec!["wheels.py"];
    if settings.network == Network::Offline {
        arguments.push("--no-index");
    }
    arguments.push("--");
    arguments.extend(keys.iter().map(String::as_str));
    let output = process::run("python3", &arguments, folder, settings).ok()?;
    serde_json::from_str(&output.out).ok().filter(|_| output.succeeded)
}
