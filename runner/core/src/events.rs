//! The event stream of an invocation: the one account of what happens, in order. Terminal, server-sent events, traces and
//! user interfaces are all fed from it; nobody else looks into the turn loop.
//!
//! Events are borrowed: a sink that keeps one copies what it needs, and one that does not costs nothing.

use std::time::Duration;

use pace_ir::access::{Chain, Reason};
use pace_ir::program::{Access, AgentName, ModelName};
use pace_ir::text::quoted;
use pace_sandbox::Level;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::conversation::{ToolCall, ToolResult, Usage};
use crate::id::{InvocationId, SessionId};
use crate::problem::Problem;
use crate::tool::Cause;
use crate::trace_context::TraceContext;

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
        /// Its span.
        trace: &'a TraceContext,
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
        /// Its span, below its invocation's.
        trace: &'a TraceContext,
    },
    /// The server of a tool says how far a call is: at most four times a second, and the less often the longer it takes.
    ToolProgress {
        /// The call.
        call: &'a ToolCall,
        /// So far, in a unit that only the server knows.
        progress: f64,
        /// Of how much, where it says so.
        total: Option<f64>,
        /// In the server's words, at most 300 characters.
        message: Option<&'a str>,
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
        /// What is behind it, where that is known. For whoever runs the bundle: sinks of others leave it out.
        cause: Option<&'a Cause>,
        /// How long it took, from the decision that it may be made.
        took: Duration,
    },
    /// It ended well. The last event.
    Done(&'a Answer),
    /// It ended otherwise. The last event.
    Failed(&'a Problem),
}

/// What a call came to, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// How far a call is, in a few words on one line: `3 of 10: copying`, `7`.
pub fn how_far(progress: f64, total: Option<f64>, message: Option<&str>) -> String {
    let far = match total {
        Some(total) => format!("{} of {}", rounded(progress), rounded(total)),
        None => rounded(progress),
    };
    let words: Vec<_> = message.unwrap_or_default().split_whitespace().collect();
    if words.is_empty() { far } else { format!("{far}: {}", quoted(&words.join(" "))) }
}

/// At most two places, because nobody reads more while it moves.
fn rounded(number: f64) -> String {
    let text = if number.abs() < 1e15 { format!("{number:.2}") } else { format!("{number:e}") };
    if text.contains('.') && !text.contains('e') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

/// What an invocation answers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "ChatAnswer")]
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
    /// Why the session does not have this turn, where it could not be kept: it is as it was before, and a new one is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unkept: Option<&'static str>,
    /// What it took.
    pub usage: Spent,
}

/// What an invocation took, all its model calls together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
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

#[cfg(test)]
mod tests {
    use super::how_far;

    #[test]
    fn how_far_a_call_is_is_one_line() {
        assert_eq!(how_far(3.0, Some(10.0), Some("copying\n\u{1b}[2J")), "3 of 10: copying \\u{1b}[2J");
        assert_eq!(how_far(0.333_333, Some(1.0), None), "0.33 of 1");
        assert_eq!(how_far(100.0, None, Some(" ")), "100");
        assert_eq!(how_far(-1e300, None, None), "-1e300");
    }
}
