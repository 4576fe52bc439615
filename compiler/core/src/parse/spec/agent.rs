//! `agents/<dir>/spec.yaml`.

use pace_ir::program::{AgentName, MicroUsd, Milliseconds, ModelName, Principal};

use super::access::AclEntrySpec;
use super::tool_entry::ToolEntrySpec;
use crate::parse::decode::mapping;
use crate::parse::field::List;
use crate::parse::json::JsonSpec;
use crate::parse::scalar::{Line, Share, Temperature, Text, Whole};

mapping! {
    /// An agent: a prompt, a model, and everything it may use.
    pub(crate) struct AgentSpec ("an agent") {
        /// The agent's name. Loops, other agents and callers know it by this, not by its folder.
        required name: AgentName,
        /// The model: one of the built-in catalogue, or of `models` in `paceline.yaml`.
        required model: ModelName,
        /// The system prompt. Private: never published by the runner.
        required description: Text,
        /// One public line, shown in lists of agents, over MCP and to agents that delegate. Default: `Agent <name>`.
        optional summary: Line,
        /// Everything the agent may call. What is not listed here does not exist for it.
        optional tools: List<ToolEntrySpec>,
        /// Skills whose texts join the prompt: `skills.sh/<owner>/<repo>[/<skill>]@<version>`, `oci://…`,
        /// `git+https://…#ref`, `./skills/<name>`.
        optional skills: List<Line>,
        /// Who may invoke the agent (`execute`) and who may see its traces and sessions (`read`). Without it, whoever
        /// the listener admits may invoke it, and nobody else sees anything.
        optional acl: List<AclEntrySpec>,
        /// The agent's own identity when it calls other agents. Default: `serviceaccount:<name>`.
        optional run_as: Principal,
        /// Sampling settings; what is absent is the provider's default.
        optional generation: GenerationSpec,
        /// JSON Schema of a structured reply: sent to the model where it can use it, validated always.
        optional output: JsonSpec,
        /// Bounds of one invocation.
        optional limits: LimitsSpec,
    }
}

mapping! {
    /// Sampling settings.
    pub(crate) struct GenerationSpec ("`generation`") {
        /// 0 to 2.
        optional temperature: Temperature,
        /// Over 0, at most 1.
        optional top_p: Share,
        /// The longest reply, in tokens.
        optional max_output_tokens: Whole<1, 1_000_000>,
        /// Texts at which the model stops, at most 8.
        optional stop: List<String>,
        /// Tokens for thoughts: 0 for none, -1 for as many as the model likes.
        optional thinking_budget: Whole<-1, 1_000_000>,
    }
}

mapping! {
    /// Bounds of one invocation, the agents it calls included.
    pub(crate) struct LimitsSpec ("`limits`") {
        /// Model calls. Default: 32.
        optional max_turns: Whole<1, 10_000>,
        /// Wall-clock time. Default: 10m.
        optional timeout: Milliseconds,
        /// Tokens read and written.
        optional max_tokens: Whole<1, 1_000_000_000_000>,
        /// US dollars, by the model's price; an error if the model has none.
        optional max_cost_usd: MicroUsd,
        /// Tool calls.
        optional max_tool_calls: Whole<0, 1_000_000>,
    }
}
