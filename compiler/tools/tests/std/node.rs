//! Node.js, where `cargo xtask counterparts` has installed it, with packages to compare with.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

fn installed(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        skip(what);
    }
    path
}

/// Says aloud that a test cannot run, and has it counted (`cargo xtask test`).
#[expect(clippy::print_stderr, reason = "a skipped test says so aloud")]
fn skip(missing: &str) {
    eprintln!("skipped: {missing}");
    if let Some(path) = std::env::var_os("PACE_SKIP_LOG") {
        use std::io::Write;
        let mut log = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        writeln!(log, "{missing}").unwrap();
    }
}

/// What a module prints, as JSON. It finds the packages of the tests.
pub(crate) fn run(module: &str) -> Option<Value> {
    let node = installed("PACE_TEST_NODE", "Node.js")?;
    let packages = packages()?;
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(packages.join("node_modules"), folder.path().join("node_modules")).unwrap();
    let file = folder.path().join("ask.mjs");
    std::fs::write(&file, module).unwrap();
    let output = Command::new(node).arg(&file).output().unwrap();
    assert!(output.status.success(), "{module}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The folder whose `node_modules` holds the packages of the tests.
pub(crate) fn packages() -> Option<PathBuf> {
    installed("PACE_TEST_PACKAGES", "packages of npm")
}
