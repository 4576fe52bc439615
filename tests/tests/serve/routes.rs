//! Every path, asked as it wants to be asked.

use serde_json::json;

use crate::http::{Connection, ask, get, post, say};
use crate::process::Runner;
use crate::project;

#[test]
fn an_agent_answers() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let answer = ask(runner.address, &say("hello"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let body = answer.json();
    assert_eq!(body["response"], "Hello! How can I help you?");
    let usage =
        json!({"input_tokens": 12, "cached_input_tokens": 0, "output_tokens": 8, "model_calls": 1, "tool_calls": 0});
    assert_eq!(body["usage"], usage);
    assert_eq!(answer.header("paceline-session"), body["session"].as_str());
    assert_eq!(answer.header("paceline-invocation"), body["invocation"].as_str());
    assert_eq!(body.as_object().unwrap().len(), 4);
    assert_eq!(runner.stop(), Some(0));
}

#[test]
fn a_conversation_goes_on_and_is_shown_and_forgotten() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let mut connection = Connection::to(runner.address);
    let id = connection.ask(&say("hello")).json()["session"].as_str().unwrap().to_owned();
    let again = json!({"message": "what did I say?", "session": id}).to_string();
    assert_eq!(connection.ask(&post("/agents/helper/chat", &again)).json()["response"], "you said hello");

    let path = format!("/agents/helper/sessions/{id}");
    let shown = get(runner.address, &path).json();
    let said = json!([
        {"role": "user", "text": "hello"},
        {"role": "model", "text": "Hello! How can I help you?"},
        {"role": "user", "text": "what did I say?"},
        {"role": "model", "text": "you said hello"},
    ]);
    assert_eq!((&shown["id"], &shown["is_busy"], &shown["messages"]), (&json!(id), &json!(false), &said));
    assert!(shown["created"].as_str() <= shown["used"].as_str() && shown["used"].as_str().unwrap().ends_with('Z'));
    // Who is nobody has no list, and another agent's sessions are not this one's.
    assert_eq!(get(runner.address, "/agents/helper/sessions").json(), json!({"sessions": []}));
    assert_eq!(get(runner.address, &path.replace("helper", "closed")).problem().1, "unknown-session");

    let forgotten = ask(runner.address, &format!("DELETE {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    assert_eq!((forgotten.status, forgotten.body.as_str()), (204, ""));
    // Only a conversation is begun by leaving a session out.
    for method in ["GET", "DELETE"] {
        for path in [path.as_str(), "/agents/helper/sessions/0"] {
            let gone = ask(runner.address, &format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
            assert_eq!(gone.problem().1, "unknown-session", "{method} {path}");
            assert_eq!(gone.json()["help"], "`GET /agents/helper/sessions` lists yours", "{method} {path}");
        }
    }
    assert_eq!(ask(runner.address, &post("/agents/helper/chat", &again)).problem().1, "unknown-session");
}

#[test]
fn what_a_runner_says_of_itself() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let agents = get(runner.address, "/agents").json();
    let paths = |name: &str| {
        let path = |rest: &str| format!("/agents/{name}/{rest}");
        json!({
            "chat": path("chat"),
            "stream": path("chat/stream"),
            "sessions": path("sessions"),
            "mcp": path("mcp"),
            "status": path("status"),
        })
    };
    let entry = |name: &str| json!({"name": name, "summary": "Helps.", "tools": [], "paths": paths(name)});
    assert_eq!(agents, json!({"agents": [entry("helper")]}), "whoever may not invoke an agent is not told of it");
    assert_eq!(get(runner.address, "/agents/closed/status").problem().1, "not-allowed");
    let mut status = entry("helper");
    status["status"] = json!("ready");
    status["version"] = json!(env!("CARGO_PKG_VERSION"));
    status["bundle"] = runner.wait_for(|line| line["message"] == "listening")["bundle"].clone();
    assert!(status["bundle"].as_str().is_some_and(|id| id.starts_with("b3:")), "{status}");
    assert_eq!(get(runner.address, "/agents/helper/status").json(), status);
    assert_eq!(get(runner.address, "/health").json(), json!({"status": "ok"}));
    assert_eq!(get(runner.address, "/ready").json(), json!({"status": "ready"}));
    assert_eq!(get(runner.address, "/").json()["agents"], "/agents");
    for path in ["/", "/agents", "/agents/helper/status", "/agents/helper/sessions"] {
        assert!(!get(runner.address, path).body.contains("secret prompt"), "{path} publishes the prompt");
    }
}

#[test]
fn one_connection_carries_many_requests() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let mut connection = Connection::to(runner.address);
    for _ in 0..20 {
        assert_eq!(connection.ask(&say("hello")).status, 200);
        assert_eq!(connection.ask("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").status, 200);
        assert_eq!(connection.ask("GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n").status, 404);
    }
    // Several at once, one behind the other.
    connection.send([say("hello"), say("hello")].concat().as_bytes());
    assert_eq!((connection.answer().unwrap().status, connection.answer().unwrap().status), (200, 200));
    // HEAD is GET without a body, and HTTP/1.0 closes.
    connection.send(b"HEAD /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(connection.head().unwrap().header("content-length"), Some("15"));
    assert_eq!(connection.ask("GET /health HTTP/1.0\r\n\r\n").status, 200);
    assert!(connection.is_closed());
}
