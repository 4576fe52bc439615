//! curl, which `cargo xtask test` installs.

use std::process::Command;

/// What curl prints; nothing if it is not there, which is counted as skipped.
pub(crate) fn curl(arguments: &[&str]) -> Option<String> {
    let curl = Command::new("curl").args(["--silent", "--show-error", "--max-time", "30"]).args(arguments).output();
    let Ok(output) = curl else {
        pace_tests::skip("curl");
        return None;
    };
    Some(String::from_utf8(output.stdout).unwrap())
}
