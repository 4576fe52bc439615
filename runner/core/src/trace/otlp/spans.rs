//! A record as spans of OpenTelemetry, by the semantic conventions for generative AI and MCP
//! (<https://github.com/open-telemetry/semantic-conventions-genai>, in development): one `invoke_agent`, and below it one `chat` for
//! each question to the model and one `execute_tool` for each call of a tool. What the conventions have no name for is `paceline.*`.
//!
//! Pure: the ids are those that whoever was called has been told; a question to a model, whose service is told none, has one that
//! follows from its invocation's, so that the same record is always the same spans.

use std::time::Duration;

use pace_ir::text::{printable, shortened};
use pace_redact::Redactor;
use serde_json::json;

use super::attributes::Attributes;
use super::message::{self, Kind, StatusCode};
use crate::events::CallStatus;
use crate::problem::Code;
use crate::trace::payload::Payload;
use crate::trace::record::{Class, Failure, ModelStep, Span, Step, ToolStep, Trace};

/// The trace flag of a span whose parent is known to be here or elsewhere (OTLP, `SpanFlags`).
const HAS_IS_REMOTE: u32 = 0x100;
/// The trace flag of a span whose parent is another program's.
const IS_REMOTE: u32 = 0x200;
/// The flag `sampled` of W3C Trace Context.
const SAMPLED: u32 = 1;
/// The most characters of a name that a model made up.
const MOST_NAME: usize = 100;

/// Whether what people, agents and tools say to each other is sent, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Content {
    /// No: names, times, numbers and how it ended.
    #[default]
    LeftOut,
    /// Yes, secrets taken out: messages, arguments, results.
    Sent,
}

/// The spans of a record, the invocation first.
pub(super) fn of(trace: &Trace, redactor: &Redactor, content: Content) -> Vec<message::Span> {
    let making = Making { trace, redactor, content, began: nanoseconds_since_1970(trace) };
    let mut spans = Vec::with_capacity(1 + trace.steps.len());
    spans.push(making.invocation());
    for (number, step) in trace.steps.iter().enumerate() {
        let next = trace.steps.get(number + 1..).unwrap_or_default();
        spans.push(match step {
            Step::Model(model) => making.chat(model, next),
            Step::Tool(tool) => making.tool(tool),
        });
    }
    spans
}

/// How many spans a record becomes.
pub(super) fn count(trace: &Trace) -> usize {
    1 + trace.steps.len()
}

struct Making<'a> {
    trace: &'a Trace,
    redactor: &'a Redactor,
    content: Content,
    /// When the invocation began, nanoseconds.
    began: u64,
}

