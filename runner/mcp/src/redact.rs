//! Takes the credentials that a server was given out of whatever it says. A server that wants to give one away can always
//! disguise it; this stops the one that echoes.

use std::borrow::Cow;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

/// What is shorter is found by chance in everybody's texts, characters. As in the sandbox.
const SHORTEST: usize = 6;

/// A line of a secret that is one by itself, characters.
const LONG_LINE: usize = 16;

/// Replaces each secret by `[redacted:<name>]`.
#[derive(Default)]
pub(crate) struct Redactor {
    /// The longest first: one that holds another is replaced whole.
    spellings: RwLock<Vec<Spelling>>,
}

struct Spelling {
    text: String,
    marker: String,
}

impl Redactor {
    pub(crate) fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let redactor = Self::default();
        for (name, value) in secrets {
            redactor.add(&name, &value);
        }
        redactor
    }

    /// One more secret: tokens come and go.
    pub(crate) fn add(&self, name: &str, value: &str) {
        let mut spellings = self.spellings.write().unwrap_or_else(PoisonError::into_inner);
        for text in spelled(value) {
            if !spellings.iter().any(|spelling| spelling.text == text) {
                spellings.push(Spelling { text, marker: format!("[redacted:{name}]") });
            }
        }
        spellings.sort_by(|a, b| b.text.len().cmp(&a.text.len()).then_with(|| a.text.cmp(&b.text)));
    }

    /// There are no secrets.
    fn is_empty(&self) -> bool {
        self.spellings.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// `text` without secrets.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for spelling in self.spellings.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if text.contains(&spelling.text) {
                text = Cow::Owned(text.replace(&spelling.text, &spelling.marker));
            }
        }
        text
    }

    /// The same of a text of one's own.
    pub(crate) fn owned(&self, text: String) -> String {
        match self.text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(redacted) => redacted,
        }
    }

    /// A text that somebody else wrote, as a piece of one line of an error: without secrets, printable, shortened.
    pub(crate) fn quoted(&self, text: &str) -> String {
        pace_ir::text::shortened(self.text(text).trim(), crate::bounds::QUOTED)
    }

    /// Every text in `value`, names too. As deep as JSON may be nested, which is bounded where it is read.
    pub(crate) fn value(&self, value: Value) -> Value {
        if self.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.owned(text)),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.value(item)).collect()),
            Value::Object(members) => Value::Object(self.object(members)),
            other => other,
        }
    }

    pub(crate) fn object(&self, members: Map<String, Value>) -> Map<String, Value> {
        if self.is_empty() {
            return members;
        }
        members.into_iter().map(|(name, value)| (self.owned(name), self.value(value))).collect()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Redactor")
    }
}

/// The value as it is, trimmed, in base64, percent-encoded, and each of its longer lines: a key in PEM is printed line by
/// line.
fn spelled(value: &str) -> Vec<String> {
    let mut all = vec![value.to_owned(), value.trim().to_owned()];
    all.extend(value.lines().map(|line| line.trim().to_owned()).filter(|line| line.chars().count() >= LONG_LINE));
    // `Basic …` and the like are shown with what they say before the secret.
    let is_scheme = |scheme: &str| scheme.chars().all(char::is_alphanumeric);
    all.extend(value.split_once(' ').filter(|(scheme, _)| is_scheme(scheme)).map(|(_, rest)| rest.to_owned()));
    all.retain(|text| text.chars().count() >= SHORTEST);
    if value.chars().count() >= SHORTEST {
        all.extend([STANDARD.encode(value), URL_SAFE.encode(value), byte_serialize(value.as_bytes()).collect()]);
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_replaced_by_their_names() {
        let redactor =
            Redactor::new([("token".to_owned(), "s3cret-value".to_owned()), ("PIN".to_owned(), "1234".to_owned())]);
        assert_eq!(redactor.text("it is s3cret-value, yes"), "it is [redacted:token], yes");
        assert_eq!(redactor.text("1234 is too short to be found"), "1234 is too short to be found");
        redactor.add("longer", "s3cret-value-and-more");
        assert_eq!(redactor.text("s3cret-value-and-more s3cret-value"), "[redacted:longer] [redacted:token]");
        let value = json!({"s3cret-value": [1, "s3cret-value", {"a": "xs3cret-valuey"}]});
        let wanted = json!({"[redacted:token]": [1, "[redacted:token]", {"a": "x[redacted:token]y"}]});
        assert_eq!(redactor.value(value), wanted);
    }

    #[test]
    fn a_header_is_known_without_its_scheme() {
        let redactor = Redactor::new([("X-Key".to_owned(), "Basic dXNlcjpwYXNz".to_owned())]);
        assert_eq!(redactor.text("got dXNlcjpwYXNz"), "got [redacted:X-Key]");
        assert!(!format!("{redactor:?}").contains("dXNlcjpwYXNz"));
    }

    #[test]
    fn other_spellings_are_known_too() {
        let redactor = Redactor::new([("K".to_owned(), "a?b&c>>d~".to_owned())]);
        for spelled in ["YT9iJmM+PmR+", "YT9iJmM-PmR-", "a%3Fb%26c%3E%3Ed%7E", "a?b&c>>d~"] {
            assert_eq!(redactor.text(&format!("({spelled})")), "([redacted:K])");
        }
    }

    #[test]
    fn what_is_quoted_is_one_printable_line() {
        let redactor = Redactor::new([("K".to_owned(), "abcdef".to_owned())]);
        assert_eq!(redactor.quoted(" a\n\u{1b}[31m abcdef "), "a\\u{a}\\u{1b}[31m [redacted:K]");
    }
}
