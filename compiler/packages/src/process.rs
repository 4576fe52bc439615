//! One run of a client: its own process group, ended when it takes too long or nobody waits any more; what it says is bounded.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::PackageError;
use crate::settings::Settings;
use crate::surroundings;

/// The most that is kept of either output; the rest is read and dropped. All versions of a busy package are 300 KB.
const KEPT: u64 = 4 << 20;

/// How often a run is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Output {
    /// Whether it says that it succeeded.
    pub(crate) succeeded: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `program` in `folder` to its end, with nothing to read.
pub(crate) fn run(
    program: &'static str,
    arguments: &[&str],
    folder: &Path,
    settings: &Settings,
) -> Result<Output, PackageError> {
    let mut command = Command::new(program);
    surroundings::set(&mut command, settings);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => PackageError::Missing { program },
        _ => PackageError::Failed { program, said: error.to_string() },
    })?;
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    Running { child, group }.wait(program, settings)
}

struct Running {
    child: Child,
    /// Its process group, until it was ended.
    group: Option<rustix::process::Pid>,
}

impl Running {
    fn wait(mut self, program: &'static str, settings: &Settings) -> Result<Output, PackageError> {
        let failed = |error: std::io::Error| PackageError::Failed { program, said: error.to_string() };
        let out = self.child.stdout.take().map(read);
        let err = self.child.stderr.take().map(read);
        let begin = Instant::now();
        while !self.is_over().map_err(failed)? {
            if settings.cancelled.load(Ordering::Relaxed) {
                return Err(PackageError::Cancelled);
            }
            if begin.elapsed() >= settings.limit {
                return Err(PackageError::Late { program, limit: settings.limit });
            }
            std::thread::sleep(PAUSE);
        }
        // Whatever the run left behind would hold the pipes open.
        self.end();
        let status = self.child.wait().map_err(failed)?;
        let text = |reader: Option<JoinHandle<Vec<u8>>>| {
            let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Output { succeeded: status.success(), out: text(out), err: text(err) })
    }

    /// Whether it has ended. It is not taken from the system's table yet, so that its group's number stays its own.
    fn is_over(&self) -> std::io::Result<bool> {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let Some(group) = self.group else { return Ok(true) };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        Ok(waitid(WaitId::Pid(group), options)?.is_some())
    }

    fn end(&mut self) {
        if let Some(group) = self.group.take() {
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        let _reaped = self.child.wait();
    }
}

/// The first [`KEPT`] bytes; reads to the end, so that nothing waits for a reader.
fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let _lost = pipe.by_ref().take(KEPT).read_to_end(&mut kept);
        let _lost = std::io::copy(&mut pipe, &mut std::io::sink());
        kept
    })
}
