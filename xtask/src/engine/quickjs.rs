//! QuickJS-ng as the engine has it: the source that the lock file names, with our patch.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::toolchain;
use crate::command::{self, Verdict};
use crate::needs::Need;

/// The crate that brings the source.
const CRATE: &str = "rquickjs-sys";
/// What is changed in it, beside the engine's source.
const PATCH: &str = "quickjs.patch";
/// What of it is compiled; the rest is tests, documents and bindings for other targets.
const PARTS: [&str; 5] = ["Cargo.toml", "build.rs", "quickjs", "quickjs.bind.h", "src"];

/// Applies the patch.
pub(super) const NEED: Need = Need { name: "patch", probe: &["patch", "--version"], packages: &["patch"] };

/// Copies the crate into the folder of what is built, and mends the copy.
///
/// # Errors
/// It cannot be had, or is not what the patch was made for.
pub(super) fn mended(folder: &Path, target: &Path) -> Result<PathBuf> {
    let source = source(folder, target)?;
    let copy = target.join(CRATE);
    if copy.exists() {
        std::fs::remove_dir_all(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
    }
    std::fs::create_dir_all(&copy).with_context(|| format!("cannot make {}", copy.display()))?;
    for part in PARTS {
        copied(&source.join(part), &copy.join(part))?;
    }
    let mut patch = command::program("patch")?;
    patch.args(["--strip=1", "--fuzz=0", "--batch", "--silent", "--directory"]).arg(&copy);
    match command::run(patch.arg("--input").arg(folder.join(PATCH)))? {
        Verdict::Passed => Ok(copy),
        Verdict::Failed => bail!("{PATCH} does not fit the source of {CRATE}"),
    }
}

/// The crate's folder, downloaded if it was not.
fn source(folder: &Path, target: &Path) -> Result<PathBuf> {
    let mut metadata = toolchain::cargo(folder, target)?;
    let told = command::capture(metadata.args(["metadata", "--locked", "--format-version", "1"]))?;
    let told: Value = serde_json::from_slice(&told).context("cargo metadata prints JSON")?;
    let packages = told.get("packages").and_then(Value::as_array).context("cargo metadata lists packages")?;
    let package = packages.iter().find(|package| package.get("name").and_then(Value::as_str) == Some(CRATE));
    let manifest = package.and_then(|package| package.get("manifest_path")).and_then(Value::as_str);
    let manifest = manifest.with_context(|| format!("the engine has no {CRATE}"))?;
    Ok(Path::new(manifest).parent().context("a manifest lies in a folder")?.to_owned())
}

fn copied(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
        for entry in std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
            let name = entry?.file_name();
            copied(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    std::fs::copy(from, to).map(drop).with_context(|| format!("cannot copy {}", from.display()))
}
