//! The answer: chunks with pieces of text, and of the names and arguments of calls.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::{OnText, WireError, nullable, own_id, parsed, parsed_arguments};
use crate::conversation::{Finish, ModelTurn, ToolCall, Usage};

/// The most calls of one turn; their places are foreign numbers.
const MAX_CALLS: usize = 256;

/// Reads one answer.
#[derive(Debug)]
pub(in crate::model) struct Decoder {
    at: usize,
    text: String,
    calls: Vec<Growing>,
    usage: Usage,
    finish: Option<Finish>,
    is_refusal: bool,
    is_done: bool,
}

/// A call whose pieces still come.
#[derive(Debug, Default)]
struct Growing {
    index: usize,
    id: String,
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    choices: Vec<Choice<'a>>,
    usage: Option<UsageObject>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: u32,
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    refusal: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    tool_calls: Vec<CallDelta<'a>>,
}

/// A text that is not copied where the JSON has it as it is.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct CallDelta<'a> {
    index: Option<usize>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<FunctionDelta<'a>>,
}

#[derive(Deserialize)]
struct FunctionDelta<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct UsageObject {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

impl Decoder {
    pub(in crate::model) fn new(at: usize) -> Self {
        Self {
            at,
            text: String::new(),
            calls: Vec::new(),
            usage: Usage::default(),
            finish: None,
            is_refusal: false,
            is_done: false,
        }
    }

    pub(in crate::model) fn event(&mut self, data: &[u8], on_text: OnText<'_>) -> Result<(), WireError> {
        if data.trim_ascii() == b"[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let chunk: Chunk<'_> = parsed(data)?;
        if chunk.error.is_some() {
            return Err(WireError::Service(crate::model::failure::body::parse(data, 500)));
        }
        if let Some(usage) = chunk.usage {
            let cached = usage.prompt_tokens_details.and_then(|details| details.cached_tokens);
            self.usage = Usage {
                input_tokens: usage.prompt_tokens.unwrap_or_default(),
                cached_input_tokens: cached.unwrap_or_default(),
                output_tokens: usage.completion_tokens.unwrap_or_default(),
            };
        }
        // Only one choice is asked for.
        let Some(choice) = chunk.choices.into_iter().find(|choice| choice.index == 0) else { return Ok(()) };
        if let Some(delta) = choice.delta {
            self.delta(delta, on_text)?;
        }
        match choice.finish_reason.as_deref() {
            None | Some("") => {}
            Some("stop" | "tool_calls" | "function_call") => self.finish = Some(Finish::Stop),
            Some("length") => self.finish = Some(Finish::Length),
            Some(other) => self.finish = Some(Finish::Filtered(pace_ir::text::quoted(other))),
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta<'_>, on_text: OnText<'_>) -> Result<(), WireError> {
        let mut say = |text: &Text<'_>| {
            if !text.0.is_empty() {
                self.text.push_str(&text.0);
                on_text(&text.0);
            }
        };
        if let Some(text) = &delta.content {
            say(text);
        }
        if let Some(refusal) = delta.refusal.filter(|refusal| !refusal.0.is_empty()) {
            say(&refusal);
            self.is_refusal = true;
        }
        for piece in delta.tool_calls {
            let Some(call) = self.call(&piece) else {
                return Err(WireError::Garbled(format!("more than {MAX_CALLS} calls in one turn")));
            };
            if let Some(id) = piece.id.filter(|id| !id.0.is_empty()) {
                call.id = id.0.into_owned();
            }
            if let Some(function) = piece.function {
                call.name.push_str(function.name.as_ref().map_or("", |name| &name.0));
                call.arguments.push_str(function.arguments.as_ref().map_or("", |arguments| &arguments.0));
            }
        }
        Ok(())
    }

    /// The call a piece belongs to. Some servers leave the index out: then an id begins a call, and no id goes on with it.
    fn call(&mut self, piece: &CallDelta<'_>) -> Option<&mut Growing> {
        let known = match (piece.index, &piece.id) {
            (Some(index), _) => self.calls.iter().position(|call| call.index == index),
            (None, Some(id)) => self.calls.iter().position(|call| !id.0.is_empty() && call.id == id.0),
            (None, None) => self.calls.len().checked_sub(1),
        };
        let at = match known {
            Some(at) => at,
            None if self.calls.len() >= MAX_CALLS => return None,
            None => {
                let index = piece.index.unwrap_or(self.calls.len());
                self.calls.push(Growing { index, ..Growing::default() });
                self.calls.len() - 1
            }
        };
        self.calls.get_mut(at)
    }

    pub(in crate::model) fn is_complete(&self) -> bool {
        self.is_done || self.finish.is_some()
    }

    pub(in crate::model) fn has_end_mark(&self) -> bool {
        self.is_done
    }

    pub(in crate::model) fn finish(self) -> ModelTurn {
        let at = self.at;
        let calls = self.calls.into_iter().enumerate().map(|(number, call)| ToolCall {
            id: if call.id.is_empty() { own_id(at, number) } else { call.id },
            name: call.name,
            arguments: parsed_arguments(call.arguments).into(),
        });
        let calls: Vec<ToolCall> = calls.collect();
        let finish = match self.finish.unwrap_or_default() {
            Finish::Stop if self.is_refusal => Finish::Filtered("refusal".to_owned()),
            Finish::Stop if !calls.is_empty() => Finish::ToolCalls,
            other => other,
        };
        ModelTurn { text: self.text, calls, finish, usage: self.usage, raw: None }
    }
}
