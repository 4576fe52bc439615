//! What the suites share: where the binaries are, small projects to run them on, and how a test is skipped.

#[expect(clippy::missing_panics_doc, reason = "whatever is not as a test wants it ends the test")]
pub mod http;
pub mod port;
#[expect(clippy::missing_panics_doc, reason = "whatever is not as a test wants it ends the test")]
pub mod postgres;
#[expect(clippy::missing_panics_doc, reason = "whatever is not as a test wants it ends the test")]
pub mod process;
pub mod program;
pub mod terminal;
pub mod wait;

pub use wait::{until, until_found};

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// An MCP server that needs nothing but Python; the file says what it offers.
pub const SHOP: &str = include_str!("shop.py");

/// A binary of this build. Cargo puts it beside the folder of the tests; `cargo xtask test` builds it first.
///
/// # Panics
/// If it is not there.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let path = test.ancestors().nth(2).expect("cargo puts tests two folders deep").join(name);
    assert!(path.is_file(), "`{name}` is not built: run `cargo build --bins` first, or all by `cargo xtask test`");
    path
}

/// What stands for `$XDG_STATE_HOME`: who runs the tests finds nothing of them at home. It stays, beside the binaries, and holds
/// nothing that a test may rely on.
///
/// # Panics
/// As [`binary`].
pub fn state_home() -> PathBuf {
    binary("pace").with_file_name("state-of-tests")
}

/// The `node_modules` of the packages that tools import in the tests, TypeScript among them. Nothing where they are not
/// installed; then the test is counted as skipped.
///
/// # Panics
/// As [`skip`].
pub fn packages() -> Option<PathBuf> {
    installed("PACE_TEST_PACKAGES", "packages of npm").map(|folder| folder.join("node_modules"))
}

/// Links the packages into a project.
///
/// # Panics
/// If the link cannot be made.
#[cfg(unix)]
pub fn link_packages(project: &Path, packages: &Path) {
    std::os::unix::fs::symlink(packages, project.join("node_modules")).expect("a link can be made");
}

/// A project in a folder of its own, removed at the end.
#[derive(Debug)]
pub struct Project(tempfile::TempDir);

impl Project {
    /// A project of these files: paths and texts.
    ///
    /// # Panics
    /// If they cannot be written.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().expect("a temporary folder"));
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A project of one agent.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn minimal() -> Self {
        let agent = "name: helper\nmodel: gemini-3.5-flash\ndescription: Answer in two sentences.\n";
        Self::new(&[("agents/helper/spec.yaml", agent)])
    }

    /// Writes a file, its folders too.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a file has a folder")).expect("a folder can be made");
        std::fs::write(file, text).expect("a file can be written");
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// `pace` in this folder.
    pub fn pace(&self, arguments: &[&str]) -> Command {
        pace(self.path(), arguments)
    }

    /// Runs `pace` in this folder.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Run {
        run(self.path(), arguments)
    }

    /// Runs `pace` in it, with a text on its standard input.
    ///
    /// # Panics
    /// If it cannot be started, or prints what is not UTF-8.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.pace(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("`pace` can be started");
        // A program that does not read it has ended.
        let _unread = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
        let output = program::output_of(child);
        let text = |bytes| String::from_utf8(bytes).expect("`pace` prints UTF-8");
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// `pace` in a folder, in a plain environment.
pub fn pace(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary("pace"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).env("XDG_STATE_HOME", state_home());
    for variable in ["CI", "GITHUB_ACTIONS", "NO_COLOR"] {
        command.env_remove(variable);
    }
    command
}

/// Runs `pace` in a folder.
///
/// # Panics
/// If it cannot be started, does not end, or prints what is not UTF-8.
#[track_caller]
pub fn run(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = pace(folder, arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("`pace` can be started");
    let output = program::output_of(child);
    let text = |bytes| String::from_utf8(bytes).expect("`pace` prints UTF-8");
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    /// Its exit code; absent if a signal ended it.
    pub code: Option<i32>,
    /// The data it printed.
    pub out: String,
    /// What it said to people.
    pub err: String,
}

/// The path in an environment variable that `cargo xtask test` sets to something installed; without it the test that asks
/// is skipped, and has to return.
///
/// # Panics
/// If the log of skipped tests cannot be written.
pub fn installed(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        skip(&format!("{what} ({variable} is not set; `cargo xtask counterparts` prints it)"));
    }
    path
}

/// What curl prints; nothing if it is not there, which is counted as skipped.
///
/// # Panics
/// If it prints what is not UTF-8, or as [`skip`].
pub fn curl(arguments: &[&str]) -> Option<String> {
    let patience = process::PATIENCE.as_secs().to_string();
    let curl =
        Command::new("curl").args(["--silent", "--show-error", "--max-time", &patience]).args(arguments).output();
    let Ok(output) = curl else {
        skip("curl");
        return None;
    };
    Some(String::from_utf8(output.stdout).expect("curl prints UTF-8"))
}

/// Says that a test cannot run here, and counts it.
///
/// # Panics
/// If the log of skipped tests cannot be written.
pub fn skip(missing: &str) {
    // Past the capture of tests that pass: skipping is said aloud.
    let _unread = writeln!(std::io::stderr(), "skipped: {missing}");
    if let Some(log) = std::env::var_os("PACE_SKIP_LOG") {
        let mut log = std::fs::OpenOptions::new().append(true).create(true).open(log).expect("the skip log opens");
        // One write a line, so that tests that skip at once do not mix theirs.
        log.write_all(format!("{missing}\n").as_bytes()).expect("the skip log takes a line");
    }
}
