//! Results that hold something unknown: a kind of content that came after this client, or nothing where something should be.
//! What is known of them is kept, and what is left out is named.

use pace_ir::text::shortened;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value};

/// How much of the name of a kind is told, characters.
const MOST_KIND: usize = 40;

/// The result of a call in a message that holds more than is known here. `None` if it is none.
pub(super) fn result(text: &[u8]) -> Option<CallToolResult> {
    let mut message: Value = serde_json::from_slice(text).ok()?;
    let Value::Object(mut result) = message.get_mut("result")?.take() else { return None };
    if result.get("resultType").is_some_and(|kind| kind != "complete") {
        return None;
    }
    let keys = ["content", "structuredContent", "isError", "resultType"];
    if !keys.iter().any(|key| result.contains_key(*key)) {
        return None;
    }
    let mut kept = CallToolResult::success(content(result.remove("content")));
    kept.is_error = Some(is_error(&result));
    kept.structured_content = result.remove("structuredContent");
    Some(kept)
}

/// Whatever is not plainly `false` is taken for a failure: who has written it did not mean nothing.
fn is_error(result: &Map<String, Value>) -> bool {
    !matches!(result.get("isError"), None | Some(Value::Null | Value::Bool(false)))
}

fn content(content: Option<Value>) -> Vec<ContentBlock> {
    match content {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(pieces)) => pieces.into_iter().map(piece).collect(),
        Some(_) => vec![ContentBlock::text("left out: content that is no list")],
    }
}

fn piece(piece: Value) -> ContentBlock {
    let kind = piece.get("type").and_then(Value::as_str).map(|kind| shortened(kind, MOST_KIND));
    match (serde_json::from_value(piece), kind) {
        (Ok(known), _) => known,
        (Err(_), Some(kind)) => {
            ContentBlock::text(format!("left out: a piece of the type `{kind}`, which cannot be read"))
        }
        (Err(_), None) => ContentBlock::text("left out: a piece of no type"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn salvaged(result: &Value) -> Option<CallToolResult> {
        super::result(json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string().as_bytes())
    }

    fn texts(result: &CallToolResult) -> Vec<&str> {
        result.content.iter().filter_map(|piece| Some(piece.as_text()?.text.as_str())).collect()
    }

    #[test]
    fn what_is_known_is_kept_and_the_rest_is_named() {
        let pieces = json!([
            {"type": "hologram", "data": "x"}, {"type": "text", "text": "after"}, {"type": "image"}, 7,
            {"type": "x".repeat(100)},
        ]);
        let kept = salvaged(&json!({"content": pieces, "structuredContent": {"a": 1}, "isError": true})).unwrap();
        let texts = texts(&kept);
        assert_eq!(texts[0], "left out: a piece of the type `hologram`, which cannot be read");
        assert_eq!(texts[1], "after");
        assert_eq!(texts[2], "left out: a piece of the type `image`, which cannot be read");
        assert_eq!(texts[3], "left out: a piece of no type");
        assert!(texts[4].chars().count() < 120, "{}", texts[4]);
        assert_eq!((kept.structured_content, kept.is_error), (Some(json!({"a": 1})), Some(true)));
    }

    #[test]
    fn nothing_is_no_content() {
        assert_eq!(salvaged(&json!({"content": null})).unwrap().content, []);
        assert_eq!(salvaged(&json!({"resultType": "complete"})).unwrap().content, []);
        assert_eq!(texts(&salvaged(&json!({"content": "x"})).unwrap()), ["left out: content that is no list"]);
        for none in [json!({}), json!({"other": 1}), json!(7), json!({"resultType": "input_required", "content": []})] {
            assert_eq!(salvaged(&none), None, "{none}");
        }
    }
}
