//! The formats as tables: what is said in each, and what is understood.

mod anthropic;
mod gemini;
mod images;
mod openai;

use pace_ir::program::Generation;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::openai::Dialect;
use super::{Wire, WireError};
use crate::conversation::{Finish, Message, ModelTurn, RawTurn, ToolCall, ToolResult, Usage};
use crate::model::{Images, Request, ToolDeclaration};

/// The body of a request, as JSON.
fn body(wire: Wire, model: &str, request: &Request<'_>) -> Value {
    serde_json::from_slice(&wire.encode(model, request).unwrap()).unwrap()
}

/// A turn read from the data of events, and the text heard meanwhile.
fn read(wire: Wire, events: &[Value]) -> (Result<ModelTurn, WireError>, Vec<String>) {
    let events: Vec<_> = events.iter().map(Value::to_string).collect();
    read_texts(wire, &events.iter().map(String::as_str).collect::<Vec<_>>())
}

fn read_texts(wire: Wire, events: &[&str]) -> (Result<ModelTurn, WireError>, Vec<String>) {
    let (mut decoder, mut heard) = (wire.decoder(3), Vec::new());
    for event in events {
        if let Err(error) = decoder.event(event.as_bytes(), &mut |text| heard.push(text.to_owned())) {
            return (Err(error), heard);
        }
    }
    (decoder.finish(), heard)
}

fn turn(wire: Wire, events: &[Value]) -> ModelTurn {
    let (turn, heard) = read(wire, events);
    let turn = turn.unwrap();
    assert_eq!(turn.text, heard.concat(), "what is heard is what is said");
    turn
}

fn generation() -> Generation {
    Generation {
        temperature: Some(0.5),
        top_p: Some(0.9),
        max_output_tokens: Some(4_000),
        stop: vec!["END".to_owned()],
        thinking_budget: Some(2_000),
    }
}

fn tools() -> Vec<ToolDeclaration> {
    vec![ToolDeclaration {
        name: "clock".to_owned(),
        description: "What time it is".to_owned(),
        parameters: json!({"type": "object", "properties": {"zone": {"type": "string"}}}),
    }]
}

fn call(id: &str, name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: id.to_owned(), name: name.to_owned(), arguments: arguments.into() }
}

/// A conversation with everything in it: two calls side by side, a result that is an error, a text for an object.
fn conversation(raw: Option<RawTurn>) -> Vec<Message> {
    let result = |id: &str, content: Value, is_error: bool| ToolResult {
        id: id.to_owned(),
        name: "clock".to_owned(),
        content: content.into(),
        is_error,
        images: Vec::new(),
        forgotten: 0,
    };
    vec![
        Message::User("When?".to_owned()),
        Message::Model(ModelTurn {
            text: "I look.".to_owned(),
            calls: vec![call("c1", "clock", json!({"zone": "UTC"})), call("pace-1-1", "clock", json!("{zone"))],
            finish: Finish::ToolCalls,
            usage: Usage::default(),
            raw,
        }),
        Message::ToolResults(vec![
            result("c1", json!({"time": "12:00"}), false),
            result("pace-1-1", json!("no such zone"), true),
        ]),
    ]
}

fn ask<'a>(messages: &'a [Message], generation: &'a Generation) -> Request<'a> {
    Request { system: "Be brief.", messages, tools: &[], generation, output: None, images: Images::Sent }
}

const ALL: [Wire; 4] =
    [Wire::Gemini, Wire::OpenAi(Dialect::OpenAi), Wire::OpenAi(Dialect::Compatible), Wire::Anthropic];

#[test]
fn nothing_is_sent_that_was_not_said() {
    let messages = [Message::User("Hi".to_owned())];
    let generation = Generation::default();
    let request = Request {
        system: "",
        messages: &messages,
        tools: &[],
        generation: &generation,
        output: None,
        images: Images::Sent,
    };
    let wanted = [
        json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "generationConfig": {}}),
        json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true,
               "stream_options": {"include_usage": true}}),
        json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true,
               "stream_options": {"include_usage": true}}),
        json!({"model": "m", "max_tokens": 8192, "stream": true, "messages": [{"role": "user", "content": "Hi"}]}),
    ];
    for (wire, wanted) in ALL.into_iter().zip(wanted) {
        assert_eq!(body(wire, "m", &request), wanted, "{wire:?}");
    }
}

