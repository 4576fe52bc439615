//! What a service says of its failure, in the shapes that services have for it.

use std::time::Duration;

use serde_json::Value;

use crate::model::wire::ServiceError;

/// Reads the body of an answer that is none. `status` is the answer's; an error in the middle of a stream brings its own,
/// if it says one.
pub(in crate::model) fn parse(body: &[u8], status: u16) -> ServiceError {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return ServiceError { status, message: text_of(body), ..ServiceError::default() };
    };
    // Google wraps the errors of some streams into a list.
    let value = value.get(0).unwrap_or(&value);
    let error = value.get("error").unwrap_or(value);
    let texts = |keys: &[&str]| keys.iter().find_map(|key| error.get(*key).and_then(Value::as_str)).map(str::to_owned);
    let message = match error {
        Value::String(message) => Some(message.clone()),
        _ => texts(&["message", "detail", "error"]),
    };
    let word = texts(&["code", "type", "status"]).unwrap_or_default();
    let stated = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let stated = stated.filter(|code| (400..600).contains(code)).or_else(|| status_of(&word));
    let reason = details(error).find_map(|detail| detail.get("reason").and_then(Value::as_str));
    // Google answers a wrong key with 400.
    let status = match reason {
        Some("API_KEY_INVALID") => 401,
        _ => stated.filter(|_| status == 500 || status == 200).unwrap_or(status),
    };
    let retry_after = details(error).find_map(|detail| delay(detail.get("retryDelay")?.as_str()?));
    ServiceError { status, word, message: message.unwrap_or_else(|| text_of(body)), retry_after }
}

/// Google's list of details.
fn details(error: &Value) -> impl Iterator<Item = &Value> {
    error.get("details").and_then(Value::as_array).into_iter().flatten()
}

/// The status that goes with a word, for errors in the middle of a stream.
fn status_of(word: &str) -> Option<u16> {
    Some(match word {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" => 429,
        "overloaded_error" => 529,
        "timeout_error" => 504,
        "api_error" | "server_error" => 500,
        _ => return None,
    })
}

/// A duration as protocol buffers write it in JSON: `34.07s`.
fn delay(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The start of a body that is no JSON; of a page, nothing but its title would mean anything.
fn text_of(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..2_000.min(body.len())).unwrap_or_default())
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shapes_that_services_have() {
        let told = |body: &str, status: u16| {
            let error = parse(body.as_bytes(), status);
            (error.status, error.word, error.message, error.retry_after)
        };
        let words = |status: u16, word: &str, message: &str| (status, word.to_owned(), message.to_owned(), None);
        let google = r#"{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[
            {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}"#;
        let (status, word, message, wait) = told(google, 429);
        assert_eq!((status, word.as_str(), message.as_str()), (429, "RESOURCE_EXHAUSTED", "slow"));
        assert_eq!(wait, Some(Duration::from_millis(34_500)));
        let key = r#"[{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#;
        assert_eq!(told(key, 400), words(401, "INVALID_ARGUMENT", "no"));
        let openai = r#"{"error":{"message":"m","type":"t","code":"insufficient_quota"}}"#;
        assert_eq!(told(openai, 429), words(429, "insufficient_quota", "m"));
        assert_eq!(
            told(r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, 500),
            words(529, "overloaded_error", "m")
        );
        assert_eq!(
            told(r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#, 503),
            words(503, "unavailable_error", "Loading model")
        );
        assert_eq!(told(r#"{"error":"model not found"}"#, 404), words(404, "", "model not found"));
        assert_eq!(told(r#"{"detail":"no"}"#, 422), words(422, "", "no"));
        assert_eq!(told("<html>\n bad  gateway", 502), words(502, "", "<html> bad gateway"));
        assert_eq!(told("", 502), words(502, "", ""));
    }

    proptest! {
        #[test]
        fn any_bytes(body in proptest::collection::vec(any::<u8>(), 0..200), status in 0_u16..700) {
            parse(&body, status);
        }

        #[test]
        fn any_delay(text in ".{0,12}s") {
            delay(&text);
        }
    }
}
