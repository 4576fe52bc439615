//! Invocations that get to an answer.

use pace_runner::conversation::{Message, Usage};
use pace_runner::events::Unheard;
use pace_runner::invoke::{Conversation, admit};

use crate::fixture::{Fixture, ask, call};

const CITY: &str = r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#;

#[tokio::test]
async fn what_happens_is_told_in_order() {
    let runner = Fixture::of(r#"[{"user":"hello","model":"good day to you"}]"#).runner();
    let (answer, heard) = ask(&runner, "hello").await;
    let answer = answer.unwrap();
    assert_eq!((answer.response.as_str(), answer.output, answer.cut), ("good day to you", None, None));
    assert_eq!(answer.usage.model_calls, 1);
    let open = "the agent `helper` has no `acl`, which opens it to whoever the listener admits";
    assert_eq!(
        heard,
        [
            format!("started recorded: {open}").as_str(),
            "model call 1",
            "text good day to you",
            "model answered 1",
            "done good day to you"
        ]
    );
}

#[tokio::test]
async fn a_session_goes_on() {
    let turns = r#"[{"user":"hello","turn":1,"model":"good day"},{"user":"hello","turn":2,"model":"again?"}]"#;
    let runner = Fixture::of(turns).runner();
    let first = admit(&runner, call("hello", Conversation::New)).await.unwrap().run(&Unheard).await.unwrap();
    let again = call("hello", Conversation::Session(first.session));
    let second = admit(&runner, again).await.unwrap().run(&Unheard).await.unwrap();
    assert_eq!((second.response.as_str(), second.session), ("again?", first.session));
    assert_ne!(second.invocation, first.invocation);
}

#[tokio::test]
async fn usage_and_cost_add_up() {
    let turns = r#"[
        {"user":"hello","model":{"calls":[{"name":"x","arguments":{}}],"usage":{"input":100,"output":10}}},
        {"results":["x"],"model":{"text":"done","usage":{"input":200,"output":20}}}]"#;
    let runner = Fixture { price: Some(1_000_000), ..Fixture::of(turns) }.runner();
    let usage = ask(&runner, "hello").await.0.unwrap().usage;
    assert_eq!(usage.tokens, Usage { input_tokens: 300, cached_input_tokens: 0, output_tokens: 30 });
    assert_eq!((usage.model_calls, usage.tool_calls, usage.cost_micro_usd), (2, 1, Some(330)));
}

#[tokio::test]
async fn a_tool_that_the_model_made_up_is_answered_with_an_error() {
    let turns = r#"[
        {"user":"hello","model":{"calls":[{"name":"one","arguments":{"a":1}},{"name":"two","arguments":{}}]}},
        {"results":["one","two"],"model":"without them, then"}]"#;
    let runner = Fixture::of(turns).runner();
    let (answer, heard) = ask(&runner, "hello").await;
    let answer = answer.unwrap();
    assert_eq!(answer.response, "without them, then");
    let wanted = ["call one {\"a\":1}", "call two {}", "result one invalid", "result two invalid"];
    assert_eq!(heard[3..7], wanted);
    let kept = messages(&runner, answer.session).await;
    let Message::ToolResults(results) = &kept[2] else { panic!("{kept:?}") };
    assert!(
        results[0].content.to_value()["error"].as_str().unwrap().starts_with("there is no tool `one`"),
        "{results:?}"
    );
}

#[tokio::test]
async fn a_reply_that_fits_is_data_and_is_held_back_until_it_is_known_to_fit() {
    let turns = r#"[{"user":"where?","model":"{\"city\":\"Paris\"}"}]"#;
    let runner = Fixture { output: Some(CITY), ..Fixture::of(turns) }.runner();
    let (answer, heard) = ask(&runner, "where?").await;
    assert_eq!(answer.unwrap().output, Some(serde_json::json!({"city": "Paris"})));
    assert_eq!(heard[2..4], ["model answered 1", "text {\"city\":\"Paris\"}"]);
}

#[tokio::test]
async fn a_recorded_output_is_said_as_compact_json() {
    let turns = r#"[{"user":"where?","model":{"output":{"city": "Paris",  "a": [1, null]}}}]"#;
    let runner = Fixture { output: Some(CITY), ..Fixture::of(turns) }.runner();
    let answer = ask(&runner, "where?").await.0.unwrap();
    assert_eq!(answer.response, r#"{"city":"Paris","a":[1,null]}"#);
    assert_eq!(answer.output, Some(serde_json::json!({"city": "Paris", "a": [1, null]})));
}

#[tokio::test]
async fn a_reply_that_does_not_fit_is_mended_once_and_leaves_no_trace() {
    let turns = r#"[
        {"user":"where?","model":"in Paris"},
        {"user":{"contains":"does not fit the JSON Schema"},"model":"```json\n{\"city\":\"Paris\"}\n```"}]"#;
    let runner = Fixture { output: Some(CITY), ..Fixture::of(turns) }.runner();
    let (answer, heard) = ask(&runner, "where?").await;
    let answer = answer.unwrap();
    assert_eq!((answer.usage.model_calls, answer.output), (2, Some(serde_json::json!({"city": "Paris"}))));
    assert_eq!(heard[3], "repair it is no JSON: expected value at line 1 column 1");
    let kept = messages(&runner, answer.session).await;
    assert!(matches!(kept.as_slice(), [Message::User(asked), Message::Model(_)] if asked == "where?"), "{kept:?}");
}

#[tokio::test]
async fn an_answer_that_is_cut_says_so() {
    for (reason, cut) in [("length", "length"), ("safety", "safety")] {
        let turns = format!(r#"[{{"user":"hello","model":{{"text":"good d","cut":"{reason}"}}}}]"#);
        let runner = Fixture::of(turns.leak()).runner();
        let answer = ask(&runner, "hello").await.0.unwrap();
        assert_eq!((answer.response.as_str(), answer.cut.as_deref()), ("good d", Some(cut)));
    }
}

/// What a session keeps.
async fn messages(runner: &pace_runner::Runner, session: pace_runner::id::SessionId) -> Vec<Message> {
    runner.sessions().find(session).await.unwrap().unwrap().messages
}
