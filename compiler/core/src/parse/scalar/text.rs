//! Texts: any, with something in it, of one line.

use pace_diag::Reported;
use pace_syntax::NodeId;
use serde_json::{Value, json};

use crate::parse::decode::{Decode, Reader};
use crate::parse::shape::Shapes;

/// A text with at least one character that is not white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl Decode for Text {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let text = reader.string(node)?;
        if text.trim().is_empty() {
            let message = format!("{} is empty", reader.subject());
            return Err(reader.not_allowed(reader.span(node), message, "expected some text"));
        }
        Ok(Self(text.to_owned()))
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string", "minLength": 1, "pattern": "\\S"})
    }
}

/// A [`Text`] of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line(pub(crate) String);

impl Decode for Line {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let Text(text) = Text::decode(node, reader)?;
        let line = text.trim_end_matches('\n');
        if line.contains(['\n', '\r']) {
            let message = format!("{} must be one line", reader.subject());
            return Err(reader.not_allowed(reader.span(node), message, "this text has several"));
        }
        Ok(Self(line.to_owned()))
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string", "minLength": 1, "pattern": "\\S"})
    }
}

/// Any text, empty too.
impl Decode for String {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        reader.string(node).map(str::to_owned)
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string"})
    }
}
