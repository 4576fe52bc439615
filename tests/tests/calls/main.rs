//! Tools as agents call them: projects built by `pace`, served by `pace-runner`, with a recorded model that wants tools
//! called, and a small world outside that writes down who came.

#![cfg(unix)]

mod answers;
mod cancelling;
mod delegation;
mod hostile;
mod leaving;
mod own_network;
mod policy;
mod weather;
mod world;
mod writes;

use pace_tests::Project;
use pace_tests::http::{self, Answer, Event};
use pace_tests::process::Runner;
use serde_json::{Value, json};

/// Asks the world, and gives back what it says.
const GET: &str = r#"
import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "get",
  description: "Asks the world",
  parameters: { path: { type: "string", pattern: "^/" } },
  execute: async ({ path }) => {
    console.warn("asks for", path);
    return (await fetch(WORLD + path)).json();
  },
});
"#;

/// Tells the world to change something.
const PUT: &str = r#"
import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "put",
  description: "Changes the world",
  parameters: { path: { type: "string" } },
  execute: async ({ path }) => (await fetch(WORLD + path, { method: "POST" })).json(),
});
"#;

/// A project whose agent `helper` may call `get` for reading and `put` for writing, at this port of the world. Each turn is
/// what is said to it, and the calls it then makes: names and arguments.
fn project(port: u16, turns: &[(&str, &[(&str, Value)])]) -> Project {
    let project = Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n"),
        ("turns.json", &recording(turns)),
    ]);
    let entry = |name: &str, access: &str| format!("  - {{name: tools/{name}, access: {access}, net: [127.0.0.1]}}\n");
    agent(&project, &(entry("get", "read") + &entry("put", "write")));
    for (name, text) in [("get", GET), ("put", PUT)] {
        project.write(&format!("tools/{name}.ts"), &text.replace("WORLD", &format!("\"http://127.0.0.1:{port}\"")));
    }
    project
}

/// Writes the agent `helper` with these entries.
fn agent(project: &Project, entries: &str) {
    let spec = format!("name: helper\nmodel: recorded\ndescription: You help.\ntools:\n{entries}");
    project.write("agents/helper/spec.yaml", &spec);
}

/// Turns in which the model first wants these calls, and then says that it is done.
fn recording(turns: &[(&str, &[(&str, Value)])]) -> String {
    let mut all = Vec::new();
    for (said, calls) in turns {
        let names: Vec<_> = calls.iter().map(|(name, _)| name).collect();
        let wanted: Vec<_> =
            calls.iter().map(|(name, arguments)| json!({"name": name, "arguments": arguments})).collect();
        all.push(json!({"user": said, "model": {"calls": wanted}}));
        all.push(json!({"results": names, "model": "done"}));
    }
    json!(all).to_string()
}

/// Says something to `helper`, and answers the results of the calls it made, in the order of the calls.
fn results(runner: &Runner, said: &str) -> Vec<Value> {
    let events = events(runner, said);
    assert_eq!(events.last().map(|event| event.name.as_str()), Some("done"), "{events:?}");
    let of = |name: &str| events.iter().filter(|event| event.name == name).map(|event| &event.data).collect::<Vec<_>>();
    let results = of("tool_result");
    let result = |call: &&Value| results.iter().find(|result| result["id"] == call["id"]).copied().cloned();
    of("tool_call").iter().map(|call| result(call).expect("a result of each call")).collect()
}

/// The events of a streamed turn.
fn events(runner: &Runner, said: &str) -> Vec<Event> {
    let mut connection = http::Connection::to(runner.address);
    connection.send(http::stream(said).as_bytes());
    assert_eq!(connection.head().map(|answer| answer.status), Some(200));
    connection.events()
}

/// Says something to `helper`, and waits for the whole answer.
fn said(runner: &Runner, message: &str) -> Answer {
    http::ask(runner.address, &http::say(message))
}

/// A runner that writes live.
fn live(project: &Project) -> Runner {
    Runner::start(project, &[("LIVE_WRITES", "all")])
}

/// The lines of the audit, intents and outcomes.
fn audited(runner: &Runner) -> Vec<Value> {
    let lines = runner.lines();
    let values = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    values.filter(|line| line["audit"].is_string()).collect()
}
