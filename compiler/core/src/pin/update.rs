//! `pace mcp update`: the one way in which a pin changes.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Reported, Sink};

use super::settle::{self, Settling};
use super::used::{self, Server};
use super::{Added, locked, rules};
use crate::check::Checked;
use crate::pins::{self, Change, Pin};
use crate::resolve::Address;
use crate::servers::{PinMode, ServerProber, WantedServer};

/// What an update changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Updated {
    /// The new text of `mcp.lock`, where it changes. Servers that did not change stand in it as they stood.
    pub lock: Option<String>,
    /// How what servers offer differs from what was pinned, by key; servers that offer the same are not there. Empty where
    /// schemas say the same in another order.
    pub changed: BTreeMap<String, Vec<Change>>,
    /// Packages whose pinned version or tree changed, by key: the versions before and after.
    pub moved: BTreeMap<String, (String, String)>,
    /// Servers that were not pinned.
    pub added: Vec<Added>,
    /// Servers that no agent lists any more.
    pub dropped: Vec<String>,
    /// Servers that stay as they are, pinned or not, because of what was said about them.
    pub failed: Vec<String>,
    /// Servers that were asked, and offer what is pinned.
    pub same: Vec<String>,
    /// What was asked for, and is the address or alias of no server that an agent lists. Then nobody was asked.
    pub unknown: Vec<String>,
    /// Servers and tools of them that were asked for, and are neither pinned nor offered. Then nothing changes.
    pub unknown_tools: Vec<(String, String)>,
}

/// Asks, and pins what is answered. A server that cannot be pinned keeps no other from it: pins do not depend on each other, and
/// a lock with some of them made anew is as good as any.
///
/// # Errors
/// When the project is not one whose servers can be asked, or the lock would not be one that can be read again.
pub(crate) fn update(
    checked: &Checked<'_>,
    door: &dyn ServerProber,
    only: &[String],
    sink: &mut Sink,
) -> Result<Updated, Reported> {
    let servers = used::collect(checked);
    rules::one_each(&servers, sink);
    sink.check()?;
    let mut updated = Updated::default();
    let parts = chosen(&servers, only, checked, &mut updated.unknown);
    if !updated.unknown.is_empty() {
        return Ok(updated);
    }
    let before = locked(checked).cloned().unwrap_or_default();
    let mut after = before.clone();
    if only.is_empty() {
        after.servers.retain(|key, _| servers.contains_key(key.as_str()));
        updated.dropped = before.servers.keys().filter(|key| !after.servers.contains_key(*key)).cloned().collect();
    }
    let asked: Vec<_> = servers.iter().filter_map(|(key, server)| Some((*key, server, parts.get(key)?))).collect();
    let wanted = asked.iter().flat_map(|(_, server, part)| server.variants.iter().map(|one| part.ask()(&one.wanted)));
    let wanted: Vec<_> = wanted.collect();
    let mut answers = if wanted.is_empty() { Vec::new() } else { door.probe(&wanted) }.into_iter();
    for (key, server, part) in asked {
        let answers = answers.by_ref().take(server.variants.len()).collect();
        let mut settling = Settling { key, server, checked, mode: PinMode::Online, sink, ask: part.ask() };
        let before = before.servers.get(key);
        match settling.first(answers).map(|offered| part.adopted(before, offered)) {
            Some(Ok(pin)) => {
                updated.note(key, before, &pin);
                after.servers.insert(key.to_owned(), pin);
            }
            Some(Err(missing)) => updated.unknown_tools.extend(missing.into_iter().map(|tool| (key.to_owned(), tool))),
            None => updated.failed.push(key.to_owned()),
        }
    }
    if updated.unknown_tools.is_empty() && before != after {
        updated.lock = Some(settle::written(checked, &after, sink)?);
    }
    Ok(updated)
}

/// What of a server is pinned anew.
#[derive(Debug)]
enum Part<'a> {
    /// All.
    Whole,
    /// These tools. What is installed, and what else is pinned, stays.
    Tools(BTreeSet<&'a str>),
}

