//! Agents and models.

use pace_ir::access::Rules;
use pace_ir::program::authorization::AgentAccess;
use pace_ir::program::{Agent, Generation, Limits, Model, Price};
use serde::Serialize;

use super::{AclEntry, Detail, ToolEntryView};

/// An agent.
#[derive(Debug, Serialize)]
pub(crate) struct AgentView {
    pub(crate) model: String,
    pub(crate) summary: String,
    pub(crate) prompt: String,
    /// The account it calls others as.
    pub(crate) run_as: String,
    /// Absent: whoever the listener admits may execute.
    pub(crate) acl: Option<Vec<AclEntry>>,
    pub(crate) tools: Vec<ToolEntryView>,
    pub(crate) skills: Vec<String>,
    pub(crate) generation: GenerationView,
    pub(crate) output: Option<serde_json::Value>,
    pub(crate) limits: LimitsView,
}

/// Sampling settings.
#[derive(Debug, Serialize)]
pub(crate) struct GenerationView {
    pub(crate) temperature: Option<f64>,
    pub(crate) top_p: Option<f64>,
    pub(crate) max_output_tokens: Option<u32>,
    pub(crate) stop: Vec<String>,
    pub(crate) thinking_budget: Option<i32>,
}

/// Bounds of one invocation.
#[derive(Debug, Serialize)]
pub(crate) struct LimitsView {
    pub(crate) max_turns: u32,
    pub(crate) timeout_ms: u64,
    pub(crate) max_tokens: Option<u64>,
    /// In millionths of a dollar.
    pub(crate) max_cost_micro_usd: Option<u64>,
    pub(crate) max_tool_calls: Option<u32>,
}

/// A model.
#[derive(Debug, Serialize)]
pub(crate) struct ModelView {
    pub(crate) provider: &'static str,
    pub(crate) model: String,
    pub(crate) base_url: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) price: Option<PriceView>,
    /// The recorded turns' digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) turns: Option<String>,
}

/// Prices in millionths of a dollar for a million tokens.
#[derive(Debug, Serialize)]
pub(crate) struct PriceView {
    #[serde(rename = "input_micro_usd")]
    pub(crate) input: u64,
    #[serde(rename = "cached_input_micro_usd")]
    pub(crate) cached_input: Option<u64>,
    #[serde(rename = "output_micro_usd")]
    pub(crate) output: u64,
}

impl AgentView {
    /// An agent with its access. A verified bundle has an access entry for each agent.
    pub(super) fn of(agent: &Agent, access: Option<&AgentAccess>, rules: Rules<'_>) -> Self {
        let Agent { model, prompt, summary, tools, skills, generation, output, limits } = agent;
        Self {
            model: model.to_string(),
            summary: summary.clone(),
            prompt: prompt.clone(),
            run_as: access.map(|access| format!("serviceaccount:{}", access.run_as)).unwrap_or_default(),
            acl: access.and_then(|access| access.acl.as_ref()).map(super::access::list),
            tools: tools.iter().map(|entry| ToolEntryView::of(entry, rules)).collect(),
            skills: skills.clone(),
            generation: GenerationView::of(generation),
            output: output.as_ref().map(super::json),
            limits: LimitsView::of(limits),
        }
    }
}

impl GenerationView {
    fn of(generation: &Generation) -> Self {
        let Generation { temperature, top_p, max_output_tokens, stop, thinking_budget } = generation.clone();
        Self { temperature, top_p, max_output_tokens, stop, thinking_budget }
    }
}

impl LimitsView {
    fn of(limits: &Limits) -> Self {
        let Limits { max_turns, timeout, max_tokens, max_cost, max_tool_calls } = limits.clone();
        let max_cost_micro_usd = max_cost.map(|cost| cost.0);
        Self { max_turns, timeout_ms: timeout.0, max_tokens, max_cost_micro_usd, max_tool_calls }
    }
}

impl ModelView {
    /// A model.
    pub(super) fn of(model: &Model, detail: Detail) -> Self {
        let Model { provider, model, base_url, api_key, price, turns } = model;
        Self {
            provider: provider.as_str(),
            model: model.clone(),
            base_url: base_url.as_ref().map(ToString::to_string),
            api_key: api_key.as_ref().map(ToString::to_string),
            price: price.map(PriceView::of),
            turns: turns.and_then(|turns| super::digest(turns, detail)),
        }
    }
}

impl PriceView {
    fn of(price: Price) -> Self {
        let Price { input, cached_input, output } = price;
        Self { input: input.0, cached_input: cached_input.map(|price| price.0), output: output.0 }
    }
}
