//! Checks a result before anybody else reads it: valid JSON, not too deep, texts that are texts, no secrets. It was written
//! by the engine's own `JSON.stringify`, but a broken engine writes what it likes.

use crate::redact::Redactor;

/// How deep arrays and objects may stand in each other. Readers of JSON give up a little later (`serde_json`: 128).
const MOST_DEPTH: usize = 100;

/// The result, fit to be handed on, or what is wrong with it.
pub(crate) fn checked(bytes: Vec<u8>, redactor: &Redactor) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "the result is not UTF-8".to_owned())?;
    serde_json::from_str::<serde::de::IgnoredAny>(&text).map_err(|error| format!("the result is not JSON: {error}"))?;
    if depth(&text) > MOST_DEPTH {
        return Err(format!("the result is nested deeper than {MOST_DEPTH} levels"));
    }
    if redactor.is_idle() && !text.contains("\\u") {
        return Ok(text);
    }
    Ok(rewrite(&text, redactor))
}

/// The arguments, which are put into a request: one JSON value and nothing after it.
pub(crate) fn is_value(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The deepest nesting of a valid JSON text.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in tokens(text) {
        match token {
            "{" | "[" => depth += 1,
            "}" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Every text and number without secrets, and every text one that Rust can hold (JSON can escape half a character).
fn rewrite(text: &str, redactor: &Redactor) -> String {
    let mut rewritten = String::with_capacity(text.len());
    for token in tokens(text) {
        if token.starts_with('"') {
            let inside = unescaped(token);
            let clean = redactor.text(&inside);
            // The engine's own escapes stay where nothing is to be changed.
            let stays = clean == inside.as_str() && serde_json::from_str::<&serde_json::value::RawValue>(token).is_ok();
            if stays && serde_json::from_str::<String>(token).is_ok() {
                rewritten.push_str(token);
            } else {
                rewritten.push_str(&serde_json::to_string(clean.as_ref()).unwrap_or_default());
            }
        } else if token.starts_with(|first: char| first == '-' || first.is_ascii_digit())
            && redactor.text(token) != token
        {
            rewritten.push_str(&serde_json::to_string(redactor.text(token).as_ref()).unwrap_or_default());
        } else {
            rewritten.push_str(token);
        }
    }
    rewritten
}

/// What a JSON text says; half characters become U+FFFD.
fn unescaped(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| {
        let bytes = serde_json::from_str::<Bytes>(token).map(|bytes| bytes.0).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    })
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

    fn check(text: &str) -> Result<String, String> {
        let secrets = [("KEY", "hunter22"), ("PIN", "987654")];
        let secret = |(name, value): &(&str, &str)| Secret { name: (*name).into(), value: (*value).into() };
        checked(text.as_bytes().to_vec(), &Redactor::new(&secrets.iter().map(secret).collect::<Vec<_>>()))
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
