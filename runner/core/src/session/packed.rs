//! A conversation at rest: one text instead of a hundred pieces of memory. Short ones with two tool calls took six kilobytes
//! each as messages, and most of the sessions that are kept are never gone on with.

use std::borrow::Cow;
use std::sync::Arc;

use pace_redact::Redactor;
use serde::{Deserialize, Serialize};

use crate::conversation::Message;
use crate::problem::{Code, Problem};

/// Room for a short conversation at once.
const USUAL: usize = 1_024;
/// The format that is written. A runner of an older version refuses what it cannot read.
const VERSION: u32 = 1;

/// A conversation as JSON.
#[derive(Debug, Clone)]
pub(super) struct Packed(Arc<[u8]>);

impl Packed {
    pub(super) fn of(messages: &[Message]) -> Self {
        // A copy, because allocators leave up to half of a piece empty rather than make it smaller.
        Self(Arc::from(pack(messages).as_slice()))
    }

    /// What was said.
    ///
    /// # Errors
    /// [`Code::Internal`]; what was packed here can be read.
    pub(super) fn messages(&self) -> Result<Vec<Message>, Problem> {
        unpack(&self.0)
    }

    /// How much memory it takes, bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// What is written.
#[derive(Serialize, Deserialize)]
struct Versioned<M> {
    version: u32,
    messages: M,
}

/// What every version says of itself.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// A conversation as it is kept.
pub(super) fn pack(messages: &[Message]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL);
    // Messages are texts and numbers, which all have JSON; what had none would be told as unreadable.
    if serde_json::to_writer(&mut bytes, &Versioned { version: VERSION, messages }).is_err() {
        bytes.clear();
    }
    bytes
}

/// A conversation as it is kept where others could read it: without secrets. Says whether it is what was said.
pub(super) fn pack_without(secrets: &Redactor, messages: &[Message]) -> (Vec<u8>, bool) {
    let bytes = pack(messages);
    let text = String::from_utf8_lossy(&bytes);
    let clean = match secrets.text(&text) {
        Cow::Borrowed(_) => return (bytes, true),
        Cow::Owned(clean) => clean,
    };
    // A secret that looks like a part of the syntax takes that with it.
    if unpack(clean.as_bytes()).is_ok() {
        return (clean.into_bytes(), false);
    }
    // What was written a moment ago can be read.
    let mut value = serde_json::from_slice(&bytes).unwrap_or_default();
    clean_texts(&mut value, secrets);
    (value.to_string().into_bytes(), false)
}

/// Takes secrets out of every text in a value.
fn clean_texts(value: &mut serde_json::Value, secrets: &Redactor) {
    use serde_json::Value;
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = secrets.text(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| clean_texts(item, secrets)),
        Value::Object(entries) => entries.values_mut().for_each(|entry| clean_texts(entry, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What was said.
///
/// # Errors
/// [`Code::Internal`]: nobody here wrote it.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<Message>, Problem> {
    let read = serde_json::from_slice::<Versioned<Vec<Message>>>(bytes);
    if let Ok(Versioned { version: VERSION, messages }) = read {
        return Ok(messages);
    }
    let version = serde_json::from_slice::<Version>(bytes).ok().map(|found| found.version);
    let why = match (version, read) {
        (Some(version), _) if version != VERSION => {
            format!("it has the version {version}, and this runner knows {VERSION}")
        }
        (_, Err(error)) => error.to_string(),
        (_, Ok(_)) => "it has no version".to_owned(),
    };
    let problem = Problem::new(Code::Internal, format!("the session cannot be read: {why}"));
    Err(problem.help("leave `session` out to start a new one"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Finish, Image, JsonText, ModelTurn, RawTurn, ToolCall, ToolResult, Usage};

    fn image() -> Image {
        Image::read("R0lGODlh").unwrap()
    }

    #[test]
    fn what_was_said_comes_back_to_the_letter() {
        let json = |text: &str| JsonText::parse(text.to_owned()).unwrap();
        let foreign = r#"[{ "functionCall":{"args":{"z":1.0e+2,"a":"\u00e4\/"}},"thoughtSignature":"a+/=" }]"#;
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let call = |arguments| ToolCall { id: "pace-1-0".to_owned(), name: "now".to_owned(), arguments };
        let result = |content| ToolResult {
            id: "1".to_owned(),
            name: "n".to_owned(),
            content,
            is_error: true,
            images: vec![image()],
            forgotten: 3,
        };
        let messages = vec![
            Message::User("a\n\"\u{1b}ä🟢".to_owned()),
            Message::Model(ModelTurn {
                text: "so".to_owned(),
                calls: vec![call(json(r#"{"zone": 12345678901234567890.10}"#)), call(json(r#""{""#))],
                finish: Finish::Filtered("safety".to_owned()),
                usage: Usage { input_tokens: u64::MAX, cached_input_tokens: 1, output_tokens: 2 },
                raw: Some(RawTurn { provider: "gemini".to_owned(), content: json(foreign) }),
            }),
            Message::ToolResults(vec![result(json(&deep))]),
            Message::Model(ModelTurn::default()),
        ];
        assert_eq!(Packed::of(&messages).messages().unwrap(), messages);
        assert_eq!(Packed::of(&[]).messages().unwrap(), []);
    }
}
