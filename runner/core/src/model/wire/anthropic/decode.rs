//! The answer: blocks that begin, grow and end.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::{OnText, WireError, json, no_arguments, own_id, parsed, parsed_arguments, sum};
use super::PROVIDER;
use crate::conversation::{Finish, JsonText, ModelTurn, RawTurn, ToolCall, Usage};

/// The most blocks of one turn.
const MAX_BLOCKS: usize = 1_024;

/// Reads one answer.
#[derive(Debug)]
pub(in crate::model) struct Decoder {
    at: usize,
    text: String,
    blocks: Vec<Block>,
    counts: Counts,
    finish: Option<Finish>,
    has_stopped: bool,
}

/// A block and what has grown of it.
#[derive(Debug)]
struct Block {
    index: u32,
    kind: String,
    /// As it began: an object, as a text for as long as it grows.
    start: JsonText,
    /// Whether it is nothing but text.
    is_plain: bool,
    /// Its text, its thoughts, or its input as JSON.
    grown: String,
    signature: String,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Counts {
    #[serde(rename = "input_tokens")]
    input: Option<u64>,
    #[serde(rename = "cache_creation_input_tokens")]
    cache_creation: Option<u64>,
    #[serde(rename = "cache_read_input_tokens")]
    cache_read: Option<u64>,
    #[serde(rename = "output_tokens")]
    output: Option<u64>,
}

/// What kind of event it is; the rest is read when that is known.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
}

#[derive(Deserialize)]
struct MessageStart {
    message: Started,
}

#[derive(Deserialize)]
struct Started {
    #[serde(default)]
    usage: Counts,
}

#[derive(Deserialize)]
struct BlockStart<'a> {
    index: u32,
    #[serde(borrow)]
    content_block: &'a RawValue,
}

#[derive(Deserialize)]
struct MessageDelta {
    delta: Stopped,
    #[serde(default)]
    usage: Counts,
}

#[derive(Deserialize)]
struct Stopped {
    stop_reason: Option<String>,
}

