//! `P0411`, lint `acl-widened`: an agent that admits another one by its identity is reached by everyone whom that other
//! one admits, although its own list does not name them.

use std::collections::BTreeSet;

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::{Principal, Role};

use crate::resolve::{Resolved, ResolvedAgent, ResolvedTarget};

/// Looks at every call from agent to agent.
pub(super) fn check(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    for caller in resolved.agents.values() {
        for tool in &caller.tools {
            let ResolvedTarget::Agent(callee, _) = &tool.target else { continue };
            if let Some(diagnostic) =
                resolved.agents.get(callee).and_then(|callee| widened(caller, callee, tool.named_at))
            {
                sink.lint(lints, diagnostic);
            }
        }
    }
}

fn widened(caller: &ResolvedAgent<'_>, target: &ResolvedAgent<'_>, call: pace_syntax::Span) -> Option<Diagnostic> {
    let own = executors(target)?;
    let actor = Principal::ServiceAccount(caller.run_as.clone()?);
    let admits_actor =
        target.spec.acl.items().iter().find(|entry| {
            entry.value.principal.get() == Some(&actor) && entry.value.role.get() == Some(&Role::Execute)
        })?;
    let more = match executors(caller) {
        None if own.contains(&Principal::Authenticated) && own.contains(&Principal::Anonymous) => return None,
        None => "whoever the listener admits".to_owned(),
        Some(callers) => {
            let more = callers.difference(&own).filter(|principal| !is_covered(principal, &own));
            let more: Vec<_> = more.map(|principal| format!("`{principal}`")).collect();
            if more.is_empty() {
                return None;
            }
            more.join(", ")
        }
    };
    let advice = if caller.spec.acl.get().is_some() { "narrow the `acl` of" } else { "give an `acl` of its own to" };
    let (caller, target) = (&caller.name.value, &target.name.value);
    let diagnostic = Diagnostic::new(
        &code::ACL_WIDENED,
        format!("through `{caller}`, more people reach `{target}` than its `acl` names"),
    )
    .at(call, format!("{more} may ask `{caller}`, which calls `{target}` here"))
    .also(admits_actor.span, format!("`{target}` admits `{caller}` by its identity"))
    .help(format!("{advice} `{caller}`, or allow `acl-widened` under `lints` if this is meant"));
    Some(diagnostic)
}

/// Whether a list that names everyone covers a principal it does not name.
fn is_covered(principal: &Principal, list: &BTreeSet<&Principal>) -> bool {
    *principal != Principal::Anonymous && list.contains(&Principal::Authenticated)
}

/// Who may execute an agent; `None` if it has no list.
fn executors<'p>(agent: &ResolvedAgent<'p>) -> Option<BTreeSet<&'p Principal>> {
    agent.spec.acl.get()?;
    let entries = agent.spec.acl.items().iter().filter(|entry| entry.value.role.get() == Some(&Role::Execute));
    Some(entries.filter_map(|entry| entry.value.principal.get()).collect())
}
