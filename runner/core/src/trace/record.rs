//! What is kept of one invocation: the record that is stored, exported as a line of JSON, shown and drawn. Times are the
//! runner's clock; payloads are bounded, and say how long they were.

use chrono::{DateTime, SecondsFormat, Utc};
use pace_ir::program::Access;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::payload::Payload;
use crate::conversation::Usage;
use crate::events::{CallStatus, Spent};
use crate::id::{InvocationId, SessionId};
use crate::trace_context::TraceContext;

/// One invocation, from its admission or denial to its end; or a request that did not become one, because its credential is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// The invocation.
    pub id: InvocationId,
    /// The invocation that called it, for an agent called by another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<InvocationId>,
    /// The first of the tree: the invocation itself where nobody called it.
    pub root: InvocationId,
    /// Its span, as those who are called over a network are told.
    pub span: Span,
    /// The HTTP request that asked for it, as the log names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The agent; empty for a request that names none.
    pub agent: String,
    /// The loop that fired it.
    #[serde(default, rename = "loop", skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<String>,
    /// The session it was a turn of; absent where it did not begin. Of an anonymous subject another id, which opens none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Who asked: `user:ann`; [`UNAUTHENTICATED`] where nobody knows.
    pub subject: String,
    /// Who gave a loop another instruction than its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructed_by: Option<String>,
    /// The agents that acted for the subject, the first called by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<String>,
    /// The model, as the bundle calls it; empty for a request that names no agent.
    pub model: String,
    /// What that is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ModelService>,
    /// The bundle that says all this: `b3:…`.
    pub bundle: String,
    /// How it ended, in one word.
    pub status: Status,
    /// Why it ended without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// When it began, to the millisecond.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started: DateTime<Utc>,
    /// How long it took.
    pub duration_ms: f64,
    /// What it took, called agents included.
    pub usage: Taken,
    /// What was said to the agent.
    pub message: Payload,
    /// What it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Payload>,
    /// What happened in between, in the order in which it began.
    pub steps: Vec<Step>,
    /// How many steps were left out, because there were more than are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub steps_left_out: u32,
    /// How many of its calls a rule did not allow, those left out included.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub denied_calls: u32,
}

/// The subject of a request whose credential is none: no principal is written like this, so that nobody is taken for it.
pub const UNAUTHENTICATED: &str = "unauthenticated";

/// A span of W3C Trace Context; ids in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TraceSpan")]
pub struct Span {
    /// The trace, 32 digits.
    pub trace_id: String,
    /// The span, 16 digits.
    pub span_id: String,
    /// The span above it, of this runner or of whoever asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Whether whoever began the trace wants it kept elsewhere, too.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub is_sampled: bool,
}

/// What answers for a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TraceModel")]
pub struct ModelService {
    /// The provider, as in `paceline.yaml`: `gemini`.
    pub provider: String,
    /// What the provider calls the model.
    pub model: String,
}

impl From<&TraceContext> for Span {
    fn from(context: &TraceContext) -> Self {
        Self {
            trace_id: context.trace_id(),
            span_id: context.span_id(),
            parent_id: context.parent_id(),
            is_sampled: context.is_sampled(),
        }
    }
}

/// How an invocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TraceStatus")]
pub enum Status {
    /// It has an answer.
    Ok,
    /// It has none.
    Failed,
    /// It did not begin, because a rule says no.
    Denied,
    /// Whoever asked has gone or said stop, or the runner was stopped.
    Cancelled,
}

/// Why an invocation has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TraceFailure")]
pub struct Failure {
    /// The stable word, see the reference of problems.
    pub code: String,
    /// One sentence.
    pub detail: String,
    /// What was written that has to do with it: `agents/helper/spec.yaml:4`. Absent where the bundle does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What an invocation took.
// Flat, and not `Spent`: numbers of any length and flattened types cannot be read back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TraceUsage")]
pub struct Taken {
    /// Tokens read, those from a cache included.
    pub input_tokens: u64,
    /// Of the tokens read, those from the provider's cache.
    pub cached_input_tokens: u64,
    /// Tokens written, thoughts included.
    pub output_tokens: u64,
    /// Times a model was asked.
    pub model_calls: u32,
    /// Tools called.
    pub tool_calls: u32,
    /// Millionths of a US dollar, where all of it has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<u64>,
}

impl From<Spent> for Taken {
    fn from(spent: Spent) -> Self {
        let Spent { tokens, model_calls, tool_calls, cost_micro_usd } = spent;
        let Usage { input_tokens, cached_input_tokens, output_tokens } = tokens;
        Self { input_tokens, cached_input_tokens, output_tokens, model_calls, tool_calls, cost_micro_usd }
    }
}

/// Something an invocation did.
#[expect(clippy::large_enum_variant, reason = "a record has a few, and most of what it has is texts elsewhere")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TraceStep")]
pub enum Step {
    /// It asked its model.
    Model(ModelStep),
    /// Its model wanted a tool called.
    Tool(ToolStep),
}

/// One question to a model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TraceModelStep")]
pub struct ModelStep {
    /// Which time, from 1.
    pub turn: u32,
    /// When, from the beginning of the invocation.
    pub at_ms: f64,
    /// How long it took; absent where it had no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<f64>,
    /// How often the service had to be asked again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// What was wrong with the reply, where the model was asked to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mended: Option<String>,
    /// What it took.
    pub usage: Usage,
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TraceToolStep")]
pub struct ToolStep {
    /// Its span, as whoever is called over a network is told.
    pub span: Span,
    /// The model's call, unique within the conversation.
    pub call: String,
    /// The name that the model used.
    pub name: String,
    /// What is called: `tools/pay`, `https://shop.example/mcp#order`, `paceline://researcher`. Absent where there is no such tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The class of the call; absent where there is no such tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// When, from the beginning of the invocation.
    pub at_ms: f64,
    /// How long the call took, from the decision that it may be made; absent where the invocation ended before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<f64>,
    /// What it came to; absent where the invocation ended before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<CallStatus>,
    /// With what.
    pub arguments: Payload,
    /// What the model was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Payload>,
    /// How many images the result has; they are not kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub images: u32,
    /// The agent's entry of the tool, where the call did not do what it was to: `agents/helper/spec.yaml:7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What the tool wrote on its console.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub console: Vec<String>,
}

/// What a call may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CallClass")]
pub enum Class {
    /// Look.
    Read,
    /// Change something.
    Write,
}

impl From<Access> for Class {
    fn from(access: Access) -> Self {
        match access {
            Access::Read => Self::Read,
            Access::Write => Self::Write,
        }
    }
}

impl Class {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Status {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_yes(is_so: &bool) -> bool {
    *is_so
}

fn write_time<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(deserializer)?;
    DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc()).map_err(serde::de::Error::custom)
}
