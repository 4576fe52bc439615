//! A model's service that speaks all three formats: it wants the tool called whose name the user says, and then says that it is
//! done. What it was sent is kept.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::request::{Request, listen};

/// A service on a port of this machine.
pub(crate) struct Model {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Model {
    pub(crate) fn new() -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&asked);
        Self { port: listen(move |stream| answer(stream, &shared)), asked }
    }

    /// The last request.
    pub(crate) fn last(&self) -> Value {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

/// Answers one request of a connection; none where there is no more.
fn answer(mut stream: &TcpStream, asked: &Mutex<Vec<Value>>) -> Option<()> {
    let request = Request::read(stream)?;
    let events = events(&request.first, &request.body);
    asked.lock().unwrap().push(request.body);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{events}", events.len()).ok()
}

fn events(path: &str, body: &Value) -> String {
    let messages = body.get("messages").or(body.get("contents")).unwrap().as_array().unwrap();
    // A result comes last, or its images do.
    let last = messages.last().unwrap().to_string();
    let is_first =
        !["functionResponse", "tool_call_id", "tool_result", "image_url"].iter().any(|word| last.contains(word));
    let said = messages.iter().find(|message| message["role"] == "user").unwrap();
    let said = said["content"].as_str().or(said["parts"][0]["text"].as_str()).unwrap();
    let name = format!("camera_{said}");
    let events = if path.contains("GenerateContent") {
        let call = json!({"functionCall": {"name": name, "args": {}}, "thoughtSignature": "c2ln"});
        let part = if is_first { call } else { json!({"text": "done"}) };
        vec![json!({"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}]})]
    } else if path.contains("/chat/completions") {
        let call = json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": name, "arguments": "{}"}}]});
        let (delta, why) = if is_first { (call, "tool_calls") } else { (json!({"content": "done"}), "stop") };
        vec![json!({"choices": [{"index": 0, "delta": delta, "finish_reason": why}]})]
    } else {
        let call = json!({"type": "tool_use", "id": "c", "name": name, "input": {}});
        let (block, why) =
            if is_first { (call, "tool_use") } else { (json!({"type": "text", "text": "done"}), "end_turn") };
        vec![
            json!({"type": "message_start", "message": {"id": "x", "content": [], "usage": {"input_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": block}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": {"stop_reason": why}, "usage": {"output_tokens": 1}}),
            json!({"type": "message_stop"}),
        ]
    };
    let mut events: Vec<_> = events.iter().map(Value::to_string).collect();
    if path.contains("/chat/completions") {
        events.push("[DONE]".to_owned());
    }
    format!("data: {}\n\n", events.join("\n\ndata: "))
}
