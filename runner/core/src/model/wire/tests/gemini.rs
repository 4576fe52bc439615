//! Gemini.

use super::*;

const GEMINI: Wire = Wire::Gemini;

fn text(text: &str) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}}]})
}

fn parts(parts: &Value) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}}]})
}

fn end(reason: &str) -> Value {
    json!({"candidates": [{"content": {}, "finishReason": reason}]})
}

#[test]
fn a_request_says_everything() {
    let (generation, tools, messages) = (generation(), tools(), conversation(None));
    let schema = json!({"type": "object"});
    let mut request = ask(&messages, &generation);
    request.tools = &tools;
    request.output = Some(&schema);
    let wanted = json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "When?"}]},
            {"role": "model", "parts": [
                {"text": "I look."},
                {"functionCall": {"id": "c1", "name": "clock", "args": {"zone": "UTC"}},
                 "thoughtSignature": "skip_thought_signature_validator"},
                {"functionCall": {"name": "clock", "args": {"INVALID_JSON": "{zone"}}}
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "c1", "name": "clock", "response": {"time": "12:00"}}},
                {"functionResponse": {"name": "clock", "response": {"error": "no such zone"}}}
            ]}
        ],
        "tools": [{"functionDeclarations": [{"name": "clock", "description": "What time it is",
            "parametersJsonSchema": {"type": "object", "properties": {"zone": {"type": "string"}}}}]}],
        "generationConfig": {"temperature": 0.5, "topP": 0.9, "maxOutputTokens": 4000, "stopSequences": ["END"],
            "thinkingConfig": {"thinkingBudget": 2000}, "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"}}
    });
    assert_eq!(body(GEMINI, "gemini-3.5-flash", &request), wanted);
}

#[test]
fn older_models_take_a_schema_in_words_beside_tools() {
    let (generation, tools, messages) = (generation(), tools(), conversation(None));
    let schema = json!({"type": "object"});
    let mut request = ask(&messages, &generation);
    request.output = Some(&schema);
    let alone = body(GEMINI, "gemini-2.5-flash", &request);
    assert_eq!(alone["generationConfig"]["responseJsonSchema"], schema);
    request.tools = &tools;
    let beside = body(GEMINI, "gemini-2.5-flash", &request);
    assert_eq!(beside["generationConfig"].get("responseJsonSchema"), None);
    let system = beside["systemInstruction"]["parts"][0]["text"].as_str().unwrap();
    assert!(system.starts_with("Be brief.\n\n") && system.ends_with("\n{\"type\":\"object\"}"), "{system}");
    assert_eq!(beside["contents"][1]["parts"][1].get("thoughtSignature"), None);
}

#[test]
fn parts_go_back_as_they_came() {
    let came = [
        parts(&json!([{"text": "Let me see", "thought": true}])),
        text("I "),
        text("look."),
        parts(&json!([{"functionCall": {"name": "clock", "args": {"z": 1, "a": 2}}, "thoughtSignature": "a+/="}])),
        parts(
            &json!([{"functionCall": {"name": "clock", "args": {}, "id": "theirs"}}, {"functionCall": {"name": "now"}}]),
        ),
        parts(&json!([{"text": "", "thoughtSignature": "b_-"}])),
        end("STOP"),
    ];
    let turn = turn(GEMINI, &came);
    assert_eq!(turn.text, "I look.");
    assert_eq!(turn.finish, Finish::ToolCalls);
    assert_eq!(
        turn.calls,
        [
            call("pace-3-0", "clock", json!({"z": 1, "a": 2})),
            call("theirs", "clock", json!({})),
            call("pace-3-2", "now", json!({}))
        ]
    );
    let messages = [Message::User("x".to_owned()), Message::Model(turn)];
    let generation = Generation::default();
    let sent = GEMINI.encode("gemini-3.5-flash", &ask(&messages, &generation)).unwrap();
    let wanted = r#"{"role":"model","parts":[{"text":"Let me see","thought":true},{"text":"I look."},{"functionCall":{"name":"clock","args":{"z":1,"a":2}},"thoughtSignature":"a+/="},{"functionCall":{"name":"clock","args":{},"id":"theirs"}},{"functionCall":{"name":"now"}},{"text":"","thoughtSignature":"b_-"}]}"#;
    assert!(String::from_utf8(sent).unwrap().contains(wanted));
}

#[test]
fn another_providers_turn_is_not_sent_as_it_came() {
    let raw = RawTurn { provider: "anthropic".to_owned(), content: json!([{"type": "text"}]).into() };
    let messages = conversation(Some(raw));
    let generation = Generation::default();
    let sent = body(GEMINI, "gemini-2.5-flash", &ask(&messages, &generation));
    assert_eq!(sent["contents"][1]["parts"][0], json!({"text": "I look."}));
}

#[test]
fn plain_text_needs_no_copy() {
    let turn = turn(GEMINI, &[text("a\n"), text("ä\"b"), end("STOP")]);
    assert_eq!((turn.text.as_str(), turn.raw, turn.finish), ("a\nä\"b", None, Finish::Stop));
}

#[test]
fn reasons() {
    for (reason, wanted) in [("STOP", Finish::Stop), ("MAX_TOKENS", Finish::Length)] {
        assert_eq!(turn(GEMINI, &[text("a"), end(reason)]).finish, wanted);
    }
    for reason in [
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "LANGUAGE",
        "IMAGE_SAFETY",
        "OTHER",
        "NEW_ONE",
    ] {
        assert_eq!(turn(GEMINI, &[text("a"), end(reason)]).finish, Finish::Filtered(reason.to_lowercase()));
    }
    let call = parts(&json!([{"functionCall": {"name": "clock", "args": {}}}]));
    assert_eq!(turn(GEMINI, &[call, end("FUNCTION_CALL")]).finish, Finish::ToolCalls);
    let blocked = json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}});
    assert_eq!(turn(GEMINI, &[blocked]).finish, Finish::Filtered("prohibited_content".to_owned()));
    let malformed =
        json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "bad call: x("}]});
    assert_eq!(read(GEMINI, &[malformed]).0, Err(WireError::MalformedCall("bad call: x(".to_owned())));
}

#[test]
fn counts_and_other_candidates() {
    let other = json!({"candidates": [{"index": 1, "content": {"parts": [{"text": "other"}]}}]});
    let usage = json!({"usageMetadata": {"promptTokenCount": 10, "toolUsePromptTokenCount": 2, "cachedContentTokenCount": 4,
        "candidatesTokenCount": 5, "thoughtsTokenCount": 7, "totalTokenCount": 24}});
    let turn =
        turn(GEMINI, &[json!({"usageMetadata": {"promptTokenCount": 10}}), other, text("a"), end("STOP"), usage]);
    assert_eq!(turn.usage, Usage { input_tokens: 12, cached_input_tokens: 4, output_tokens: 12 });
    assert_eq!(turn.text, "a");
}

#[test]
fn an_error_in_the_stream() {
    let error = json!({"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}});
    let Err(WireError::Service(error)) = read(GEMINI, &[text("a"), error]).0 else { panic!("no error") };
    assert_eq!((error.status, error.message.as_str()), (429, "slow"));
}
