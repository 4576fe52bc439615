//! Limits: the agent's own, then the project's, then the built-in; and `P0204`, a money limit on a model without a price, be it the
//! agent's own or that of an agent it calls.

use std::collections::BTreeSet;

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::Limits;
use pace_syntax::Span;

use crate::parse::field::Field;
use crate::parse::spec::agent::LimitsSpec;
use crate::resolve::{Resolved, ResolvedAgent, ResolvedTarget};

/// The limits of an agent.
pub(super) fn check(agent: &ResolvedAgent<'_>, resolved: &Resolved<'_>, sink: &mut Sink) -> Limits {
    let project = resolved.parsed.settings().and_then(|settings| settings.limits.get());
    let own = agent.spec.limits.get();
    let (layers, default) = ([own, project], Limits::default());
    let limits = Limits {
        max_turns: first(&layers, |spec| &spec.max_turns).map_or(default.max_turns, |whole| narrow(whole.0)),
        timeout: first(&layers, |spec| &spec.timeout).copied().unwrap_or(default.timeout),
        max_tokens: first(&layers, |spec| &spec.max_tokens).map(|whole| whole.0.unsigned_abs()),
        max_cost: first(&layers, |spec| &spec.max_cost_usd).copied(),
        max_tool_calls: first(&layers, |spec| &spec.max_tool_calls).map(|whole| narrow(whole.0)),
    };
    let place = layers.iter().flatten().find_map(|spec| spec.max_cost_usd.span());
    if let Some(place) = place {
        if is_unpriced(agent) {
            sink.error(unpriced(agent, place));
        } else if let Some((call, called)) = unpriced_below(agent, resolved) {
            sink.error(unpriced_call(agent, place, call, called));
        }
    }
    limits
}

/// Whether it is known to have a model, and the model to have no price.
fn is_unpriced(agent: &ResolvedAgent<'_>) -> bool {
    matches!(agent.model.map(|model| model.price()), Some(Ok(None)))
}

/// An agent without a price that is called from here or by one that is, and the entry that leads to it: what it takes, its
/// callers take too. One that has a limit of its own is spoken of there.
fn unpriced_below<'p>(agent: &ResolvedAgent<'p>, resolved: &'p Resolved<'p>) -> Option<(Span, &'p ResolvedAgent<'p>)> {
    let calls = |agent: &ResolvedAgent<'p>| {
        let tools = agent.tools.iter().filter_map(|tool| match &tool.target {
            ResolvedTarget::Agent(name, _) => Some((tool.named_at, resolved.agents.get(name)?)),
            _ => None,
        });
        tools.collect::<Vec<_>>()
    };
    let mut met = BTreeSet::from([&agent.name.value]);
    let mut left = calls(agent);
    // By the order of the entries, and what one leads to before the next.
    left.reverse();
    while let Some((entry, called)) = left.pop() {
        if !met.insert(&called.name.value) {
            continue;
        }
        let has_limit = called.spec.limits.get().is_some_and(|limits| limits.max_cost_usd.span().is_some());
        if is_unpriced(called) && !has_limit {
            return Some((entry, called));
        }
        left.extend(calls(called).into_iter().rev().map(|(_, next)| (entry, next)));
    }
    None
}

fn first<'a, T>(layers: &[Option<&'a LimitsSpec>], field: impl Fn(&'a LimitsSpec) -> &'a Field<T>) -> Option<&'a T> {
    layers.iter().flatten().find_map(|spec| field(spec).get())
}

/// Bounded by the type that read it.
fn narrow(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn unpriced_call(agent: &ResolvedAgent<'_>, limit: Span, call: Span, called: &ResolvedAgent<'_>) -> Diagnostic {
    let (name, place) = called.model_name.map_or(("", None), |(name, place)| (name.as_str(), place));
    let (agent, called) = (&agent.name.value, &called.name.value);
    let message =
        format!("`{agent}` has a limit in dollars, but it calls `{called}`, whose model `{name}` has no price");
    let diagnostic = Diagnostic::new(&code::UNPRICED_MODEL, message)
        .at(limit, "cannot be kept without a price")
        .also(call, format!("leads to `{called}`"));
    let diagnostic = match place {
        Some(place) => diagnostic.also(place, "the model"),
        None => diagnostic,
    };
    with_help(diagnostic, name)
}

fn unpriced(agent: &ResolvedAgent<'_>, limit: Span) -> Diagnostic {
    let (name, place) = agent.model_name.map_or(("", None), |(name, place)| (name.as_str(), place));
    let message = format!("`{}` has a limit in dollars, but the model `{name}` has no price", agent.name.value);
    let diagnostic = Diagnostic::new(&code::UNPRICED_MODEL, message).at(limit, "cannot be kept without a price");
    let diagnostic = match place {
        Some(place) => diagnostic.also(place, "the model"),
        None => diagnostic,
    };
    with_help(diagnostic, name)
}

fn with_help(diagnostic: Diagnostic, name: &str) -> Diagnostic {
    diagnostic
        .help(format!(
            "give `{name}` a `price: {{input: …, output: …}}` in `paceline.yaml`, in dollars for a million tokens"
        ))
        .help("or limit `max_tokens` instead")
}
