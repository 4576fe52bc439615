//! Checks a result before anybody else reads it: valid JSON, not too deep, texts that are texts, no secrets. It was written
//! by the engine's own `JSON.stringify`, but a broken engine writes what it likes.

use std::borrow::Cow;

use crate::redact::Redactor;

/// How deep arrays and objects may stand in each other. Readers of JSON give up a little later (`serde_json`: 128).
const MOST_DEPTH: usize = 100;

/// The result, fit to be handed on, or what is wrong with it. `most` bounds its length, bytes: a secret can be shorter than
/// the words that stand for it.
pub(crate) fn checked(bytes: Vec<u8>, redactor: &Redactor, most: usize) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "the result is not UTF-8".to_owned())?;
    serde_json::from_str::<serde::de::IgnoredAny>(&text).map_err(|error| format!("the result is not JSON: {error}"))?;
    let look = look(&text);
    if look.depth > MOST_DEPTH {
        return Err(format!("the result is nested deeper than {MOST_DEPTH} levels"));
    }
    let text = if look.is_odd || redactor.finds(&text) { rewrite(&text, redactor) } else { text };
    if text.len() > most {
        return Err(too_long(text.len(), most));
    }
    Ok(text)
}

/// What is wrong with a result of `length` bytes.
pub(crate) fn too_long(length: usize, most: usize) -> String {
    format!("the result is {length} bytes long; a result has at most {most}")
}

