//! The binaries that were built beside this test, run in surroundings that are the same everywhere.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of `pace` and `pace-runner`.
fn folder() -> PathBuf {
    pace_tests::binary("pace-runner");
    pace_tests::binary("pace").parent().unwrap().to_owned()
}

/// What one of the binaries prints to standard output, without blanks at the ends of lines.
pub(crate) fn print(binary: &str, arguments: &[&str]) -> String {
    let output = clean(&folder().join(binary), Path::new(".")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{binary} {arguments:?}: {}", text(&output.stderr));
    trimmed(&text(&output.stdout))
}

/// Runs a line of shell as a reader would type it; what it says to a terminal, and its exit code. `status` is that of
/// the line before, for `$?`.
pub(crate) fn shell(line: &str, here: &Path, status: i32) -> (String, i32) {
    let script = format!("exec 2>&1\n(exit {status})\n{line}\n");
    let output = clean(Path::new("/bin/sh"), here).args(["-c", &script]).output().unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("`{line}` was killed"));
    (trimmed(&text(&output.stdout)), code)
}

fn clean(program: &Path, here: &Path) -> Command {
    let search = std::env::join_paths([folder().as_path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let mut command = Command::new(program);
    command.current_dir(here).env_clear().env("PATH", search).env("LC_ALL", "C.UTF-8");
    command
}

fn trimmed(text: &str) -> String {
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
