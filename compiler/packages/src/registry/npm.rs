//! npm, by its own client.

mod failure;
mod install;
mod resolve;

use std::path::Path;

pub(crate) use install::install;
pub(crate) use resolve::resolve;

use crate::error::PackageError;
use crate::process::{self, Output};
use crate::settings::{Network, Settings};

/// The oldest client whose lock files say which packages are the registry's.
const OLDEST: &str = "9";

/// What every run is told, whatever the user's `.npmrc` says: nothing of a package is run, nothing comes from a repository, and
/// the tree is laid out as a plain `npm install` would.
const FLAGS: &[&str] = &[
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-progress",
    "--no-update-notifier",
    "--json",
    "--loglevel=error",
    "--package-lock=true",
    "--lockfile-version=3",
    "--install-strategy=hoisted",
    "--legacy-peer-deps=false",
    "--strict-peer-deps=false",
    "--engine-strict=false",
    "--omit=dev",
    "--include=optional",
    "--include=peer",
    "--global=false",
    // A dependency on a repository fails before anything is fetched: newer clients are told so, and for older ones there is
    // no such program.
    "--allow-git=none",
    "--git=paceline-takes-nothing-from-repositories",
    // Its own are ten seconds and a minute, which is too long for whoever waits for an error.
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=5000",
];

/// Runs npm in `folder`.
fn run(arguments: &[&str], folder: &Path, settings: &Settings) -> Result<Output, PackageError> {
    let mut all = arguments.to_vec();
    all.extend(FLAGS);
    if settings.network == Network::Offline {
        all.push("--offline");
    }
    process::run("npm", &all, folder, settings)
}

/// The project's own configuration, where npm looks for it. Removed again when this is dropped.
#[derive(Debug)]
struct Configuration(Option<std::path::PathBuf>);

impl Configuration {
    fn copy(folder: &Path, settings: &Settings) -> Result<Self, PackageError> {
        let Some(from) = settings.project.as_ref().map(|project| project.join(".npmrc")).filter(|from| from.is_file())
        else {
            return Ok(Self(None));
        };
        let to = folder.join(".npmrc");
        std::fs::copy(from, &to).map_err(|error| PackageError::file("cannot copy `.npmrc`", folder, &error))?;
        Ok(Self(Some(to)))
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _gone = std::fs::remove_file(path);
        }
    }
}
