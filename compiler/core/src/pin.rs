//! Between `check` and `lower`: what each MCP server offers becomes known. A server that `mcp.lock` pins is what it is
//! there; one that is new is asked, and pinned. Then the rules follow that need to know a server's tools, one a file in
//! [`rules`]. Nothing is started here: what is asked goes through [`ServerProber`].

mod exposed;
mod failure;
mod offer;
mod rules;
mod settle;
mod update;
mod used;
mod well_known;

use std::collections::BTreeMap;

use pace_diag::{Reported, Sink};

use crate::check::Checked;
use crate::pins::{self, Lock, Pin};
use crate::servers::{PinMode, ServerProber};

use settle::Settled;
pub use update::Updated;
pub(crate) use update::update;
pub(crate) use used::Used;

/// Every server that agents list, as it is pinned.
#[derive(Debug)]
pub(crate) struct Pinned<'c> {
    /// By key, with those who use it.
    pub(crate) servers: BTreeMap<&'c str, PinnedUse<'c>>,
    /// What became of the lock.
    pub(crate) report: PinReport,
}

/// A server, its pin, and who uses it.
#[derive(Debug, Clone)]
pub(crate) struct PinnedUse<'c> {
    /// What it offered.
    pub(crate) pin: Pin,
    /// The entries that name it, in the order of the agents' names and then the author's. Never empty.
    pub(crate) uses: Vec<Used<'c>>,
}

/// What a build has to say about pins besides diagnostics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PinReport {
    /// The new text of `mcp.lock`, where it changes. Whoever writes the bundle writes it too, first.
    pub lock: Option<String>,
    /// Servers that were pinned by this build.
    pub added: Vec<Added>,
    /// Tools that entries with `access: read` leave out, because they write and no `tools` names them.
    pub left_out: Vec<LeftOut>,
}

/// A server that was not pinned before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its key.
    pub server: String,
    /// Of a package, the version.
    pub version: Option<String>,
    /// How many tools it offers.
    pub tools: usize,
}

/// Tools of a server that one agent does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The agent.
    pub agent: String,
    /// The server's key.
    pub server: String,
    /// The tools, sorted.
    pub tools: Vec<String>,
}

/// Pins the servers of a project.
///
/// # Errors
/// When a server cannot be pinned, or a rule about what is pinned is broken. Those that were pinned before that stand in
/// `kept`: asking a dozen servers takes a while, and one that is down is no reason to ask the others again.
pub(crate) fn pin<'c>(
    checked: &'c Checked<'c>,
    door: &dyn ServerProber,
    mode: PinMode,
    kept: &mut Option<PinReport>,
    sink: &mut Sink,
) -> Result<Pinned<'c>, Reported> {
    let servers = used::collect(checked);
    rules::before(&servers, checked, sink);
    let settled = settle::settle(&servers, checked, door, mode, sink);
    let has_failed = |key: &str| mode == PinMode::Online && !settled.servers.contains_key(key);
    rules::unversioned(&servers, checked, has_failed, sink);
    let report = PinReport { left_out: rules::after(&settled.servers, checked, sink), ..PinReport::default() };
    if let Err(reported) = sink.check() {
        *kept = worth_keeping(&settled, checked, sink);
        return Err(reported);
    }
    let report = settle::adopt(&settled, checked, report, sink)?;
    Ok(Pinned { servers: settled.servers, report })
}

/// Asks the servers that are not pinned, for a project that fails anyway: who mends it hears of them now, and not when everything
/// else is mended. What is pinned is not asked; the rules about both are held, but for those that have to know every agent. Comes
/// back with those that were pinned: the next build need not ask them again.
pub(crate) fn ask_new(
    checked: &Checked<'_>,
    door: &dyn ServerProber,
    mode: PinMode,
    sink: &mut Sink,
) -> Option<PinReport> {
    let mut servers = used::collect(checked);
    rules::before(&servers, checked, sink);
    if checked.resolved.parsed.has_broken_lock() {
        return None;
    }
    let mut known = settle::known(&servers, checked);
    if mode != PinMode::Online {
        rules::after(&known, checked, sink);
        return None;
    }
    servers.retain(|key, _| !known.contains_key(*key));
    let settled = settle::settle(&servers, checked, door, mode, sink);
    known.extend(settled.servers.iter().map(|(key, server)| (*key, server.clone())));
    rules::after(&known, checked, sink);
    worth_keeping(&settled, checked, sink)
}

/// What a build that fails pinned all the same, if it pinned anything.
fn worth_keeping(settled: &Settled<'_>, checked: &Checked<'_>, sink: &mut Sink) -> Option<PinReport> {
    settle::adopt(settled, checked, PinReport::default(), sink).ok().filter(|report| report.lock.is_some())
}

/// What can be said of a project's servers without asking any: the rules, for those that are pinned.
///
/// # Errors
/// When a rule is broken, here or by a pass before.
pub(crate) fn verify(checked: &Checked<'_>, sink: &mut Sink) -> Result<(), Reported> {
    let servers = used::collect(checked);
    rules::before(&servers, checked, sink);
    if checked.resolved.parsed.has_broken_lock() {
        return sink.check();
    }
    rules::unversioned(&servers, checked, |_| false, sink);
    let known = settle::known(&servers, checked);
    rules::after(&known, checked, sink);
    for (key, server) in servers.iter().filter(|(key, _)| !known.contains_key(*key)) {
        rules::unpinned(key, server, checked, sink);
    }
    sink.check()
}

/// The pins that a project has.
pub(crate) fn locked<'c>(checked: &'c Checked<'_>) -> Option<&'c Lock> {
    checked.resolved.parsed.lock.as_ref().map(|file| &file.lock)
}

/// Where a server is pinned.
pub(crate) fn place<'c>(checked: &'c Checked<'_>, server: &str) -> Option<&'c pins::Places> {
    checked.resolved.parsed.lock.as_ref()?.places.get(server)
}
