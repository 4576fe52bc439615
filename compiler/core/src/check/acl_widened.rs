//! `P0411`, lint `acl-widened`: an agent that admits another one by its identity is reached by everyone who reaches that
//! other one, although its own list does not name them. Followed through chains of calls.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Diagnostic, Lints, Sink, code, nearest};
use pace_ir::program::{AgentName, Principal, ProjectRole, Role};
use pace_syntax::Span;

use crate::resolve::{Resolved, ResolvedAgent, ResolvedTarget};

/// Who reaches an agent: everyone the listener admits, or these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach<'p> {
    /// Everyone.
    Everyone,
    /// These.
    Only(BTreeSet<&'p Principal>),
}

/// A call from agent to agent that passes by the caller's identity.
struct Admission<'p> {
    caller: &'p ResolvedAgent<'p>,
    target: &'p ResolvedAgent<'p>,
    call: Span,
    admitted_at: Span,
}

/// Looks at every call from agent to agent.
pub(super) fn check(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    let admissions = admissions(resolved);
    let own: BTreeMap<_, _> = resolved.agents.iter().map(|(name, agent)| (*name, named(agent))).collect();
    let reached = spread(&own, &admissions);
    for admission in &admissions {
        let target = own.get(&admission.target.name.value);
        let callers = reached.get(&admission.caller.name.value);
        let (Some(target), Some(callers)) = (target, callers) else { continue };
        if let Some(more) = more(callers, target) {
            sink.lint(lints, diagnostic(admission, &more));
        }
    }
}

/// Who reaches each agent, by its own list and through agents that others let in by their identity.
pub(super) fn reached<'p>(resolved: &'p Resolved<'p>) -> BTreeMap<&'p AgentName, Reach<'p>> {
    let own = resolved.agents.iter().map(|(name, agent)| (*name, named(agent))).collect();
    spread(&own, &admissions(resolved))
}

/// The calls that pass by the caller's identity.
fn admissions<'p>(resolved: &'p Resolved<'p>) -> Vec<Admission<'p>> {
    let calls = resolved.agents.values().flat_map(|caller| caller.tools.iter().map(move |tool| (caller, tool)));
    let admissions = calls.filter_map(|(caller, tool)| {
        let ResolvedTarget::Agent(target, _) = &tool.target else { return None };
        let target = resolved.agents.get(target)?;
        let actor = Principal::ServiceAccount(caller.run_as.clone()?);
        let admitted_at = admitted_at(&actor, target, resolved)?;
        Some(Admission { caller, target, call: tool.named_at, admitted_at })
    });
    admissions.collect()
}

/// Where an agent's list, or the project's, admits an identity. An agent without a list is open anyway.
fn admitted_at(actor: &Principal, target: &ResolvedAgent<'_>, resolved: &Resolved<'_>) -> Option<Span> {
    target.spec.acl.get()?;
    let by_agent = target
        .spec
        .acl
        .items()
        .iter()
        .find(|entry| entry.value.principal.get() == Some(actor) && entry.value.role.get() == Some(&Role::Execute));
    let project = resolved.parsed.settings().map_or(&[][..], |settings| settings.acl.items());
    let by_project = project.iter().find(|entry| {
        entry.value.principal.get() == Some(actor) && entry.value.role.get() == Some(&ProjectRole::Admin)
    });
    by_agent.map(|entry| entry.span).or(by_project.map(|entry| entry.span))
}

/// Whom an agent's own list names.
fn named<'p>(agent: &ResolvedAgent<'p>) -> Reach<'p> {
    if agent.spec.acl.get().is_none() {
        return Reach::Everyone;
    }
    let entries = agent.spec.acl.items().iter().filter(|entry| entry.value.role.get() == Some(&Role::Execute));
    Reach::Only(entries.filter_map(|entry| entry.value.principal.get()).collect())
}

/// Passes on who reaches a caller to what it calls: callers before what they call, each call once. Agents in a circle,
/// which is an error of its own, pass on nothing.
fn spread<'p>(
    own: &BTreeMap<&'p AgentName, Reach<'p>>,
    admissions: &[Admission<'p>],
) -> BTreeMap<&'p AgentName, Reach<'p>> {
    let mut reached = own.clone();
    let mut calls: BTreeMap<&AgentName, Vec<&AgentName>> = BTreeMap::new();
    let mut waiting: BTreeMap<&AgentName, usize> = BTreeMap::new();
    for admission in admissions {
        calls.entry(&admission.caller.name.value).or_default().push(&admission.target.name.value);
        *waiting.entry(&admission.target.name.value).or_default() += 1;
    }
    let mut ready: Vec<&AgentName> = calls.keys().copied().filter(|name| !waiting.contains_key(name)).collect();
    while let Some(caller) = ready.pop() {
        let Some(callers) = reached.get(caller).cloned() else { continue };
        for target in calls.get(caller).map_or(&[][..], Vec::as_slice) {
            if let Some(reach) = reached.get_mut(target) {
                join(reach, &callers);
            }
            if let Some(left) = waiting.get_mut(target) {
                *left -= 1;
                if *left == 0 {
                    ready.push(target);
                }
            }
        }
    }
    reached
}

/// Adds `more` to `reach`.
fn join<'p>(reach: &mut Reach<'p>, more: &Reach<'p>) {
    match (&mut *reach, more) {
        (Reach::Everyone, _) => {}
        (Reach::Only(known), Reach::Only(more)) => known.extend(more),
        (Reach::Only(_), Reach::Everyone) => *reach = Reach::Everyone,
    }
}

/// Those among `callers` whom `target` does not name, in words.
fn more(callers: &Reach<'_>, target: &Reach<'_>) -> Option<String> {
    let Reach::Only(target) = target else { return None };
    let signed_in = target.contains(&Principal::Authenticated);
    match callers {
        Reach::Everyone if signed_in && target.contains(&Principal::Anonymous) => None,
        Reach::Everyone => Some("whoever the listener admits".to_owned()),
        Reach::Only(callers) => {
            let covered = |principal: &Principal| signed_in && *principal != Principal::Anonymous;
            let more = callers.difference(target).filter(|principal| !covered(principal));
            let more: Vec<_> = more.map(ToString::to_string).collect();
            (!more.is_empty()).then(|| nearest::listing(more.iter().map(String::as_str)))
        }
    }
}

fn diagnostic(admission: &Admission<'_>, more: &str) -> Diagnostic {
    let (caller, target) = (&admission.caller.name.value, &admission.target.name.value);
    let advice = match admission.caller.spec.acl.get() {
        Some(_) => "narrow the `acl` of",
        None => "give an `acl` of its own to",
    };
    let message = format!("through `{caller}`, more people reach `{target}` than its `acl` names");
    Diagnostic::new(&code::ACL_WIDENED, message)
        .at(admission.call, format!("{more} may ask `{caller}`, which calls `{target}` here"))
        .also(admission.admitted_at, format!("`{caller}` is admitted by its identity"))
        .help(format!("{advice} `{caller}`, or allow `acl-widened` under `lints` if this is meant"))
}