/// The event there are most of, read without a detour.
#[derive(Deserialize)]
struct BlockDelta<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    index: u32,
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Decoder {
    pub(in crate::model) fn new(at: usize) -> Self {
        Self {
            at,
            text: String::new(),
            blocks: Vec::new(),
            counts: Counts::default(),
            finish: None,
            has_stopped: false,
        }
    }

    pub(in crate::model) fn event(&mut self, data: &[u8], on_text: OnText<'_>) -> Result<(), WireError> {
        if let Ok(event) = json::<BlockDelta<'_>>(data)
            && event.r#type == "content_block_delta"
        {
            self.delta(event.index, &event.delta, on_text);
            return Ok(());
        }
        match &*parsed::<Kind<'_>>(data)?.r#type {
            "message_start" => self.used(parsed::<MessageStart>(data)?.message.usage),
            "content_block_start" => {
                let BlockStart { index, content_block } = parsed(data)?;
                self.begin(index, content_block, on_text)?;
            }
            "message_delta" => {
                let MessageDelta { delta, usage } = parsed(data)?;
                self.used(usage);
                if let Some(reason) = delta.stop_reason {
                    self.finish = Some(finish(&reason));
                }
            }
            "message_stop" => self.has_stopped = true,
            "error" => return Err(WireError::Service(crate::model::failure::body::parse(data, 500))),
            // `ping`, `content_block_stop`, and what is yet to be invented.
            _ => {}
        }
        Ok(())
    }

    /// Counts are sums so far; the last event repeats those of the first, or leaves them out.
    fn used(&mut self, counts: Counts) {
        let before = self.counts;
        self.counts = Counts {
            input: counts.input.or(before.input),
            cache_creation: counts.cache_creation.or(before.cache_creation),
            cache_read: counts.cache_read.or(before.cache_read),
            output: counts.output.or(before.output),
        };
    }

    fn begin(&mut self, index: u32, start: &RawValue, on_text: OnText<'_>) -> Result<(), WireError> {
        if self.blocks.len() >= MAX_BLOCKS {
            return Err(WireError::Garbled(format!("more than {MAX_BLOCKS} blocks in one turn")));
        }
        let block: Map<String, Value> = parsed(start.get().as_bytes())?;
        let text = |key: &str| block.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = text("type");
        let grown = match kind.as_str() {
            "text" => {
                let text = text("text");
                self.say(&text, on_text);
                text
            }
            "thinking" => text("thinking"),
            _ => String::new(),
        };
        let signature = text("signature");
        let is_plain = kind == "text" && block.keys().all(|key| key == "type" || key == "text");
        self.blocks.push(Block { index, kind, start: start.to_owned().into(), is_plain, grown, signature });
        Ok(())
    }

    fn delta(&mut self, index: u32, delta: &Delta<'_>, on_text: OnText<'_>) {
        if let Some(text) = &delta.text {
            self.say(&text.0, on_text);
        }
        // Deltas of a block that never began have nothing to grow.
        let Some(block) = self.blocks.iter_mut().rev().find(|block| block.index == index) else { return };
        for grown in [&delta.text, &delta.partial_json, &delta.thinking].into_iter().flatten() {
            block.grown.push_str(&grown.0);
        }
        if let Some(signature) = &delta.signature {
            block.signature.push_str(&signature.0);
        }
    }

    fn say(&mut self, text: &str, on_text: OnText<'_>) {
        if !text.is_empty() {
            self.text.push_str(text);
            on_text(text);
        }
    }

    pub(in crate::model) fn is_complete(&self) -> bool {
        self.has_stopped
    }

    pub(in crate::model) fn finish(self) -> ModelTurn {
        let mut calls = Vec::new();
        let is_plain = self.blocks.len() == 1 && self.blocks.iter().all(|block| block.is_plain);
        let mut content = Vec::with_capacity(self.blocks.len());
        for block in self.blocks {
            content.extend(block.whole(self.at, &mut calls));
        }
        let finish = match self.finish.unwrap_or_default() {
            Finish::Stop if !calls.is_empty() => Finish::ToolCalls,
            other => other,
        };
        let Counts { input, cache_creation, cache_read, output } = self.counts;
        let usage = Usage {
            input_tokens: sum(input, cache_creation).saturating_add(cache_read.unwrap_or_default()),
            cached_input_tokens: cache_read.unwrap_or_default(),
            output_tokens: output.unwrap_or_default(),
        };
        // A turn of one text is written again from its text as it came.
        let raw = (!is_plain && !content.is_empty())
            .then(|| RawTurn { provider: PROVIDER.to_owned(), content: JsonText::of(&content) });
        ModelTurn { text: self.text, calls, finish, usage, raw }
    }
}

impl Block {
    /// As it is sent back; `None` for an empty text, which the service sends and does not take.
    fn whole(self, at: usize, calls: &mut Vec<ToolCall>) -> Option<Value> {
        let Self { kind, start, grown, signature, .. } = self;
        let Value::Object(mut block) = start.to_value() else { return None };
        match kind.as_str() {
            "text" if grown.is_empty() => return None,
            "text" => {
                block.insert("text".to_owned(), grown.into());
            }
            "thinking" => {
                block.insert("thinking".to_owned(), grown.into());
                block.insert("signature".to_owned(), signature.into());
            }
            "tool_use" => {
                let input = input(&block, grown);
                calls.push(call(&block, &input, own_id(at, calls.len())));
                let input = if input.is_object() { input } else { no_arguments(&input) };
                block.insert("input".to_owned(), input);
            }
            // Blocks of the service's own tools: their input grows too.
            _ if !grown.is_empty() => {
                block.insert("input".to_owned(), parsed_arguments(grown));
            }
            _ => {}
        }
        Some(Value::Object(block))
    }
}

fn input(block: &Map<String, Value>, grown: String) -> Value {
    match block.get("input") {
        Some(Value::Object(input)) if grown.is_empty() => Value::Object(input.clone()),
        _ => parsed_arguments(grown),
    }
}

fn call(block: &Map<String, Value>, input: &Value, own_id: String) -> ToolCall {
    let text = |key: &str| block.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    ToolCall { id: text("id").unwrap_or(own_id), name: text("name").unwrap_or_default(), arguments: input.into() }
}

fn finish(reason: &str) -> Finish {
    match reason {
        // A pause is the service's own tools taking long, of which no request of ours has any.
        "end_turn" | "tool_use" | "stop_sequence" | "pause_turn" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        other => Finish::Filtered(pace_ir::text::quoted(other)),
    }
}
