//! Gemini's `generateContent` and `streamGenerateContent`, with the signature that Gemini 3 puts on the first call of a
//! turn and wants back (<https://ai.google.dev/gemini-api/docs/thought-signatures>).

use bytes::Bytes;
use serde_json::{Value, json};

use crate::wire::{CITIES, Prepared, TEXT, TOKENS, TOOL, Turn, find};

/// Base64 with a `+` and a `/` in it: a client that re-encodes it differently still means the same.
const SIGNATURE: &str = "CpcBAb4A9vtTU0lHTkFU+VJFLW1v/2s=";

pub(crate) fn prepare(turn: Turn) -> Prepared {
    let parts = match turn {
        Turn::Text => TEXT.map(|text| json!({ "text": text })),
        Turn::Calls => {
            let call = |city| json!({"functionCall": {"name": TOOL, "args": {"city": city}}});
            let [mut first, second] = CITIES.map(call);
            first["thoughtSignature"] = SIGNATURE.into();
            [first, second]
        }
    };
    let whole = match turn {
        Turn::Text => json!([{"text": TEXT.concat()}]),
        Turn::Calls => json!(parts),
    };
    let [first, second] = parts;
    Prepared {
        whole: response(&whole, Some("STOP")).to_string().into(),
        chunks: vec![event(&response(&json!([first]), None)), event(&response(&json!([second]), Some("STOP")))],
        usage: None,
    }
}

/// Gemini ends its lines as HTTP does.
fn event(data: &Value) -> Bytes {
    format!("data: {data}\r\n\r\n").into()
}

fn response(parts: &Value, finish: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = finish.into();
    }
    let (prompt, answer) = TOKENS;
    json!({
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": prompt, "candidatesTokenCount": answer, "totalTokenCount": prompt + answer
        },
        "modelVersion": "gemini-mock",
    })
}

/// Whether a conversation with tool results is one that Gemini 3 accepts: one content a model turn, its first call with
/// the signature, and after it one result for each call, in their order.
///
/// # Errors
/// Why not, in words for the client.
pub(crate) fn check(body: &[u8]) -> Result<(), String> {
    if find(body, "functionResponse").is_none() {
        return Ok(());
    }
    let request: Value = serde_json::from_slice(body).map_err(|error| format!("this is no JSON: {error}"))?;
    let contents = request["contents"].as_array().ok_or("`contents` is missing")?;
    let mut open: Vec<&str> = Vec::new();
    for content in contents {
        let parts = content["parts"].as_array().ok_or("a content has no `parts`")?;
        let names = |key: &str| parts.iter().filter_map(|part| part[key]["name"].as_str()).collect::<Vec<_>>();
        let (calls, results) = (names("functionCall"), names("functionResponse"));
        if !results.is_empty() && results != open {
            return Err("the function responses are not those of the function calls before them".to_owned());
        }
        open = calls;
        let first_call = parts.iter().find(|part| part["functionCall"].is_object());
        if first_call.is_some_and(|call| !is_signature(&call["thoughtSignature"])) {
            return Err("Function call is missing a thought_signature in functionCall parts.".to_owned());
        }
    }
    Ok(())
}

/// Official clients send base64 back in the alphabet for addresses.
fn is_signature(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.replace('-', "+").replace('_', "/") == SIGNATURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(first_call: &Value, results: &[&str]) -> Result<(), String> {
        let results: Vec<_> = results.iter().map(|name| json!({"functionResponse": {"name": name}})).collect();
        let contents = json!([
            {"role": "user", "parts": [{"text": "what is the weather"}]},
            {"role": "model", "parts": [first_call, {"functionCall": {"name": TOOL}}]},
            {"role": "user", "parts": results},
        ]);
        check(json!({ "contents": contents }).to_string().as_bytes())
    }

    #[test]
    fn what_gemini_accepts() {
        let call = |signature: &str| json!({"functionCall": {"name": TOOL}, "thoughtSignature": signature});
        assert_eq!(conversation(&call(SIGNATURE), &[TOOL, TOOL]), Ok(()));
        let for_addresses = SIGNATURE.replace('+', "-").replace('/', "_");
        assert_eq!(conversation(&call(&for_addresses), &[TOOL, TOOL]), Ok(()));
    }

    #[test]
    fn what_gemini_refuses() {
        let unsigned = json!({"functionCall": {"name": TOOL}});
        assert!(conversation(&unsigned, &[TOOL, TOOL]).unwrap_err().contains("thought_signature"));
        let signed = json!({"functionCall": {"name": TOOL}, "thoughtSignature": SIGNATURE});
        assert!(conversation(&signed, &[TOOL]).unwrap_err().contains("function responses"));
    }
}
