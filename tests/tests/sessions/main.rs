//! Conversations that outlive the runner: over restarts and new bundles, under `kill -9`, on several replicas, on a store that fails; and
//! who may see them.

#![cfg(unix)]

mod http;
mod killed;
mod outage;
mod replicas;
mod taken;

use pace_tests::Project;
use pace_tests::http::{Answer, ask, post};
use pace_tests::process::{Runner, command};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A tool that changes something in the world: whoever listens at the port is told.
const PAY: &str = r#"
import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "pay",
  description: "Pays",
  parameters: {},
  execute: async () => (await fetch("http://127.0.0.1:PORT/paid")).status,
});
"#;

/// `lead` pays and asks `guide` whenever it is told to, and else says how many turns it has seen. Payments go to a port of this machine.
fn project(port: u16) -> Project {
    let calls = json!([{"name": "pay", "arguments": {}}, {"name": "guide", "arguments": {"message": "where to?"}}]);
    let turns = json!([
        {"user": {"contains": "pay"}, "model": {"calls": calls}},
        {"results": ["pay", "guide"], "model": "paid"},
        {"user": "where to?", "model": "south"},
        {"user": "endless", "wait": "1h", "model": "never"},
        {"user": "slow", "pace": "300ms", "model": "one two three four five six seven eight nine ten"},
        {"user": "again", "turn": 2, "model": "the second turn"},
        {"user": "again", "turn": 3, "model": "the third turn"},
        {"user": {"contains": ""}, "model": "well said"},
    ]);
    let lead = format!(
        "name: lead\nmodel: recorded\ndescription: You lead.\ntools:\n  - {{name: tools/pay, access: write, net: [\"127.0.0.1:{port}\"]}}\n  \
         - {{server: \"paceline://guide\", access: read}}\n"
    );
    Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n"),
        ("turns.json", &turns.to_string()),
        ("agents/lead/spec.yaml", &lead),
        ("agents/guide/spec.yaml", "name: guide\nmodel: recorded\ndescription: You guide.\n"),
        ("tools/pay.ts", &PAY.replace("PORT", &port.to_string())),
    ])
}

/// A runner of the project with these variables, its state in the project's folder unless they say otherwise.
fn serving(project: &Project, variables: &[(&str, &str)]) -> Runner {
    let state = project.path().join(".pace/state");
    let usual = [("PACE_STATE_DIR", state.to_str().unwrap()), ("LIVE_WRITES", "all"), ("LOG_FORMAT", "json")];
    Runner::of(command(project, &[&usual[..], variables].concat()))
}

/// Says something to `lead`, in a session where there is one.
fn say(address: SocketAddr, message: &str, session: Option<&str>) -> Answer {
    ask(address, &said(message, session))
}

fn said(message: &str, session: Option<&str>) -> String {
    let body = session
        .map_or_else(|| json!({ "message": message }), |session| json!({ "message": message, "session": session }));
    post("/agents/lead/chat", &body.to_string())
}

/// The same, where it has to be answered; the session.
#[track_caller]
fn answered(address: SocketAddr, message: &str, session: Option<&str>) -> String {
    let answer = say(address, message, session);
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer["unkept"], Value::Null, "{answer}");
    answer["session"].as_str().unwrap().to_owned()
}

/// What people said in a session of `lead`, in order, and how many turns it has. Every turn is whole.
#[track_caller]
fn whole(conversation: &Value, turns: u64) -> Vec<String> {
    let messages = conversation.as_array().unwrap();
    let mut people = Vec::new();
    let mut last = "model";
    for message in messages {
        let (role, before) = match message.as_object().unwrap().iter().next().unwrap() {
            (role, said) if role == "user" => {
                people.push(said.as_str().unwrap().to_owned());
                ("user", "model")
            }
            (role, said) if role == "model" && said["calls"].is_array() => ("calls", "user"),
            (role, _) if role == "tool_results" => ("results", "calls"),
            (_, _) => ("model", if last == "results" { "results" } else { "user" }),
        };
        assert_eq!(last, before, "{conversation}");
        last = role;
    }
    assert_eq!((last, people.len() as u64), ("model", turns), "{conversation}");
    people
}
