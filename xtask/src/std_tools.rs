//! `cargo xtask std`: what the tools that come with Paceline are made of besides their own code. Pinned packages of npm become
//! one module each, the IANA database becomes a table of time zones, and the library of TypeScript becomes the types of the
//! language; all are checked in, and this proves that they are what
//! the pinned packages give. docs/decisions/016 says why.

use std::path::Path;

use anyhow::{Context, Result};

use crate::command::{self, Verdict};
use crate::node::Node;
use crate::{language_types, python};

/// Where the lock and what is made from it stand.
const VENDOR: &str = "stdlib-tools/vendor";

/// The table of time zones.
const ZONES: &str = "stdlib-tools/time/zones.ts";

/// Whether what is checked in is compared or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Fails where it differs.
    Compare,
    /// Stores what was made.
    Write,
}

/// Makes all of it.
///
/// # Errors
/// Node, Python or a package cannot be installed, or the checkout cannot be read or written.
pub(crate) fn run(mode: Mode) -> Result<Verdict> {
    let mut files = modules()?;
    files.push((ZONES.to_owned(), zones()?));
    files.push((language_types::PATH.to_owned(), language_types::make()?));
    let mut verdict = Verdict::Passed;
    for (path, bytes) in &files {
        let stored = command::root()?.join(path);
        if std::fs::read(&stored).is_ok_and(|found| found == *bytes) {
            continue;
        }
        if mode == Mode::Write {
            std::fs::write(&stored, bytes).with_context(|| format!("cannot write {path}"))?;
            println!("{path}: written");
        } else {
            eprintln!("error: {path} is not what its packages give; `cargo xtask std --write` makes it again");
            verdict = Verdict::Failed;
        }
    }
    println!("{} files come from pinned packages", files.len());
    Ok(verdict)
}

/// What `bundle.mjs` writes: paths in the checkout, and contents.
fn modules() -> Result<Vec<(String, Vec<u8>)>> {
    let node = Node::install()?;
    let packages = node.packages(VENDOR)?;
    let out = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut bundle = command::program(node.program())?;
    bundle.arg(command::root()?.join(VENDOR).join("bundle.mjs")).arg(packages.folder()).arg(out.path());
    command::capture(&mut bundle)?;
    read(out.path())
}

fn read(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).context("cannot list what was bundled")? {
        let entry = entry.context("cannot list what was bundled")?;
        let bytes = std::fs::read(entry.path()).context("cannot read what was bundled")?;
        files.push((format!("{VENDOR}/{}", entry.file_name().to_string_lossy()), bytes));
    }
    files.sort();
    Ok(files)
}

fn zones() -> Result<Vec<u8>> {
    let python = python::environment(&format!("{VENDOR}/zones.txt"))?;
    let mut program = command::program(python.program("python"))?;
    command::capture(program.arg(command::root()?.join(VENDOR).join("zones.py")))
}
