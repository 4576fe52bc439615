//! `cargo xtask engine`: builds the engine of the sandbox from its source and compares it, bit for bit, with the one checked
//! in. The bytes depend on the compilers, so their versions are checked in too; with others there is nothing to compare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{self, Verdict};
use crate::needs;

mod quickjs;
mod toolchain;

/// The crate.
const FOLDER: &str = "runner/sandbox/engine";
/// What the build reads, for the digest of the sources.
const SOURCES: [&str; 7] = ["Cargo.lock", "Cargo.toml", "build.rs", "prelude", "quickjs.patch", "src", "undef_wasi.h"];
/// The files that are checked in beside the source: the module, its digest, that of its sources, and what built it.
const MODULE: &str = "engine.wasm";
const DIGEST: &str = "engine.b3";
const SOURCES_DIGEST: &str = "sources.b3";
const PACKAGES: &str = "packages.txt";

/// What to do with the engine that was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Compare it with the one checked in.
    Compare,
    /// Put it in its place.
    Write,
}

/// Builds the engine and compares or stores it.
///
/// # Errors
/// The compilers are missing and cannot be installed, or the build fails.
pub(crate) fn run(mode: Mode) -> Result<Verdict> {
    needs::ensure(&[toolchain::NEED, quickjs::NEED])?;
    let folder = command::root()?.join(FOLDER);
    let installed = toolchain::versions()?;
    let built = build(&folder)?;
    match mode {
        Mode::Write => write(&folder, &built, &installed),
        Mode::Compare => compare(&folder, &built, &installed),
    }
}

fn write(folder: &Path, built: &[u8], installed: &BTreeMap<String, String>) -> Result<Verdict> {
    let packages = installed.iter().fold(String::new(), |all, (name, version)| all + name + " " + version + "\n");
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).with_context(|| format!("cannot write {name}"))
    };
    put(MODULE, built)?;
    put(DIGEST, format!("{}\n", blake3::hash(built).to_hex()).as_bytes())?;
    put(SOURCES_DIGEST, format!("{}\n", sources_digest(folder)?).as_bytes())?;
    put(PACKAGES, packages.as_bytes())?;
    println!("wrote {FOLDER}/{MODULE}: {} bytes, {}", built.len(), blake3::hash(built).to_hex());
    Ok(Verdict::Passed)
}

fn compare(folder: &Path, built: &[u8], installed: &BTreeMap<String, String>) -> Result<Verdict> {
    let read = |name: &str| std::fs::read(folder.join(name)).with_context(|| format!("cannot read {FOLDER}/{name}"));
    let recorded = String::from_utf8(read(PACKAGES)?).context("packages.txt is not UTF-8")?;
    let recorded: BTreeMap<String, String> =
        recorded.lines().filter_map(|line| line.split_once(' ')).map(|(a, b)| (a.into(), b.into())).collect();
    let checked_in = read(MODULE)?;
    if built == checked_in {
        println!("proved: {FOLDER}/{MODULE} is what its source gives, {}", blake3::hash(built).to_hex());
        return Ok(Verdict::Passed);
    }
    let differs: Vec<String> = recorded
        .iter()
        .filter(|(name, version)| installed.get(*name) != Some(version))
        .map(|(name, version)| {
            format!("  {name}: {version} recorded, {} here", installed.get(name).map_or("nothing", String::as_str))
        })
        .collect();
    if differs.is_empty() {
        println!(
            "error: {FOLDER}/{MODULE} is not what its source gives\n  built here: {}\n  checked in: {}\n  help: `cargo xtask \
             engine --write`, if the source was meant to change",
            blake3::hash(built).to_hex(),
            blake3::hash(&checked_in).to_hex()
        );
        return Ok(Verdict::Failed);
    }
    println!("cannot compare: the engine was built by other versions\n{}", differs.join("\n"));
    Ok(Verdict::Passed)
}

/// Compiles the crate, then stores the memory that its start-up leaves.
fn build(folder: &Path) -> Result<Vec<u8>> {
    let target = command::root()?.join("target").join("engine");
    let quickjs = quickjs::mended(folder, &target)?;
    let mut compile = toolchain::cargo(folder, &target)?;
    // The lock file goes on to say which source was mended, and its digest.
    compile.arg("--config").arg(format!("paths=['{}']", quickjs.display()));
    compile.args(["build", "--release", "--locked", "--target", toolchain::TARGET, "-Z", "build-std=std,panic_abort"]);
    must(&mut compile)?;
    let compiled = target.join(toolchain::TARGET).join("release").join("pace_engine.wasm");
    let stored = target.join(MODULE);
    let mut snapshot = command::cargo()?;
    snapshot.args(["run", "--locked", "--quiet", "--manifest-path"]).arg(folder.join("snapshot/Cargo.toml"));
    snapshot.arg("--").arg(&compiled).arg(&stored).env("CARGO_TARGET_DIR", target.join("snapshot"));
    must(&mut snapshot)?;
    std::fs::read(&stored).with_context(|| format!("cannot read {}", stored.display()))
}

fn must(command: &mut Command) -> Result<()> {
    match command::run(command)? {
        Verdict::Passed => Ok(()),
        Verdict::Failed => bail!("the engine does not build"),
    }
}

/// BLAKE3 over the sources, file by file: path, length, content. A test of the sandbox computes the same.
fn sources_digest(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    for name in SOURCES {
        collect(&folder.join(name), &mut files)?;
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
        hasher.update(format!("{name}\0{}\0", bytes.len()).as_bytes());
        hasher.update(&bytes);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
            collect(&entry?.path(), files)?;
        }
    } else {
        files.push(path.to_owned());
    }
    Ok(())
}
