//! Agents: a prompt, a model, an exhaustive list of tools, and bounds.

use bincode::{Decode, Encode};

use super::name::ModelName;
use super::quantity::{MicroUsd, Milliseconds};
use super::template::Json;
use super::tool::ToolEntry;

/// An agent. Its access list and identity are in the `AUTH` section.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Agent {
    /// The model's name in `PROG.models`.
    pub model: ModelName,
    /// The system prompt. Private: never published by the runner.
    pub prompt: String,
    /// One public line, for lists of agents, MCP and delegation.
    pub summary: String,
    /// Everything it may call, in the author's order.
    pub tools: Vec<ToolEntry>,
    /// The skills whose texts join the prompt, in the author's order; keys of `TOOL.skills`.
    pub skills: Vec<String>,
    /// Sampling settings; what is absent is the provider's default.
    pub generation: Generation,
    /// JSON Schema of a structured reply.
    pub output: Option<Json>,
    /// Bounds of one invocation.
    pub limits: Limits,
}

/// Sampling settings.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct Generation {
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// Over 0, at most 1.
    pub top_p: Option<f64>,
    /// At least 1.
    pub max_output_tokens: Option<u32>,
    /// At most 8 texts at which the model stops.
    pub stop: Vec<String>,
    /// Tokens for thoughts: 0 none, -1 as many as the model likes.
    pub thinking_budget: Option<i32>,
}

/// Bounds of one invocation, children included. Reaching one stops it before the next call.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Limits {
    /// Model calls.
    pub max_turns: u32,
    /// Wall-clock time.
    pub timeout: Milliseconds,
    /// Tokens read and written.
    pub max_tokens: Option<u64>,
    /// Money, by the model's price.
    pub max_cost: Option<MicroUsd>,
    /// Tool calls.
    pub max_tool_calls: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_turns: 32, timeout: Milliseconds(600_000), max_tokens: None, max_cost: None, max_tool_calls: None }
    }
}
