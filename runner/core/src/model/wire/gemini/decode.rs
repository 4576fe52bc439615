//! The answer: chunks of one turn, merged into one list of parts.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::{OnText, WireError, garbled, nullable, own_id, parsed, sum};
use super::PROVIDER;
use crate::conversation::{Finish, JsonText, ModelTurn, RawTurn, ToolCall, Usage};

/// Reads one answer.
#[derive(Debug)]
pub(in crate::model) struct Decoder {
    at: usize,
    text: String,
    /// The parts so far as one list of JSON whose end is missing, without the text that still grows.
    parts: String,
    /// Text of plain parts that stand side by side.
    growing: String,
    calls: Vec<ToolCall>,
    usage: Usage,
    finish: Option<Finish>,
    malformed: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    candidates: Vec<Candidate<'a>>,
    #[serde(borrow)]
    prompt_feedback: Option<Feedback<'a>>,
    usage_metadata: Option<UsageMetadata>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(default)]
    index: u32,
    #[serde(borrow)]
    content: Option<Content<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    finish_message: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    parts: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback<'a> {
    #[serde(borrow)]
    block_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct UsageMetadata {
    #[serde(rename = "promptTokenCount")]
    prompt: Option<u64>,
    #[serde(rename = "toolUsePromptTokenCount")]
    tool_use_prompt: Option<u64>,
    #[serde(rename = "cachedContentTokenCount")]
    cached_content: Option<u64>,
    #[serde(rename = "candidatesTokenCount")]
    candidates: Option<u64>,
    #[serde(rename = "thoughtsTokenCount")]
    thoughts: Option<u64>,
}

/// A part that is nothing but text: most are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainText<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

impl Decoder {
    pub(in crate::model) fn new(at: usize) -> Self {
        Self {
            at,
            text: String::new(),
            parts: String::new(),
            growing: String::new(),
            calls: Vec::new(),
            usage: Usage::default(),
            finish: None,
            malformed: None,
        }
    }

    pub(in crate::model) fn event(&mut self, data: &[u8], on_text: OnText<'_>) -> Result<(), WireError> {
        let chunk: Chunk<'_> = parsed(data)?;
        if chunk.error.is_some() {
            return Err(WireError::Service(crate::model::failure::body::parse(data, 500)));
        }
        if let Some(usage) = chunk.usage_metadata {
            // Each chunk says the sum so far.
            self.usage = Usage {
                input_tokens: sum(usage.prompt, usage.tool_use_prompt),
                cached_input_tokens: usage.cached_content.unwrap_or_default(),
                output_tokens: sum(usage.candidates, usage.thoughts),
            };
        }
        if let Some(reason) = chunk.prompt_feedback.and_then(|feedback| feedback.block_reason) {
            self.finish = Some(Finish::Filtered(word(&reason)));
        }
        // Only one candidate is asked for.
        let Some(candidate) = chunk.candidates.into_iter().find(|candidate| candidate.index == 0) else {
            return Ok(());
        };
        for part in candidate.content.map(|content| content.parts).unwrap_or_default() {
            self.part(part.get(), on_text).map_err(|error| garbled(part.get().as_bytes(), &error))?;
        }
        if let Some(reason) = candidate.finish_reason {
            self.finished(&reason, candidate.finish_message.as_deref());
        }
        Ok(())
    }

    fn part(&mut self, part: &str, on_text: OnText<'_>) -> serde_json::Result<()> {
        if let Ok(PlainText { text }) = serde_json::from_str(part) {
            self.say(&text, on_text);
            self.growing.push_str(&text);
            return Ok(());
        }
        let read: Value = serde_json::from_str(part)?;
        if read.get("thought") != Some(&Value::Bool(true)) {
            if let Some(text) = read.get("text").and_then(Value::as_str) {
                self.say(text, on_text);
            }
            if let Some(call) = read.get("functionCall") {
                self.call(call);
            }
        }
        self.keep_growing();
        self.keep(part);
        Ok(())
    }

    fn say(&mut self, text: &str, on_text: OnText<'_>) {
        if !text.is_empty() {
            self.text.push_str(text);
            on_text(text);
        }
    }

    fn call(&mut self, call: &Value) {
        let text = |key: &str| call.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let arguments = match call.get("args") {
            None | Some(Value::Null) => JsonText::of(&Map::new()),
            Some(object @ Value::Object(_)) => object.into(),
            Some(other) => JsonText::of(&other.to_string()),
        };
        self.calls.push(ToolCall {
            id: text("id").map_or_else(|| own_id(self.at, self.calls.len()), str::to_owned),
            name: text("name").unwrap_or_default().to_owned(),
            arguments,
        });
    }

    /// What grew becomes a part.
    fn keep_growing(&mut self) {
        if !self.growing.is_empty() {
            let text = serde_json::json!({ "text": std::mem::take(&mut self.growing) });
            self.keep(&text.to_string());
        }
    }

    fn keep(&mut self, part: &str) {
        self.parts.push(if self.parts.is_empty() { '[' } else { ',' });
        self.parts.push_str(part);
    }

    fn finished(&mut self, reason: &str, message: Option<&str>) {
        self.finish = Some(match reason {
            "STOP" => Finish::Stop,
            "MAX_TOKENS" => Finish::Length,
            "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "MALFORMED_RESPONSE" => {
                self.malformed = Some(message.map_or_else(|| word(reason), str::to_owned));
                Finish::Stop
            }
            // Some servers that speak this format have a word of their own for turns that end in calls.
            _ if !self.calls.is_empty() => Finish::Stop,
            other => Finish::Filtered(word(other)),
        });
    }

    pub(in crate::model) fn is_complete(&self) -> bool {
        self.finish.is_some()
    }

    pub(in crate::model) fn finish(mut self) -> Result<ModelTurn, WireError> {
        if let Some(message) = self.malformed {
            return Err(WireError::MalformedCall(message));
        }
        let finish = match self.finish.take().ok_or(WireError::CutOff)? {
            Finish::Stop if !self.calls.is_empty() => Finish::ToolCalls,
            other => other,
        };
        // A turn of plain text is written again from its text as it came.
        let raw = if self.parts.is_empty() {
            None
        } else {
            self.keep_growing();
            self.parts.push(']');
            let content = JsonText::parse(self.parts).map_err(|error| garbled(&[], &error))?;
            Some(RawTurn { provider: PROVIDER.to_owned(), content })
        };
        Ok(ModelTurn { text: self.text, calls: self.calls, finish, usage: self.usage, raw })
    }
}

/// A reason in the spelling of all reasons: lower case.
fn word(reason: &str) -> String {
    pace_ir::text::quoted(&reason.to_ascii_lowercase())
}
