//! A server under measurement: started on a free port that it tells, and ended with this value. Its figures are those of
//! Linux's `/proc`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::bench::measure::count;

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) port: u16,
}

/// Resident memory, MiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// Now.
    pub(super) resident: f64,
    /// The most there ever was.
    pub(super) peak: f64,
}

impl Server {
    /// Starts a program of ours that prints its address.
    pub(super) fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        Self::wait_for(Command::new(program).args(arguments).stdout(Stdio::piped()), Told::Out)
    }

    /// Starts the runner, in a folder where nothing can be written.
    pub(super) fn start_runner(program: &Path, bundle: &OsStr, model: u16) -> Result<Self> {
        let mut command = Command::new(program);
        // Not even root can make a file in /proc.
        command.arg(bundle).current_dir("/proc").env_clear().stderr(Stdio::piped());
        command.envs([("PORT", "0"), ("LOG_FORMAT", "json"), ("GOOGLE_API_KEY", "mock")]);
        command.env("GOOGLE_GEMINI_BASE_URL", format!("http://127.0.0.1:{model}"));
        Self::wait_for(&mut command, Told::Err)
    }

    fn wait_for(command: &mut Command, told: Told) -> Result<Self> {
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

    /// User and system time so far, milliseconds; in steps of one clock tick.
    pub(super) fn cpu_ms(&self) -> Result<f64> {
        let stat = self.read("stat")?;
        let after_name = stat.rsplit_once(')').context("/proc/…/stat has another form")?.1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        // The 14th and 15th of proc(5), of which the first two are before the closing bracket.
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<usize>().ok());
        let ticks = ticks(11).zip(ticks(12)).context("/proc/…/stat has another form")?;
        Ok(count(ticks.0 + ticks.1) * TICK_MS)
    }

    /// Its memory.
    pub(super) fn memory(&self) -> Result<Memory> {
        let status = self.read("status")?;
        let mebibytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).context("/proc/…/status lacks a line")?;
            let kibibytes: usize = line.trim().trim_end_matches(" kB").parse()?;
            anyhow::Ok(count(kibibytes) / 1024.0)
        };
        Ok(Memory { resident: mebibytes("VmRSS:")?, peak: mebibytes("VmHWM:")? })
    }

    fn read(&self, name: &str) -> Result<String> {
        let path = PathBuf::from("/proc").join(self.child.id().to_string()).join(name);
        std::fs::read_to_string(path).context("a server under measurement is gone")
    }
}

/// Linux tells programs 100 ticks a second, whatever its own clock does.
const TICK_MS: f64 = 10.0;

/// On which stream a server says where it listens.
#[derive(Debug, Clone, Copy)]
enum Told {
    Out,
    Err,
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
