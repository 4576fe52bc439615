//! Traces as a store has them: a row of what lists show and are filtered by, and the record as JSON.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use pace_state::{Key, Moment, Store, StoreError, TraceStatus};
use schemars::JsonSchema;
use serde::Serialize;

use super::record::{Status, Trace};
use crate::id::InvocationId;

/// The most invocations that are shown below one.
pub const MOST_BELOW: u32 = 500;

/// What lists show of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "TraceSummary")]
pub struct Summary {
    /// The invocation.
    pub id: String,
    /// The invocation that called it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The agent.
    pub agent: String,
    /// The loop that fired it.
    #[serde(rename = "loop", skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<String>,
    /// Who asked.
    pub subject: String,
    /// The agents that acted for the subject, the first called by it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<String>,
    /// The model, as the bundle calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How it ended.
    pub status: Status,
    /// The code of its error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it began: RFC 3339, milliseconds.
    pub started: String,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Times a model was asked.
    pub model_calls: u64,
    /// Tools called.
    pub tool_calls: u64,
    /// Calls that a rule did not allow.
    #[serde(skip_serializing_if = "is_zero")]
    pub denied_calls: u64,
    /// Millionths of a US dollar, where all of it has a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<u64>,
}

impl From<&pace_state::Trace> for Summary {
    fn from(trace: &pace_state::Trace) -> Self {
        Self {
            id: trace.id.to_string(),
            parent: trace.parent.map(|parent| parent.to_string()),
            agent: trace.agent.clone(),
            scheduled: trace.loop_name.clone(),
            subject: trace.subject.clone(),
            actors: trace.actors.split_whitespace().map(str::to_owned).collect(),
            model: trace.model.clone(),
            status: match trace.status {
                TraceStatus::Ok => Status::Ok,
                TraceStatus::Failed | TraceStatus::Limited => Status::Failed,
                TraceStatus::Denied => Status::Denied,
                TraceStatus::Cancelled => Status::Cancelled,
            },
            error: trace.error.clone(),
            started: written(trace.started),
            duration_ms: u64::try_from(trace.duration.as_millis()).unwrap_or(u64::MAX),
            input_tokens: trace.input_tokens,
            output_tokens: trace.output_tokens,
            model_calls: trace.model_calls,
            tool_calls: trace.tool_calls,
            // Of an invocation that was denied itself, nothing was called.
            denied_calls: if trace.status == TraceStatus::Denied { 0 } else { trace.denials },
            cost_micro_usd: trace.cost,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Failed, Self::Denied, Self::Cancelled];

    /// As a filter of the store's.
    pub fn in_store(self) -> TraceStatus {
        match self {
            Self::Ok => TraceStatus::Ok,
            Self::Failed => TraceStatus::Failed,
            Self::Denied => TraceStatus::Denied,
            Self::Cancelled => TraceStatus::Cancelled,
        }
    }
}

impl Trace {
    /// About how many bytes it holds.
    pub(crate) fn size(&self) -> usize {
        /// What a step holds besides what was said.
        const STEP: usize = 512;
        let said = super::Payload::held;
        let steps = self.steps.iter().map(|step| match step {
            super::Step::Model(_) => STEP,
            super::Step::Tool(tool) => {
                let console = tool.console.iter().map(String::len).sum::<usize>();
                STEP + said(&tool.arguments) + tool.result.as_ref().map_or(0, said) + console
            }
        });
        STEP + said(&self.message) + self.response.as_ref().map_or(0, said) + steps.sum::<usize>()
    }
}

/// The row and the record of an invocation.
pub(crate) fn row(trace: &Trace) -> (pace_state::Trace, Vec<u8>) {
    // Only a type whose own serialization fails has none, and none of ours does.
    let record = serde_json::to_vec(trace).unwrap_or_default();
    let row = pace_state::Trace {
        id: key(trace.id),
        parent: trace.parent.map(key),
        root: key(trace.root),
        agent: trace.agent.clone(),
        loop_name: trace.scheduled.clone(),
        subject: trace.subject.clone(),
        actors: trace.actors.join(" "),
        model: (!trace.model.is_empty()).then(|| trace.model.clone()),
        bundle: trace.bundle.clone(),
        status: trace.status.in_store(),
        error: trace.error.as_ref().map(|error| error.code.clone()),
        started: Moment(trace.started.timestamp_millis()),
        duration: Duration::try_from_secs_f64(trace.duration_ms / 1e3).unwrap_or_default(),
        input_tokens: trace.usage.input_tokens,
        output_tokens: trace.usage.output_tokens,
        cost: trace.usage.cost_micro_usd,
        model_calls: trace.usage.model_calls.into(),
        tool_calls: trace.usage.tool_calls.into(),
        denials: if trace.status == Status::Denied { 1 } else { trace.denied_calls.into() },
    };
    (row, record)
}

/// The record of an invocation.
///
/// # Errors
/// As every call of the store, and [`StoreError::Corrupt`] where the record is none.
pub async fn read(store: &Store, id: Key) -> Result<Option<Trace>, StoreError> {
    let Some((_, record)) = store.trace(id).await? else { return Ok(None) };
    let trace = serde_json::from_slice(&record);
    trace.map(Some).map_err(|error| StoreError::Corrupt { reason: format!("the trace `{id}` cannot be read: {error}") })
}

/// What an invocation is kept under.
pub fn key(id: InvocationId) -> Key {
    Key(id.number())
}

/// RFC 3339 with milliseconds.
pub fn written(moment: Moment) -> String {
    let time = DateTime::<Utc>::from_timestamp_millis(moment.0).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
