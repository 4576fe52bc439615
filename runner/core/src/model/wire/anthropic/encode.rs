//! The request.

use std::borrow::Cow;

use pace_ir::program::Generation;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::super::{arguments, shown, told, with_schema, written};
use super::PROVIDER;
use crate::conversation::{JsonText, MediaType, Message, ModelTurn, ToolResult};
use crate::model::{Images, Request, ToolDeclaration};

/// The longest reply where the author says nothing: the service demands a number, and all current models can write as much.
const DEFAULT_MAX_TOKENS: u32 = 8_192;

/// The service refuses a smaller budget for thoughts.
const LEAST_BUDGET: u32 = 1_024;

/// The kinds of images that are taken (<https://docs.claude.com/en/docs/build-with-claude/vision>).
const TAKEN: [MediaType; 4] = [MediaType::Png, MediaType::Jpeg, MediaType::Gif, MediaType::Webp];

/// The body of a request.
///
/// # Errors
/// A value has no JSON.
pub(in crate::model) fn encode(model: &str, request: &Request<'_>) -> serde_json::Result<Vec<u8>> {
    let generation = request.generation;
    let (max_tokens, thinking) = lengths(generation);
    written(&Body {
        model,
        max_tokens,
        stream: true,
        // Not all models have structured replies of their own.
        system: with_schema(request.system, request.output),
        messages: Messages { messages: request.messages, images: request.images },
        tools: Tools(request.tools),
        stop_sequences: &generation.stop,
        temperature: generation.temperature,
        top_p: generation.top_p,
        thinking,
    })
}

/// The longest reply, and the part of it for thoughts.
fn lengths(generation: &Generation) -> (u32, Option<Thinking>) {
    let wanted = generation.thinking_budget.and_then(|budget| u32::try_from(budget).ok()).filter(|budget| *budget > 0);
    // What comes after the thoughts has to have a place too.
    let default = DEFAULT_MAX_TOKENS.saturating_add(wanted.unwrap_or_default());
    let max_tokens = generation.max_output_tokens.unwrap_or(default);
    let budget = wanted.map(|budget| budget.max(LEAST_BUDGET).min(max_tokens.saturating_sub(1)));
    let budget = budget.filter(|budget| *budget >= LEAST_BUDGET);
    (max_tokens, budget.map(|budget_tokens| Thinking { r#type: "enabled", budget_tokens }))
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    stream: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    system: Cow<'a, str>,
    messages: Messages<'a>,
    #[serde(skip_serializing_if = "Tools::is_empty")]
    tools: Tools<'a>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
}

#[derive(Serialize)]
struct Thinking {
    r#type: &'static str,
    budget_tokens: u32,
}

struct Tools<'a>(&'a [ToolDeclaration]);

impl Tools<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Tools<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|tool| Tool {
            name: &tool.name,
            description: &tool.description,
            input_schema: &tool.parameters,
        }))
    }
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
}

struct Messages<'a> {
    messages: &'a [Message],
    images: Images,
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.messages.iter().map(|message| {
            let role = if matches!(message, Message::Model(_)) { "assistant" } else { "user" };
            Turn { role, content: Content { message, images: self.images } }
        }))
    }
}

#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: Content<'a>,
}

struct Content<'a> {
    message: &'a Message,
    images: Images,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.message {
            Message::User(text) => serializer.serialize_str(text),
            Message::ToolResults(results) => {
                serializer.collect_seq(results.iter().map(|result| tool_result(result, self.images)))
            }
            Message::Model(turn) => match turn.raw.as_ref().filter(|raw| raw.provider == PROVIDER) {
                Some(raw) => raw.content.serialize(serializer),
                None if turn.calls.is_empty() => serializer.serialize_str(&turn.text),
                None => blocks(turn, serializer),
            },
        }
    }
}

/// A turn with calls that has no blocks of its own.
fn blocks<S: Serializer>(turn: &ModelTurn, serializer: S) -> Result<S::Ok, S::Error> {
    let mut blocks = serializer.serialize_seq(None)?;
    if !turn.text.is_empty() {
        blocks.serialize_element(&Block::Text { text: &turn.text })?;
    }
    for call in &turn.calls {
        blocks.serialize_element(&Block::ToolUse {
            id: &call.id,
            name: &call.name,
            input: arguments(&call.arguments),
        })?;
    }
    blocks.end()
}

fn tool_result(result: &ToolResult, images: Images) -> Block<'_> {
    let shown = shown(result, images, &TAKEN);
    let text = told(result, shown.left_out);
    let content = if shown.images.is_empty() {
        ResultContent::Text(text)
    } else {
        let images = shown.images.into_iter().map(|image| Piece::Image {
            source: ImageSource { r#type: "base64", media_type: image.media_type.as_str(), data: image.base64() },
        });
        ResultContent::Pieces([Piece::Text { text }].into_iter().chain(images).collect())
    };
    Block::ToolResult { tool_use_id: &result.id, content, is_error: result.is_error }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text { text: &'a str },
    ToolUse { id: &'a str, name: &'a str, input: Cow<'a, JsonText> },
    ToolResult { tool_use_id: &'a str, content: ResultContent<'a>, is_error: bool },
}

/// A text alone is sent as one, which is shorter.
#[derive(Serialize)]
#[serde(untagged)]
enum ResultContent<'a> {
    Text(Cow<'a, str>),
    Pieces(Vec<Piece<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece<'a> {
    Text { text: Cow<'a, str> },
    Image { source: ImageSource<'a> },
}

#[derive(Serialize)]
struct ImageSource<'a> {
    r#type: &'static str,
    media_type: &'static str,
    data: &'a str,
}
