//! `pace mcp update`: the one way in which a pin changes.

use std::collections::BTreeMap;

use pace_diag::{Reported, Sink};

use super::settle::{self, Settling};
use super::used::{self, Server};
use super::{Added, locked, rules};
use crate::check::Checked;
use crate::pins::{self, Change, Lock, Pin};
use crate::resolve::Address;
use crate::servers::{PinMode, ServerProber, WantedServer};

/// What an update changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Updated {
    /// The new text of `mcp.lock`, where it changes.
    pub lock: Option<String>,
    /// How what servers offer differs from what was pinned, by key; servers that offer the same are not there.
    pub changed: BTreeMap<String, Vec<Change>>,
    /// Packages whose pinned version or tree changed, by key: the versions before and after.
    pub moved: BTreeMap<String, (String, String)>,
    /// Servers that were not pinned.
    pub added: Vec<Added>,
    /// Servers that no agent lists any more.
    pub dropped: Vec<String>,
    /// What was asked for, and is the address or alias of no server that an agent lists.
    pub unknown: Vec<String>,
}

/// Asks, and pins what is answered.
///
/// # Errors
/// When a server that is asked cannot be pinned; then nothing changes.
pub(crate) fn update(
    checked: &Checked<'_>,
    door: &dyn ServerProber,
    only: &[String],
    sink: &mut Sink,
) -> Result<Updated, Reported> {
    let servers = used::collect(checked);
    rules::one_each(&servers, sink);
    sink.check()?;
    let before = locked(checked).cloned().unwrap_or_default();
    let unknown = only.iter().filter(|text| !servers.iter().any(|(key, server)| is_meant(text, key, server)));
    let mut updated = Updated { unknown: unknown.cloned().collect(), ..Updated::default() };
    let mut after = before.clone();
    after.servers.retain(|key, _| servers.contains_key(key.as_str()));
    updated.dropped = before.servers.keys().filter(|key| !after.servers.contains_key(*key)).cloned().collect();
    let chosen =
        |key: &str, server: &Server<'_>| only.is_empty() || only.iter().any(|text| is_meant(text, key, server));
    let asked: Vec<_> = servers.iter().filter(|(key, server)| chosen(key, server)).collect();
    let wanted: Vec<_> = asked.iter().flat_map(|(_, server)| &server.variants).map(|one| anew(&one.wanted)).collect();
    let mut answers = if wanted.is_empty() { Vec::new() } else { door.probe(&wanted) }.into_iter();
    for (key, server) in asked {
        let answers = answers.by_ref().take(server.variants.len()).collect();
        let mut settling = Settling { key, server, checked, mode: PinMode::Online, sink, ask: anew };
        if let Some(pin) = settling.first(answers) {
            note(&mut updated, key, before.servers.get(*key), &pin);
            after.servers.insert((*key).to_owned(), pin);
        }
    }
    sink.check()?;
    updated.lock = text(&before, &after, sink)?;
    Ok(updated)
}

/// The text of the lock, where it changes.
fn text(before: &Lock, after: &Lock, sink: &mut Sink) -> Result<Option<String>, Reported> {
    if before == after { Ok(None) } else { settle::written(after, sink).map(Some) }
}

/// A server asked without regard to what is pinned: the version that the author asks for, or the newest.
fn anew(wanted: &WantedServer) -> WantedServer {
    WantedServer { package: None, ..wanted.clone() }
}

/// Whether somebody who types this means that server: its key, its address in another spelling, or an alias.
fn is_meant(text: &str, key: &str, server: &Server<'_>) -> bool {
    let is_alias = || server.uses.iter().any(|used| used.tool.alias.as_str() == text);
    text == key || Address::parse_text(text).is_ok_and(|address| address.key == key) || is_alias()
}

fn note(updated: &mut Updated, key: &str, before: Option<&Pin>, after: &Pin) {
    let version = |pin: &Pin| pin.package.as_ref().map(|package| package.version.clone());
    let Some(before) = before else {
        updated.added.push(Added { server: key.to_owned(), version: version(after), tools: after.tools.len() });
        return;
    };
    let changes = pins::compare(before, after);
    if !changes.is_empty() {
        updated.changed.insert(key.to_owned(), changes);
    }
    if before.package != after.package {
        let versions = (version(before).unwrap_or_default(), version(after).unwrap_or_default());
        updated.moved.insert(key.to_owned(), versions);
    }
}
