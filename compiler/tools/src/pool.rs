//! Bundling processes: as many as there is work and processors for, each fed one tool at a time. One that dies takes its
//! tool with it and nothing else.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::protocol::{Reply, Request};
use crate::{BUNDLE_COMMAND, child};

/// How long one tool may take. Large ones take a second; whoever needs a minute will not end.
const TIME: Duration = Duration::from_mins(1);

/// The most processes at once: each needs tens of megabytes, and a project has few tools that changed.
const MOST: usize = 8;

/// Why a process gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It could not be started; nothing can be bundled.
    NotStarted(String),
    /// It ended over this tool.
    Died,
    /// It did not end in time, and was ended.
    Late,
}

/// Bundles tools in child processes of `program`, several at once, and hands each answer on as it comes. `finish` is called
/// on the threads of the pool.
pub(crate) fn bundle<T: Send>(
    program: &Path,
    requests: Vec<Request>,
    finish: impl Fn(Request, Result<Reply, Lost>) -> T + Sync,
) -> Vec<T> {
    let prepare = || Bundler { program: program.to_owned(), process: None };
    each(requests, prepare, |bundler, request| {
        let reply = bundler.ask(&request);
        finish(request, reply)
    })
}

/// Does the same with each of many, on as many threads as there are processors: in no order. `work` is given what `prepare`
/// made for its thread.
pub(crate) fn each<S, W: Send, T: Send>(
    items: Vec<W>,
    prepare: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, W) -> T + Sync,
) -> Vec<T> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = items.len().min(processors).min(MOST);
    let queue = Mutex::new(VecDeque::from(items));
    let done = Mutex::new(Vec::new());
    let thread = || {
        let mut state = prepare();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(item) = next else { return };
            let result = work(&mut state, item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(thread);
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// One process at a time, started when it is needed.
struct Bundler {
    program: PathBuf,
    process: Option<Process>,
}

struct Process {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Bundler {
    fn ask(&mut self, request: &Request) -> Result<Reply, Lost> {
        let process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.program).map_err(|error| Lost::NotStarted(error.to_string()))?,
        };
        // A process that failed is not used again; dropping it ends it.
        let (reply, process) = process.ask(request)?;
        self.process = Some(process);
        Ok(reply)
    }
}

impl Process {
    fn start(program: &Path) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .arg(BUNDLE_COMMAND)
            // What stands in the environment must not change what is built.
            .env_clear()
            .env("RUST_MIN_STACK", child::STACK.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What a dying process says of its own stack helps no author.
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("no pipes"));
        };
        let (send, answers) = channel();
        // Ends with the process, or with whoever listens.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, input, answers })
    }

    fn ask(mut self, request: &Request) -> Result<(Reply, Self), Lost> {
        let mut line = serde_json::to_string(request).map_err(|_| Lost::Died)?;
        line.push('\n');
        self.input.write_all(line.as_bytes()).and_then(|()| self.input.flush()).map_err(|_| Lost::Died)?;
        let answer = self.answers.recv_timeout(TIME).map_err(|error| match error {
            RecvTimeoutError::Timeout => Lost::Late,
            RecvTimeoutError::Disconnected => Lost::Died,
        })?;
        let reply = serde_json::from_str(&answer).map_err(|_| Lost::Died)?;
        Ok((reply, self))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}
