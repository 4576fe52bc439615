//! What is kept of an invocation, however it ends.

use std::sync::{Arc, Mutex};

use pace_ir::access::{Chain, Subject};
use pace_ir::program::{Access, Principal};
use pace_runner::events::{CallStatus, Unheard};
use pace_runner::invoke::{Call, Conversation, admit};
use pace_runner::trace::{Class, Payload, Status, Step, Trace, TraceSink};
use pace_runner::{Problem, Runner, State};
use serde_json::json;

use crate::delegation::{Agents, asks};

/// Keeps records in the order in which they are handed over.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<Trace>>);

impl TraceSink for Kept {
    fn offer(&self, trace: Trace) {
        self.0.lock().unwrap().push(trace);
    }
}

impl Kept {
    fn all(&self) -> Vec<Trace> {
        self.0.lock().unwrap().clone()
    }
}

fn keeping(agents: Agents) -> (Arc<Runner>, Arc<Kept>) {
    let kept = Arc::<Kept>::default();
    (agents.runner_with(State::keeping(Arc::<Kept>::clone(&kept) as Arc<dyn TraceSink>)), kept)
}

fn call(agent: &str, who: &str, message: &str) -> Call {
    let chain = Chain::direct(Subject::new(who.parse::<Principal>().unwrap()));
    Call {
        agent: agent.parse().unwrap(),
        chain,
        message: message.to_owned(),
        conversation: Conversation::New,
        trace: None,
    }
}

async fn ask(runner: &Arc<Runner>, agent: &str, who: &str, message: &str) -> Result<(), Problem> {
    admit(runner, call(agent, who, message)).await?.run(&Unheard).await.map(drop)
}

#[tokio::test]
async fn an_invocation_and_the_one_it_calls_are_one_tree() {
    let [wants, has] = asks("trip", &[("guide", "where to?")]);
    let turns = json!([wants, has, {"user": "where to?", "model": "south"}]);
    let agents = Agents::new(&turns).agent("lead", &[("guide", Access::Read)]).agent("guide", &[]);
    let (runner, kept) = keeping(agents);
    ask(&runner, "lead", "user:ann", "trip").await.unwrap();
    let [guide, lead] = kept.all().try_into().unwrap();
    assert_eq!((guide.parent, guide.root, lead.parent, lead.root), (Some(lead.id), lead.id, None, lead.id));
    assert_eq!((guide.status, lead.status), (Status::Ok, Status::Ok));
    assert_eq!((guide.subject.as_str(), guide.actors), ("user:ann", vec!["lead".to_owned()]));
    assert_eq!((lead.message, lead.response), (Payload::Text("trip".into()), Some(Payload::Text("trip-done".into()))));
    assert_eq!(lead.bundle, runner.id().to_string());
    assert_eq!((lead.usage.model_calls, lead.usage.tool_calls, guide.usage.model_calls), (3, 1, 1));
    let [Step::Model(first), Step::Tool(tool), Step::Model(second)] = lead.steps.as_slice() else {
        panic!("{:?}", lead.steps)
    };
    assert_eq!((first.turn, second.turn), (1, 2));
    assert_eq!(tool.tool.as_deref(), Some("paceline://guide"));
    assert_eq!((tool.class, tool.status), (Some(Class::Read), Some(CallStatus::Done)));
    assert_eq!(tool.arguments.shown(), r#"{"message":"where to?"}"#);
    assert!(tool.result.as_ref().unwrap().shown().contains("south"));
    assert!(first.took_ms.is_some() && tool.took_ms.is_some() && lead.duration_ms >= second.at_ms);
}

#[tokio::test]
async fn denials_failures_and_stubs_are_kept() {
    let turns = json!([
        {"user": "pay", "model": {"calls": [{"name": "pay", "arguments": {}}, {"name": "fly", "arguments": {}}]}},
        {"results": ["pay", "fly"], "model": "no"},
    ]);
    let (runner, kept) = keeping(Agents::new(&turns).agent("teller", &[]).pay("teller").only("teller", &["user:ann"]));
    ask(&runner, "teller", "user:bob", "pay").await.unwrap_err();
    ask(&runner, "teller", "user:ann", "pay").await.unwrap();
    ask(&runner, "teller", "user:ann", "something else").await.unwrap_err();
    let [denied, paid, failed] = kept.all().try_into().unwrap();
    assert_eq!((denied.status, denied.subject.as_str(), denied.session), (Status::Denied, "user:bob", None));
    assert_eq!(denied.error.unwrap().code, "not-allowed");
    let statuses = paid.steps.iter().filter_map(|step| match step {
        Step::Tool(tool) => Some((tool.tool.as_deref(), tool.class, tool.status)),
        Step::Model(_) => None,
    });
    let stubbed = (Some("tools/pay"), Some(Class::Write), Some(CallStatus::Stubbed));
    assert_eq!(statuses.collect::<Vec<_>>(), [stubbed, (None, None, Some(CallStatus::Invalid))]);
    assert_eq!((failed.status, failed.error.unwrap().code.as_str()), (Status::Failed, "no-recorded-turn"));
    assert!(failed.session.is_some() && failed.usage.model_calls == 1);
}

#[tokio::test]
async fn one_that_is_dropped_or_cancelled_is_kept_once() {
    let turns = json!([{"user": "slow", "model": "late", "wait": "1h"}]);
    let (runner, kept) = keeping(Agents::new(&turns).agent("clerk", &[]));
    let mut running = Box::pin(admit(&runner, call("clerk", "user:ann", "slow")).await.unwrap().run(&Unheard));
    assert!(futures_util::poll!(&mut running).is_pending());
    assert!(kept.all().is_empty());
    drop(running);
    let admitted = admit(&runner, call("clerk", "user:ann", "slow")).await.unwrap();
    admitted.cancellation().cancel();
    admitted.run(&Unheard).await.unwrap_err();
    let [dropped, cancelled] = kept.all().try_into().unwrap();
    for trace in [&dropped, &cancelled] {
        assert_eq!((trace.status, trace.error.as_ref().unwrap().code.as_str()), (Status::Cancelled, "cancelled"));
    }
    assert_eq!(dropped.steps.len(), 1);
}

#[tokio::test]
async fn a_record_is_read_as_it_was_written() {
    let [wants, has] = asks("trip", &[("guide", "where to?")]);
    let turns = json!([wants, has, {"user": "where to?", "model": "x".repeat(20_000)}]);
    let agents = Agents::new(&turns).agent("lead", &[("guide", Access::Write)]).agent("guide", &[]);
    let (runner, kept) = keeping(agents);
    ask(&runner, "lead", "anonymous", "trip").await.unwrap();
    ask(&runner, "lead", "anonymous", "nothing recorded").await.unwrap_err();
    for trace in kept.all() {
        let line = serde_json::to_string(&trace).unwrap();
        let read: Trace = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
        assert_eq!(read.steps, trace.steps);
    }
    let Some(Payload::Cut { bytes, .. }) = kept.all().remove(0).response else { panic!("it is whole") };
    assert_eq!(bytes, 20_000);
}
