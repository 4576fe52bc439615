//! Takes the credentials that a server was given out of whatever it says, in every spelling that `pace-redact` knows.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use serde_json::{Map, Value};

/// Secrets that came later than the connection, which are tokens: the last ones are known. Each is good for minutes at least.
const MOST_ADDED: usize = 16;

/// Replaces each secret by `[redacted:<name>]`.
#[derive(Default)]
pub(crate) struct Redactor(RwLock<Known>);

#[derive(Default)]
struct Known {
    given: Vec<Secret>,
    added: VecDeque<Secret>,
    redactor: pace_redact::Redactor,
}

/// A name and a value.
type Secret = (String, String);

impl Known {
    fn look(&mut self) {
        let all = self.given.iter().chain(&self.added).flat_map(|(name, value)| {
            // `Basic …` and the like are shown with what they say before the secret.
            let is_scheme = |scheme: &str| scheme.chars().all(char::is_alphanumeric);
            let rest = value.split_once(' ').filter(|(scheme, _)| is_scheme(scheme)).map(|(_, rest)| rest);
            [Some(value.as_str()), rest].into_iter().flatten().map(move |value| (name.as_str(), value))
        });
        self.redactor = pace_redact::Redactor::new(all);
    }
}

impl Redactor {
    pub(crate) fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let mut known = Known { given: secrets.into_iter().collect(), ..Known::default() };
        known.look();
        Self(RwLock::new(known))
    }

    /// One more secret: tokens come and go.
    pub(crate) fn add(&self, name: &str, value: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.added.len() >= MOST_ADDED {
            known.added.pop_front();
        }
        known.added.push_back((name.to_owned(), value.to_owned()));
        known.look();
    }

    /// There are no secrets.
    fn is_empty(&self) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.given.is_empty() && known.added.is_empty()
    }

    /// `text` without secrets.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).redactor.text(text)
    }

    /// The same of a text that was cut: what may be the beginning of a secret at its end is gone too.
    pub(crate) fn cut_text(&self, text: &str) -> String {
        self.0.read().unwrap_or_else(PoisonError::into_inner).redactor.cut_text(text).into_owned()
    }

    /// [`Redactor::text`] of a text of one's own.
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

    /// Every text in `value`, names too, and every number that is one. As deep as JSON may be nested, which is bounded where it is read.
    pub(crate) fn value(&self, value: Value) -> Value {
        if self.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.owned(text)),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.value(item)).collect()),
            Value::Object(members) => Value::Object(self.object(members)),
            Value::Number(number) => match self.text(&number.to_string()) {
                Cow::Borrowed(_) => Value::Number(number),
                Cow::Owned(redacted) => Value::String(redacted),
            },
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
        for spelled in ["YT9iJmM+PmR+", "YT9iJmM-PmR-", "a%3Fb%26c%3E%3Ed%7E", "a?b&c>>d~", "a?b&amp;c&gt;&gt;d~"] {
            assert_eq!(redactor.text(&format!("({spelled})")), "([redacted:K])");
        }
        // After `user:`, in hexadecimal, and as a JSON text inside of one.
        let redactor = Redactor::new([("K".to_owned(), "Pass\"w0rd\"-of-ann".to_owned())]);
        for spelled in
            ["dXNlcjpQYXNzIncwcmQiLW9mLWFubg==", "50617373227730726422 2d6f662d616e6e", r#"Pass\"w0rd\"-of-ann"#]
        {
            let spelled = spelled.replace(' ', "");
            assert!(redactor.text(&spelled).contains("[redacted:K]"), "{spelled}");
        }
        assert_eq!(redactor.text("pass\"w0rd\"-of-ann"), "[redacted:K]");
    }

    #[test]
    fn a_number_is_no_hiding_place() {
        let redactor = Redactor::new([("PIN".to_owned(), "12345678".to_owned())]);
        assert_eq!(redactor.value(json!([12_345_678, 7])), json!(["[redacted:PIN]", 7]));
    }

    #[test]
    fn of_tokens_the_last_ones_are_known() {
        let redactor = Redactor::new([("K".to_owned(), "the-first-one".to_owned())]);
        for number in 0..100 {
            redactor.add("token", &format!("token-number-{number:03}"));
        }
        assert_eq!(redactor.text("token-number-099 token-number-084"), "[redacted:token] [redacted:token]");
        assert_eq!(redactor.text("token-number-000 the-first-one"), "token-number-000 [redacted:K]");
    }

    #[test]
    fn half_a_secret_at_a_cut_is_gone() {
        let redactor = Redactor::new([("K".to_owned(), "abcdef".to_owned())]);
        assert_eq!(redactor.cut_text("so abcdef and abcd"), "so [redacted:K] and ");
    }

    #[test]
    fn what_is_quoted_is_one_printable_line() {
        let redactor = Redactor::new([("K".to_owned(), "abcdef".to_owned())]);
        assert_eq!(redactor.quoted(" a\n\u{1b}[31m abcdef "), "a\\u{a}\\u{1b}[31m [redacted:K]");
    }
}
