//! From the program's start to its end.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getppid, wait};

use super::{CANNOT_START, tree};
use crate::bounds::{GRACE, TERM_GRACE};

/// How long what is left of a program may take to end when the program or the caller has.
const REST: Duration = Duration::from_secs(1);
/// How often is looked where nothing tells: orphans that have ended, or everything on a system without process descriptors.
const LOOK: Duration = Duration::from_secs(5);
const LOOK_OFTEN: Duration = Duration::from_millis(50);

/// What is watched.
struct Watched {
    caller: Pid,
    caller_ends: Option<OwnedFd>,
    program: Pid,
    program_ends: Option<OwnedFd>,
    /// Standard input is closed on the caller's side.
    is_closed: bool,
    status: Option<WaitStatus>,
}

/// Why it is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It has.
    Ended,
    /// The caller has closed its standard input.
    Asked,
    /// The caller is gone.
    Abandoned,
    /// Nothing happened for as long as was to be waited.
    Elapsed,
}

/// The arguments are the program and its own.
pub(super) fn run(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    // The parent is the caller, or has taken its place because that is gone: then standard input is closed, and everything ends
    // for that reason.
    let (Some(caller), Some(program)) = (getppid(), arguments.next()) else {
        return ExitCode::from(2);
    };
    let caller_ends = process_descriptor(caller);
    // Looked at after the descriptor was got: an id that was given away again in between is not ours to watch.
    if getppid() != Some(caller) {
        return ExitCode::from(2);
    }
    super::conceal();
    super::orphans::mark();
    tree::adopt();
    let mut command = Command::new(&program);
    command.args(arguments);
    tree::group(&mut command);
    let program = match command.spawn() {
        Ok(child) => Pid::from_child(&child),
        Err(error) => return cannot_start(&error),
    };
    let program_ends = process_descriptor(program);
    let mut watched = Watched { caller, caller_ends, program, program_ends, is_closed: false, status: None };
    // Whoever waits for the end of the program's output is not to wait for this process.
    let released = release_output();
    let reason = if released.is_ok() { watched.wait(None) } else { Reason::Abandoned };
    watched.end(reason);
    watched.exit_code()
}

fn cannot_start(error: &io::Error) -> ExitCode {
    // If nobody reads it, nobody is told.
    let _unread = writeln!(io::stderr(), "{CANNOT_START}{error}");
    ExitCode::from(126)
}

/// `None` where there are none, or the process is gone: then it is looked for.
fn process_descriptor(process: Pid) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    return rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()).ok();
    #[cfg(not(target_os = "linux"))]
    return None;
}

fn release_output() -> io::Result<()> {
    let nowhere = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    rustix::stdio::dup2_stderr(&nowhere)?;
    Ok(())
}

impl Watched {
    /// Until something is a reason to end; asked once only.
    fn wait(&mut self, most: Option<Duration>) -> Reason {
        let until = most.map(|most| Instant::now() + most);
        loop {
            self.reap();
            if self.status.is_some() {
                return Reason::Ended;
            }
            if getppid() != Some(self.caller) {
                return Reason::Abandoned;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Reason::Elapsed;
            }
            if self.sleep(left) == Woken::Closed {
                return Reason::Asked;
            }
        }
    }

    fn sleep(&mut self, most: Option<Duration>) -> Woken {
        let look = if self.caller_ends.is_some() && self.program_ends.is_some() { LOOK } else { LOOK_OFTEN };
        let time = most.map_or(look, |most| most.min(look));
        let time = Timespec::try_from(time).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        let input = io::stdin();
        let mut watched = Vec::with_capacity(3);
        if !self.is_closed {
            // Nothing is read: that is the program's. Only the end of it is told.
            watched.push(PollFd::from_borrowed_fd(input.as_fd(), PollFlags::empty()));
        }
        let ends = self.caller_ends.iter().chain(&self.program_ends);
        watched.extend(ends.map(|end| PollFd::new(end, PollFlags::IN)));
        // Interrupted is as good as woken: everything is looked at again.
        let _interrupted = poll(&mut watched, Some(&time));
        let is_over = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if !self.is_closed && watched.first().is_some_and(|input| input.revents().intersects(is_over)) {
            self.is_closed = true;
            return Woken::Closed;
        }
        Woken::Otherwise
    }

    /// Takes note of those that have ended: the program, and what it left behind.
    fn reap(&mut self) {
        while let Ok(Some((process, status))) = wait(WaitOptions::NOHANG) {
            if process == self.program {
                self.status = Some(status);
            }
        }
    }

    fn end(&mut self, reason: Reason) {
        let reason = if reason == Reason::Asked { self.wait(Some(GRACE)) } else { reason };
        // A program that took the hint may have left others behind; the others get the same chance.
        let rest = if reason == Reason::Elapsed { TERM_GRACE } else { REST };
        if tree::signal(self.program, Signal::TERM) {
            self.wait_for_all(rest);
            tree::kill(self.program, || self.reap());
        }
        self.reap();
    }

    fn wait_for_all(&mut self, most: Duration) {
        let until = Instant::now() + most;
        while Instant::now() < until {
            self.reap();
            if !tree::is_alive(self.program) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn exit_code(&self) -> ExitCode {
        let Some(status) = self.status else {
            return ExitCode::from(137);
        };
        let code = status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
        ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    Closed,
    Otherwise,
}