/// The arguments, which are put into a request: one JSON value and nothing after it.
pub(crate) fn is_value(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// What one look at a valid JSON text tells.
struct Look {
    /// The deepest nesting.
    depth: usize,
    /// Whether it escapes what `JSON.stringify` does not, halves of characters included: what it says has to be read.
    is_odd: bool,
}

fn look(text: &str) -> Look {
    let (mut depth, mut look) = (0_usize, Look { depth: 0, is_odd: false });
    let mut rest = text.as_bytes().iter();
    let mut is_inside = false;
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => is_inside = !is_inside,
            // Control characters are all that it has no letter for.
            b'\\' => match rest.next() {
                Some(b'u') => look.is_odd |= !matches!(rest.as_slice(), [b'0', b'0', b'0' | b'1', ..]),
                Some(escaped) => look.is_odd |= *escaped == b'/',
                None => {}
            },
            b'{' | b'[' if !is_inside => {
                depth += 1;
                look.depth = look.depth.max(depth);
            }
            b'}' | b']' if !is_inside => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    look
}

/// Every text and number without secrets, and every text one that Rust can hold (JSON can escape half a character).
fn rewrite(text: &str, redactor: &Redactor) -> String {
    let mut rewritten = String::with_capacity(text.len());
    for token in tokens(text) {
        let clean = match token.bytes().next() {
            Some(b'"') => clean_text(token, redactor),
            Some(b'-' | b'0'..=b'9') => match redactor.text(token) {
                Cow::Borrowed(_) => None,
                Cow::Owned(clean) => Some(clean),
            },
            _ => None,
        };
        match clean {
            Some(clean) => rewritten.push_str(&serde_json::to_string(&clean).unwrap_or_default()),
            None => rewritten.push_str(token),
        }
    }
    rewritten
}

/// What has to stand instead of a JSON text; nothing where it can stay, with the engine's own escapes.
fn clean_text(token: &str, redactor: &Redactor) -> Option<String> {
    if !token.contains('\\') {
        let inside = token.get(1..token.len().saturating_sub(1))?;
        return match redactor.text(inside) {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(clean),
        };
    }
    let read = serde_json::from_str::<String>(token);
    let is_whole = read.is_ok();
    let inside = read.unwrap_or_else(|_| with_halves(token));
    match redactor.text(&inside) {
        Cow::Borrowed(_) if is_whole => None,
        clean => Some(clean.into_owned()),
    }
}

/// What a JSON text says that has halves of characters in it, which become U+FFFD.
fn with_halves(token: &str) -> String {
    let bytes = serde_json::from_str::<Bytes>(token).map(|bytes| bytes.0).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Bytes of a JSON text: what `serde_json` gives to whoever asks for bytes, half characters included (WTF-8).
struct Bytes(Vec<u8>);

impl<'de> serde::Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a text")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
                Ok(Bytes(text.as_bytes().to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// The tokens of a valid JSON text: texts, brackets and commas, runs of anything else. Joined they are the text.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.bytes().next()?;
        let length = match first {
            b'"' => text_length(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.bytes().position(|byte| b"\"{}[],:".contains(&byte)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(token)
    })
}

fn text_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Secret;
    use crate::redact::redactor;

    fn check(text: &str) -> Result<String, String> {
        let secrets = [("KEY", "hunter22"), ("PIN", "987654")];
        let secret = |(name, value): &(&str, &str)| Secret { name: (*name).into(), value: (*value).into() };
        let redactor = redactor(&secrets.iter().map(secret).collect::<Vec<_>>());
        checked(text.as_bytes().to_vec(), &redactor, 5 << 20)
    }

    #[test]
    fn secrets_are_replaced_in_texts_keys_and_numbers() {
        let text = r#"{"hunter22":["a \"hunter22\" b",987654,-1.5,true,null,"\u0068unter22"]}"#;
        let clean = r#"{"[redacted:KEY]":["a \"[redacted:KEY]\" b","[redacted:PIN]",-1.5,true,null,"[redacted:KEY]"]}"#;
        assert_eq!(check(text).unwrap(), clean);
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        for text in [r#"{"a":[1,2.50,"\u00e9\n",{"b":"{[,:]}"}]}"#, "null", "\"\"", "12"] {
            assert_eq!(check(text).unwrap(), text);
        }
    }

    #[test]
    fn a_result_with_nothing_to_find_is_not_even_copied() {
        let redactor = redactor(&[Secret { name: "KEY".into(), value: "hunter22".into() }]);
        let same = |text: &str| {
            let bytes = text.as_bytes().to_vec();
            let at = bytes.as_ptr();
            let result = checked(bytes, &redactor, 1 << 20).unwrap();
            result.as_ptr() == at
        };
        assert!(same(&format!(r#"[{}"\u0001\n\"\\"]"#, r#""","#.repeat(100_000))));
        assert!(!same(r#"["\ud800"]"#) && !same(r#"["a hunter22"]"#));
    }

    #[test]
    fn escapes_that_nobody_needs_hide_no_secret() {
        let secrets = [Secret { name: "KEY".into(), value: "a/b\u{1}c\"\\d".into() }];
        for text in [r#""a\/b\u0001c\"\\d""#, r#""a/b\u0001c\"\\d""#, r#""\u0061/b\u0001c\u0022\u005Cd""#] {
            let found = checked(text.as_bytes().to_vec(), &redactor(&secrets), 1 << 20);
            assert_eq!(found.unwrap(), r#""[redacted:KEY]""#, "{text}");
        }
    }

    #[test]
    fn what_redaction_makes_too_long_is_refused() {
        let redactor = redactor(&[Secret { name: "A_LONG_NAME".into(), value: "hunter22".into() }]);
        let text = r#""hunter22 hunter22""#;
        assert!(checked(text.into(), &redactor, 47).is_ok());
        assert_eq!(
            checked(text.into(), &redactor, 46).unwrap_err(),
            "the result is 47 bytes long; a result has at most 46"
        );
    }

    #[test]
    fn half_characters_become_whole_ones() {
        assert_eq!(check(r#""a\ud800b""#).unwrap(), "\"a\u{fffd}\u{fffd}\u{fffd}b\"");
        assert_eq!(check(r#""\ud83d\ude00""#).unwrap(), r#""\ud83d\ude00""#);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused() {
        for text in ["", "{", "[1,]", "undefined", "{\"a\":1}x", "\"\u{1}\""] {
            assert!(check(text).is_err(), "{text}");
        }
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(check(&nested(100)).is_ok());
        assert!(check(&nested(101)).unwrap_err().contains("deeper than 100"));
        assert!(check(&nested(1_000_000)).is_err());
    }

    #[test]
    fn arguments_are_one_value() {
        assert!(is_value(r#"{"a":1}"#) && is_value(" null "));
        assert!(!is_value(r#"{"a":1},"mode":"describe""#) && !is_value(""));
    }
}
