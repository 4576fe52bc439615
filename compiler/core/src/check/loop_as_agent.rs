//! `P0408`: a loop that acts as an agent. What the agent does when it is asked and what the loop does by itself would be
//! one identity in grants and traces, and the loop could call whatever admits the agent.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code};

use crate::resolve::Resolved;

/// Compares the loops' identities with the agents'.
pub(super) fn check(resolved: &Resolved<'_>, sink: &mut Sink) {
    let agents = resolved.agents.values().filter_map(|agent| Some((agent.run_as.as_ref()?, agent)));
    let identities: BTreeMap<_, _> = agents.collect();
    for l in resolved.loops.values() {
        let Some(run_as) = &l.run_as else { continue };
        let Some(agent) = identities.get(&run_as.value) else { continue };
        let message = format!("the loop `{}` acts as the agent `{}`", l.name.value, agent.name.value);
        let place = agent.spec.run_as.span().unwrap_or(agent.name.span);
        let diagnostic = Diagnostic::new(&code::LOOP_AS_AGENT, message)
            .at(run_as.span, format!("`{}` is the identity of an agent", run_as.value))
            .also(place, "the agent whose identity it is")
            .help("declare a service account for the loop in `paceline.yaml`, and grant it what the loop needs");
        sink.error(diagnostic);
    }
}
