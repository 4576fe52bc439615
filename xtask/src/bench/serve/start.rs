//! How long it takes from starting the runner to its first answer, where nothing can be written: the starts are made by this
//! very program as `__start`, in a mount namespace of its own in which everything is read-only.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::bench::measure::median;
use crate::bench::server::Server;
use crate::command::{capture, succeeds};

/// How often.
const RUNS: usize = 20;

/// Places where programs write, if they can.
const WRITABLE: [&str; 5] = ["/", "/tmp", "/var/tmp", "/dev/shm", "/root"];

/// What a start took, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// Until it listened.
    pub(super) listening: f64,
    /// Until the first answer was there.
    pub(super) answered: f64,
}

/// Where a start was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    ReadOnly,
    /// This machine gives nobody a mount namespace.
    AsItIs,
}

/// The median over many starts, after one that does not count.
pub(super) fn measure(runner: &Path, bundle: &Path, model: u16) -> Result<(Start, Disk)> {
    let this = std::env::current_exe().context("cannot find this program")?;
    let disk = if succeeds(&[&UNSHARE[..], &["true"]].concat()) { Disk::ReadOnly } else { Disk::AsItIs };
    let mut command = match disk {
        Disk::ReadOnly => {
            let mut unshare = Command::new("unshare");
            unshare.args(&UNSHARE[1..]).arg(this).args(["__start", "--read-only"]);
            unshare
        }
        Disk::AsItIs => {
            let mut command = Command::new(this);
            command.arg("__start");
            command
        }
    };
    let output = capture(command.arg(runner).arg(bundle).arg(model.to_string()))?;
    let text = String::from_utf8_lossy(&output);
    let figures: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [listening, answered] = figures[..] else { bail!("the starts tell `{text}`") };
    Ok((Start { listening, answered }, disk))
}

/// A mount namespace of one's own, as root or where users may have one.
const UNSHARE: [&str; 4] = ["unshare", "--mount", "--map-root-user", "--propagation=private"];

/// The other side of [`measure`].
pub(crate) fn child(arguments: &[&str]) -> Result<()> {
    let (arguments, disk) = match arguments {
        ["--read-only", rest @ ..] => (rest, Disk::ReadOnly),
        rest => (rest, Disk::AsItIs),
    };
    let [runner, bundle, model] = arguments else { bail!("a runner, a bundle and a port are missing") };
    if disk == Disk::ReadOnly {
        make_read_only()?;
    }
    let model = model.parse()?;
    once(Path::new(runner), Path::new(bundle), model)?;
    let starts = (0..RUNS).map(|_| once(Path::new(runner), Path::new(bundle), model)).collect::<Result<Vec<_>>>()?;
    let of = |figure: fn(&Start) -> f64| median(starts.iter().map(figure));
    println!("{} {}", of(|start| start.listening), of(|start| start.answered));
    Ok(())
}

/// Makes all that is mounted read-only, and proves that nothing can be written.
fn make_read_only() -> Result<()> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").context("this bench needs Linux's /proc")?;
    for path in mounts.lines().filter_map(|line| line.split(' ').nth(1)) {
        // Some cannot be: what matters is proven below.
        succeeds(&["mount", "-o", "remount,bind,ro", path]);
    }
    for folder in WRITABLE.map(Path::new).into_iter().filter(|folder| folder.exists()) {
        let error = tempfile::tempfile_in(folder).err();
        let is_refused = error.is_some_and(|error| error.kind() == ErrorKind::ReadOnlyFilesystem);
        ensure!(is_refused, "{} is not read-only", folder.display());
    }
    Ok(())
}

fn once(runner: &Path, bundle: &Path, model: u16) -> Result<Start> {
    let begun = Instant::now();
    let server = Server::start_runner(runner, bundle.as_os_str(), model, OsStr::new("memory"))?;
    let listening = begun.elapsed().as_secs_f64() * 1_000.0;
    let answer = server.post("/agents/agent-7/chat", super::MESSAGE)?;
    let answered = begun.elapsed().as_secs_f64() * 1_000.0;
    ensure!(answer.contains("Oslo 9 C."), "the runner's first answer is wrong: {answer}");
    Ok(Start { listening, answered })
}
