//! Budgets through the wire: what is over its limit is not begun, whoever's limit it is, and what was spent is what the provider's
//! count says at the model's price.

#![cfg(unix)]

mod prices;

use pace_tests::Project;
use pace_tests::http::{self, Answer, Connection};
use pace_tests::process::{PATIENCE, Runner};
use serde_json::{Value, json};

/// Looks, and finds nothing.
const LOOK: &str = "import { defineTool } from \"@paceline/runtime\";\nexport default defineTool({\n  name: \"look\", description: \
                    \"Looks\", parameters: {}, execute: () => ({ seen: \"nothing\" }),\n});\n";

/// `lead` may look and ask `guide`, who may look. Every answer of the model takes 100 tokens in and 10 out, at one and ten dollars for
/// a million: 200 millionths. `lead` and `guide` have these limits.
fn project(lead: &str, guide: &str) -> Project {
    let model = |value: Value| {
        let mut value = value;
        value["usage"] = json!({"input": 100, "output": 10});
        value
    };
    let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    let calls = |all: &[Value]| model(json!({ "calls": all }));
    let look = call("look", json!({}));
    let ask = |message: &str| call("guide", json!({ "message": message }));
    let turns = json!([
        {"user": "hello", "model": model(json!({"text": "good day"}))},
        // Never has enough.
        {"user": "circle", "model": calls(std::slice::from_ref(&look))},
        {"results": ["look"], "model": calls(std::slice::from_ref(&look))},
        {"user": "both", "model": calls(&[look.clone(), look])},
        {"results": ["look", "look"], "model": model(json!({"text": "seen twice"}))},
        {"user": "ask", "model": calls(&[ask("hello")])},
        {"user": "send in circles", "model": calls(&[ask("circle")])},
        {"results": ["guide"], "model": model(json!({"text": "the guide was asked"}))},
        {"user": "slow", "wait": "1h", "model": "too late"},
    ]);
    let spec = |name: &str, tools: &str, limits: &str| {
        let limits = if limits.is_empty() { String::new() } else { format!("limits: {{{limits}}}\n") };
        format!("name: {name}\nmodel: recorded\ndescription: You help.\ntools:\n{tools}{limits}")
    };
    let look = "  - {name: tools/look, access: read, net: []}\n";
    let lead = spec("lead", &format!("{look}  - {{server: paceline://guide, access: read}}\n"), lead);
    Project::new(&[
        (
            "paceline.yaml",
            "models:\n  - {name: recorded, provider: replay, turns: turns.json, price: {input: 1, output: 10}}\n",
        ),
        ("turns.json", &turns.to_string()),
        ("agents/lead/spec.yaml", &lead),
        ("agents/guide/spec.yaml", &spec("guide", look, guide)),
        ("tools/look.ts", LOOK),
    ])
}

/// A runner that keeps what happens.
fn runner(project: &Project, more: &[(&str, &str)]) -> Runner {
    let state = project.path().join("state");
    Runner::start(project, &[&[("PACE_STATE_DIR", state.to_str().unwrap())], more].concat())
}

fn say(runner: &Runner, message: &str) -> Answer {
    http::ask(runner.address, &http::post("/agents/lead/chat", &json!({ "message": message }).to_string()))
}

/// The records there are, when there are so many; newest first. The runner is told to stop, so that all are stored.
fn traces(project: &Project, mut runner: Runner, count: usize) -> Vec<Value> {
    assert_eq!(runner.stop(), Some(0));
    let mut command = project.pace(&["trace", "export", "--environment", "production"]);
    let output = command.env("PACE_STATE_DIR", project.path().join("state")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), count, "{text}");
    records
}

/// It ended at a limit, told as such, with what it had taken until then.
#[track_caller]
fn assert_limited(limits: &str, message: &str, words: &str, taken: [u64; 3]) {
    let project = project(limits, "");
    let runner = runner(&project, &[]);
    let answer = say(&runner, message);
    let (status, code, detail) = answer.problem();
    assert_eq!((status, code.as_str()), (429, "limit-reached"), "{answer:?}");
    assert!(detail.starts_with("the agent `lead` reached its limit `") && detail.contains(words), "{detail}");
    let key = words.split(':').next().unwrap();
    assert!(answer.body.contains(&format!("raise `limits.{key}` in its spec")), "{answer:?}");
    let record = &traces(&project, runner, 1)[0];
    assert_eq!((&record["status"], &record["error"]["code"]), (&json!("failed"), &json!("limit-reached")));
    assert_eq!(record["error"]["detail"], detail);
    let usage = &record["usage"];
    let found = ["model_calls", "tool_calls", "cost_micro_usd"].map(|key| usage[key].as_u64().unwrap());
    assert_eq!(found, taken, "{record}");
}

#[test]
fn each_limit_is_kept_before_the_next_call() {
    assert_limited("max_turns: 3", "circle", "max_turns: 3`", [3, 3, 600]);
    // The call that goes over is paid for, and there is none after it.
    assert_limited("max_tokens: 111", "circle", "max_tokens: 111`", [2, 2, 400]);
    assert_limited("max_cost_usd: 0.000401", "circle", "max_cost_usd: $0.000401`", [3, 3, 600]);
    assert_limited("max_cost_usd: 0.0004", "circle", "max_cost_usd: $0.0004`", [2, 2, 400]);
    assert_limited("max_tool_calls: 1", "both", "max_tool_calls: 1`", [1, 0, 200]);
}

