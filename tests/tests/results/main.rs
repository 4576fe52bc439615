//! What servers give back, and what becomes of it: images in the formats of models, how far a call is, and the trace that it is part
//! of. The binaries, a server that tells the truth about little, and a service that writes down what it is sent.

#![cfg(unix)]

mod images;
mod model;
mod progress;
mod request;
mod traces;

use std::path::PathBuf;
use std::process::Command;

use pace_tests::http::{self, Event};
use pace_tests::process::Runner;
use pace_tests::{Project, skip};
use serde_json::Value;

/// The entry of the server; nothing where there is no Python.
fn camera() -> Option<String> {
    camera_with("")
}

/// The same, which writes down the traces that it is told where `file` says.
fn camera_with(file: &str) -> Option<String> {
    if Command::new("python3").arg("--version").output().is_err() {
        skip("python3");
        return None;
    }
    let server = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/results/server.py");
    let server = server.display();
    Some(format!(
        "  - {{server: mcp://exec/python3, alias: camera, access: read, args: [{server}, \"{file}\"], timeout: 60s}}\n"
    ))
}

fn agent(name: &str, model: &str, tools: &str) -> (String, String) {
    let spec = format!("name: {name}\nmodel: {model}\ndescription: You look.\nsummary: Looks.\ntools:\n{tools}");
    (format!("agents/{name}/spec.yaml"), spec)
}

/// A project of these files.
fn project(files: &[(String, String)]) -> Project {
    Project::new(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
}

/// A runner that finds programs where the tests do.
fn runner(project: &Project) -> Runner {
    let path = std::env::var("PATH").unwrap();
    Runner::start(project, &[("PATH", &path)])
}

/// The events of what an agent does for a message; `headers` as lines of the request.
fn events(runner: &Runner, agent: &str, message: &str, headers: &str) -> Vec<Event> {
    let body = serde_json::json!({ "message": message }).to_string();
    let request = http::post(&format!("/agents/{agent}/chat/stream"), &body);
    let request = request.replacen("content-type", &format!("{headers}content-type"), 1);
    let mut connection = http::Connection::to(runner.address);
    connection.send(request.as_bytes());
    assert_eq!(connection.head().map(|answer| answer.status), Some(200));
    let events = connection.events();
    assert_eq!(events.last().map(|event| event.name.as_str()), Some("done"), "{events:?}");
    events
}

/// What the calls came to.
fn results(events: &[Event]) -> Vec<&Value> {
    events.iter().filter(|event| event.name == "tool_result").map(|event| &event.data).collect()
}
