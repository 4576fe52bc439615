//! Takes granted secrets out of whatever a tool gives back: results, errors, lines of its console. A tool that wants to give
//! a secret away can always disguise it; this stops the one that does not.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::call::Secret;

/// Replaces each secret by `[redacted:<name>]`, in the spellings a value usually takes.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    /// Longest first: one secret may be part of another.
    replacements: Vec<(String, String)>,
}

impl Redactor {
    pub(crate) fn new(secrets: &[Secret]) -> Self {
        let mut replacements = Vec::new();
        for secret in secrets.iter().filter(|secret| !secret.value.trim().is_empty()) {
            let marker = format!("[redacted:{}]", secret.name);
            for spelling in spellings(&secret.value) {
                replacements.push((spelling, marker.clone()));
            }
        }
        replacements.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        replacements.dedup_by(|(a, _), (b, _)| a == b);
        Self { replacements }
    }

    /// `text` without secrets.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = Cow::Borrowed(text);
        for (value, marker) in &self.replacements {
            if redacted.contains(value.as_str()) {
                redacted = Cow::Owned(redacted.replace(value.as_str(), marker));
            }
        }
        redacted
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_idle(&self) -> bool {
        self.replacements.is_empty()
    }
}

/// What is shorter is likely to be found by chance where it is disguised.
const DISGUISED: usize = 6;

/// The value as it is, and in the codings that a request puts it into: JSON, a URL, base64 (also of `user:value`, cut to what
/// does not depend on what comes before), hexadecimal.
fn spellings(value: &str) -> Vec<String> {
    let mut all = vec![value.to_owned()];
    if value.len() < DISGUISED {
        return all;
    }
    let json = serde_json::to_string(value).unwrap_or_default();
    all.extend(json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned));
    all.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
    all.push(percent(value));
    let mut hex = String::new();
    for byte in value.bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    all.push(hex.to_uppercase());
    all.push(hex);
    for before in 0..3 {
        all.extend(base64_core(value.as_bytes(), before));
    }
    all.sort();
    all.dedup();
    all
}

/// `encodeURIComponent`.
fn percent(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The base64 of a text that holds `value` after `before` bytes more than a multiple of three, as far as `value` alone
/// decides it.
fn base64_core(value: &[u8], before: usize) -> Option<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let skipped = (3 - before) % 3;
    let whole = value.get(skipped..)?;
    let mut text = String::new();
    for chunk in whole.as_chunks::<3>().0 {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for shift in [18, 12, 6, 0] {
            text.push(char::from(*ALPHABET.get(bits >> shift & 63)?));
        }
    }
    (text.len() >= 8).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(values: &[(&str, &str)]) -> Redactor {
        let secret = |(name, value): &(&str, &str)| Secret { name: (*name).into(), value: (*value).into() };
        Redactor::new(&values.iter().map(secret).collect::<Vec<_>>())
    }

    #[test]
    fn secrets_are_found_in_every_spelling() {
        let redactor = redactor(&[("KEY", "s3cret/\"value\""), ("LONG", "s3cret/\"value\" and more")]);
        for text in [
            "s3cret/\"value\"",
            r#"s3cret/\"value\""#,
            "s3cret%2F%22value%22",
            "7333637265742f2276616c756522",
            "czNjcmV0LyJ2YWx1ZSI=",
            // `user:` and the secret.
            "dXNlcjpzM2NyZXQvInZhbHVlIg==",
        ] {
            let found = redactor.text(&format!("a {text} b")).into_owned();
            assert!(found.contains("[redacted:KEY]"), "{text}: {found}");
        }
        assert_eq!(redactor.text("s3cret/\"value\" and more"), "[redacted:LONG]");
        assert_eq!(redactor.text("nothing to see"), "nothing to see");
    }

    #[test]
    fn nothing_is_looked_for_where_there_is_nothing() {
        assert!(redactor(&[("EMPTY", ""), ("BLANK", "  ")]).is_idle());
        assert_eq!(redactor(&[("SHORT", "ab")]).text("abc"), "[redacted:SHORT]c");
    }
}
