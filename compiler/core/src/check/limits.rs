//! Limits: the agent's own, then the project's, then the built-in; and `P0204`, a money limit on a model without a price.

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::Limits;
use pace_syntax::Span;

use crate::parse::field::Field;
use crate::parse::spec::agent::LimitsSpec;
use crate::resolve::{Resolved, ResolvedAgent};

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
    if let (Some(place), Some(Ok(None))) = (place, agent.model.map(|model| model.price())) {
        sink.error(unpriced(agent, place));
    }
    limits
}

fn first<'a, T>(layers: &[Option<&'a LimitsSpec>], field: impl Fn(&'a LimitsSpec) -> &'a Field<T>) -> Option<&'a T> {
    layers.iter().flatten().find_map(|spec| field(spec).get())
}

/// Bounded by the type that read it.
fn narrow(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn unpriced(agent: &ResolvedAgent<'_>, limit: Span) -> Diagnostic {
    let (name, place) = agent.model_name.map_or(("", None), |(name, place)| (name.as_str(), place));
    let message = format!("`{}` has a limit in dollars, but the model `{name}` has no price", agent.name.value);
    let diagnostic = Diagnostic::new(&code::UNPRICED_MODEL, message).at(limit, "cannot be kept without a price");
    let diagnostic = match place {
        Some(place) => diagnostic.also(place, "the model"),
        None => diagnostic,
    };
    diagnostic
        .help(format!(
            "give `{name}` a `price: {{input: …, output: …}}` in `paceline.yaml`, in dollars for a million tokens"
        ))
        .help("or limit `max_tokens` instead")
}
