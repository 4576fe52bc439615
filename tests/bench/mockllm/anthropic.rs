//! Anthropic's messages.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::wire::{CITIES, Prepared, TEXT, TOKENS, TOOL, Turn};

pub(crate) fn prepare(turn: Turn) -> Prepared {
    let (blocks, stop) = match turn {
        Turn::Text => (vec![json!({"type": "text", "text": TEXT.concat()})], "end_turn"),
        Turn::Calls => (CITIES.into_iter().enumerate().map(call).collect(), "tool_use"),
    };
    let (prompt, answer) = TOKENS;
    let mut whole = message(json!(blocks));
    whole["stop_reason"] = stop.into();
    whole["usage"] = json!({"input_tokens": prompt, "output_tokens": answer});
    let mut begun = message(json!([]));
    begun["usage"] = json!({"input_tokens": prompt, "output_tokens": 1});
    let mut chunks = vec![event(&json!({"type": "message_start", "message": begun}))];
    chunks.extend(blocks.iter().enumerate().flat_map(|(index, block)| of_block(index, block)));
    chunks.push(event(&json!({
        "type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null},
        "usage": {"output_tokens": answer},
    })));
    chunks.push(event(&json!({"type": "message_stop"})));
    Prepared { whole: whole.to_string().into(), chunks, usage: None }
}

fn message(content: Value) -> Value {
    let mut message = json!({
        "id": "m1", "type": "message", "role": "assistant", "model": "claude-mock",
        "stop_reason": null, "stop_sequence": null,
    });
    message["content"] = content;
    message
}

fn call((index, city): (usize, &str)) -> Value {
    json!({"type": "tool_use", "id": format!("toolu_{index}"), "name": TOOL, "input": {"city": city}})
}

/// A block begins empty, is filled piece by piece, and ends.
fn of_block(index: usize, block: &Value) -> Vec<Bytes> {
    let mut begun = block.clone();
    let deltas: Vec<Value> = if block["type"] == "text" {
        begun["text"] = "".into();
        TEXT.map(|text| json!({"type": "text_delta", "text": text})).to_vec()
    } else {
        begun["input"] = json!({});
        vec![json!({"type": "input_json_delta", "partial_json": block["input"].to_string()})]
    };
    let mut chunks = vec![event(&json!({"type": "content_block_start", "index": index, "content_block": begun}))];
    let delta = |delta: Value| event(&json!({"type": "content_block_delta", "index": index, "delta": delta}));
    chunks.extend(deltas.into_iter().map(delta));
    chunks.push(event(&json!({"type": "content_block_stop", "index": index})));
    chunks
}

/// Anthropic names each event by its type.
fn event(data: &Value) -> Bytes {
    let name = data["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}
