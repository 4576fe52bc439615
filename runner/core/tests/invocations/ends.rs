//! Invocations that do not get to an answer: each says why, and leaves its session as it was.

use std::future::Future;
use std::task::{Context, Waker};

use pace_ir::access::{Chain, Subject};
use pace_runner::events::Unheard;
use pace_runner::invoke::{Call, Conversation, admit};
use pace_runner::problem::Code;

use crate::fixture::{Fixture, Heard, ask, call};

/// A turn that does not come within any test's patience.
const NEVER: &str = r#"[{"user":"hello","model":"good day"},{"user":"slow","wait":"1h","model":"late"}]"#;

#[tokio::test]
async fn who_is_not_listed_is_told_why() {
    let runner = Fixture { only: Some("user:ann"), ..Fixture::of(NEVER) }.runner();
    let problem = admit(&runner, call("hello", Conversation::New)).await.unwrap_err();
    assert_eq!(problem.code, Code::NotAllowed);
    assert_eq!(problem.detail, "no `acl` gives `anonymous` the role `execute` on the agent `helper`");
    assert_eq!((runner.work().running(), runner.sessions().size()), (0, (0, 0)));
    let chain = Chain::direct(Subject::new("user:ann".parse().unwrap()));
    let by_ann = Call { chain, ..call("hello", Conversation::New) };
    assert_eq!(admit(&runner, by_ann).await.unwrap().run(&Unheard).await.unwrap().response, "good day");
}

#[tokio::test]
async fn what_cannot_be_admitted() {
    let runner = Fixture::of(NEVER).runner();
    let nobody = Call { agent: "helpr".parse().unwrap(), ..call("hello", Conversation::New) };
    let problem = admit(&runner, nobody).await.unwrap_err();
    assert_eq!((problem.code, problem.help.as_deref()), (Code::UnknownAgent, Some("the agents here are `helper`")));
    assert_eq!(problem.detail, "there is no agent `helpr`; did you mean `helper`?");
    for (message, code) in [(" \n", Code::MalformedRequest), (&*"x".repeat((8 << 20) + 1), Code::TooLarge)] {
        assert_eq!(admit(&runner, call(message, Conversation::New)).await.unwrap_err().code, code);
    }
    assert_eq!((runner.work().running(), runner.sessions().size()), (0, (0, 0)));
}

#[tokio::test]
async fn a_cancelled_invocation_leaves_its_session_as_it_was() {
    let runner = Fixture::of(NEVER).runner();
    let session = ask(&runner, "hello").await.0.unwrap().session;
    let before = runner.sessions().size();
    let admitted = admit(&runner, call("slow", Conversation::Session(session))).await.unwrap();
    let cancel = admitted.cancellation().clone();
    let heard = Heard::default();
    let (result, ()) = tokio::join!(admitted.run(&heard), async { cancel.cancel() });
    assert_eq!(result.unwrap_err().code, Code::Cancelled);
    assert_eq!(heard.lines().last().map(String::as_str), Some("failed cancelled"));
    assert_eq!((runner.work().running(), runner.sessions().size()), (0, before));
    assert!(admit(&runner, call("hello", Conversation::Session(session))).await.is_ok());
}

#[tokio::test]
async fn a_dropped_invocation_leaves_its_session_as_it_was() {
    let runner = Fixture::of(NEVER).runner();
    let session = ask(&runner, "hello").await.0.unwrap().session;
    let before = runner.sessions().size();
    let mut running =
        Box::pin(admit(&runner, call("slow", Conversation::Session(session))).await.unwrap().run(&Unheard));
    assert!(running.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let busy = admit(&runner, call("hello", Conversation::Session(session))).await.unwrap_err();
    assert_eq!((busy.code, runner.work().running()), (Code::SessionBusy, 1));
    drop(running);
    assert_eq!((runner.work().running(), runner.sessions().size()), (0, before));
}

#[tokio::test]
async fn a_runner_that_stops_ends_what_runs_and_begins_nothing() {
    let runner = Fixture::of(NEVER).runner();
    let admitted = admit(&runner, call("slow", Conversation::New)).await.unwrap();
    runner.work().drain();
    assert_eq!(admit(&runner, call("hello", Conversation::New)).await.unwrap_err().code, Code::Draining);
    let (result, ()) = tokio::join!(admitted.run(&Unheard), async { runner.work().cancel() });
    assert_eq!(result.unwrap_err().code, Code::Draining);
    runner.work().finished().await;
}

#[tokio::test]
async fn a_reply_that_never_fits_is_not_passed_on() {
    let turns = r#"[{"user":{"contains":""},"model":"in Paris"}]"#;
    let schema = Some(r#"{"type":"object"}"#);
    let runner = Fixture { output: schema, ..Fixture::of(turns) }.runner();
    let (result, heard) = ask(&runner, "where?").await;
    let problem = result.unwrap_err();
    assert_eq!(problem.code, Code::OutputMismatch);
    assert!(problem.detail.contains("neither did the first: it is no JSON"), "{problem:?}");
    assert!(!heard.iter().any(|line| line.starts_with("text")), "{heard:?}");
    assert_eq!(runner.sessions().size(), (0, 0));
}

#[tokio::test]
async fn a_recorded_reply_that_does_not_fit_is_named_itself() {
    let turns = r#"[{"user":"where?","model":{"output":{"city":1}}}]"#;
    let schema = Some(r#"{"type":"object","properties":{"city":{"type":"string"}}}"#);
    let runner = Fixture { output: schema, ..Fixture::of(turns) }.runner();
    let problem = ask(&runner, "where?").await.0.unwrap_err();
    assert_eq!(problem.code, Code::OutputMismatch);
    assert_eq!(
        problem.detail,
        "the recorded reply does not fit the `output` of `helper`: at /city: 1 is not of type \"string\""
    );
    assert_eq!(problem.help.unwrap(), "record one that fits, as in `\"model\": {\"output\": {…}}`");
    assert_eq!(runner.sessions().size(), (0, 0));
}

#[tokio::test]
async fn answers_without_a_word() {
    for (model, code) in [
        (r#"{"text":"","cut":"length"}"#, Code::EmptyAnswer),
        (r#"{"text":"","cut":"safety"}"#, Code::AnswerBlocked),
        (r#""""#, Code::EmptyAnswer),
    ] {
        let turns = format!(r#"[{{"user":"hello","model":{model}}}]"#);
        let runner = Fixture::of(turns.leak()).runner();
        assert_eq!(ask(&runner, "hello").await.0.unwrap_err().code, code, "{model}");
    }
}

#[tokio::test]
async fn a_turn_that_was_not_recorded() {
    let runner = Fixture::of(NEVER).runner();
    let problem = ask(&runner, "hallo").await.0.unwrap_err();
    assert_eq!(problem.code, Code::NoRecordedTurn);
    assert!(problem.detail.contains("hallo"), "{problem:?}");
}
