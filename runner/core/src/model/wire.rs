//! The wire formats: what a request looks like in each, and how an answer is read. Pure: bytes in, bytes out. Where to send
//! them, and how often, is the service's business.

pub(super) mod anthropic;
pub(super) mod gemini;
pub(super) mod openai;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use super::sse::EventTooLong;
use super::{Images, Request};
use crate::conversation::{Image, JsonText, MediaType, ModelTurn, ToolResult};

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Gemini,
    OpenAi(openai::Dialect),
    Anthropic,
}

/// Why an answer is none, as far as its bytes tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WireError {
    /// An event that the format does not know; what it says instead.
    Garbled(String),
    /// The service says that it failed.
    Service(ServiceError),
    /// The stream ended before the answer did.
    CutOff,
    /// The model wrote a call that its own service cannot read; the service's words.
    MalformedCall(String),
}

/// What a service says of its failure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ServiceError {
    /// The HTTP status it is or would be answered with.
    pub(super) status: u16,
    /// The service's word for it, such as `insufficient_quota`.
    pub(super) word: String,
    /// The service's words.
    pub(super) message: String,
    /// How long to wait, where the body says so.
    pub(super) retry_after: Option<std::time::Duration>,
}

impl From<EventTooLong> for WireError {
    fn from(_: EventTooLong) -> Self {
        Self::Garbled(format!("an event of more than {} bytes", super::sse::MAX_EVENT))
    }
}

impl Wire {
    /// The body of a request.
    ///
    /// # Errors
    /// A value has no JSON, which none of ours is without.
    pub(super) fn encode(self, model: &str, request: &Request<'_>) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::Gemini => gemini::encode(model, request),
            Self::OpenAi(dialect) => openai::encode(dialect, model, request),
            Self::Anthropic => anthropic::encode(model, request),
        }
    }

    /// A reader of the answer; `at` is the turn's place in the conversation.
    pub(super) fn decoder(self, at: usize) -> Decoder {
        match self {
            Self::Gemini => Decoder::Gemini(gemini::Decoder::new(at)),
            Self::OpenAi(_) => Decoder::OpenAi(openai::Decoder::new(at)),
            Self::Anthropic => Decoder::Anthropic(anthropic::Decoder::new(at)),
        }
    }
}

/// Reads one answer.
#[derive(Debug)]
pub(super) enum Decoder {
    Gemini(gemini::Decoder),
    OpenAi(openai::Decoder),
    Anthropic(anthropic::Decoder),
}

/// Whom a decoder tells the pieces of the text.
pub(super) type OnText<'a> = &'a mut dyn FnMut(&str);

impl Decoder {
    /// Reads the data of one event.
    ///
    /// # Errors
    /// Why the answer is none.
    pub(super) fn event(&mut self, data: &[u8], on_text: OnText<'_>) -> Result<(), WireError> {
        match self {
            Self::Gemini(decoder) => decoder.event(data, on_text),
            Self::OpenAi(decoder) => decoder.event(data, on_text),
            Self::Anthropic(decoder) => decoder.event(data, on_text),
        }
    }

    /// Whether the answer has ended, and whatever may follow can be done without.
    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::Gemini(decoder) => decoder.is_complete(),
            Self::OpenAi(decoder) => decoder.is_complete(),
            Self::Anthropic(decoder) => decoder.is_complete(),
        }
    }

    /// Whether nothing at all follows, by the format's own mark.
    pub(super) fn has_end_mark(&self) -> bool {
        match self {
            // Gemini has none: the stream's end is it.
            Self::Gemini(_) => false,
            Self::OpenAi(decoder) => decoder.has_end_mark(),
            Self::Anthropic(decoder) => decoder.is_complete(),
        }
    }

    /// The turn.
    ///
    /// # Errors
    /// [`WireError::CutOff`] if the answer has not ended.
    pub(super) fn finish(self) -> Result<ModelTurn, WireError> {
        if !self.is_complete() {
            return Err(WireError::CutOff);
        }
        let turn = match self {
            Self::Gemini(decoder) => decoder.finish()?,
            Self::OpenAi(decoder) => decoder.finish(),
            Self::Anthropic(decoder) => decoder.finish(),
        };
        match turn.calls.iter().find(|call| !is_id(&call.id)) {
            None => Ok(turn),
            Some(call) => Err(WireError::Garbled(format!("a call with the id `{}`", pace_ir::text::quoted(&call.id)))),
        }
    }
}

/// Whether a text may be the id of a call: it goes back to the service as it is, and into logs, traces and the audit of writes.
fn is_id(text: &str) -> bool {
    text.len() <= LONGEST_ID && !text.chars().any(|letter| letter.is_control() || pace_ir::text::is_invisible(letter))
}

/// The longest id, bytes. Gateways are known to put what a model signed into it, some kilobytes.
const LONGEST_ID: usize = 64 << 10;

/// How ids begin that are ours, of providers that give none.
const OWN_ID: &str = "pace-";

/// An id for the `number`th call of the turn at place `at`.
fn own_id(at: usize, number: usize) -> String {
    format!("{OWN_ID}{at}-{number}")
}

