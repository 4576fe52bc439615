//! A server under measurement: ended with this value. Its figures are those of Linux's `/proc`, over the processes it
//! started too.

mod processes;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::client;
use processes::Processes;

pub(super) use processes::Memory;

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) port: u16,
}

/// On which stream a server says where it listens.
#[derive(Debug, Clone, Copy)]
enum Told {
    Out,
    Err,
}

impl Server {
    /// Starts a program of ours that prints its address.
    pub(super) fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        Self::listening(Command::new(program).args(arguments).stdout(Stdio::piped()), Told::Out)
    }

    /// Starts the runner, in a folder where nothing can be written; `state` is its `PACE_STATE_DIR`.
    pub(super) fn start_runner(program: &Path, bundle: &OsStr, model: u16, state: &OsStr) -> Result<Self> {
        let mut command = Command::new(program);
        // Not even root can make a file in /proc.
        command.arg(bundle).current_dir("/proc").env_clear().stderr(Stdio::piped());
        command.envs([("PORT", "0"), ("LOG_FORMAT", "json"), ("GOOGLE_API_KEY", "mock")]);
        command.env("PACE_STATE_DIR", state);
        command.env("GOOGLE_GEMINI_BASE_URL", format!("http://127.0.0.1:{model}"));
        Self::listening(&mut command, Told::Err)
    }

    /// Starts a server from other hands, which was told a port and says nothing, and waits until `ask` has an answer.
    pub(super) fn answering(
        command: &mut Command,
        port: u16,
        patience: Duration,
        mut ask: impl FnMut() -> Result<()>,
    ) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("cannot run {command:?}"))?;
        let mut server = Self { child, port };
        let begun = Instant::now();
        loop {
            let Err(error) = ask() else { return Ok(server) };
            if let Some(status) = server.child.try_wait()? {
                bail!("{command:?} ended with {status}");
            }
            if begun.elapsed() > patience {
                return Err(error.context(format!("{command:?} does not answer")));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn listening(command: &mut Command, told: Told) -> Result<Self> {
        let mut child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot run {command:?}"))?;
        let output: Option<Box<dyn Read + Send>> = match told {
            Told::Out => child.stdout.take().map(|output| Box::new(output) as _),
            Told::Err => child.stderr.take().map(|output| Box::new(output) as _),
        };
        let mut server = Self { child, port: 0 };
        let mut lines = BufReader::new(output.context("the output is not piped")?).lines();
        let mut said = String::new();
        for line in &mut lines {
            let line = line.context("cannot read what a server says")?;
            if let Some(port) = port_in(&line) {
                server.port = port;
                // A pipe that nobody reads would fill and stop the server.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(server);
            }
            said.push_str(&line);
        }
        bail!("{command:?} does not listen: {said}")
    }

    /// Sends one request.
    ///
    /// # Errors
    /// The answer is no success, or none.
    pub(super) fn post(&self, path: &str, body: &str) -> Result<String> {
        client::post(self.port, path, body)
    }

    /// Asks for what is at `path`.
    ///
    /// # Errors
    /// The answer is no success, or none.
    pub(super) fn get(&self, path: &str) -> Result<String> {
        client::get(self.port, path)
    }

    /// User and system time so far, milliseconds; in steps of one clock tick.
    pub(super) fn cpu_ms(&self) -> Result<f64> {
        Processes::of(self.child.id())?.cpu_ms()
    }

    /// Its memory.
    pub(super) fn memory(&self) -> Result<Memory> {
        Processes::of(self.child.id())?.memory()
    }
}

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; either way nothing is left of it.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_found_where_servers_say_it() {
        assert_eq!(port_in("listening on 127.0.0.1:4020"), Some(4020));
        assert_eq!(port_in(r#"{"message":"listening","address":"http://127.0.0.1:81"}"#), Some(81));
        assert_eq!(port_in("starting"), None);
    }
}
