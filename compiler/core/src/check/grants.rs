//! Tool grants: one for a (tool, principal) pair (`P0404`), the lint `unused-grant`, and for compiled tools the lints
//! `ungranted-read` and `ungranted-write`. What grants leave of a server's tools is judged once they are known.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Applicability, Diagnostic, Lints, Sink, code, nearest};
use pace_ir::program::{Access, GrantTarget, Principal};
use pace_syntax::Span;

use super::listed::Listed;
use crate::resolve::{Resolved, ResolvedGrant, ResolvedTarget, ResolvedTool, duplicate_entry};

/// Who may use which tool.
pub(super) fn check(
    resolved: &Resolved<'_>,
    listed: &Listed<'_>,
    lints: &Lints,
    sink: &mut Sink,
) -> BTreeMap<GrantTarget, BTreeMap<Principal, Access>> {
    let mut seen: BTreeMap<(GrantTarget, Principal), Span> = BTreeMap::new();
    let mut all: BTreeMap<GrantTarget, BTreeMap<Principal, Access>> = BTreeMap::new();
    let mut suggestions = MOST_SUGGESTIONS;
    for entry in &resolved.grants {
        unused(entry, listed, &mut suggestions, lints, sink);
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
    let compiled = resolved.grants.iter().filter_map(|grant| match &grant.target {
        GrantTarget::Local(key) => Some(key.as_str()),
        GrantTarget::Server(_) | GrantTarget::ServerTool(..) => None,
    });
    let granted: BTreeSet<&str> = compiled.collect();
    ungranted(&granted, listed, lints, sink);
    closed_writes(resolved, &granted, listed, lints, sink);
    all
}

/// For how many grants the nearest key is looked for; whoever has more unused ones made another mistake.
const MOST_SUGGESTIONS: usize = 50;

fn unused(entry: &ResolvedGrant<'_>, listed: &Listed<'_>, suggestions: &mut usize, lints: &Lints, sink: &mut Sink) {
    if !listed.is_whole || listed.has(&entry.target) {
        return;
    }
    let diagnostic = Diagnostic::new(&code::UNUSED_GRANT, format!("the grant on `{}` is never used", entry.target))
        .at(entry.named_at, "no agent lists this tool");
    let (wanted, suffix) = match &entry.target {
        GrantTarget::Local(key) | GrantTarget::Server(key) => (key, String::new()),
        GrantTarget::ServerTool(key, name) => (key, format!("#{name}")),
    };
    let near = if *suggestions == 0 { None } else { nearest::nearest(wanted, listed.keys()) };
    *suggestions = suggestions.saturating_sub(1);
    let diagnostic = match near {
        Some(near) => {
            let near = format!("{near}{suffix}");
            diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, entry.named_at, near)
        }
        None => diagnostic.help("remove the grant, or list the tool in an agent's spec"),
    };
    sink.lint(lints, diagnostic);
}

/// Reads that nobody granted, for the strict.
fn ungranted(granted: &BTreeSet<&str>, listed: &Listed<'_>, lints: &Lints, sink: &mut Sink) {
    for (key, tools) in listed.entries().filter(|(key, _)| !granted.contains(key)) {
        for tool in tools.iter().filter(|tool| is_compiled(tool)) {
            let diagnostic = Diagnostic::new(&code::UNGRANTED_READ, format!("everyone may read through `{key}`"))
                .at(tool.named_at, "no entry of `tool_grants` names this tool")
                .help("grant it to those who need it");
            sink.lint(lints, diagnostic);
        }
    }
}

/// Writes that nobody may make: as soon as a project grants anything, every write needs a grant.
fn closed_writes(
    resolved: &Resolved<'_>,
    granted: &BTreeSet<&str>,
    listed: &Listed<'_>,
    lints: &Lints,
    sink: &mut Sink,
) {
    let list = resolved.parsed.settings().and_then(|settings| settings.tool_grants.key());
    let Some(list) = list.filter(|_| listed.is_whole) else { return };
    for (key, tools) in listed.entries().filter(|(key, _)| !granted.contains(key)) {
        let writes = tools.iter().filter(|tool| is_compiled(tool)).filter_map(|tool| {
            let access = tool.keys.access.spanned()?;
            (access.value == Access::Write).then_some(access.span)
        });
        for place in writes {
            let diagnostic = Diagnostic::new(&code::UNGRANTED_WRITE, format!("nobody may write through `{key}`"))
                .at(place, "a write needs a grant, and none names this tool")
                .also(list, "since the project grants tools at all, writes are closed to everyone who is not granted")
                .help("grant it under `tool_grants`, or write `access: read` if reading is enough");
            sink.lint(lints, diagnostic);
        }
    }
}

fn is_compiled(tool: &ResolvedTool<'_>) -> bool {
    matches!(tool.target, ResolvedTarget::Local(_))
}
