//! The trace of a request goes on through calls, called agents and other runners, and nothing of a broken header does.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use pace_tests::Project;
use pace_tests::process::Runner;
use serde_json::{Value, json};

use crate::request::{Request, listen};
use crate::{agent, camera, events, project, results};

const TURNS: &str = r#"[
  {"user": "trace", "model": {"calls": [{"name": "camera_trace"}, {"name": "camera_trace"}]}},
  {"results": ["camera_trace", "camera_trace"], "model": "done"},
  {"user": "ask", "model": {"calls": [{"name": "below", "arguments": {"message": "trace"}}]}},
  {"results": ["below"], "model": "done"},
  {"user": "remote", "model": {"calls": [{"name": "far_below", "arguments": {"message": "flood"}}]}},
  {"results": ["far_below"], "model": "done"},
  {"user": "flood", "model": {"calls": [{"name": "camera_flood"}, {"name": "camera_trace"}]}},
  {"results": ["camera_flood", "camera_trace"], "model": "done"}
]"#;

const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn runner_with(agents: Vec<(String, String)>) -> (Runner, Project) {
    let mut files = agents;
    files.push((
        "paceline.yaml".to_owned(),
        "models: [{name: recorded, provider: replay, turns: turns.json}]\n".to_owned(),
    ));
    files.push(("turns.json".to_owned(), TURNS.to_owned()));
    let project = project(&files);
    let path = std::env::var("PATH").unwrap();
    (Runner::start(&project, &[("PATH", &path), ("LIVE_WRITES", "all")]), project)
}

fn local() -> Option<(Runner, Project)> {
    let below = agent("below", "recorded", &camera()?);
    Some(runner_with(vec![agent("above", "recorded", "  - {server: \"paceline://below\", access: read}\n"), below]))
}

/// The trace and span of a header that is valid.
#[track_caller]
fn parts(told: &Value) -> (String, String) {
    let text = told.as_str().unwrap_or_else(|| panic!("{told}")).trim_matches('"').to_owned();
    let fields: Vec<_> = text.split('-').collect();
    assert_eq!(fields.iter().map(|field| field.len()).collect::<Vec<_>>(), [2, 32, 16, 2], "{text}");
    assert_eq!((fields[0], fields[3]), ("00", "01"));
    (fields[1].to_owned(), fields[2].to_owned())
}

fn traced(runner: &Runner, headers: &str) -> Vec<(String, String)> {
    results(&events(runner, "below", "trace", headers)).iter().map(|result| parts(&result["content"])).collect()
}

#[test]
fn a_requests_trace_goes_on_and_each_call_is_a_span() {
    let Some((runner, _project)) = local() else { return };
    let calls = traced(&runner, &format!("traceparent: {GIVEN}\r\n"));
    assert!(calls.iter().all(|(trace, span)| trace == TRACE && span != "00f067aa0ba902b7"), "{calls:?}");
    assert_ne!(calls[0].1, calls[1].1);
    let asked = events(&runner, "above", "ask", &format!("traceparent: {GIVEN}\r\n"));
    let below = asked.iter().filter(|event| event.name == "agent" && event.data["event"] == "tool_result");
    let traces: Vec<_> = below.map(|event| parts(&event.data["data"]["content"]).0).collect();
    assert_eq!(traces, [TRACE, TRACE]);
}

#[test]
fn without_a_valid_one_a_trace_begins() {
    let Some((runner, _project)) = local() else { return };
    let mut seen = std::collections::BTreeSet::new();
    for header in [
        String::new(),
        "traceparent: nonsense\r\n".to_owned(),
        format!("traceparent: {}\r\n", GIVEN.to_uppercase()),
        format!("traceparent: {}\r\n", GIVEN.replace(TRACE, &"0".repeat(32))),
        format!("traceparent: {GIVEN}\r\ntraceparent: {GIVEN}\r\n"),
        format!("traceparent: {}\r\n", GIVEN.repeat(100)),
        format!("traceparent: ff{}\r\n", &GIVEN[2..]),
    ] {
        let calls = traced(&runner, &header);
        assert_eq!(calls[0].0, calls[1].0, "{header}");
        assert!(calls[0].0 != TRACE && seen.insert(calls[0].0.clone()), "{header}: {calls:?}");
    }
}

#[test]
fn across_runners_trace_and_progress_arrive() {
    let written = tempfile::tempdir().unwrap();
    let file = written.path().join("traces");
    let Some(camera) = crate::camera_with(&file.to_string_lossy()) else { return };
    let (far, _far_project) = runner_with(vec![agent("below", "recorded", &camera)]);
    let (address, options) = (far.address, "alias: far, access: write, timeout: 60s");
    let entry = format!("  - {{server: \"http://{address}/agents/below/mcp\", {options}}}\n");
    let (near, _project) = runner_with(vec![agent("near", "recorded", &entry)]);
    let heard = events(&near, "near", "remote", &format!("traceparent: {GIVEN}\r\n"));
    let steps = heard.iter().filter(|event| event.name == "tool_progress");
    let words: Vec<_> = steps.filter_map(|step| step.data["message"].as_str()).collect();
    assert!(words.iter().any(|words| words.starts_with("below")), "{words:?}");
    assert_eq!(results(&heard)[0]["status"], "done", "{heard:?}");
    let told = std::fs::read_to_string(file).unwrap();
    let traces: Vec<_> = told.lines().map(|line| parts(&line.into()).0).collect();
    assert_eq!(traces, [TRACE]);
}

/// A server over HTTP that writes down what it is asked.
fn server(asked: &Arc<Mutex<Vec<Request>>>) -> u16 {
    let asked = Arc::clone(asked);
    listen(move |mut stream| {
        let request = Request::read(stream)?;
        let answer = match request.body["method"].as_str() {
            Some("initialize") => json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                "serverInfo": {"name": "far", "version": "1"}}),
            Some("tools/list") => {
                json!({"tools": [{"name": "trace", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}}]})
            }
            Some("tools/call") => json!({"content": []}),
            _ => Value::Null,
        };
        let id = request.body.get("id").cloned();
        asked.lock().unwrap().push(request);
        let (status, body) = match (id, answer) {
            (None, _) => ("202 Accepted", String::new()),
            (Some(id), Value::Null) => {
                let error = json!({"code": -32601, "message": "no such method"});
                ("200 OK", json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string())
            }
            (Some(id), result) => ("200 OK", json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()),
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
        write!(stream, "{head}\r\n\r\n{body}").ok()
    })
}

#[test]
fn a_server_over_http_is_told_in_a_header_too() {
    let asked = Arc::default();
    let port = server(&asked);
    let entry = format!("  - {{server: \"http://127.0.0.1:{port}/mcp\", alias: camera, access: read}}\n");
    let (runner, _project) = runner_with(vec![agent("below", "recorded", &entry)]);
    let heard = events(&runner, "below", "trace", &format!("traceparent: {GIVEN}\r\n"));
    assert!(results(&heard).iter().all(|result| result["status"] == "done"), "{heard:?}");
    let asked = asked.lock().unwrap();
    let calls: Vec<_> = asked.iter().filter(|request| request.body["method"] == "tools/call").collect();
    assert_eq!(calls.len(), 2);
    for call in calls {
        let told = call.body.pointer("/params/_meta/traceparent").unwrap();
        assert_eq!(call.header("traceparent"), told.as_str());
        assert_eq!(parts(told).0, TRACE);
    }
}
