//! `P0413`, lint `loop-not-admitted`: a loop that acts as somebody its agent does not admit. Every firing would be denied.

use std::collections::BTreeSet;

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::{Principal, ProjectRole, Role};

use crate::resolve::{Resolved, ResolvedAgent};

/// Compares each loop's identity with its agent's list. Says nothing of a loop that acts as an agent (`P0408`): it needs
/// another identity anyway.
pub(super) fn check(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    let identities: BTreeSet<_> = resolved.agents.values().filter_map(|agent| agent.run_as.as_ref()).collect();
    for l in resolved.loops.values() {
        let agent = l.agent.and_then(|name| resolved.agents.get(name));
        let (Some(agent), Some(run_as)) = (agent, &l.run_as) else { continue };
        let subject = Principal::ServiceAccount(run_as.value.clone());
        if identities.contains(&run_as.value) || admits(agent, &subject) || is_admin(&subject, resolved) {
            continue;
        }
        let Some(list) = agent.spec.acl.key() else { continue };
        let name = &agent.name.value;
        let message = format!("the loop `{}` acts as `{subject}`, which `{name}` does not admit", l.name.value);
        let diagnostic = Diagnostic::new(&code::LOOP_NOT_ADMITTED, message)
            .at(run_as.span, "every firing would be denied")
            .also(list, format!("who may execute `{name}`"))
            .help(format!("let `{subject}` execute `{name}` in its `acl`, or let the loop act as somebody it admits"));
        sink.lint(lints, diagnostic);
    }
}

/// Whether an agent's list lets a signed-in subject execute; a list with a broken entry gets the benefit of the doubt.
fn admits(agent: &ResolvedAgent<'_>, subject: &Principal) -> bool {
    let acl = &agent.spec.acl;
    let admitting = |principal: &Principal| principal == subject || *principal == Principal::Authenticated;
    let mut entries = acl.items().iter().map(|entry| (entry.value.principal.get(), entry.value.role.get()));
    let admits = entries.any(|entry| match entry {
        (Some(principal), Some(role)) => admitting(principal) && *role == Role::Execute,
        _ => true,
    });
    admits || acl.get().is_none() || !acl.is_complete()
}

fn is_admin(subject: &Principal, resolved: &Resolved<'_>) -> bool {
    let Some(settings) = resolved.parsed.settings() else { return false };
    settings.acl.items().iter().any(|entry| {
        let who = entry.value.principal.get();
        let admin = entry.value.role.get() == Some(&ProjectRole::Admin);
        admin && who.is_some_and(|who| who == subject || *who == Principal::Authenticated)
    })
}
