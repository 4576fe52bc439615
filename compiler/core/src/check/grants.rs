//! Tool grants: one for a (tool, principal) pair (`P0404`), and the lints `unused-grant` and `ungranted-read`.

use std::collections::BTreeMap;

use pace_diag::{Applicability, Diagnostic, Lints, Sink, code, nearest};
use pace_ir::program::{Access, GrantTarget, Principal};
use pace_syntax::Span;

use crate::resolve::{Resolved, ResolvedGrant, ResolvedTarget, ResolvedTool, duplicate_entry};

/// Who may use which tool.
pub(super) fn check(
    resolved: &Resolved<'_>,
    lints: &Lints,
    sink: &mut Sink,
) -> BTreeMap<GrantTarget, BTreeMap<Principal, Access>> {
    let mut seen: BTreeMap<(GrantTarget, Principal), Span> = BTreeMap::new();
    let mut all: BTreeMap<GrantTarget, BTreeMap<Principal, Access>> = BTreeMap::new();
    for entry in &resolved.grants {
        unused(entry, resolved, lints, sink);
        let of_tool = all.entry(entry.target.clone()).or_default();
        for grant in entry.spec.grants.items() {
            let (Some(principal), Some(access)) = (grant.value.principal.get(), grant.value.access.get()) else {
                continue;
            };
            let key = (entry.target.clone(), principal.clone());
            if let Some(first) = seen.get(&key) {
                let what = format!("`{principal}` on `{}`", entry.target);
                duplicate_entry::report(&what, "`tool_grants`", grant.span, *first, sink);
            } else {
                seen.insert(key, grant.span);
                of_tool.insert(principal.clone(), *access);
            }
        }
    }
    ungranted(resolved, lints, sink);
    all
}

/// Whether an entry's calls fall under a grant.
pub(crate) fn covers(grant: &GrantTarget, tool: &ResolvedTool<'_>) -> bool {
    match (grant, &tool.target) {
        (GrantTarget::Local(granted), ResolvedTarget::Local(name)) => granted == name,
        (GrantTarget::Server(key), ResolvedTarget::Server(address)) => *key == address.key,
        (GrantTarget::ServerTool(key, name), ResolvedTarget::Server(address)) => {
            let filter = tool.keys.tools.get();
            *key == address.key && filter.is_none_or(|list| list.items.iter().any(|item| item.value.0 == *name))
        }
        _ => false,
    }
}

fn unused(entry: &ResolvedGrant<'_>, resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    let mut tools = resolved.agents.values().flat_map(|agent| &agent.tools);
    if !is_whole(resolved) || tools.any(|tool| covers(&entry.target, tool)) {
        return;
    }
    let diagnostic = Diagnostic::new(&code::UNUSED_GRANT, format!("the grant on `{}` is never used", entry.target))
        .at(entry.named_at, "no agent lists this tool");
    let tools = || resolved.agents.values().flat_map(|agent| &agent.tools);
    let keys: Vec<_> = tools().filter_map(key).collect();
    let wanted = entry.target.to_string();
    sink.lint(
        lints,
        match nearest::nearest(&wanted, keys.iter().map(String::as_str)) {
            Some(near) => {
                diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, entry.named_at, near)
            }
            None => diagnostic.help("remove the grant, or list the tool in an agent's spec"),
        },
    );
}

/// Whether every tool entry of every agent is known.
fn is_whole(resolved: &Resolved<'_>) -> bool {
    let listed = |tools: usize, items: usize| tools == items;
    resolved.parsed.complete
        && resolved
            .agents
            .values()
            .all(|agent| agent.spec.tools.is_complete() && listed(agent.tools.len(), agent.spec.tools.items().len()))
}

fn key(tool: &ResolvedTool<'_>) -> Option<String> {
    match &tool.target {
        ResolvedTarget::Local(name) => Some(name.clone()),
        ResolvedTarget::Server(address) => Some(address.key.clone()),
        ResolvedTarget::Skill(_) | ResolvedTarget::Agent(..) => None,
    }
}

/// Reads that nobody granted, for the strict.
fn ungranted(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    for tool in resolved.agents.values().flat_map(|agent| &agent.tools) {
        let Some(key) = key(tool) else { continue };
        if resolved.grants.iter().any(|grant| covers(&grant.target, tool)) {
            continue;
        }
        let diagnostic = Diagnostic::new(&code::UNGRANTED_READ, format!("everyone may read through `{key}`"))
            .at(tool.named_at, "no entry of `tool_grants` names this tool")
            .help("grant it to those who need it");
        sink.lint(lints, diagnostic);
    }
}
