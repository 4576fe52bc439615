//! A server of another program, for one test.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};

use pace_tests::process::PATIENCE;

/// A running server, ended with this value.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
}

impl Program {
    /// Starts a server and waits until it says where it listens, on whichever stream.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        // Standard input stays open for as long as this value lives: some end with it.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let (sender, lines) = channel();
        listen(child.stdout.take(), sender.clone());
        listen(child.stderr.take(), sender);
        let mut program = Self { child, port: 0 };
        let mut said = Vec::new();
        while program.port == 0 {
            let line = lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("{command:?} does not listen: {said:#?}"));
            program.port = port_in(&line).unwrap_or(0);
            said.push(line);
        }
        program
    }

    /// Its address, with a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// The most memory that was ever resident, KiB.
    pub(crate) fn most_resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("proc(5)");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Reads to the end: a pipe that nobody reads fills and stops the program.
fn listen(output: Option<impl Read + Send + 'static>, sender: Sender<String>) {
    let output = output.expect("the streams are piped");
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _unheard = sender.send(line);
        }
    });
}

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
