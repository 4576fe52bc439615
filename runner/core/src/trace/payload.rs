//! What was said, as it is kept: whole up to a bound, else its beginning and its length. Nobody stores a conversation of
//! megabytes because one tool gave back a file.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::conversation::JsonText;

/// The most bytes kept of one payload.
pub const MOST_BYTES: usize = 16 << 10;

/// Text or JSON, whole or cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TracePayload")]
pub enum Payload {
    /// A text, whole.
    Text(String),
    /// JSON, whole.
    Json(JsonText),
    /// The beginning of either, because it was too long.
    Cut {
        /// The beginning: valid UTF-8, of JSON no more valid JSON.
        beginning: String,
        /// How long the whole was.
        bytes: u64,
    },
}

impl Payload {
    /// A text.
    pub fn text(text: &str) -> Self {
        if text.len() <= MOST_BYTES { Self::Text(text.to_owned()) } else { Self::cut(text) }
    }

    /// JSON.
    pub fn json(json: &JsonText) -> Self {
        if json.as_str().len() <= MOST_BYTES { Self::Json(json.clone()) } else { Self::cut(json.as_str()) }
    }

    /// As it is shown to people, on however many lines it has.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Json(json) => Cow::Borrowed(json.as_str()),
            Self::Cut { beginning, bytes } => Cow::Owned(format!("{beginning}… ({bytes} bytes)")),
        }
    }

    /// How many bytes of it are held.
    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Text(text) | Self::Cut { beginning: text, .. } => text.len(),
            Self::Json(json) => json.as_str().len(),
        }
    }

    /// The same with its texts changed: secrets taken out. A change that leaves no JSON leaves a text.
    #[must_use]
    pub fn map(self, change: impl Fn(&str) -> Cow<'_, str>) -> Self {
        match self {
            Self::Text(text) => match change(&text) {
                Cow::Borrowed(_) => Self::Text(text),
                Cow::Owned(changed) => Self::Text(changed),
            },
            Self::Json(json) => match change(json.as_str()) {
                Cow::Borrowed(_) => Self::Json(json),
                Cow::Owned(changed) => JsonText::parse(changed.clone()).map_or(Self::Text(changed), Self::Json),
            },
            Self::Cut { beginning, bytes } => {
                let beginning = change(&beginning).into_owned();
                Self::Cut { beginning, bytes }
            }
        }
    }

    fn cut(text: &str) -> Self {
        let beginning = text.get(..text.floor_char_boundary(MOST_BYTES)).unwrap_or_default().to_owned();
        Self::Cut { beginning, bytes: u64::try_from(text.len()).unwrap_or(u64::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        let text = "é".repeat(MOST_BYTES);
        let Payload::Cut { beginning, bytes } = Payload::text(&format!("a{text}")) else { panic!("it is whole") };
        assert_eq!((beginning.len(), bytes), (MOST_BYTES - 1, 2 * MOST_BYTES as u64 + 1));
        assert_eq!(Payload::text("short"), Payload::Text("short".into()));
    }

    #[test]
    fn a_change_keeps_json_json_where_it_can() {
        let json = Payload::json(&JsonText::parse(r#"{"a": "s3cret"}"#.into()).unwrap());
        let hidden = json.clone().map(|text| Cow::Owned(text.replace("s3cret", "[redacted:KEY]")));
        assert_eq!(serde_json::to_string(&hidden).unwrap(), r#"{"json":{"a": "[redacted:KEY]"}}"#);
        let broken = json.clone().map(|text| Cow::Owned(text.replace('}', "")));
        assert_eq!(broken, Payload::Text(r#"{"a": "s3cret""#.into()));
        assert_eq!(json.clone().map(|text| Cow::Borrowed(text)), json);
    }
}
