//! The request.

use std::borrow::Cow;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::super::{plain_text, shown, told, written};
use super::Dialect;
use crate::conversation::{Image, MediaType, Message, ToolCall, ToolResult};
use crate::model::{Images, Request, ToolDeclaration};

/// The kinds of images that are taken (<https://platform.openai.com/docs/guides/images-vision>).
const TAKEN: [MediaType; 4] = [MediaType::Png, MediaType::Jpeg, MediaType::Gif, MediaType::Webp];

/// The body of a request.
///
/// # Errors
/// A value has no JSON.
pub(in crate::model) fn encode(dialect: Dialect, model: &str, request: &Request<'_>) -> serde_json::Result<Vec<u8>> {
    let generation = request.generation;
    // OpenAI's reasoning models refuse the old name; the other servers know no other.
    let (max_tokens, max_completion_tokens) = match dialect {
        Dialect::OpenAi => (None, generation.max_output_tokens),
        Dialect::Compatible => (generation.max_output_tokens, None),
    };
    written(&Body {
        model,
        messages: Messages { system: request.system, said: request.messages, images: request.images },
        stream: true,
        stream_options: StreamOptions { include_usage: true },
        temperature: generation.temperature,
        top_p: generation.top_p,
        max_tokens,
        max_completion_tokens,
        stop: &generation.stop,
        tools: Tools(request.tools),
        response_format: request
            .output
            .map(|schema| ResponseFormat { r#type: "json_schema", json_schema: JsonSchema { name: "output", schema } }),
    })
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Messages<'a>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Tools::is_empty")]
    tools: Tools<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// Not strict: that mode takes a part of JSON Schema only, and replies are checked anyway.
#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'static str,
    schema: &'a Value,
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
            r#type: "function",
            function: Function { name: &tool.name, description: &tool.description, parameters: &tool.parameters },
        }))
    }
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

struct Messages<'a> {
    system: &'a str,
    said: &'a [Message],
    images: Images,
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        if !self.system.is_empty() {
            sequence.serialize_element(&Said { role: "system", content: Some(self.system), tool_calls: Calls(&[]) })?;
        }
        for message in self.said {
            match message {
                Message::User(text) => {
                    sequence.serialize_element(&Said { role: "user", content: Some(text), tool_calls: Calls(&[]) })?;
                }
                Message::Model(turn) => {
                    let content = (!turn.text.is_empty() || turn.calls.is_empty()).then_some(turn.text.as_str());
                    let tool_calls = Calls(&turn.calls);
                    sequence.serialize_element(&Said { role: "assistant", content, tool_calls })?;
                }
                Message::ToolResults(results) => self.results(results, &mut sequence)?,
            }
        }
        sequence.end()
    }
}

impl Messages<'_> {
    /// Results are texts, one message each, and all of a turn come before anything else: their images are in a message of the
    /// user behind them.
    fn results<Q: SerializeSeq>(&self, results: &[ToolResult], sequence: &mut Q) -> Result<(), Q::Error> {
        let mut pieces = Vec::new();
        for result in results {
            let shown = shown(result, self.images, &TAKEN);
            let content = told(result, shown.left_out);
            sequence.serialize_element(&Answered { role: "tool", tool_call_id: &result.id, content })?;
            if !shown.images.is_empty() {
                let text = format!("What `{}` gave back for the call `{}`:", result.name, result.id);
                pieces.push(Piece::Text { text });
                pieces.extend(shown.images.into_iter().map(Piece::image));
            }
        }
        if pieces.is_empty() {
            return Ok(());
        }
        sequence.serialize_element(&Shown { role: "user", content: pieces })
    }
}

#[derive(Serialize)]
struct Shown {
    role: &'static str,
    content: Vec<Piece>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece {
    Text { text: String },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

impl Piece {
    fn image(image: &Image) -> Self {
        let url = format!("data:{};base64,{}", image.media_type.as_str(), image.base64());
        Self::ImageUrl { image_url: ImageUrl { url } }
    }
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    /// `null` where a turn is calls alone.
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Calls::is_empty")]
    tool_calls: Calls<'a>,
}

#[derive(Serialize)]
struct Answered<'a> {
    role: &'static str,
    tool_call_id: &'a str,
    content: Cow<'a, str>,
}

struct Calls<'a>(&'a [ToolCall]);

impl Calls<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Calls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|call| Call {
            id: &call.id,
            r#type: "function",
            function: Called { name: &call.name, arguments: plain_text(&call.arguments) },
        }))
    }
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    r#type: &'static str,
    function: Called<'a>,
}

#[derive(Serialize)]
struct Called<'a> {
    name: &'a str,
    /// As a text of JSON.
    arguments: Cow<'a, str>,
}
