//! The runner as a process: started, told to stop, and what it said.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::program::output_of;
use crate::wait::{until, until_found};
use crate::{Project, binary, http};
use serde_json::Value;

/// How long a test waits for what has to come: nothing is measured by it, and a machine may be slow and busy at once.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Sets a flag when it is dropped, by a panic too: whoever works until it is set ends, and the test does not hang.
#[derive(Debug)]
pub struct SetAtEnd<'f>(pub &'f AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A runner that listens.
#[derive(Debug)]
pub struct Runner {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; absent if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it logged.
    pub err: String,
}

/// `pace-runner` on the bundle of a project, with these variables and no others.
pub fn command(project: &Project, variables: &[(&str, &str)]) -> Command {
    let bundle = project.path().join("x.pace");
    if !bundle.exists() {
        let built = project.run(&["build", "--output", "x.pace"]);
        assert_eq!(built.code, Some(0), "{}", built.err);
    }
    let mut command = Command::new(binary("pace-runner"));
    // Suites show more wrong credentials in a second than an address may in a minute.
    let usual = [("PORT", "0"), ("PACE_STATE_DIR", "memory"), ("FAILED_CREDENTIALS", "none")];
    command.env_clear().envs(usual).envs(variables.iter().copied()).arg(bundle).stdin(Stdio::null());
    command
}

/// A run that is expected to end by itself.
pub fn ended(project: &Project, variables: &[(&str, &str)]) -> Ended {
    let output = output(&mut command(project, variables));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// `pace-runner check` on the bundle of a project, with these variables and no others, in the project's folder.
pub fn checked(project: &Project, variables: &[(&str, &str)], more: &[&str]) -> Ended {
    let serving = command(project, variables);
    let mut command = Command::new(serving.get_program());
    let usual = [("PACE_STATE_DIR", "memory")];
    command.env_clear().envs(usual).envs(variables.iter().copied()).arg("check").args(serving.get_args()).args(more);
    let output = output(command.current_dir(project.path()));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn output(command: &mut Command) -> std::process::Output {
    output_of(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

impl Runner {
    /// Starts one, and waits until it listens.
    pub fn start(project: &Project, variables: &[(&str, &str)]) -> Self {
        Self::of(command(project, variables))
    }

    /// Starts this command, which is one that serves, and waits until it listens.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        let address = "0.0.0.0:0".parse().unwrap();
        let mut runner = Self { child, address, log, reader: Some(reader) };
        let line = runner.wait_for(|line| line["message"] == "listening");
        let (_scheme, address) = line["address"].as_str().unwrap().split_once("://").unwrap();
        runner.address = address.parse().unwrap();
        runner
    }

    /// Waits for a line of the log.
    #[track_caller]
    pub fn wait_for(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        until_found("a line of the log", || {
            let lines = self.lines();
            lines.iter().filter_map(|line| serde_json::from_str(line).ok()).find(&is_it).ok_or(lines)
        })
    }

    /// Where it shows its metrics, which it does at a port of their own if it was given `ADMIN_PORT`.
    #[track_caller]
    pub fn admin(&self) -> SocketAddr {
        let listening = self.wait_for(|line| line["message"] == "listening");
        let (_scheme, address) =
            listening["admin"].as_str().expect("it has an `ADMIN_PORT`").split_once("://").unwrap();
        address.parse().unwrap()
    }

    /// Waits until this many invocations run. Nothing is asked of the agents for it, and nothing taken; it takes an `ADMIN_PORT`.
    #[track_caller]
    pub fn until_running(&self, count: usize) {
        let (admin, wanted) = (self.admin(), format!("paceline_invocations_running {count}"));
        until(&format!("{count} invocations run"), || {
            http::get(admin, "/metrics").body.lines().any(|line| line == wanted)
        });
    }

    /// What it has logged so far.
    pub fn lines(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        self.signals(&[name]);
    }

    /// Sends signals by their names, as soon after each other as one process can.
    pub fn signals(&self, names: &[&str]) {
        let id = self.child.id();
        let lines: Vec<_> = names.iter().map(|name| format!("kill -{name} {id} || exit 1\n")).collect();
        assert!(Command::new("/bin/sh").args(["-c", &lines.concat()]).status().unwrap().success());
    }

    /// Its exit code; absent if a signal ended it. Waits for it to end by itself.
    #[track_caller]
    pub fn code(&mut self) -> Option<i32> {
        let status = until_found("the runner ends", || self.child.try_wait().unwrap().ok_or_else(|| self.lines()));
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status.code()
    }

    /// SIGTERM, and its exit code.
    #[track_caller]
    pub fn stop(&mut self) -> Option<i32> {
        self.signal("TERM");
        self.code()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}