#[test]
fn what_stays_within_its_limits_is_answered() {
    let project = project("max_turns: 2, max_tokens: 220, max_cost_usd: 0.0004, max_tool_calls: 2", "");
    let runner = runner(&project, &[]);
    let answer = say(&runner, "both");
    assert_eq!(answer.json()["response"], "seen twice", "{answer:?}");
    let usage = json!({"input_tokens": 200, "cached_input_tokens": 0, "output_tokens": 20, "model_calls": 2, "tool_calls": 2,
        "cost_micro_usd": 400});
    assert_eq!(answer.json()["usage"], usage);
    assert_eq!(traces(&project, runner, 1)[0]["usage"], usage);
}

#[test]
fn a_session_begins_each_turn_with_a_full_budget() {
    let project = project("max_turns: 1, max_cost_usd: 0.0002", "");
    let runner = runner(&project, &[]);
    let session = say(&runner, "hello").json()["session"].clone();
    for _ in 0..3 {
        let body = json!({"message": "hello", "session": session}).to_string();
        assert_eq!(http::ask(runner.address, &http::post("/agents/lead/chat", &body)).status, 200);
    }
}

#[test]
fn a_stream_says_it_as_its_last_event() {
    let project = project("max_turns: 1", "");
    let runner = runner(&project, &[]);
    let mut connection = Connection::to(runner.address);
    connection.send(http::post("/agents/lead/chat/stream", r#"{"message":"circle"}"#).as_bytes());
    assert_eq!(connection.head().unwrap().status, 200);
    let events = connection.events();
    let last = events.last().unwrap();
    assert_eq!(
        (last.name.as_str(), &last.data["code"], &last.data["status"]),
        ("error", &json!("limit-reached"), &json!(429))
    );
    assert!(last.data["detail"].as_str().unwrap().contains("`max_turns: 1`"), "{}", last.data);
}

#[test]
fn what_a_called_agent_takes_is_its_callers() {
    // The lead asks once, the guide once: nothing is left for the lead to say what came of it.
    for (limit, words) in [("max_turns: 2", "max_turns: 2"), ("max_cost_usd: 0.0004", "max_cost_usd: $0.0004")] {
        let project = project(limit, "");
        let runner = runner(&project, &[]);
        let (status, code, detail) = say(&runner, "ask").problem();
        assert_eq!((status, code.as_str()), (429, "limit-reached"));
        assert!(detail.contains(&format!("the agent `lead` reached its limit `{words}`")), "{detail}");
        let records = traces(&project, runner, 2);
        let of = |agent: &str| records.iter().find(|record| record["agent"] == agent).unwrap();
        assert_eq!((&of("guide")["status"], &of("guide")["usage"]["cost_micro_usd"]), (&json!("ok"), &json!(200)));
        assert_eq!((&of("lead")["status"], &of("lead")["usage"]["cost_micro_usd"]), (&json!("failed"), &json!(400)));
    }
}

#[test]
fn a_called_agent_has_what_its_caller_has_left() {
    let project = project("max_turns: 3", "max_turns: 30");
    let runner = runner(&project, &[]);
    let answer = say(&runner, "send in circles");
    assert_eq!(answer.problem().1, "limit-reached", "{answer:?}");
    let records = traces(&project, runner, 2);
    let guide = records.iter().find(|record| record["agent"] == "guide").unwrap();
    // One turn of three was the lead's.
    assert_eq!(guide["usage"]["model_calls"], 2, "{guide}");
    let detail = guide["error"]["detail"].as_str().unwrap();
    assert!(detail.starts_with("the agent `lead` reached its limit `max_turns: 3`"), "{detail}");
    // Whose limit it is says where it was written.
    assert_eq!(guide["error"]["place"], "agents/lead/spec.yaml:7", "{guide}");
}

/// A limit of the caller that the called agent reaches first, and one of its own.
#[test]
fn a_failure_names_the_spec_of_whose_limit_it_is() {
    for (lead, guide, place) in [
        ("max_tool_calls: 2", "max_tool_calls: 9", "agents/lead/spec.yaml:7"),
        ("max_tool_calls: 9", "max_tool_calls: 1", "agents/guide/spec.yaml:6"),
    ] {
        let project = project(lead, guide);
        let runner = runner(&project, &[]);
        say(&runner, "send in circles");
        let records = traces(&project, runner, 2);
        let failed = records.iter().find(|record| record["agent"] == "guide").unwrap();
        assert_eq!((&failed["error"]["code"], &failed["error"]["place"]), (&json!("limit-reached"), &json!(place)));
    }
}

#[test]
fn a_called_agent_at_its_own_limit_ends_nobody_else() {
    let project = project("max_turns: 9", "max_tool_calls: 1");
    let runner = runner(&project, &[]);
    let answer = say(&runner, "send in circles");
    assert_eq!(answer.json()["response"], "the guide was asked", "{answer:?}");
    let records = traces(&project, runner, 2);
    let lead = records.iter().find(|record| record["agent"] == "lead").unwrap();
    let result = &lead["steps"][1]["tool"]["result"]["json"];
    let told = result["error"].as_str().unwrap_or_else(|| panic!("{lead}"));
    assert!(told.contains("the agent `guide` reached its limit `max_tool_calls: 1`"), "{told}");
}

#[test]
fn an_agent_that_takes_too_long_is_told_off_and_its_session_goes_on() {
    let project = project("timeout: 1s", "");
    let runner = runner(&project, &[]);
    let begun = std::time::Instant::now();
    let (status, code, detail) = say(&runner, "slow").problem();
    assert_eq!((status, code.as_str()), (504, "timed-out"));
    assert!(detail.contains("`timeout: 1s`") && begun.elapsed() < PATIENCE, "{detail}");
    assert_eq!(say(&runner, "hello").status, 200);
}
