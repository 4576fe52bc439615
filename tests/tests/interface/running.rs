//! `/invocations`: what runs, for whom, and how it is ended.

use pace_tests::http::{self, Answer, Connection};
use pace_tests::process::Runner;
use pace_tests::{Project, until, until_found};
use serde_json::{Value, json};

use super::{ANN, BOB, bearer, get, project, start, with};

const OPS: &str = "token-of-ops-0123";
const EVE: &str = "token-of-eve-0123";

/// The project with an admin and a reader, and a model that takes an hour for what is to stay.
fn staying() -> Project {
    let project = project();
    let turns =
        r#"[{"user": "stay", "wait": "1h", "model": "late"}, {"user": {"contains": ""}, "model": "one two three"}]"#;
    project.write("turns.json", turns);
    let token =
        |name: &str| format!("      - {{value: \"${{env:{name}}}\", principal: user:{}}}\n", name.to_lowercase());
    project.write(
        "paceline.yaml",
        &format!(
            "project: shop\nmodels:\n  - {{name: recorded, provider: replay, turns: turns.json}}\nacl:\n  - {{principal: user:ops, role: \
             admin}}\n  - {{principal: user:eve, role: read}}\nauthentication:\n  - type: tokens\n    tokens:\n{}",
            ["ANN", "BOB", "OPS", "EVE"].map(token).concat()
        ),
    );
    project
}

fn serving() -> Runner {
    start(&staying(), &[("OPS", OPS), ("EVE", EVE)])
}

