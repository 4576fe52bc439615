//! What agents did, as it is kept: by `pace chat`, by the runner under load and at its end, on a disk that is full; who may see it;
//! and that no secret is in it.

#![cfg(unix)]

mod chat;
mod collectors;
mod denials;
mod http;
mod metrics;
mod outside;
mod places;
mod serving;
mod writes;

use std::path::Path;

use pace_tests::process::{Runner, command};
use pace_tests::{Project, Run};
use serde_json::{Value, json};

/// A tool that only looks.
const LOOK: &str = r#"
import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "look",
  description: "Looks",
  parameters: { at: { type: "string" } },
  execute: ({ at }) => ({ seen: at }),
});
"#;

/// A tool that would change something.
const PAY: &str = r#"
import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "pay",
  description: "Pays",
  parameters: { to: { type: "string" } },
  execute: ({ to }) => ({ paid: to }),
});
"#;

/// `lead` may look, pay and ask `guide`; `closed` lets in one user. `more` stands at the end of `paceline.yaml`.
fn project(more: &str) -> Project {
    let turns = json!([
        {"user": "look", "model": {"calls": [{"name": "look", "arguments": {"at": "the map"}}]}},
        {"results": ["look"], "model": "north"},
        {"user": "misread", "model": {"calls": [{"name": "look", "arguments": {"at": 5}}]}},
        {"user": "pay", "model": {"calls": [{"name": "pay", "arguments": {"to": "the piper"}}]}},
        {"results": ["pay"], "model": "paid"},
        {"user": "ask", "model": {"calls": [{"name": "guide", "arguments": {"message": "where to?"}}]}},
        {"results": ["guide"], "model": "south, says the guide"},
        {"user": "where to?", "model": "south"},
        {"user": "slow", "pace": "400ms", "model": "one two three four five six seven eight nine ten eleven twelve"},
        {"user": {"contains": "told"}, "model": "good to know"},
    ]);
    let lead = "name: lead\nmodel: recorded\ndescription: You lead.\ntools:\n  - {name: tools/look, access: read, env: {TOKEN: \
                \"${env:SHOP_TOKEN}\"}, net: []}\n  - {name: tools/pay, access: write, net: []}\n  - {server: \
                \"paceline://guide\", access: read}\n";
    let closed = "name: closed\nmodel: recorded\ndescription: You let in one.\nacl:\n  - {principal: \"user:zoe\", role: \
                  execute}\n";
    Project::new(&[
        ("paceline.yaml", &format!("models:\n  - {{name: recorded, provider: replay, turns: turns.json}}\n{more}")),
        ("turns.json", &turns.to_string()),
        ("agents/lead/spec.yaml", lead),
        ("agents/guide/spec.yaml", "name: guide\nmodel: recorded\ndescription: You guide.\n"),
        ("agents/closed/spec.yaml", closed),
        ("tools/look.ts", LOOK),
        ("tools/pay.ts", PAY),
    ])
}

/// What the tool of [`project`] is shown.
const SECRET: &str = "tok-4f8a2c91-never-kept";

/// `pace` in the project, with its records where they usually are.
fn pace(project: &Project, arguments: &[&str], input: &str) -> Run {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut command = project.pace(arguments);
    for variable in ["PACE_STATE_DIR", "PACE_ENVIRONMENT", "DATABASE_URL", "TRACE_BACKEND"] {
        command.env_remove(variable);
    }
    command.env("SHOP_TOKEN", SECRET).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = pace_tests::program::output_of(child);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A runner of the project that keeps its records in the project's folder, as a deployment `production`.
fn serving(project: &Project, variables: &[(&str, &str)]) -> Runner {
    let state = project.path().join(".pace/state");
    let usual = [("PACE_STATE_DIR", state.to_str().unwrap()), ("SHOP_TOKEN", SECRET), ("LIVE_WRITES", "none")];
    Runner::of(command(project, &[&usual[..], variables].concat()))
}

/// The records of a deployment, newest first.
fn exported(project: &Project, environment: &str, more: &[&str]) -> Vec<Value> {
    let run = pace(project, &[&["trace", "export", "--environment", environment], more].concat(), "");
    assert_eq!(run.code, Some(0), "{run:?}");
    run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every byte that is kept.
fn kept(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    bytes
}

/// Whether bytes hold a text.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
