//! Anthropic.

use super::*;

const ANTHROPIC: Wire = Wire::Anthropic;

fn start(index: u32, block: &Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u32, delta: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn stop(index: u32) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]
}

fn begin() -> Value {
    json!({"type": "message_start", "message": {"id": "x", "content": [], "usage": {"input_tokens": 10,
        "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 1}}})
}

fn said(text: &str) -> [Value; 3] {
    [start(0, &json!({"type": "text", "text": ""})), delta(0, &json!({"type": "text_delta", "text": text})), stop(0)]
}

#[test]
fn a_request_says_everything() {
    let (generation, tools, messages) = (generation(), tools(), conversation(None));
    let schema = json!({"type": "object"});
    let mut request = ask(&messages, &generation);
    request.tools = &tools;
    request.output = Some(&schema);
    let mut sent = body(ANTHROPIC, "claude", &request);
    let system = sent.as_object_mut().unwrap().remove("system").unwrap();
    assert!(system.as_str().unwrap().ends_with("\n{\"type\":\"object\"}"), "{system}");
    let wanted = json!({
        "model": "claude",
        "max_tokens": 4000,
        "stream": true,
        "messages": [
            {"role": "user", "content": "When?"},
            {"role": "assistant", "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "clock", "input": {"zone": "UTC"}},
                {"type": "tool_use", "id": "pace-1-1", "name": "clock", "input": {"INVALID_JSON": "{zone"}}
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "{\"time\":\"12:00\"}", "is_error": false},
                {"type": "tool_result", "tool_use_id": "pace-1-1", "content": "no such zone", "is_error": true}
            ]}
        ],
        "tools": [{"name": "clock", "description": "What time it is",
            "input_schema": {"type": "object", "properties": {"zone": {"type": "string"}}}}],
        "stop_sequences": ["END"],
        "temperature": 0.5,
        "top_p": 0.9,
        "thinking": {"type": "enabled", "budget_tokens": 2000}
    });
    assert_eq!(sent, wanted);
}

#[test]
fn thoughts_fit_into_the_reply() {
    for (most, budget, wanted) in [
        (None, None, (8_192, None)),
        (None, Some(0), (8_192, None)),
        (None, Some(-1), (8_192, None)),
        (None, Some(10_000), (18_192, Some(10_000))),
        (None, Some(1), (8_193, Some(1_024))),
        (Some(2_000), Some(10_000), (2_000, Some(1_999))),
        (Some(1_024), Some(10_000), (1_024, None)),
        (Some(1), Some(1), (1, None)),
        (Some(u32::MAX), Some(i32::MAX), (4_294_967_295, Some(2_147_483_647))),
    ] {
        let generation = Generation { max_output_tokens: most, thinking_budget: budget, ..Generation::default() };
        let messages = [Message::User("x".to_owned())];
        let sent = body(ANTHROPIC, "claude", &ask(&messages, &generation));
        let got = (sent["max_tokens"].as_u64().unwrap(), sent["thinking"]["budget_tokens"].as_u64());
        assert_eq!(got, wanted, "{most:?} {budget:?}");
    }
}

#[test]
fn blocks_go_back_as_they_came() {
    let mut events = vec![
        begin(),
        json!({"type": "ping"}),
        start(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, &json!({"type": "thinking_delta", "thinking": "Let me "})),
        delta(0, &json!({"type": "thinking_delta", "thinking": "see"})),
        delta(0, &json!({"type": "signature_delta", "signature": "c2ln"})),
        stop(0),
        start(1, &json!({"type": "redacted_thinking", "data": "xyz"})),
        start(2, &json!({"type": "text", "text": ""})),
        delta(2, &json!({"type": "text_delta", "text": "I "})),
        delta(2, &json!({"type": "text_delta", "text": "look."})),
        start(3, &json!({"type": "tool_use", "id": "t1", "name": "clock", "input": {}})),
        delta(3, &json!({"type": "input_json_delta", "partial_json": ""})),
        delta(3, &json!({"type": "input_json_delta", "partial_json": "{\"zone\": "})),
        delta(3, &json!({"type": "input_json_delta", "partial_json": "\"U\"}"})),
        start(4, &json!({"type": "tool_use", "id": "t2", "name": "now", "input": {}})),
        start(5, &json!({"type": "tool_use", "id": "t3", "name": "bad", "input": {}})),
        delta(5, &json!({"type": "input_json_delta", "partial_json": "{\"x\":"})),
        json!({"type": "invented_later", "x": 1}),
    ];
    events.extend(end("tool_use"));
    let turn = turn(ANTHROPIC, &events);
    assert_eq!((turn.text.as_str(), &turn.finish), ("I look.", &Finish::ToolCalls));
    assert_eq!(turn.usage, Usage { input_tokens: 17, cached_input_tokens: 4, output_tokens: 9 });
    assert_eq!(
        turn.calls,
        [call("t1", "clock", json!({"zone": "U"})), call("t2", "now", json!({})), call("t3", "bad", json!("{\"x\":")),]
    );
    let messages = [Message::User("x".to_owned()), Message::Model(turn)];
    let generation = Generation::default();
    let sent = body(ANTHROPIC, "claude", &ask(&messages, &generation));
    assert_eq!(
        sent["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "Let me see", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "t1", "name": "clock", "input": {"zone": "U"}},
            {"type": "tool_use", "id": "t2", "name": "now", "input": {}},
            {"type": "tool_use", "id": "t3", "name": "bad", "input": {"INVALID_JSON": "{\"x\":"}}
        ])
    );
}

#[test]
fn reasons() {
    for (reason, wanted) in [
        ("end_turn", Finish::Stop),
        ("stop_sequence", Finish::Stop),
        ("pause_turn", Finish::Stop),
        ("max_tokens", Finish::Length),
        ("refusal", Finish::Filtered("refusal".to_owned())),
    ] {
        let turn = turn(ANTHROPIC, &[&said("a")[..], &end(reason)].concat());
        assert_eq!((turn.finish, turn.raw), (wanted, None));
    }
}

#[test]
fn only_the_last_event_ends_it() {
    let events = [&said("a")[..], &end("end_turn")[..1]].concat();
    assert_eq!(read(ANTHROPIC, &events).0, Err(WireError::CutOff));
}

#[test]
fn an_error_in_the_stream() {
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}});
    let Err(WireError::Service(error)) = read(ANTHROPIC, &[begin(), error]).0 else { panic!("no error") };
    assert_eq!((error.status, error.message.as_str()), (529, "busy"));
}
