//! Grants, compared by what they come to: a first grant on a tool opens it to one principal and closes it to all others.

use std::collections::BTreeSet;

use pace_ir::Bundle;
use pace_ir::access::{Rules, Subject, Tool};
use pace_ir::program::{Access, GrantTarget, Principal, Target};

use super::changes::Changes;
use super::reach::{People, may};

const WHAT: &str = "tool_grants";

/// All grants.
pub(super) fn compare(changes: &mut Changes, a: &Bundle, b: &Bundle) {
    match (a.auth.grants.is_empty(), b.auth.grants.is_empty()) {
        (true, false) => changes.shrinks(WHAT, "a write with a tool that no grant names needs a grant, was open"),
        (false, true) => changes.grows(WHAT, "a write with a tool that no grant names is open, needed a grant"),
        _ => {}
    }
    let targets: BTreeSet<&GrantTarget> = a.auth.grants.keys().chain(b.auth.grants.keys()).collect();
    for target in targets {
        let before = changes.count();
        self::target(changes, target, a, b);
        if changes.count() == before && a.auth.grants.get(target) != b.auth.grants.get(target) {
            changes.changes(WHAT, format!("grants on `{target}` are others, and let the same people do the same"));
        }
    }
}

fn target(changes: &mut Changes, target: &GrantTarget, a: &Bundle, b: &Bundle) {
    let named = [a, b].into_iter().filter_map(|bundle| bundle.auth.grants.get(target)).flat_map(|grants| grants.keys());
    let people = People::of(named.cloned());
    let levels = |principal: &Principal| (level(a, target, principal), level(b, target, principal));
    for (who, (a, b)) in people.differences(levels) {
        let text = may(&who, "use", &format!("`{target}`"), a, b);
        match b.cmp(&a) {
            std::cmp::Ordering::Greater => changes.grows(WHAT, text),
            std::cmp::Ordering::Less => changes.shrinks(WHAT, text),
            std::cmp::Ordering::Equal => {}
        }
    }
}

/// The most that a principal may do with a tool by the grants; nothing with a tool that the bundle does not speak of.
fn level(bundle: &Bundle, target: &GrantTarget, principal: &Principal) -> Option<Access> {
    if !is_spoken_of(bundle, target) {
        return None;
    }
    let tool = match target {
        GrantTarget::Local(key) => Tool::Local(key.clone()),
        // Stands for each tool of the server that no grant names: no tool has an empty name.
        GrantTarget::Server(server) => Tool::Server(server.clone(), String::new()),
        GrantTarget::ServerTool(server, tool) => Tool::Server(server.clone(), tool.clone()),
    };
    let subject = Subject::new(principal.clone());
    let may = |class: &Access| Rules::of(bundle).privilege(&subject, &tool, *class).is_allowed();
    [Access::Write, Access::Read].into_iter().find(may)
}

/// Whether a grant names it, or an agent uses it.
fn is_spoken_of(bundle: &Bundle, target: &GrantTarget) -> bool {
    let mut entries = bundle.program.agents.values().flat_map(|agent| &agent.tools);
    let is_used = entries.any(|entry| match (&entry.target, target) {
        (Target::Local(local), GrantTarget::Local(key)) => local.tool == *key,
        (Target::Server(server), GrantTarget::Server(key) | GrantTarget::ServerTool(key, _)) => server.server == *key,
        _ => false,
    });
    is_used || bundle.auth.grants.contains_key(target)
}
