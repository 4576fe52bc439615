//! Images of results: where each format has them, and what is said where they do not go along.

use super::*;
use crate::conversation::{Image, JsonText};

const PNG: &str = "iVBORw0KGgo=";
const GIF: &str = "R0lGODlh";

/// Two calls side by side: one gave back a PNG and a GIF, the other a text.
fn shown() -> Vec<Message> {
    let result = |id: &str, content: Value, images: &[&str]| ToolResult {
        id: id.to_owned(),
        name: "look".to_owned(),
        content: JsonText::from(content),
        is_error: false,
        images: images.iter().map(|data| Image::read(data).unwrap()).collect(),
        forgotten: 0,
    };
    let turn =
        ModelTurn { calls: vec![call("a", "look", json!({})), call("b", "look", json!({}))], ..ModelTurn::default() };
    let both = json!(["here", "image 1 (image/png, 8 bytes)", "image 2 (image/gif, 6 bytes)"]);
    vec![
        Message::User("show".to_owned()),
        Message::Model(turn),
        Message::ToolResults(vec![result("a", both, &[PNG, GIF]), result("b", json!("none"), &[])]),
    ]
}

const TOLD: &str = "[\"here\",\"image 1 (image/png, 8 bytes)\",\"image 2 (image/gif, 6 bytes)\"]";

/// What a model is sent after the calls.
fn sent(wire: Wire, model: &str, images: Images) -> Value {
    let (messages, generation) = (shown(), Generation::default());
    let request = Request { images, ..ask(&messages, &generation) };
    let body = body(wire, model, &request);
    let messages = body.get("messages").or(body.get("contents")).unwrap().as_array().unwrap();
    let is_before = |message: &&Value| message["role"] == "assistant" || message["role"] == "model";
    let at = messages.iter().position(|message| is_before(&message)).unwrap();
    Value::from(messages[at + 1..].to_vec())
}

#[test]
fn anthropic_takes_them_inside_of_a_result() {
    let source = |media_type: &str, data: &str| json!({"type": "base64", "media_type": media_type, "data": data});
    let wanted = json!([{"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "a", "is_error": false, "content": [
            {"type": "text", "text": TOLD},
            {"type": "image", "source": source("image/png", PNG)},
            {"type": "image", "source": source("image/gif", GIF)}
        ]},
        {"type": "tool_result", "tool_use_id": "b", "is_error": false, "content": "none"}
    ]}]);
    assert_eq!(sent(Wire::Anthropic, "claude", Images::Sent), wanted);
}

#[test]
fn openai_takes_them_behind_all_results_of_a_turn() {
    let url = |url: String| json!({"type": "image_url", "image_url": {"url": url}});
    let wanted = json!([
        {"role": "tool", "tool_call_id": "a", "content": TOLD},
        {"role": "tool", "tool_call_id": "b", "content": "none"},
        {"role": "user", "content": [
            {"type": "text", "text": "What `look` gave back for the call `a`:"},
            url(format!("data:image/png;base64,{PNG}")),
            url(format!("data:image/gif;base64,{GIF}"))
        ]}
    ]);
    assert_eq!(sent(Wire::OpenAi(Dialect::OpenAi), "gpt-5", Images::Sent), wanted);
}

#[test]
fn gemini_takes_them_inside_since_its_third_generation_and_beside_before() {
    let left_out = "left out, because the model takes no images of this kind: image 2 (image/gif, 6 bytes)";
    let response = json!({"result": serde_json::from_str::<Value>(TOLD).unwrap(), "left_out": left_out});
    let image = json!({"inlineData": {"mimeType": "image/png", "data": PNG}});
    let other = json!({"functionResponse": {"id": "b", "name": "look", "response": {"result": "none"}}});
    let inside = json!({"functionResponse": {"id": "a", "name": "look", "response": response, "parts": [image]}});
    let wanted = json!([{"role": "user", "parts": [inside, other]}]);
    assert_eq!(sent(Wire::Gemini, "gemini-3.5-flash", Images::Sent), wanted);
    let bare = json!({"functionResponse": {"id": "a", "name": "look", "response": response}});
    let wanted = json!([{"role": "user", "parts": [bare, other, image]}]);
    assert_eq!(sent(Wire::Gemini, "gemini-2.5-flash", Images::Sent), wanted);
}

#[test]
fn a_model_without_eyes_is_told_what_was_left_out() {
    let why = "left out, because the model takes no images: image 1 (image/png, 8 bytes), image 2 (image/gif, 6 bytes)";
    for wire in ALL {
        let sent = sent(wire, "gemini-2.5-flash", Images::LeftOut).to_string();
        assert!(sent.contains(why) && !sent.contains(PNG) && !sent.contains(GIF), "{wire:?}: {sent}");
    }
}

#[test]
fn what_is_forgotten_is_said_and_the_rest_keeps_its_numbers() {
    let mut messages = shown();
    let Some(Message::ToolResults(results)) = messages.last_mut() else { panic!("results come last") };
    results[0].images.remove(0);
    results[0].forgotten = 1;
    results[1].forgotten = 3;
    let generation = Generation::default();
    for wire in ALL {
        let request = Request { images: Images::LeftOut, ..ask(&messages, &generation) };
        let sent = body(wire, "gemini-2.5-flash", &request).to_string();
        let one = "no longer shown, because newer images took its place: image 1; left out, because the model takes no images: \
                   image 2 (image/gif, 6 bytes)";
        let more = "no longer shown, because newer images took their place: images 1 to 3";
        assert!(sent.contains(one) && sent.contains(more), "{wire:?}: {sent}");
    }
}
