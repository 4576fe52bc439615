//! The event stream of an invocation: the one account of what happens, in order. Terminal, server-sent events, traces and
//! user interfaces are all fed from it; nobody else looks into the turn loop.
//!
//! Events are borrowed: a sink that keeps one copies what it needs, and one that does not costs nothing.

use std::time::Duration;

use pace_ir::access::{Chain, Reason};
use pace_ir::program::{Access, AgentName, ModelName};
use pace_sandbox::Level;
use serde::{Deserialize, Serialize};

use crate::conversation::{ToolCall, ToolResult, Usage};
use crate::id::{InvocationId, SessionId};
use crate::problem::Problem;

/// Which invocation an event belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The invocation.
    pub invocation: InvocationId,
    /// The invocation that called it, for an agent called by another.
    pub parent: Option<InvocationId>,
    /// The agent that runs.
    pub agent: AgentName,
}

/// What happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// It was admitted and begins. Always the first.
    Started {
        /// The session it is a turn of.
        session: SessionId,
        /// The model that answers.
        model: &'a ModelName,
        /// The rule that admitted it.
        admitted: &'a Reason,
        /// On whose behalf: the subject, and the agents that act for them.
        chain: &'a Chain,
    },
    /// The model is asked, for the `turn`th time, from 1.
    ModelCall {
        /// Which time.
        turn: u32,
    },
    /// The model's service is asked again later.
    ModelRetry {
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// How long until then.
        wait: Duration,
        /// Why, in a few words.
        why: &'a str,
    },
    /// The next piece of the answer.
    Text(&'a str),
    /// The model's turn is over.
    ModelAnswered {
        /// Which time.
        turn: u32,
        /// What it cost.
        usage: Usage,
    },
    /// The reply does not fit the agent's schema; the model is told why and asked once more.
    Repair {
        /// What is wrong with it.
        why: &'a str,
    },
    /// The model wants a tool called.
    ToolCall {
        /// The call.
        call: &'a ToolCall,
        /// Its class; absent where there is no such tool.
        class: Option<Access>,
    },
    /// The tool wrote on its console. Told when the call is over, before its result.
    ToolConsole {
        /// The call.
        call: &'a ToolCall,
        /// How loud.
        level: Level,
        /// One line or more, secrets taken out.
        text: &'a str,
    },
    /// What a call came to.
    ToolResult {
        /// What the model is told.
        result: &'a ToolResult,
        /// In one word.
        status: CallStatus,
        /// How long it took, from the decision that it may be made.
        took: Duration,
    },
    /// It ended well. The last event.
    Done(&'a Answer),
    /// It ended otherwise. The last event.
    Failed(&'a Problem),
}

/// What a call came to, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// It was made, and the tool answered.
    Done,
    /// It was made, and the tool failed.
    Failed,
    /// It was not made: there is no such tool, or the arguments do not fit.
    Invalid,
    /// It was not made: a rule says no.
    Denied,
    /// It was not made: it would have written, and writes are stubbed.
    Stubbed,
}

impl CallStatus {
    /// Its word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Denied => "denied",
            Self::Stubbed => "stubbed",
        }
    }
}

/// What an invocation answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The agent's reply.
    pub response: String,
    /// The reply as data, where the agent has an `output`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<serde_json::Value>,
    /// Where the conversation can go on.
    pub session: SessionId,
    /// This run.
    pub invocation: InvocationId,
    /// Absent where the model had no more to say; else why the reply is cut: `length`, or the service's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
    /// What it took.
    pub usage: Spent,
}

/// What an invocation took, all its model calls together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Spent {
    /// Tokens.
    #[serde(flatten)]
    pub tokens: Usage,
    /// Times the model was asked.
    pub model_calls: u32,
    /// Tools called.
    pub tool_calls: u32,
    /// Millionths of a US dollar, where the model has a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<u64>,
}

/// Somebody who follows an invocation. Called in order, on the task that runs it; must not block.
pub trait EventSink: Send + Sync {
    /// One event.
    fn on_event(&self, source: &Source, event: &Event<'_>);
}

/// Follows nothing: for callers who want the answer alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unheard;

impl EventSink for Unheard {
    fn on_event(&self, _: &Source, _: &Event<'_>) {}
}
