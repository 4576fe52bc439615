//! The bounds of an invocation, each reached in turn.

use pace_ir::program::agent::Limits;
use pace_ir::program::{MicroUsd, Milliseconds};
use pace_runner::problem::Code;

use crate::fixture::{Fixture, ask};

/// A model that never stops calling tools.
const ENDLESS: &str = r#"[
    {"user":"hello","model":{"calls":[{"name":"x","arguments":{}}],"usage":{"input":60,"output":40}}},
    {"results":["x"],"model":{"calls":[{"name":"x","arguments":{}}],"usage":{"input":60,"output":40}}},
    {"user":"slow","wait":"1h","model":"late"}]"#;

async fn reached(limits: Limits, message: &str) -> (Code, String) {
    let runner = Fixture { limits, price: Some(1_000_000), ..Fixture::of(ENDLESS) }.runner();
    let problem = ask(&runner, message).await.0.unwrap_err();
    assert_eq!((runner.sessions().size(), runner.work().running()), ((0, 0), 0));
    (problem.code, problem.detail)
}

#[tokio::test]
async fn every_bound_stops_before_the_next_call() {
    for (limits, said) in [
        (Limits { max_turns: 3, ..Limits::default() }, "max_turns: 3"),
        (Limits { max_tokens: Some(250), ..Limits::default() }, "max_tokens: 250"),
        (Limits { max_cost: Some(MicroUsd(150)), ..Limits::default() }, "max_cost_usd: $0.00015"),
        (Limits { max_tool_calls: Some(0), ..Limits::default() }, "max_tool_calls: 0"),
    ] {
        let (code, detail) = reached(limits, "hello").await;
        assert_eq!(code, Code::LimitReached, "{detail}");
        assert!(detail.contains(&format!("reached its limit `{said}`")), "{detail}");
    }
}

#[tokio::test]
async fn time_runs_out() {
    let (code, detail) = reached(Limits { timeout: Milliseconds(20), ..Limits::default() }, "slow").await;
    assert_eq!(code, Code::TimedOut);
    assert_eq!(detail, "the agent `helper` had no answer within its limit `timeout: 20ms`");
}