/// What an event says that cannot be read.
fn garbled(data: &[u8], error: &serde_json::Error) -> WireError {
    let start = String::from_utf8_lossy(data.get(..300.min(data.len())).unwrap_or_default());
    WireError::Garbled(format!("`{}` ({error})", pace_ir::text::shortened(&start, 120)))
}

/// The JSON of an event's data. Whether it is UTF-8 is looked at once, and not for each text in it.
///
/// # Errors
/// It is none, or not of this shape.
fn json<'de, T: Deserialize<'de>>(data: &'de [u8]) -> serde_json::Result<T> {
    match str::from_utf8(data) {
        Ok(text) => serde_json::from_str(text),
        // A value looks at every text, where a shape passes over those that it has no place for.
        Err(_) => serde_json::from_slice::<Value>(data).and_then(|_| serde_json::from_slice(data)),
    }
}

/// The same, with what it says instead.
fn parsed<'de, T: Deserialize<'de>>(data: &'de [u8]) -> Result<T, WireError> {
    json(data).map_err(|error| garbled(data, &error))
}

/// The body of a request: room for a short conversation at once.
fn written(body: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut bytes, body)?;
    Ok(bytes)
}

/// The system prompt, with the schema of the reply in words where the format has no place for it.
fn with_schema<'a>(system: &'a str, schema: Option<&Value>) -> Cow<'a, str> {
    let Some(schema) = schema else { return Cow::Borrowed(system) };
    let gap = if system.is_empty() { "" } else { "\n\n" };
    Cow::Owned(format!(
        "{system}{gap}Your final reply is one JSON value that fits the JSON Schema below, and nothing else: no words around \
         it and no code fence.\n{schema}"
    ))
}

/// The arguments of a call as an object, for formats that take nothing else. What was no JSON is under the key that
/// Anthropic's documentation uses for it.
fn arguments(arguments: &JsonText) -> Cow<'_, JsonText> {
    if arguments.is_object() {
        Cow::Borrowed(arguments)
    } else {
        Cow::Owned(no_arguments(&arguments.to_value()).into())
    }
}

/// What stands for arguments that are no object.
fn no_arguments(written: &Value) -> Value {
    json!({ "INVALID_JSON": written })
}

/// The arguments that a model wrote: an object, or the text where it is none. Nothing at all means no arguments.
fn parsed_arguments(text: String) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Value::Object(object),
        _ => Value::String(text),
    }
}

/// Arguments or a result as the text that formats take which have only texts: what is a text itself, as it was written.
fn plain_text(content: &JsonText) -> Cow<'_, str> {
    let text = content.as_str();
    match serde_json::from_str::<String>(text) {
        Ok(inside) if text.starts_with('"') => Cow::Owned(inside),
        _ => Cow::Borrowed(text),
    }
}

/// The images of a result that go along with it, and what is said of the others.
struct Shown<'a> {
    images: Vec<&'a Image>,
    left_out: Option<String>,
}

/// `taken` are the kinds that a format takes.
fn shown<'a>(result: &'a ToolResult, images: Images, taken: &[MediaType]) -> Shown<'a> {
    let is_shown = |image: &&Image| images == Images::Sent && taken.contains(&image.media_type);
    let (shown, hidden): (Vec<_>, Vec<_>) = result.images.iter().enumerate().partition(|(_, image)| is_shown(image));
    let forgotten = usize::try_from(result.forgotten).unwrap_or(usize::MAX);
    let number = |at: usize| forgotten.saturating_add(at).saturating_add(1);
    let hidden: Vec<_> = hidden.iter().map(|(at, image)| format!("image {} ({image})", number(*at))).collect();
    let why = match images {
        Images::Sent => "the model takes no images of this kind",
        Images::LeftOut => "the model takes no images",
    };
    let left_out = (!hidden.is_empty()).then(|| format!("left out, because {why}: {}", hidden.join(", ")));
    let gone = match forgotten {
        0 => None,
        1 => Some("no longer shown, because newer images took its place: image 1".to_owned()),
        last => Some(format!("no longer shown, because newer images took their place: images 1 to {last}")),
    };
    let left_out = match (gone, left_out) {
        (Some(gone), Some(left_out)) => Some(format!("{gone}; {left_out}")),
        (gone, left_out) => gone.or(left_out),
    };
    Shown { images: shown.into_iter().map(|(_, image)| image).collect(), left_out }
}

/// A result as a text, and what is said of images that do not go along.
fn told(result: &ToolResult, left_out: Option<String>) -> Cow<'_, str> {
    match (plain_text(&result.content), left_out) {
        (text, None) => text,
        (text, Some(left_out)) => Cow::Owned(format!("{text}\n({left_out})")),
    }
}

/// A value that some servers write as `null` where others leave the key out.
fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Two counts together, each of which may be left out.
fn sum(one: Option<u64>, other: Option<u64>) -> u64 {
    one.unwrap_or_default().saturating_add(other.unwrap_or_default())
}