impl Making<'_> {
    fn attributes(&self, operation: &str) -> Attributes<'_> {
        let mut attributes = Attributes::new(self.redactor);
        attributes.text("gen_ai.operation.name", operation);
        attributes
    }

    fn invocation(&self) -> message::Span {
        let Trace { span, agent, usage, .. } = self.trace;
        let mut about = self.attributes("invoke_agent");
        about.text("gen_ai.agent.name", agent);
        about.text("gen_ai.agent.id", &format!("paceline://{agent}"));
        about.text("gen_ai.agent.version", &self.trace.bundle);
        about.maybe("gen_ai.conversation.id", self.trace.session.map(|session| session.to_string()).as_deref());
        self.model(&mut about);
        about.number("gen_ai.usage.input_tokens", usage.input_tokens);
        about.number("gen_ai.usage.output_tokens", usage.output_tokens);
        about.number("gen_ai.usage.cache_read.input_tokens", usage.cached_input_tokens);
        about.text("paceline.invocation.id", &self.trace.id.to_string());
        about.text("paceline.status", self.trace.status.as_str());
        about.text("paceline.subject", &self.trace.subject);
        about.list("paceline.actors", &self.trace.actors);
        about.maybe("paceline.loop", self.trace.scheduled.as_deref());
        about.maybe("paceline.instructed_by", self.trace.instructed_by.as_deref());
        about.some("paceline.cost_micro_usd", usage.cost_micro_usd);
        about.some("paceline.steps_left_out", Some(self.trace.steps_left_out.into()).filter(|count| *count > 0));
        if self.content == Content::Sent {
            about.clean("gen_ai.input.messages", said("user", &self.clean(&self.trace.message), None));
            if let Some(response) = &self.trace.response {
                about.clean("gen_ai.output.messages", said("assistant", &self.clean(response), Some("stop")));
            }
        }
        let status = self.trace.error.as_ref().map(|error| {
            about.text("error.type", &error.code);
            about.maybe("paceline.place", error.place.as_deref());
            let is_told = self.content == Content::Sent;
            failed(self.redactor.text(told(error, is_told)).into_owned())
        });
        let is_remote = self.trace.parent.is_none() && span.parent_id.is_some();
        message::Span {
            name: format!("invoke_agent {agent}"),
            kind: Kind::Internal.into(),
            flags: HAS_IS_REMOTE | SAMPLED | if is_remote { IS_REMOTE } else { 0 },
            status,
            ..self.span((span, None), (0.0, Some(self.trace.duration_ms)), about)
        }
    }

    fn chat(&self, step: &ModelStep, next: &[Step]) -> message::Span {
        let mut about = self.attributes("chat");
        self.model(&mut about);
        about.text("gen_ai.agent.name", &self.trace.agent);
        about.maybe("gen_ai.conversation.id", self.trace.session.map(|session| session.to_string()).as_deref());
        about.number("paceline.turn", step.turn.into());
        about.some("paceline.retries", Some(step.retries.into()).filter(|count| *count > 0));
        let error = self.trace.error.as_ref().filter(|_| step.took_ms.is_none());
        if let Some(error) = error {
            about.text("error.type", &error.code);
        } else {
            about.number("gen_ai.usage.input_tokens", step.usage.input_tokens);
            about.number("gen_ai.usage.output_tokens", step.usage.output_tokens);
            about.number("gen_ai.usage.cache_read.input_tokens", step.usage.cached_input_tokens);
        }
        // One without an answer went on until something else began, or to the end.
        let until_next = next.first().map(|next| match next {
            Step::Model(model) => model.at_ms,
            Step::Tool(tool) => tool.at_ms,
        });
        let end = step.took_ms.map(|took| step.at_ms + took).or(until_next);
        let model = self.trace.service.as_ref().map_or(self.trace.model.as_str(), |service| service.model.as_str());
        message::Span {
            name: format!("chat {model}"),
            kind: Kind::Client.into(),
            status: error.map(|_| failed(String::new())),
            ..self.span((&self.trace.span, Some(step.turn)), (step.at_ms, end), about)
        }
    }

    fn tool(&self, step: &ToolStep) -> message::Span {
        // A name that is no tool's is the model's own.
        let name = shortened(&printable(&step.name), MOST_NAME);
        let mut about = self.attributes("execute_tool");
        about.text("gen_ai.tool.name", &name);
        about.text("gen_ai.tool.call.id", &shortened(&printable(&step.call), MOST_NAME));
        about.text("gen_ai.tool.type", if step.server().is_some() { "extension" } else { "function" });
        about.text("gen_ai.agent.name", &self.trace.agent);
        about.maybe("paceline.tool", step.tool.as_deref());
        about.maybe("paceline.access", step.class.map(Class::as_str));
        about.maybe("paceline.place", step.place.as_deref());
        about.maybe("paceline.status", step.status.map(CallStatus::as_str));
        if let Some((server, _)) = step.server() {
            about.text("mcp.method.name", "tools/call");
            about.server(server);
        }
        if self.content == Content::Sent {
            about.clean("gen_ai.tool.call.arguments", self.clean(&step.arguments));
            if let Some(result) = &step.result {
                about.clean("gen_ai.tool.call.result", self.clean(result));
            }
        }
        let ended_with = self.trace.error.as_ref().map_or("cancelled", |error| error.code.as_str());
        let why = match step.status {
            Some(CallStatus::Done | CallStatus::Stubbed) => None,
            Some(CallStatus::Failed) => Some("tool_error"),
            Some(status) => Some(status.as_str()),
            None => Some(ended_with),
        };
        if let Some(why) = why {
            about.text("error.type", why);
        }
        let end = step.took_ms.map(|took| step.at_ms + took);
        message::Span {
            name: if step.tool.is_some() { format!("execute_tool {name}") } else { "execute_tool".to_owned() },
            kind: if step.server().is_some() { Kind::Client } else { Kind::Internal }.into(),
            status: why.map(|_| failed(String::new())),
            ..self.span((&step.span, None), (step.at_ms, end), about)
        }
    }

    /// What was said, without secrets: also without the beginning of one at the place where it was cut.
    fn clean(&self, payload: &Payload) -> String {
        match payload {
            Payload::Cut { beginning, bytes } => format!("{}… ({bytes} bytes)", self.redactor.cut_text(beginning)),
            whole => self.redactor.text(&whole.shown()).into_owned(),
        }
    }

    fn model(&self, about: &mut Attributes<'_>) {
        if let Some(service) = &self.trace.service {
            about.text("gen_ai.provider.name", provider(&service.provider));
            about.text("gen_ai.request.model", &service.model);
        }
        about.text("paceline.model", &self.trace.model);
    }

    /// The span itself, or that of one of its questions to the model. Times are milliseconds from the beginning of the invocation;
    /// what has no end went on until the invocation's.
    fn span(
        &self,
        (span, turn): (&Span, Option<u32>),
        (at, end): (f64, Option<f64>),
        attributes: Attributes<'_>,
    ) -> message::Span {
        let own = number(&span.span_id);
        let (id, parent) = match turn {
            None => (own, span.parent_id.as_deref().map(number)),
            Some(turn) => (of_turn(own, turn), Some(own)),
        };
        let (start, end) = (self.at(at), self.at(end.unwrap_or(self.trace.duration_ms)));
        message::Span {
            trace_id: u128::from_str_radix(&span.trace_id, 16).unwrap_or_default().to_be_bytes().to_vec(),
            span_id: id.to_be_bytes().to_vec(),
            parent_span_id: parent.map(|parent| parent.to_be_bytes().to_vec()).unwrap_or_default(),
            start_time_unix_nano: start,
            end_time_unix_nano: end.max(start),
            attributes: attributes.done(),
            flags: HAS_IS_REMOTE | SAMPLED,
            ..message::Span::default()
        }
    }

    fn at(&self, milliseconds: f64) -> u64 {
        let since = Duration::try_from_secs_f64(milliseconds / 1e3).unwrap_or_default().as_nanos();
        self.began.saturating_add(u64::try_from(since).unwrap_or_default())
    }
}