#[test]
fn no_end_is_no_answer() {
    for wire in ALL {
        assert_eq!(read_texts(wire, &[]).0, Err(WireError::CutOff), "{wire:?}");
        assert!(matches!(read_texts(wire, &["nonsense"]).0, Err(WireError::Garbled(_))), "{wire:?}");
    }
}

/// A turn with one call.
fn calling(wire: Wire, id: &str) -> Vec<Value> {
    match wire {
        Wire::Gemini => vec![json!({"candidates": [{
            "content": {"parts": [{"functionCall": {"name": "clock", "args": {}, "id": id}}]}, "finishReason": "STOP"
        }]})],
        Wire::OpenAi(_) => vec![json!({"choices": [{"index": 0, "finish_reason": "tool_calls", "delta": {
            "tool_calls": [{"index": 0, "id": id, "function": {"name": "clock", "arguments": "{}"}}]
        }}]})],
        Wire::Anthropic => vec![
            json!({"type": "message_start", "message": {"usage": {}}}),
            json!({"type": "content_block_start", "index": 0,
                "content_block": {"type": "tool_use", "id": id, "name": "clock", "input": {}}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}}),
            json!({"type": "message_stop"}),
        ],
    }
}

#[test]
fn what_no_log_may_have_in_it_is_no_id_of_a_call() {
    for wire in ALL {
        let known = "call_1__thought__".to_owned() + &"a+/=".repeat(2_000);
        assert_eq!(turn(wire, &calling(wire, &known)).calls[0].id, known);
        for wrong in ["a\0b", "a\nb", "a\u{1b}[2J", "a\u{202e}b", &"a".repeat(100_000)] {
            let read = read(wire, &calling(wire, wrong)).0;
            assert!(matches!(read, Err(WireError::Garbled(_))), "{wire:?}: {read:?}");
        }
    }
}

/// Pieces of all three formats, to be put together wrongly.
fn pieces() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec!["", "text", "tool_use", "thinking", "STOP", "stop", "end_turn", "a", "{\"b\":"])
            .prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "candidates",
        "content",
        "parts",
        "text",
        "functionCall",
        "args",
        "name",
        "id",
        "finishReason",
        "promptFeedback",
        "blockReason",
        "usageMetadata",
        "choices",
        "delta",
        "tool_calls",
        "index",
        "function",
        "arguments",
        "refusal",
        "finish_reason",
        "usage",
        "error",
        "type",
        "content_block",
        "partial_json",
        "thinking",
        "signature",
        "message",
        "stop_reason",
        "code",
        "details",
        "retryDelay",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..6).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn foreign_bytes_end_in_words(events in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4)) {
        for wire in ALL {
            let mut decoder = wire.decoder(0);
            for event in &events {
                let _result = decoder.event(event, &mut |_| {});
            }
            let _result = decoder.finish();
        }
    }

    #[test]
    fn foreign_json_ends_in_words(
        events in prop::collection::vec(pieces(), 0..5),
        kind in prop::sample::select(vec!["content_block_start", "content_block_delta", "message_delta", "message_stop"]),
    ) {
        for wire in ALL {
            let mut decoder = wire.decoder(0);
            for event in &events {
                let mut event = event.clone();
                if let Value::Object(object) = &mut event {
                    object.insert("type".to_owned(), kind.into());
                }
                let _result = decoder.event(event.to_string().as_bytes(), &mut |_| {});
            }
            // What was understood can be sent back.
            if let Ok(turn) = decoder.finish() {
                let messages = [Message::User(String::new()), Message::Model(turn)];
                let generation = Generation::default();
                body(wire, "m", &ask(&messages, &generation));
            }
        }
    }
}
