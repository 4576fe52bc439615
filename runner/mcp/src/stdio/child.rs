//! A program that runs, until nothing is left of it.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::log::Said;
use crate::bounds::{GRACE, TERM_GRACE};
use crate::error::Kind;
use crate::supervise::orphans;

/// How long a supervisor may take beyond what it gives the program.
const SUPERVISOR_GRACE: Duration = Duration::from_secs(3);
/// How long is waited for the last lines of a program that has ended: others may hold its standard error open.
const LAST_LINES: Duration = Duration::from_millis(200);

/// A program that was started. Dropped, it is ended without being waited for.
#[derive(Debug)]
pub(crate) struct Child {
    program: PathBuf,
    said: Arc<Said>,
    /// How it ended, once it has.
    ended: watch::Receiver<Option<ExitStatus>>,
    /// Dropped to have it ended.
    end: Option<oneshot::Sender<()>>,
}

impl Child {
    /// Looks after a program.
    pub(super) fn mind(child: tokio::process::Child, program: PathBuf, said: Arc<Said>, log: JoinHandle<()>) -> Self {
        let (ends, ended) = watch::channel(None);
        let (end, asked) = oneshot::channel();
        tokio::spawn(mind(child, log, asked, ends));
        Self { program, said, ended, end: Some(end) }
    }

    /// The last lines of its standard error.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lines()
    }

    /// Why it is not there, if it is not: what was the matter at the start, or how it ended. Waits a moment for a program that
    /// is about to end.
    pub(crate) async fn why_ended(&self) -> Option<Kind> {
        let mut ended = self.ended.clone();
        let status = tokio::time::timeout(SUPERVISOR_GRACE, ended.wait_for(Option::is_some)).await;
        let status = status.ok()?.ok().and_then(|status| *status);
        if let Some(why) = self.said.cannot_start() {
            return Some(Kind::CannotStart { program: self.program.clone(), why });
        }
        Some(Kind::EndedAtOnce { status: described(status), said: self.said.error_and_lines() })
    }

    /// How it ended, once it has: `ended with exit code 1` and the like.
    pub(crate) async fn ended(&self) -> String {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await.ok().and_then(|status| *status);
        described(status)
    }

    /// Ends it, and ends when nothing is left of it. Its standard input has to be closed.
    pub(crate) async fn end(&mut self) {
        self.end = None;
        let mut ended = self.ended.clone();
        // Fails if the task is gone, with the runtime.
        let _gone = ended.wait_for(Option::is_some).await;
    }
}

/// What stood behind it: the supervisor's exit code is the program's, or 128 and the signal that ended it.
fn described(status: Option<ExitStatus>) -> String {
    match status.and_then(|status| status.code()) {
        Some(0) => "ended".to_owned(),
        Some(code @ 129..=192) => format!("was ended by signal {}", code - 128),
        Some(code) => format!("ended with exit code {code}"),
        None => "was killed".to_owned(),
    }
}

async fn mind(
    mut child: tokio::process::Child,
    log: JoinHandle<()>,
    asked: oneshot::Receiver<()>,
    ends: watch::Sender<Option<ExitStatus>>,
) {
    let group = child.id();
    let mut status = tokio::select! {
        status = child.wait() => status.ok(),
        _asked = asked => None,
    };
    if status.is_none() {
        let most = GRACE + TERM_GRACE + SUPERVISOR_GRACE;
        status = tokio::time::timeout(most, child.wait()).await.ok().and_then(Result::ok);
    }
    // A supervisor that ended by itself has seen to everything. One that was killed, or hangs, left that to us.
    if status.is_none_or(|status| status.code().is_none()) {
        kill(group);
        let _already_ended = child.start_kill();
        status = child.wait().await.ok();
        orphans::end(group).await;
    } else {
        orphans::ended(group);
    }
    let _late = tokio::time::timeout(LAST_LINES, log).await;
    ends.send_replace(Some(status.unwrap_or_default()));
}

/// Ends a process group.
#[cfg(unix)]
fn kill(group: Option<u32>) {
    use rustix::process::{Pid, Signal, kill_process_group};

    let group = group.and_then(|group| i32::try_from(group).ok()).and_then(Pid::from_raw);
    if let Some(group) = group {
        // Nobody is left in it.
        let _empty = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_group: Option<u32>) {}
