//! OpenAI's chat completions.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::wire::{CITIES, Prepared, TEXT, TOKENS, TOOL, Turn};

pub(crate) fn prepare(turn: Turn) -> Prepared {
    let message = match turn {
        Turn::Text => json!({"role": "assistant", "content": TEXT.concat()}),
        Turn::Calls => json!({"role": "assistant", "content": null, "tool_calls": calls()}),
    };
    let deltas = match turn {
        Turn::Text => TEXT.map(|text| json!({"role": "assistant", "content": text})).to_vec(),
        Turn::Calls => vec![message.clone()],
    };
    let finish = match turn {
        Turn::Text => "stop",
        Turn::Calls => "tool_calls",
    };
    let mut whole = document("chat.completion", &json!([{"index": 0, "message": message, "finish_reason": finish}]));
    whole["usage"] = usage();
    let chunk = |delta: &Value, finish: Value| {
        event(&document("chat.completion.chunk", &json!([{"index": 0, "delta": delta, "finish_reason": finish}])))
    };
    let mut chunks: Vec<Bytes> = deltas.iter().map(|delta| chunk(delta, Value::Null)).collect();
    chunks.extend([chunk(&json!({}), finish.into()), Bytes::from_static(b"data: [DONE]\n\n")]);
    let mut last = document("chat.completion.chunk", &json!([]));
    last["usage"] = usage();
    Prepared { whole: whole.to_string().into(), chunks, usage: Some(event(&last)) }
}

fn calls() -> Value {
    let call = |(index, city): (usize, &str)| {
        let arguments = json!({ "city": city }).to_string();
        json!({
            "index": index, "id": format!("call_{index}"), "type": "function",
            "function": {"name": TOOL, "arguments": arguments},
        })
    };
    CITIES.into_iter().enumerate().map(call).collect()
}

fn document(object: &str, choices: &Value) -> Value {
    json!({"id": "c1", "object": object, "created": 1, "model": "gpt-mock", "choices": choices})
}

fn usage() -> Value {
    let (prompt, answer) = TOKENS;
    json!({"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer})
}

fn event(data: &Value) -> Bytes {
    format!("data: {data}\n\n").into()
}
