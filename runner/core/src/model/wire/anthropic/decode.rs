//! The answer: blocks that begin, grow and end.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{OnText, WireError, arguments, json, own_id, parsed, parsed_arguments, sum};
use super::PROVIDER;
use crate::conversation::{Finish, ModelTurn, RawTurn, ToolCall, Usage};

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
    /// As it began.
    start: Map<String, Value>,
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

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        index: u32,
        content_block: Map<String, Value>,
    },
    MessageDelta {
        delta: MessageDelta,
        #[serde(default)]
        usage: Counts,
    },
    MessageStop,
    Error,
    /// `ping`, `content_block_stop`, and what is yet to be invented.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    usage: Counts,
}

#[derive(Deserialize)]
struct MessageDelta {
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
        match parsed(data)? {
            Event::MessageStart { message } => self.used(message.usage),
            Event::ContentBlockStart { index, content_block } => self.begin(index, content_block, on_text)?,
            Event::MessageDelta { delta, usage } => {
                self.used(usage);
                if let Some(reason) = delta.stop_reason {
                    self.finish = Some(finish(&reason));
                }
            }
            Event::MessageStop => self.has_stopped = true,
            Event::Error => return Err(WireError::Service(crate::model::failure::body::parse(data, 500))),
            Event::Other => {}
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

    fn begin(&mut self, index: u32, start: Map<String, Value>, on_text: OnText<'_>) -> Result<(), WireError> {
        if self.blocks.len() >= MAX_BLOCKS {
            return Err(WireError::Garbled(format!("more than {MAX_BLOCKS} blocks in one turn")));
        }
        let text = |key: &str| start.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let grown = match text("type").as_str() {
            "text" => {
                let text = text("text");
                self.say(&text, on_text);
                text
            }
            "thinking" => text("thinking"),
            _ => String::new(),
        };
        let signature = text("signature");
        self.blocks.push(Block { index, start, grown, signature });
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
        let is_plain = self.blocks.len() == 1 && self.blocks.iter().all(Block::is_plain);
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
            .then(|| RawTurn { provider: PROVIDER.to_owned(), content: Value::Array(content) });
        ModelTurn { text: self.text, calls, finish, usage, raw }
    }
}

impl Block {
    fn kind(&self) -> &str {
        self.start.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is nothing but text.
    fn is_plain(&self) -> bool {
        self.kind() == "text" && self.start.keys().all(|key| key == "type" || key == "text")
    }

    /// As it is sent back; `None` for an empty text, which the service sends and does not take.
    fn whole(self, at: usize, calls: &mut Vec<ToolCall>) -> Option<Value> {
        let kind = self.kind().to_owned();
        let Self { start: mut block, grown, signature, .. } = self;
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
                let called = call(&block, grown, own_id(at, calls.len()));
                let input = arguments(&called.arguments).into_owned();
                block.insert("input".to_owned(), input);
                calls.push(called);
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

fn call(block: &Map<String, Value>, grown: String, own_id: String) -> ToolCall {
    let text = |key: &str| block.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let arguments = match block.get("input") {
        Some(Value::Object(input)) if grown.is_empty() => Value::Object(input.clone()),
        _ => parsed_arguments(grown),
    };
    ToolCall { id: text("id").unwrap_or(own_id), name: text("name").unwrap_or_default(), arguments }
}

fn finish(reason: &str) -> Finish {
    match reason {
        // A pause is the service's own tools taking long, of which no request of ours has any.
        "end_turn" | "tool_use" | "stop_sequence" | "pause_turn" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        other => Finish::Filtered(pace_ir::text::quoted(other)),
    }
}
