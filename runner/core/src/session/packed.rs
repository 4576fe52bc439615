//! A conversation at rest: one text instead of a hundred pieces of memory. Short ones with two tool calls took six kilobytes
//! each as messages, and most of the sessions that are kept are never gone on with.

use crate::conversation::Message;
use crate::problem::{Code, Problem};

/// Room for a short conversation at once.
const USUAL: usize = 1_024;

/// A conversation as JSON.
#[derive(Debug, Clone)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    pub(super) fn of(messages: &[Message]) -> Self {
        let mut bytes = Vec::with_capacity(USUAL);
        // Messages are texts and numbers, which all have JSON; what had none would be told as unreadable.
        if serde_json::to_writer(&mut bytes, messages).is_err() {
            bytes.clear();
        }
        // A copy, because allocators leave up to half of a piece empty rather than make it smaller.
        Self(Box::from(bytes.as_slice()))
    }

    /// What was said.
    ///
    /// # Errors
    /// [`Code::Internal`]; what was packed here can be read.
    pub(super) fn messages(&self) -> Result<Vec<Message>, Problem> {
        serde_json::from_slice(&self.0)
            .map_err(|error| Problem::new(Code::Internal, format!("the session cannot be read: {error}")))
    }

    /// How much memory it takes, bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }
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