impl ToolStep {
    /// The MCP server and its tool, where it is one of a server.
    fn server(&self) -> Option<(&str, &str)> {
        let (server, tool) = self.tool.as_deref()?.rsplit_once('#')?;
        server.contains("://").then_some((server, tool))
    }
}

/// What is told of a failure. Its sentence may quote what somebody said.
fn told(error: &Failure, is_content_told: bool) -> &str {
    let code = Code::ALL.iter().find(|code| code.as_str() == error.code);
    match code {
        Some(code) if !is_content_told && !code.is_detail_for_logs() => code.title(),
        _ if is_content_told || code.is_some() => &error.detail,
        _ => "",
    }
}

fn failed(message: String) -> message::Status {
    message::Status { message, code: StatusCode::Error.into() }
}

/// What the conventions call a provider.
fn provider(ours: &str) -> &str {
    match ours {
        "gemini" => "gcp.gemini",
        same => same,
    }
}

/// One message as the conventions write it.
fn said(role: &str, text: &str, finish: Option<&str>) -> String {
    let mut message = json!({ "role": role, "parts": [{ "type": "text", "content": text }] });
    if let (Some(finish), Some(message)) = (finish, message.as_object_mut()) {
        message.insert("finish_reason".to_owned(), finish.into());
    }
    json!([message]).to_string()
}

fn nanoseconds_since_1970(trace: &Trace) -> u64 {
    trace.started.timestamp_nanos_opt().and_then(|time| u64::try_from(time).ok()).unwrap_or_default()
}

fn number(digits: &str) -> u64 {
    u64::from_str_radix(digits, 16).unwrap_or_default()
}

/// The id of an invocation's `turn`th question to its model: as far from all others as chance would put it (the last step of
/// SplitMix64), and never zero.
fn of_turn(invocation: u64, turn: u32) -> u64 {
    let mut mixed = invocation.wrapping_add(u64::from(turn).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)).max(1)
}
