//! `pace mcp serve`: an agent over standard input and output, from outside.

use std::io::Write;
use std::process::Stdio;

use pace_tests::Project;
use pace_tests::program::{Said, output_of};
use serde_json::{Value, json};

fn project() -> Project {
    let turns = json!([{"user": "hello", "model": "Good day."}]).to_string();
    Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n"),
        ("turns.json", &turns),
        (
            "agents/helper/spec.yaml",
            "name: helper\nmodel: recorded\nsummary: Helps.\ndescription: The secret prompt.\n\
             acl: [{principal: \"user:ann\", role: execute}]\n",
        ),
    ])
}

/// Runs the command on these messages; its exit code, what it answered, and the rest of what it said.
fn served(project: &Project, arguments: &[&str], messages: &[Value]) -> (Option<i32>, Vec<Value>, String) {
    let mut command = project.pace(&["mcp", "serve"]);
    command.args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let said = Said::on(child.stdout.take());
    let mut answers: Vec<Value> = Vec::new();
    for message in messages {
        if writeln!(input, "{message}").is_err() {
            break;
        }
        if message["id"].is_null() {
            continue;
        }
        let Some(line) = said.line(answers.len()) else { break };
        answers.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}")));
    }
    drop(input);
    let ended = output_of(child);
    let all = said.to_the_end();
    assert_eq!(all.lines().count(), answers.len(), "standard output carries the protocol alone: {all}");
    (ended.status.code(), answers, String::from_utf8(ended.stderr).unwrap())
}

fn conversation() -> Vec<Value> {
    let client = json!({"name": "test", "version": "1"});
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    vec![
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "helper", "arguments": {"message": "hello"}}}),
    ]
}

#[test]
fn a_client_starts_it_lists_and_calls() {
    let (code, answers, said) = served(&project(), &["--as", "user:ann"], &conversation());
    assert_eq!((code, answers.len(), said.as_str()), (Some(0), 3, ""));
    assert_eq!(answers[1]["result"]["tools"][0]["name"], "helper");
    assert!(!answers[1].to_string().contains("secret"), "{}", answers[1]);
    assert_eq!(answers[2]["result"]["structuredContent"]["response"], "Good day.");
}

#[test]
fn who_may_not_is_told_before_the_protocol_begins() {
    let (code, answers, said) = served(&project(), &["helper", "--as", "user:ben"], &conversation());
    assert_eq!((code, answers.len()), (Some(1), 0));
    assert!(said.starts_with("error: no `acl` gives `user:ben` the role `execute` on the agent `helper`"), "{said}");
}

/// What is no message is told, and the last message counts without a line break.
#[test]
fn what_speaks_something_else_is_told_so() {
    let piped = |input: &str| {
        let project = project();
        let mut command = project.pace(&["mcp", "serve", "--as", "user:ann"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ended = output_of(child);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (ended.status.code(), text(ended.stdout), text(ended.stderr))
    };
    let (code, out, said) = piped("hello\nthere\n");
    assert_eq!((code, out.as_str()), (Some(1), ""), "{said}");
    assert!(said.contains("nothing on it was a message that begins a session of MCP"), "{said}");
    let begin = conversation()[0].to_string();
    let (_, out, said) = piped(&begin);
    assert!(out.contains("\"protocolVersion\""), "{out} {said}");
}

#[test]
fn a_client_that_only_looks_has_done_nothing_wrong() {
    let (code, answers, said) = served(&project(), &["--as", "user:ann"], &[]);
    assert_eq!((code, answers.len(), said.as_str()), (Some(0), 0, ""));
}
