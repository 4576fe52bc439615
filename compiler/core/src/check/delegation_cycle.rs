//! `P0307`: agents that call each other in a circle. Each circle is reported once, at its first agent by name.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::AgentName;
use pace_syntax::Span;

use crate::resolve::{Resolved, ResolvedTarget};

type Calls<'p> = BTreeMap<&'p AgentName, Vec<(&'p AgentName, Span)>>;

/// Looks for circles, depth first, without recursion: a project may have a chain as long as it has agents.
pub(super) fn check(resolved: &Resolved<'_>, sink: &mut Sink) {
    let calls = calls(resolved);
    let mut finished: BTreeSet<&AgentName> = BTreeSet::new();
    for start in calls.keys().copied() {
        let mut path: Vec<(&AgentName, usize)> = vec![(start, 0)];
        while let Some((at, next)) = path.last().copied() {
            let Some((callee, _)) = calls.get(at).and_then(|calls| calls.get(next)).copied() else {
                finished.insert(at);
                path.pop();
                continue;
            };
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            if let Some(from) = path.iter().position(|(name, _)| *name == callee) {
                let circle: Vec<_> = path.iter().skip(from).map(|(name, taken)| (*name, taken - 1)).collect();
                sink.error(diagnostic(&circle, &calls));
            } else if !finished.contains(callee) {
                path.push((callee, 0));
            }
        }
    }
}

/// Who calls whom, and where it says so.
fn calls<'p>(resolved: &Resolved<'p>) -> Calls<'p> {
    let agents = resolved.agents.iter().map(|(name, agent)| {
        let targets = agent.tools.iter().filter_map(|tool| match &tool.target {
            ResolvedTarget::Agent(callee, _) => Some((*callee, tool.named_at)),
            ResolvedTarget::Local(_) | ResolvedTarget::Skill(_) | ResolvedTarget::Server(_) => None,
        });
        (*name, targets.collect())
    });
    agents.collect()
}

/// `circle` holds each agent and the number of its call that closes the circle.
fn diagnostic(circle: &[(&AgentName, usize)], calls: &Calls<'_>) -> Diagnostic {
    let place =
        |(name, call): &(&AgentName, usize)| calls.get(name).and_then(|calls| calls.get(*call)).map(|(_, span)| *span);
    let names: Vec<_> = circle.iter().map(|(name, _)| format!("`{name}`")).collect();
    let message = match names.as_slice() {
        [only] => format!("the agent {only} calls itself"),
        _ => format!("these agents call each other in a circle: {}", names.join(", ")),
    };
    let mut diagnostic = Diagnostic::new(&code::DELEGATION_CYCLE, message);
    for (index, step) in circle.iter().enumerate() {
        let Some(span) = place(step) else { continue };
        let callee = names.get((index + 1) % names.len()).cloned().unwrap_or_default();
        diagnostic = match index {
            0 => diagnostic.at(span, format!("{} calls {callee} here", names.first().cloned().unwrap_or_default())),
            _ => diagnostic.also(span, format!("and {} calls {callee}", names.get(index).cloned().unwrap_or_default())),
        };
    }
    diagnostic.help(if names.len() == 1 {
        "remove this entry, with all its keys"
    } else {
        "remove one of these entries, with all its keys"
    })
}
