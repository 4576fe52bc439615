//! `P0417`, lint `unreached-grant`: a grant to somebody who reaches no agent that lists the tool, whatever groups they are in.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::{AgentName, GrantTarget, Principal, ProjectRole};

use super::acl_widened::{Reach, reached};
use super::listed::Listed;
use crate::resolve::{Resolved, ResolvedAgent};

/// Looks at every grant on a tool that some agent lists; of the others [`super::grants`] speaks.
pub(super) fn check(resolved: &Resolved<'_>, listed: &Listed<'_>, lints: &Lints, sink: &mut Sink) {
    if !listed.is_whole || resolved.agents.values().any(|agent| !agent.spec.acl.is_complete()) {
        return;
    }
    let settings = resolved.parsed.settings();
    let admins = settings.map_or(&[][..], |settings| settings.acl.items()).iter();
    let admins = admins.filter(|entry| entry.value.role.get() == Some(&ProjectRole::Admin));
    let admins: Vec<_> = admins.filter_map(|entry| entry.value.principal.get()).collect();
    let reached = reached(resolved);
    for entry in &resolved.grants {
        let users = || resolved.agents.values().filter(|agent| lists(agent, &entry.target));
        if users().next().is_none() {
            continue;
        }
        for grant in entry.spec.grants.items() {
            let Some(principal) = grant.value.principal.spanned() else { continue };
            let may_reach = |agent: &ResolvedAgent<'_>| comes_to(&principal.value, &agent.name.value, &reached);
            if admins.iter().any(|admin| meets(&principal.value, admin)) || users().any(may_reach) {
                continue;
            }
            let who = &principal.value;
            let message = format!("`{who}` is granted `{}` and reaches no agent that lists it", entry.target);
            let diagnostic = Diagnostic::new(&code::UNREACHED_GRANT, message)
                .at(principal.span, "no `acl` lets them to the tool")
                .help(format!("give `{who}` the role `execute` on an agent that lists it, or remove the grant"));
            let of_agents = users().map(|agent| (agent.name.span, format!("`{}` lists it", agent.name.value)));
            let diagnostic = of_agents.take(MOST_AGENTS).fold(diagnostic, |said, (at, why)| said.also(at, why));
            sink.lint(lints, diagnostic);
        }
    }
}

/// The most agents that are pointed at.
const MOST_AGENTS: usize = 2;

fn lists(agent: &ResolvedAgent<'_>, target: &GrantTarget) -> bool {
    agent.tools.iter().any(|tool| super::listed::is_about(tool, target))
}

/// Whether somebody of whom only this is known may come to an agent.
fn comes_to(who: &Principal, agent: &AgentName, reached: &BTreeMap<&AgentName, Reach<'_>>) -> bool {
    match reached.get(agent) {
        None | Some(Reach::Everyone) => true,
        Some(Reach::Only(named)) => named.iter().any(|rule| meets(who, rule)),
    }
}

/// Whether one person can be meant by both: groups are known to authentication alone, and anybody with a credential may be in any.
fn meets(who: &Principal, rule: &Principal) -> bool {
    let is_open = |principal: &Principal| matches!(principal, Principal::Group(_) | Principal::Authenticated);
    match (who, rule) {
        (Principal::Anonymous, rule) | (rule, Principal::Anonymous) => *rule == Principal::Anonymous,
        (who, rule) => who == rule || is_open(who) || is_open(rule),
    }
}
