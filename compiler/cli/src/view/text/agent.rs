//! Agents and models.

use pace_ir::program::MicroUsd;

use super::page::{Page, joined};
use super::{access, duration, tool};
use crate::view::agent::{GenerationView, LimitsView, PriceView};
use crate::view::{AgentView, ModelView};

/// An agent.
pub(super) fn agent(page: &mut Page, agent: &AgentView) {
    page.pair("model", &agent.model);
    page.pair("summary", &agent.summary);
    page.pair("run as", &agent.run_as);
    access::acl(page, agent.acl.as_deref(), "none, so whoever the listener admits may execute it");
    page.block("prompt:", &agent.prompt);
    if agent.tools.is_empty() {
        page.line("tools: none");
    } else {
        page.under("tools:", |page| agent.tools.iter().for_each(|entry| tool::entry(page, entry)));
    }
    page.list("skills", &agent.skills);
    generation(page, &agent.generation);
    page.pair_if("output", agent.output.as_ref().map(ToString::to_string).as_deref());
    page.pair("limits", &joined(&limits(&agent.limits)));
}

fn generation(page: &mut Page, generation: &GenerationView) {
    let GenerationView { temperature, top_p, max_output_tokens, stop, thinking_budget } = generation;
    let stop: Vec<_> = stop.iter().map(|text| format!("{text:?}")).collect();
    let settings: Vec<String> = [
        temperature.map(|value| format!("temperature {value}")),
        top_p.map(|value| format!("top_p {value}")),
        max_output_tokens.map(|value| format!("at most {value} output tokens")),
        thinking_budget.map(|value| format!("thinking budget {value}")),
        (!stop.is_empty()).then(|| format!("stop at {}", stop.join(" "))),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !settings.is_empty() {
        page.pair("generation", &joined(&settings));
    }
}

fn limits(limits: &LimitsView) -> Vec<String> {
    let LimitsView { max_turns, timeout_ms, max_tokens, max_cost_micro_usd, max_tool_calls } = *limits;
    let bounds = [
        Some(format!("{max_turns} turns")),
        Some(duration(timeout_ms)),
        max_tokens.map(|number| format!("{number} tokens")),
        max_cost_micro_usd.map(|cost| MicroUsd(cost).to_string()),
        max_tool_calls.map(|number| format!("{number} tool calls")),
    ];
    bounds.into_iter().flatten().collect()
}

/// A model.
pub(super) fn model(page: &mut Page, model: &ModelView) {
    page.pair("provider", model.provider);
    page.pair("model", &model.model);
    page.pair_if("base_url", model.base_url.as_deref());
    page.pair_if("api_key", model.api_key.as_deref());
    if let Some(price) = &model.price {
        page.pair("price for a million tokens", &self::price(price));
    }
    page.pair_if("turns", model.turns.as_deref());
}

fn price(price: &PriceView) -> String {
    let cached = price.cached_input.map(|cached| format!(", cached {}", MicroUsd(cached)));
    let (input, output) = (MicroUsd(price.input), MicroUsd(price.output));
    format!("in {input}{}, out {output}", cached.unwrap_or_default())
}
