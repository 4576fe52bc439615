//! The request.

use std::borrow::Cow;

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::super::{OWN_ID, arguments, shown, with_schema, written};
use super::{PROVIDER, is_third_generation};
use crate::conversation::{Image, JsonText, MediaType, Message, ModelTurn, ToolResult};
use crate::model::{Images, Request, ToolDeclaration};

/// What Google's documentation gives for calls that another model wrote, whose signature nobody has.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// The kinds of images that are taken (<https://ai.google.dev/gemini-api/docs/image-understanding>).
const TAKEN: [MediaType; 3] = [MediaType::Png, MediaType::Jpeg, MediaType::Webp];

/// The body of a request.
///
/// # Errors
/// A value has no JSON.
pub(in crate::model) fn encode(model: &str, request: &Request<'_>) -> serde_json::Result<Vec<u8>> {
    let signed = is_third_generation(model);
    // Older models take a schema or tools, not both.
    let (in_words, as_schema) =
        if request.tools.is_empty() || signed { (None, request.output) } else { (request.output, None) };
    let system = with_schema(request.system, in_words);
    let generation = request.generation;
    written(&Body {
        system_instruction: (!system.is_empty()).then(|| Instruction { parts: [Text { text: &system }] }),
        contents: Contents { messages: request.messages, signed, images: request.images },
        tools: (!request.tools.is_empty()).then_some([Tools { function_declarations: Functions(request.tools) }]),
        generation_config: Generation {
            temperature: generation.temperature,
            top_p: generation.top_p,
            max_output_tokens: generation.max_output_tokens,
            stop_sequences: &generation.stop,
            thinking_config: generation.thinking_budget.map(|thinking_budget| Thinking { thinking_budget }),
            response_mime_type: as_schema.map(|_| "application/json"),
            response_json_schema: as_schema,
        },
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction<'a>>,
    contents: Contents<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tools<'a>; 1]>,
    generation_config: Generation<'a>,
}

#[derive(Serialize)]
struct Instruction<'a> {
    parts: [Text<'a>; 1],
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Generation<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thinking {
    thinking_budget: i32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Functions<'a>,
}

struct Functions<'a>(&'a [ToolDeclaration]);

impl Serialize for Functions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|tool| Function {
            name: &tool.name,
            description: &tool.description,
            parameters_json_schema: &tool.parameters,
        }))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters_json_schema: &'a Value,
}

struct Contents<'a> {
    messages: &'a [Message],
    /// Whether the model refuses calls without a signature, and takes images inside of results: those of the third generation.
    signed: bool,
    images: Images,
}

impl Serialize for Contents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.messages.iter().map(|message| {
            let role = if matches!(message, Message::Model(_)) { "model" } else { "user" };
            Content { role, parts: Parts { message, signed: self.signed, images: self.images } }
        }))
    }
}

#[derive(Serialize)]
struct Content<'a> {
    role: &'static str,
    parts: Parts<'a>,
}

struct Parts<'a> {
    message: &'a Message,
    signed: bool,
    images: Images,
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.message {
            Message::User(text) => serializer.collect_seq([Text { text }]),
            Message::ToolResults(results) => self.results(results, serializer),
            Message::Model(turn) => match turn.raw.as_ref().filter(|raw| raw.provider == PROVIDER) {
                Some(raw) => raw.content.serialize(serializer),
                None => turn_parts(turn, self.signed, serializer),
            },
        }
    }
}

impl Parts<'_> {
    /// Models of the third generation take images inside of a result; those before refuse them there, and take them beside the
    /// results.
    fn results<S: Serializer>(&self, results: &[ToolResult], serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_seq(None)?;
        let mut beside = Vec::new();
        for result in results {
            let shown = shown(result, self.images, &TAKEN);
            let mut images: Vec<_> = shown.images.into_iter().map(ImagePart::of).collect();
            if !self.signed {
                beside.append(&mut images);
            }
            parts.serialize_element(&response(result, shown.left_out, images))?;
        }
        for image in beside {
            parts.serialize_element(&image)?;
        }
        parts.end()
    }
}

/// A turn without parts of its own: only text, or another provider's.
fn turn_parts<S: Serializer>(turn: &ModelTurn, signed: bool, serializer: S) -> Result<S::Ok, S::Error> {
    let mut parts = serializer.serialize_seq(None)?;
    if !turn.text.is_empty() || turn.calls.is_empty() {
        parts.serialize_element(&Text { text: &turn.text })?;
    }
    for (number, call) in turn.calls.iter().enumerate() {
        parts.serialize_element(&CallPart {
            function_call: FunctionCall { name: &call.name, args: arguments(&call.arguments), id: given(&call.id) },
            // Of calls side by side only the first one carries a signature.
            thought_signature: (signed && number == 0).then_some(NO_SIGNATURE),
        })?;
    }
    parts.end()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallPart<'a> {
    function_call: FunctionCall<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'static str>,
}

#[derive(Serialize)]
struct FunctionCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
    args: Cow<'a, JsonText>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponsePart<'a> {
    function_response: FunctionResponse<'a>,
}

#[derive(Serialize)]
struct FunctionResponse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
    response: Response<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<ImagePart<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImagePart<'a> {
    inline_data: InlineData<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineData<'a> {
    mime_type: &'static str,
    data: &'a str,
}

impl<'a> ImagePart<'a> {
    fn of(image: &'a Image) -> Self {
        Self { inline_data: InlineData { mime_type: image.media_type.as_str(), data: image.base64() } }
    }
}

/// An object as it is; anything else as a part of one, because the service takes nothing else.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Response<'a> {
    Error(&'a JsonText),
    Result(&'a JsonText),
    #[serde(untagged)]
    Partly {
        result: &'a JsonText,
        left_out: String,
    },
    #[serde(untagged)]
    Object(&'a JsonText),
}

fn response<'a>(result: &'a ToolResult, left_out: Option<String>, parts: Vec<ImagePart<'a>>) -> ResponsePart<'a> {
    let content = &result.content;
    let response = match (result.is_error, left_out) {
        (_, Some(left_out)) => Response::Partly { result: content, left_out },
        _ if content.is_object() => Response::Object(content),
        (true, None) => Response::Error(content),
        (false, None) => Response::Result(content),
    };
    let (id, name) = (given(&result.id), result.name.as_str());
    ResponsePart { function_response: FunctionResponse { id, name, response, parts } }
}

/// An id that the service gave; ours mean nothing to it.
fn given(id: &str) -> Option<&str> {
    (!id.starts_with(OWN_ID)).then_some(id)
}
