//! `P0117`: a loop or an agent names an agent that is not there.

use pace_diag::{Applicability, Diagnostic, Sink, code, nearest};
use pace_ir::program::AgentName;
use pace_syntax::{Span, Spanned};

use super::named::NamedAgents;

/// The agent of this name, or a report of what there is instead. Says nothing when an agent's file is broken: it may be
/// the one that is meant.
pub(super) fn find<'p>(
    wanted: &Spanned<&str>,
    user: &str,
    agents: &NamedAgents<'p>,
    sink: &mut Sink,
) -> Option<&'p AgentName> {
    let name = wanted.value.parse().ok();
    if let Some((name, _)) = name.and_then(|name: AgentName| agents.by_name.get_key_value(&name)) {
        return Some(name);
    }
    if agents.complete {
        sink.error(unknown(wanted, user, agents));
    }
    None
}

fn unknown(wanted: &Spanned<&str>, user: &str, agents: &NamedAgents<'_>) -> Diagnostic {
    let message = format!("{user} names an agent that does not exist: `{}`", wanted.value);
    let diagnostic = Diagnostic::new(&code::UNKNOWN_AGENT, message).at(wanted.span, "no agent has this name");
    let names = || agents.by_name.keys().map(|name| name.as_str());
    let near = nearest::nearest(wanted.value, names()).and_then(|near| place(near, agents));
    match near {
        Some((near, span)) => diagnostic.also(span, "an agent with a similar name").fix(
            format!("did you mean `{near}`?"),
            Applicability::Unsafe,
            wanted.span,
            near.as_str(),
        ),
        None if agents.by_name.is_empty() => diagnostic.help("write one in `agents/<name>/spec.yaml`"),
        None => diagnostic.help(format!("the agents are {}", nearest::listing(names()))),
    }
}

fn place<'p>(name: &str, agents: &NamedAgents<'p>) -> Option<(&'p AgentName, Span)> {
    let (name, agent) = agents.by_name.iter().find(|(found, _)| found.as_str() == name)?;
    Some((*name, agent.1.span))
}
