//! The tool entries of an agent. An entry that is not there is one that can do nothing, so what a new entry brings along
//! (hosts, secrets) is told too.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::program::tool::{AgentTarget, LocalTarget, ServerTarget};
use pace_ir::program::{Access, ByteSize, Milliseconds, Target, Template, ToolEntry};

use super::changes::{Changes, numbered, paired};
use super::{net, values};

/// Wall-clock time of one call of a compiled tool, where its entry says nothing.
const LOCAL_TIMEOUT: Milliseconds = Milliseconds(30_000);
/// Memory of one call of a compiled tool, where its entry says nothing.
const LOCAL_MEMORY: ByteSize = ByteSize(64 << 20);

/// The kind and the name of what an entry calls.
type Key<'e> = (&'static str, &'e str);

/// Two lists of entries.
pub(super) fn compare(changes: &mut Changes, a: &[ToolEntry], b: &[ToolEntry]) {
    let maps = (by_key(a), by_key(b));
    for (((kind, name), _), old, new) in paired(&maps.0, &maps.1) {
        let name = if *kind == "agent" { format!("the agent `{name}`") } else { format!("`{name}`") };
        match (old, new) {
            (None, Some(new)) => {
                changes.grows("tools", format!("may use {name} ({})", new.access.as_str()));
                details(changes, &name, None, Some(new));
            }
            (Some(old), None) => {
                changes.shrinks("tools", format!("may no longer use {name} ({})", old.access.as_str()));
                details(changes, &name, Some(old), None);
            }
            (Some(old), Some(new)) => entry(changes, &name, old, new),
            (None, None) => {}
        }
    }
    let is_reordered = maps.0.keys().eq(maps.1.keys()) && !a.iter().map(target).eq(b.iter().map(target));
    if is_reordered {
        changes.changes("tools", "tools are in another order");
    }
}

fn by_key(entries: &[ToolEntry]) -> BTreeMap<(Key<'_>, usize), &ToolEntry> {
    numbered(entries.iter().map(|entry| (target(entry), entry)))
}

fn target(entry: &ToolEntry) -> Key<'_> {
    match &entry.target {
        Target::Local(LocalTarget { tool, .. }) => ("tool", tool),
        Target::Server(ServerTarget { server, .. }) => ("server", server),
        Target::Agent(AgentTarget { agent, .. }) => ("agent", agent.as_str()),
    }
}

/// What only two entries for one target can differ in, then the rest.
fn entry(changes: &mut Changes, name: &str, a: &ToolEntry, b: &ToolEntry) {
    let show = |access: &Access| format!("`{}`", access.as_str());
    changes.level("tools", &format!("`access` to {name}"), (a.access, b.access), show);
    match (&a.target, &b.target) {
        (Target::Local(old), Target::Local(new)) => {
            let times = (a.timeout.unwrap_or(LOCAL_TIMEOUT), b.timeout.unwrap_or(LOCAL_TIMEOUT));
            changes.level("tools", &format!("`timeout` of {name}"), times, ToString::to_string);
            let sizes = (old.memory.unwrap_or(LOCAL_MEMORY), new.memory.unwrap_or(LOCAL_MEMORY));
            changes.level("tools", &format!("`memory` of {name}"), sizes, ToString::to_string);
        }
        (Target::Server(old), Target::Server(new)) => {
            values::timeout(changes, "tools", &format!("`timeout` of {name}"), (a.timeout, b.timeout));
            changes.value("tools", &format!("`alias` of {name}"), &old.alias, &new.alias);
            filter(changes, name, old.tools.as_ref(), new.tools.as_ref());
            let words = |tool: &String| format!("calls of `{tool}` of {name} count as reads");
            let lost = |tool: &String| format!("calls of `{tool}` of {name} count as its annotation says");
            changes.set("tools", (&old.read_only, &new.read_only), words, lost);
        }
        (Target::Agent(old), Target::Agent(new)) => {
            values::timeout(changes, "tools", &format!("`timeout` of {name}"), (a.timeout, b.timeout));
            changes.value("tools", &format!("`alias` of {name}"), &old.alias, &new.alias);
        }
        _ => {}
    }
    details(changes, name, Some(a), Some(b));
}

