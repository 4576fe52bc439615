//! The record of live writes: what is about to be done, before it is done, and what came of it. Without a store it is two
//! lines on standard error, each written whole and handed to the system before anything else happens. A write whose intent
//! cannot be put on record is not made.

use std::io::{self, Write};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use pace_ir::BundleId;
use pace_ir::access::Chain;
use pace_ir::program::AgentName;
use serde::Serialize;
use serde_json::Value;

use crate::id::InvocationId;

/// A write that is about to be made.
#[derive(Debug, Clone, Serialize)]
pub struct Intent {
    /// The invocation it is part of.
    pub invocation: InvocationId,
    /// The model's call: unique within the conversation.
    pub call: String,
    /// Whose tool it is.
    pub agent: String,
    /// What is called: `tools/pay`.
    pub tool: String,
    /// Who asked: `user:ann`.
    pub subject: String,
    /// Who gave a loop another instruction than its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructed_by: Option<String>,
    /// The agents that act for them, the first called by the subject.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<String>,
    /// Which bundle allows it.
    pub bundle: String,
    /// With what.
    pub arguments: Value,
}

/// What came of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteStatus {
    /// The tool said that it is done.
    Done,
    /// The tool failed; what it did until then is done.
    Failed,
}

#[derive(Serialize)]
struct Line<'a, T> {
    audit: &'static str,
    time: String,
    #[serde(flatten)]
    rest: &'a T,
}

#[derive(Serialize)]
struct OutcomeLine<'a> {
    invocation: InvocationId,
    call: &'a str,
    tool: &'a str,
    status: WriteStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl Intent {
    /// What is about to be done, on whose behalf.
    pub fn new(
        invocation: InvocationId,
        (agent, tool): (&AgentName, String),
        chain: &Chain,
        bundle: BundleId,
        (call, arguments): (&str, &Value),
    ) -> Self {
        Self {
            invocation,
            call: call.to_owned(),
            agent: agent.to_string(),
            tool,
            subject: chain.subject.principal.to_string(),
            instructed_by: chain.instructed_by.as_ref().map(|subject| subject.principal.to_string()),
            actors: chain.actors.iter().map(|actor| format!("serviceaccount:{actor}")).collect(),
            bundle: bundle.to_string(),
            arguments: arguments.clone(),
        }
    }

    /// Puts the intent on record. Blocks until the system has it.
    ///
    /// # Errors
    /// It cannot be written; the write must not be made.
    pub fn record(&self) -> io::Result<()> {
        write("write-intent", self)
    }

    /// Puts on record what came of it; `error` is the tool's.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn record_outcome(&self, status: WriteStatus, error: Option<&str>) -> io::Result<()> {
        let (call, tool) = (self.call.as_str(), self.tool.as_str());
        write("write-outcome", &OutcomeLine { invocation: self.invocation, call, tool, status, error })
    }
}

fn write<T: Serialize>(audit: &'static str, rest: &T) -> io::Result<()> {
    let now: DateTime<Utc> = SystemTime::now().into();
    let time = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut line = serde_json::to_vec(&Line { audit, time, rest })?;
    line.push(b'\n');
    let mut stderr = io::stderr().lock();
    stderr.write_all(&line)?;
    stderr.flush()
}
