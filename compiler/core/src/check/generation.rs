//! Sampling settings, and the lint `unsupported-generation`: a setting that the model's provider does not have.

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::{Generation, Provider};
use pace_syntax::Span;

use crate::parse::spec::agent::GenerationSpec;
use crate::resolve::ResolvedAgent;

/// The most texts a model stops at; the smallest bound among the providers' wire formats is OpenAI's 4, Gemini takes 5.
const MAX_STOPS: usize = 8;

/// The settings of an agent.
pub(super) fn check(agent: &ResolvedAgent<'_>, lints: &Lints, sink: &mut Sink) -> Generation {
    let Some(spec) = agent.spec.generation.get() else { return Generation::default() };
    if let Some(extra) = spec.stop.items().get(MAX_STOPS) {
        let diagnostic = Diagnostic::new(&code::VALUE_NOT_ALLOWED, format!("`stop` has more than {MAX_STOPS} texts"))
            .at(extra.span, "one too many")
            .help("keep those that matter");
        sink.error(diagnostic);
    }
    if let Some(provider) = agent.model.and_then(|model| model.provider()) {
        for (setting, place) in unsupported(spec, provider) {
            sink.lint(lints, diagnostic(setting, place, provider));
        }
    }
    Generation {
        temperature: spec.temperature.get().map(|value| value.0),
        top_p: spec.top_p.get().map(|value| value.0),
        max_output_tokens: spec.max_output_tokens.get().and_then(|value| u32::try_from(value.0).ok()),
        stop: spec.stop.items().iter().map(|stop| stop.value.clone()).collect(),
        thinking_budget: spec.thinking_budget.get().and_then(|value| i32::try_from(value.0).ok()),
    }
}

/// The settings that a wire format has no place for.
fn unsupported(spec: &GenerationSpec, provider: Provider) -> Vec<(&'static str, Span)> {
    let given = |setting, span: Option<Span>| span.map(|span| (setting, span));
    let found = match provider {
        Provider::Gemini | Provider::Anthropic => Vec::new(),
        Provider::OpenAi => vec![given("thinking_budget", spec.thinking_budget.key())],
        Provider::Replay => vec![
            given("temperature", spec.temperature.key()),
            given("top_p", spec.top_p.key()),
            given("max_output_tokens", spec.max_output_tokens.key()),
            given("stop", spec.stop.key()),
            given("thinking_budget", spec.thinking_budget.key()),
        ],
    };
    found.into_iter().flatten().collect()
}

fn diagnostic(setting: &str, place: Span, provider: Provider) -> Diagnostic {
    let message = format!("`{setting}` has no effect with the provider `{}`", provider.as_str());
    Diagnostic::new(&code::UNSUPPORTED_GENERATION, message)
        .at(place, "the provider has no such setting")
        .help("remove it")
}