/// By server, what is meant by `only`, or all; what means nothing is added to `unknown`.
fn chosen<'a>(
    servers: &BTreeMap<&'a str, Server<'_>>,
    only: &'a [String],
    checked: &Checked<'_>,
    unknown: &mut Vec<String>,
) -> BTreeMap<&'a str, Part<'a>> {
    if only.is_empty() {
        return servers.keys().map(|key| (*key, Part::Whole)).collect();
    }
    let mut chosen: BTreeMap<&str, Part<'_>> = BTreeMap::new();
    for text in only {
        let meant: Vec<_> = servers.iter().filter_map(|(key, server)| Some((*key, part(text, key, server)?))).collect();
        if meant.is_empty() {
            unknown.push(text.clone());
        }
        for (key, part) in meant {
            // Nothing of a server that is not pinned can be left as it was.
            let is_pinned = locked(checked).is_some_and(|lock| lock.servers.contains_key(key));
            let part = if is_pinned { part } else { Part::Whole };
            match (chosen.remove(key), part) {
                (Some(Part::Tools(mut tools)), Part::Tools(more)) => {
                    tools.extend(more);
                    chosen.insert(key, Part::Tools(tools));
                }
                (Some(Part::Whole), _) | (_, Part::Whole) => {
                    chosen.insert(key, Part::Whole);
                }
                (None, part) => {
                    chosen.insert(key, part);
                }
            }
        }
    }
    chosen
}

/// What somebody who types this means of that server: all of it by its key, its address in another spelling, or an alias; one
/// tool by any of these, a `/`, and the tool's name.
fn part<'t>(text: &'t str, key: &str, server: &Server<'_>) -> Option<Part<'t>> {
    if is_meant(text, key, server) {
        return Some(Part::Whole);
    }
    // The longest name of a server that it begins with.
    let (_, tool) = text
        .rmatch_indices('/')
        .filter_map(|(at, _)| Some((text.get(..at)?, text.get(at + 1..)?)))
        .find(|(name, tool)| !tool.is_empty() && is_meant(name, key, server))?;
    Some(Part::Tools([tool].into()))
}

fn is_meant(text: &str, key: &str, server: &Server<'_>) -> bool {
    let is_alias = || server.uses.iter().any(|used| used.tool.alias.as_str() == text);
    text == key || Address::parse_text(text).is_ok_and(|address| address.key == key) || is_alias()
}

impl Part<'_> {
    /// What is made of an entry to ask: without regard to what is pinned, the version that the author asks for, or the newest;
    /// for single tools, the package that is pinned.
    fn ask(&self) -> fn(&WantedServer) -> WantedServer {
        match self {
            Self::Whole => |wanted| WantedServer { package: None, ..wanted.clone() },
            Self::Tools(_) => WantedServer::clone,
        }
    }

    /// The pin that comes of an offer.
    ///
    /// # Errors
    /// The tools that are neither pinned nor offered.
    fn adopted(&self, before: Option<&Pin>, mut offered: Pin) -> Result<Pin, Vec<String>> {
        let (Self::Tools(names), Some(before)) = (self, before) else { return Ok(offered) };
        let mut pin = before.clone();
        let mut missing = Vec::new();
        for name in names {
            match (offered.tools.remove(*name), pin.tools.remove(*name)) {
                (Some(now), _) => {
                    pin.tools.insert((*name).to_owned(), now);
                }
                (None, Some(_)) => {}
                (None, None) => missing.push((*name).to_owned()),
            }
        }
        if missing.is_empty() { Ok(pin) } else { Err(missing) }
    }
}

impl Updated {
    fn note(&mut self, key: &str, before: Option<&Pin>, after: &Pin) {
        let version = |pin: &Pin| pin.package.as_ref().map(|package| package.version.clone());
        let Some(before) = before else {
            self.added.push(Added { server: key.to_owned(), version: version(after), tools: after.tools.len() });
            return;
        };
        if before == after {
            self.same.push(key.to_owned());
            return;
        }
        let changes = pins::compare(before, after);
        let has_moved = before.package != after.package;
        if has_moved {
            let versions = (version(before).unwrap_or_default(), version(after).unwrap_or_default());
            self.moved.insert(key.to_owned(), versions);
        }
        if !has_moved || !changes.is_empty() {
            self.changed.insert(key.to_owned(), changes);
        }
    }
}
