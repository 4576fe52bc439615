//! OpenAI and those that speak as it does.

use super::*;

const OPENAI: Wire = Wire::OpenAi(Dialect::OpenAi);

fn delta(delta: &Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn end(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

#[test]
fn a_request_says_everything() {
    let (generation, tools, messages) = (generation(), tools(), conversation(None));
    let schema = json!({"type": "object"});
    let mut request = ask(&messages, &generation);
    request.tools = &tools;
    request.output = Some(&schema);
    let mut wanted = json!({
        "model": "gpt-5",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "When?"},
            {"role": "assistant", "content": "I look.", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{\"zone\":\"UTC\"}"}},
                {"id": "pace-1-1", "type": "function", "function": {"name": "clock", "arguments": "{zone"}}
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "{\"time\":\"12:00\"}"},
            {"role": "tool", "tool_call_id": "pace-1-1", "content": "no such zone"}
        ],
        "stream": true,
        "stream_options": {"include_usage": true},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_completion_tokens": 4000,
        "stop": ["END"],
        "tools": [{"type": "function", "function": {"name": "clock", "description": "What time it is",
            "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}}}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "output", "schema": {"type": "object"}}}
    });
    assert_eq!(body(OPENAI, "gpt-5", &request), wanted);
    let object = wanted.as_object_mut().unwrap();
    let most = object.remove("max_completion_tokens").unwrap();
    object.insert("max_tokens".to_owned(), most);
    assert_eq!(body(Wire::OpenAi(Dialect::Compatible), "gpt-5", &request), wanted);
}

#[test]
fn a_turn_of_calls_alone_has_no_content() {
    let turn = ModelTurn { calls: vec![call("c1", "clock", json!({}))], ..ModelTurn::default() };
    let messages = [Message::User("x".to_owned()), Message::Model(turn)];
    let generation = Generation::default();
    assert_eq!(body(OPENAI, "m", &ask(&messages, &generation))["messages"][2]["content"], Value::Null);
}

#[test]
fn calls_are_put_together_from_their_pieces() {
    let piece = |index: u32, more: Value| {
        let mut piece = json!({"index": index});
        piece.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        delta(&json!({"tool_calls": [piece]}))
    };
    let turn = turn(
        OPENAI,
        &[
            delta(&json!({"role": "assistant", "content": ""})),
            delta(&json!({"content": "I look."})),
            piece(1, json!({"id": "b", "type": "function", "function": {"name": "now", "arguments": ""}})),
            piece(0, json!({"id": "a", "type": "function", "function": {"name": "clock", "arguments": "{\"zo"}})),
            piece(0, json!({"function": {"arguments": "ne\":\"U\"}"}})),
            piece(2, json!({"function": {"name": "bad", "arguments": "{\"x\":"}})),
            piece(3, json!({"id": "d", "function": {"name": "list", "arguments": "[1]"}})),
            end("tool_calls"),
        ],
    );
    assert_eq!(turn.finish, Finish::ToolCalls);
    assert_eq!(
        turn.calls,
        [
            call("b", "now", json!({})),
            call("a", "clock", json!({"zone": "U"})),
            call("pace-3-2", "bad", json!("{\"x\":")),
            call("d", "list", json!("[1]")),
        ]
    );
    // Some servers send whole calls and no index.
    let whole = |id: &str| json!({"id": id, "function": {"name": "now", "arguments": "{}"}});
    let turn = super::turn(
        OPENAI,
        &[
            delta(&json!({"tool_calls": [whole("a"), whole("b")]})),
            delta(&json!({"tool_calls": [{"function": {"arguments": ""}}]})),
            end("stop"),
        ],
    );
    assert_eq!(turn.calls, [call("a", "now", json!({})), call("b", "now", json!({}))]);
    assert_eq!(turn.finish, Finish::ToolCalls);
}

#[test]
fn too_many_calls() {
    let calls: Vec<_> = (0..300).map(|index| json!({"index": index * 1_000_000_000_u64})).collect();
    assert!(matches!(read(OPENAI, &[delta(&json!({"tool_calls": calls}))]).0, Err(WireError::Garbled(_))));
}

#[test]
fn reasons() {
    for (reason, wanted) in [
        ("stop", Finish::Stop),
        ("length", Finish::Length),
        ("content_filter", Finish::Filtered("content_filter".to_owned())),
    ] {
        assert_eq!(turn(OPENAI, &[delta(&json!({"content": "a"})), end(reason)]).finish, wanted);
    }
    let refused = turn(
        OPENAI,
        &[delta(&json!({"content": null, "refusal": "I can"})), delta(&json!({"refusal": "not"})), end("stop")],
    );
    assert_eq!((refused.text.as_str(), refused.finish), ("I cannot", Finish::Filtered("refusal".to_owned())));
}

#[test]
fn ends() {
    let text = delta(&json!({"content": "a"})).to_string();
    assert_eq!(read_texts(OPENAI, &[&text, "[DONE]"]).0.unwrap().text, "a");
    assert_eq!(read_texts(OPENAI, &[&text, &end("stop").to_string()]).0.unwrap().text, "a");
    assert_eq!(read_texts(OPENAI, &[&text]).0, Err(WireError::CutOff));
}

#[test]
fn counts() {
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4}}});
    let first = json!({"choices": [{"delta": {"content": "a"}}], "usage": null});
    assert_eq!(
        turn(OPENAI, &[first, end("stop"), usage]).usage,
        Usage { input_tokens: 10, cached_input_tokens: 4, output_tokens: 5 }
    );
}

#[test]
fn an_error_in_the_stream() {
    for error in [json!({"error": {"message": "m", "type": "server_error"}}), json!({"error": "m"})] {
        let Err(WireError::Service(error)) = read(OPENAI, &[error]).0 else { panic!("no error") };
        assert_eq!((error.status, error.message.as_str()), (500, "m"));
    }
}