/// A server's tools that an entry exposes; all of them where there is no list.
fn filter(changes: &mut Changes, name: &str, a: Option<&BTreeSet<String>>, b: Option<&BTreeSet<String>>) {
    match (a, b) {
        (None, Some(list)) => {
            let list = values::quoted(list, "none");
            changes.shrinks("tools", format!("of {name} may use only {list}, was all its tools"));
        }
        (Some(list), None) => {
            let list = values::quoted(list, "none");
            changes.grows("tools", format!("of {name} may use all tools, was only {list}"));
        }
        (Some(a), Some(b)) => {
            let lost = |tool: &String| format!("may no longer use `{tool}` of {name}");
            changes.set("tools", (a, b), |tool| format!("may use `{tool}` of {name}"), lost);
        }
        (None, None) => {}
    }
}

/// What an entry can connect to, sees and is told.
fn details(changes: &mut Changes, name: &str, a: Option<&ToolEntry>, b: Option<&ToolEntry>) {
    net::compare(changes, name, a.and_then(network), b.and_then(network));
    let none = BTreeMap::new();
    let envs = (a.map_or(&none, |entry| &entry.env), b.map_or(&none, |entry| &entry.env));
    env(changes, name, envs.0, envs.1);
    let servers = (a.and_then(server), b.and_then(server));
    let roots = |server: Option<&ServerTarget>| -> BTreeSet<String> {
        server.into_iter().flat_map(|server| server.roots.iter().cloned()).collect()
    };
    let lost = |root: &String| format!("{name} is no longer told of the folder `{root}`");
    let gained = |root: &String| format!("{name} is told of the folder `{root}`");
    changes.set("tools", (&roots(servers.0), &roots(servers.1)), gained, lost);
    if let (Some(old), Some(new)) = servers
        && roots(servers.0) == roots(servers.1)
        && old.roots != new.roots
    {
        changes.changes("tools", format!("`roots` of {name} are in another order"));
    }
    arguments(changes, name, servers);
}

fn network(entry: &ToolEntry) -> Option<&pace_ir::program::tool::Net> {
    match &entry.target {
        Target::Local(local) => Some(&local.net),
        Target::Server(_) | Target::Agent(_) => None,
    }
}

fn server(entry: &ToolEntry) -> Option<&ServerTarget> {
    match &entry.target {
        Target::Server(server) => Some(server),
        Target::Local(_) | Target::Agent(_) => None,
    }
}

fn env(changes: &mut Changes, name: &str, a: &BTreeMap<String, Template>, b: &BTreeMap<String, Template>) {
    for (variable, old, new) in paired(a, b) {
        match (old, new) {
            (None, Some(value)) => changes.grows("env", format!("{name} sees `{variable}` with `{value}`")),
            (Some(_), None) => changes.shrinks("env", format!("{name} no longer sees `{variable}`")),
            pair => values::template(changes, "env", &format!("`{variable}` of {name}"), pair),
        }
    }
}

fn arguments(changes: &mut Changes, name: &str, (a, b): (Option<&ServerTarget>, Option<&ServerTarget>)) {
    let (old, new) = (a.map_or(&[][..], |a| &a.args), b.map_or(&[][..], |b| &b.args));
    let before = changes.count();
    values::secrets(changes, "tools", &format!("`args` of {name}"), (old, new));
    if a.is_some() && b.is_some() && changes.count() == before && old != new {
        let show = |args: &[Template]| values::quoted(args, "empty");
        changes.changes("tools", format!("`args` of {name} are {}, were {}", show(new), show(old)));
    }
}