fn delete(runner: &Runner, id: &str, token: &str) -> Answer {
    let request = format!("DELETE /invocations/{id} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    http::ask(runner.address, &with(&request, &[&bearer(token)]))
}

fn listed(runner: &Runner, token: &str) -> Vec<Value> {
    let answer = get(runner, "/invocations", &[&bearer(token)]);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["invocations"].as_array().unwrap().clone()
}

/// Says something that is not answered within the hour, and waits until that runs.
fn begin(runner: &Runner, path: &str, token: &str, lines: &[&str]) -> (Connection, String) {
    let before: Vec<_> = listed(runner, OPS).iter().map(|entry| entry["id"].clone()).collect();
    let mut connection = Connection::to(runner.address);
    let request = http::post(path, r#"{"message":"stay"}"#);
    connection.send(with(&request, &[&[bearer(token).as_str()], lines].concat()).as_bytes());
    let id = until_found("it begins", || {
        let listed = listed(runner, OPS);
        let new = listed.iter().find(|entry| !before.contains(&entry["id"]));
        new.map(|entry| entry["id"].as_str().unwrap().to_owned()).ok_or_else(|| listed.clone())
    });
    (connection, id)
}

#[test]
fn everybody_is_shown_what_they_may_see() {
    let runner = serving();
    let (_plain, first) = begin(&runner, "/agents/desk/chat", ANN, &[]);
    let (mut stream, second) = begin(&runner, "/agents/desk/chat/stream", BOB, &[]);
    let session = stream.head().unwrap().header("paceline-session").unwrap().to_owned();
    let ids = |token| listed(&runner, token).iter().map(|entry| entry["id"].clone()).collect::<Vec<_>>();
    assert_eq!((ids(ANN), ids(BOB)), (vec![json!(first)], vec![json!(second)]));
    // Those that have run longest come first.
    let all = vec![json!(first), json!(second)];
    assert_eq!((ids(OPS), ids(EVE)), (all.clone(), all));
    assert_eq!(get(&runner, "/invocations", &[]).json(), json!({"invocations": []}), "an anonymous caller has no list");
    assert_eq!(listed(&runner, BOB)[0]["session"], session);
    assert!(listed(&runner, OPS).iter().all(|entry| entry.get("session").is_none()), "a session is its owner's");
    let started = listed(&runner, OPS)[0]["started"].as_str().unwrap().to_owned();
    assert!(started.len() == 24 && started.ends_with('Z'), "{started}");
    assert_eq!(get(&runner, "/invocations", &[&bearer("another-token-0123")]).status, 401);
}

#[test]
fn who_may_not_cancel_it_changes_nothing() {
    let runner = serving();
    let (mut plain, id) = begin(&runner, "/agents/desk/chat", ANN, &[]);
    let path = format!("/invocations/{id}");
    // To others it is not there; who reads it is told what is missing.
    let unknown = delete(&runner, &"0".repeat(32), BOB).problem();
    let foreign = delete(&runner, &id, BOB).problem();
    assert_eq!((foreign.0, &foreign.1), (404, &unknown.1));
    assert_eq!(foreign.2.replace(&id, ""), unknown.2.replace(&"0".repeat(32), ""), "not even in other words");
    assert_eq!(get(&runner, &path, &[&bearer(BOB)]).status, 404);
    assert_eq!(get(&runner, &path, &[]).status, 404);
    assert_eq!(get(&runner, &path, &[&bearer(EVE)]).status, 200);
    let (status, code, detail) = delete(&runner, &id, EVE).problem();
    assert_eq!((status, code.as_str()), (403, "not-allowed"));
    assert_eq!(detail, "it belongs to somebody else, and no `acl` gives `user:eve` the role `admin` on the project");
    for wrong in ["0", "x%1b", "%2e%2e"] {
        assert_eq!(delete(&runner, wrong, OPS).problem().1, "unknown-invocation", "{wrong}");
    }
    assert_eq!(listed(&runner, ANN)[0]["state"], "running");
    assert_eq!(delete(&runner, &id, OPS).status, 204);
    assert_eq!(plain.answer().unwrap().problem().1, "cancelled");
}

#[test]
fn a_stream_ends_with_the_word_for_it_however_often_it_is_cancelled() {
    let runner = serving();
    let (mut stream, id) = begin(&runner, "/agents/desk/chat/stream", BOB, &[]);
    stream.head().unwrap();
    assert_eq!(stream.event().unwrap().name, "start");
    let at_once: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = [BOB, OPS, BOB, OPS].map(|token| scope.spawn(|| delete(&runner, &id, token).status)).into();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    // Whoever is late is told that it is over.
    assert!(at_once.contains(&204) && at_once.iter().all(|status| matches!(status, 204 | 404)), "{at_once:?}");
    let events = stream.events();
    assert_eq!((events.len(), events[0].name.as_str()), (1, "error"));
    assert_eq!((&events[0].data["code"], &events[0].data["invocation"]), (&json!("cancelled"), &json!(id)));
    assert_eq!(delete(&runner, &id, BOB).problem().1, "unknown-invocation");
    // The connection, and the agent, are good for more.
    let request = with(&http::post("/agents/desk/chat", r#"{"message":"hello"}"#), &[&bearer(BOB)]);
    assert_eq!(stream.ask(&request).json()["response"], "one two three");
}

#[test]
fn a_session_is_as_it_was_and_free() {
    let runner = serving();
    let say = |message: &str, session: &Value| {
        let body = json!({"message": message, "session": session}).to_string();
        with(&http::post("/agents/desk/chat", &body), &[&bearer(ANN)])
    };
    let first = with(&http::post("/agents/desk/chat", r#"{"message":"hello"}"#), &[&bearer(ANN)]);
    let session = http::ask(runner.address, &first).json()["session"].clone();
    let mut client = Connection::to(runner.address);
    client.send(say("stay", &session).as_bytes());
    let entry = until_found("it begins", || <[Value; 1]>::try_from(listed(&runner, ANN)).map(|[entry]| entry));
    assert_eq!(entry["session"], session);
    let id = entry["id"].as_str().unwrap().to_owned();
    assert_eq!(delete(&runner, &id, ANN).status, 204);
    assert_eq!(http::ask(runner.address, &say("hello", &session)).status, 200);
    let path = format!("/agents/desk/sessions/{}", session.as_str().unwrap());
    let messages = get(&runner, &path, &[&bearer(ANN)]).json()["messages"].to_string();
    assert!(!messages.contains("stay") && messages.matches("one two three").count() == 2, "{messages}");
}

#[test]
fn a_request_with_a_key_is_made_anew_after_it() {
    let runner = serving();
    for _ in 0..2 {
        let (mut client, id) = begin(&runner, "/agents/desk/chat", ANN, &["idempotency-key: the-same-key-each-time"]);
        assert_eq!(delete(&runner, &id, ANN).status, 204);
        assert_eq!(client.answer().unwrap().problem().1, "cancelled");
    }
}

#[test]
fn a_call_by_mcp_is_one_of_them() {
    let runner = serving();
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "desk", "arguments": {"message": "stay"}}});
    let post = |body: &Value, lines: &[&str]| {
        let accepts = "accept: application/json, text/event-stream";
        with(&http::post("/agents/desk/mcp", &body.to_string()), &[&[bearer(ANN).as_str(), accepts], lines].concat())
    };
    let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}}});
    let greeted = http::ask(runner.address, &post(&hello, &[]));
    let session = format!("mcp-session-id: {}", greeted.header("mcp-session-id").unwrap());
    let told = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(http::ask(runner.address, &post(&told, &[&session])).status, 202);
    let mut client = Connection::to(runner.address);
    client.send(post(&call, &[&session]).as_bytes());
    until("it begins", || !listed(&runner, ANN).is_empty());
    assert_eq!(delete(&runner, listed(&runner, ANN)[0]["id"].as_str().unwrap(), OPS).status, 204);
    let answer = client.answer().unwrap();
    assert!(answer.body.contains("the invocation was cancelled"), "{answer:?}");
}
