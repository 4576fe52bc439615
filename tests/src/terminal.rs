//! A real terminal: tmux with a server of its own, into which a test types and from which it reads what a person would see.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::until_found;

/// A terminal of a given size, ended with its server when dropped.
#[derive(Debug)]
pub struct Terminal {
    sockets: tempfile::TempDir,
}

impl Terminal {
    /// A terminal in which a shell waits in `folder`; `None`, after saying so, where there is no tmux.
    ///
    /// # Panics
    /// If it does not start.
    pub fn open(folder: &Path, columns: u16, rows: u16, environment: &[(&str, &str)]) -> Option<Self> {
        if Command::new("tmux").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            crate::skip("tmux is not installed");
            return None;
        }
        let terminal = Self { sockets: tempfile::tempdir().expect("a temporary folder") };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let mut start = terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &rows]);
        start.current_dir(folder).args(["env", "PS1=$ ", "sh"]);
        start
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C.UTF-8")
            .env("PACE_STATE_DIR", "memory");
        let status = start.envs(environment.iter().copied()).status().expect("tmux can be started");
        assert!(status.success(), "tmux does not start");
        terminal.await_text("$");
        Some(terminal)
    }

    /// Runs a command in the shell.
    pub fn run(&self, command: &str) {
        self.text(command);
        self.keys(&["Enter"]);
    }

    /// Types a text.
    pub fn text(&self, text: &str) {
        self.done(&["send-keys", "-l", text]);
    }

    /// Types a line.
    pub fn line(&self, text: &str) {
        self.text(text);
        self.keys(&["Enter"]);
    }

    /// Presses keys, by tmux's names.
    pub fn keys(&self, keys: &[&str]) {
        self.done(&[&["send-keys"], keys].concat());
    }

    /// Pastes a text as terminals do that tell programs so.
    ///
    /// # Panics
    /// If tmux cannot be run.
    pub fn paste(&self, text: &str) {
        let mut load = self.tmux(&["load-buffer", "-"]).stdin(Stdio::piped()).spawn().expect("tmux can be run");
        load.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("tmux reads");
        assert!(load.wait().expect("tmux ends").success());
        self.done(&["paste-buffer", "-p"]);
    }

    /// What is on the screen, blanks at the ends left out.
    ///
    /// # Panics
    /// If tmux cannot be run.
    pub fn screen(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p"]).output().expect("tmux can be run");
        let text = String::from_utf8(output.stdout).expect("tmux prints UTF-8");
        let lines: Vec<_> = text.trim_end().lines().map(str::trim_end).collect();
        lines.join("\n")
    }

    /// Waits until a text is on the screen; the screen then.
    ///
    /// # Panics
    /// If it does not appear.
    #[track_caller]
    pub fn await_text(&self, text: &str) -> String {
        self.await_screen(text, |screen| screen.contains(text))
    }

    /// Waits until the screen ends so; the screen then.
    ///
    /// # Panics
    /// If it does not come to that.
    #[track_caller]
    pub fn await_end(&self, text: &str) -> String {
        self.await_screen(text, |screen| screen.ends_with(text))
    }

    #[track_caller]
    fn await_screen(&self, wanted: &str, is_there: impl Fn(&str) -> bool) -> String {
        until_found(wanted, || {
            let screen = self.screen();
            if is_there(&screen) { Ok(screen) } else { Err(screen) }
        })
    }

    fn done(&self, arguments: &[&str]) {
        let status = self.tmux(arguments).status().expect("tmux can be run");
        assert!(status.success(), "tmux {arguments:?} failed");
    }

    fn tmux(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.sockets.path().join("tmux")).args(arguments).stdin(Stdio::null());
        command
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ended = self.tmux(&["kill-server"]).stderr(Stdio::null()).status();
    }
}
