//! Requests that are sent again.

use std::sync::Mutex;

use pace_tests::http::{Connection, ask};
use pace_tests::process::Runner;
use pace_tests::{Project, until, until_found};
use serde_json::json;

use super::{ANN, BOB, bearer, failing, get, project, said, say, start, start_measured, with};

/// The same, on every kind of store; a runner each.
fn everywhere(project: &Project, test: impl Fn(&Runner)) {
    test(&start_measured(project, &[]));
    let folder = tempfile::tempdir().unwrap();
    test(&start_measured(project, &[("PACE_STATE_DIR", folder.path().to_str().unwrap())]));
}

fn key(key: &str) -> String {
    format!("idempotency-key: {key}")
}

#[test]
fn the_same_request_gets_the_same_answer() {
    everywhere(&project(), |runner| {
        let ann = bearer(ANN);
        let ask = |token: &str, name: &str| say(runner, "desk", "hello", &[&bearer(token), &key(name)]);
        let first = ask(ANN, "one");
        assert_eq!((first.status, first.header("idempotency-replayed")), (200, None), "{first:?}");
        // Bare or quoted, it is the same key.
        for name in ["one", "\"one\""] {
            let again = ask(ANN, name);
            assert_eq!((again.status, again.body.as_str()), (200, first.body.as_str()));
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
            for header in ["content-type", "paceline-invocation", "paceline-session"] {
                assert_eq!(again.header(header), first.header(header), "{header}");
            }
            assert_ne!(again.header("x-request-id"), first.header("x-request-id"), "each request has its own");
        }
        // Another key, another person, another agent: other requests.
        assert_ne!(ask(ANN, "two").body, first.body);
        assert_ne!(ask(BOB, "one").body, first.body);
        let other_agent = say(runner, "open", "hello", &[&ann, &key("one")]);
        assert_eq!((other_agent.problem().0, other_agent.problem().1.as_str()), (422, "idempotency-mismatch"));
        let other_words = say(runner, "desk", "goodbye", &[&ann, &key("one")]);
        assert_eq!((other_words.problem().0, other_words.problem().1.as_str()), (422, "idempotency-mismatch"));
        // One conversation came of all that.
        let sessions = get(runner, "/agents/desk/sessions", &[&ann]).json();
        assert_eq!(sessions["sessions"].as_array().unwrap().len(), 2, "{sessions}");
    });
}

#[test]
fn of_several_at_once_one_is_worked_on() {
    everywhere(&project(), |runner| {
        let worked_on = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let answer = say(runner, "desk", "wait", &[&bearer(ANN), &key("race")]);
                    if answer.status == 409 {
                        assert_eq!(answer.problem().1, "idempotency-in-flight");
                        assert_eq!(answer.header("retry-after"), Some("1"));
                        return;
                    }
                    assert_eq!((answer.status, &answer.json()["response"]), (200, &json!("waited")));
                    // Whoever comes when it is over already gets the same answer.
                    if answer.header("idempotency-replayed").is_none() {
                        *worked_on.lock().unwrap() += 1;
                    }
                });
            }
        });
        assert_eq!(worked_on.into_inner().unwrap(), 1);
        let sessions = get(runner, "/agents/desk/sessions", &[&bearer(ANN)]).json();
        assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    });
}

/// Whoever lost the connection asks again, and gets the answer of the first.
#[test]
fn whoever_hangs_up_finds_the_answer_later() {
    everywhere(&project(), |runner| {
        // On a busy machine the first may be answered before the one that asks again is read; then another key has to do.
        let mut number = 0;
        let (connection, request) = until_found("one is asked for again while it is worked on", || {
            number += 1;
            let request = with(&said("desk", "wait"), &[&bearer(ANN), &key(&format!("later-{number}"))]);
            runner.until_running(0);
            let mut connection = Connection::to(runner.address);
            connection.send(request.as_bytes());
            // Whoever asked again before would be the first.
            runner.until_running(1);
            let again = ask(runner.address, &request);
            if again.status == 409 { Ok((connection, request)) } else { Err(again) }
        });
        drop(connection);
        let answer = until_found("it is answered", || {
            let answer = ask(runner.address, &request);
            if answer.status == 409 { Err(answer) } else { Ok(answer) }
        });
        assert_eq!((answer.status, &answer.json()["response"]), (200, &json!("waited")));
        assert_eq!(answer.header("idempotency-replayed"), Some("true"));
    });
}

#[test]
fn what_failed_before_it_did_anything_may_be_tried_again() {
    everywhere(&failing(), |runner| {
        let ask = || say(runner, "desk", "fail", &[&bearer(ANN), &key("failing")]);
        let (first, second) = (ask(), ask());
        assert_eq!((first.problem().0, second.problem().0), (502, 502));
        assert_ne!(first.json()["invocation"], second.json()["invocation"]);
        assert_eq!(second.header("idempotency-replayed"), None);
        // What never began holds no key.
        let unknown = json!({"message": "hello", "session": "0".repeat(32)}).to_string();
        let request = with(&pace_tests::http::post("/agents/desk/chat", &unknown), &[&bearer(ANN), &key("unbegun")]);
        assert_eq!(pace_tests::http::ask(runner.address, &request).status, 404);
        assert_eq!(say(runner, "desk", "hello", &[&bearer(ANN), &key("unbegun")]).status, 200);
    });
}

/// What was written is not written twice, though the invocation failed later.
#[test]
fn what_failed_after_a_live_write_is_not_tried_again() {
    let project = project();
    project.write(
        "turns.json",
        r#"[{"user": "hello", "turn": 1, "model": {"calls": [{"name": "note", "arguments": {}}]}}]"#,
    );
    project.write(
        "tools/note.ts",
        "import { defineTool } from \"@paceline/runtime\";\nexport default defineTool({name: 'note', description: 'Notes.', parameters: {type: 'object', properties: {}}, execute: () => 'noted'});\n",
    );
    let acl = "acl:\n  - {principal: authenticated, role: execute}\n";
    let spec = format!(
        "name: desk\nmodel: recorded\ndescription: You help.\n{acl}tools:\n  - {{name: tools/note, access: write}}\n"
    );
    project.write("agents/desk/spec.yaml", &spec);
    for (writes, is_kept) in [("all", true), ("none", false)] {
        let folder = tempfile::tempdir().unwrap();
        let runner = start(&project, &[("PACE_STATE_DIR", folder.path().to_str().unwrap()), ("LIVE_WRITES", writes)]);
        let ask = || say(&runner, "desk", "hello", &[&bearer(ANN), &key("pay")]);
        let (first, second) = (ask(), ask());
        assert_eq!((first.problem().1.as_str(), second.problem().1.as_str()), ("no-recorded-turn", "no-recorded-turn"));
        assert_eq!(first.body == second.body, is_kept, "{first:?} {second:?}");
        assert_eq!(second.header("idempotency-replayed").is_some(), is_kept);
        assert_eq!(second.header("content-type"), Some("application/problem+json"));
    }
}

#[test]
fn keys_are_refused_where_they_do_nothing() {
    let runner = start(&project(), &[]);
    let ann = bearer(ANN);
    let stream = said("desk", "hello").replacen("/chat ", "/chat/stream ", 1);
    let answer = ask(runner.address, &with(&stream, &[&ann, &key("one")]));
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (400, "idempotency-not-supported"));
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let answer = ask(runner.address, &with(&pace_tests::http::post("/agents/desk/mcp", ping), &[&ann, &key("one")]));
    assert_eq!(answer.problem().1, "idempotency-not-supported");
    let long = key(&"k".repeat(256));
    for lines in [&[key("a b")][..], &[key("")], &[long], &[key("a"), key("a")]] {
        let lines: Vec<_> = std::iter::once(ann.as_str()).chain(lines.iter().map(String::as_str)).collect();
        assert_eq!(say(&runner, "desk", "hello", &lines).problem().1, "malformed-request", "{lines:?}");
    }
    // Nobody's key is one that somebody else could think of.
    assert_eq!(say(&runner, "open", "hello", &[&key("1")]).problem().1, "malformed-request");
    assert_eq!(say(&runner, "open", "hello", &[&key("8e03978e-40d5-43e8-bc93-6f9b4ae6f9f6")]).status, 200);
    // Who may not ask is told so, whatever was answered to others.
    assert_eq!(say(&runner, "vault", "hello", &[&bearer(BOB), &key("one")]).status, 403);
}

/// A key that a killed runner held is free again where nothing can have been written, when its lease ends.
#[test]
fn keys_outlive_the_process_in_a_store() {
    let project = project();
    let folder = tempfile::tempdir().unwrap();
    let state = [("PACE_STATE_DIR", folder.path().to_str().unwrap())];
    let mut runner = start(&project, &state);
    let lines = [&bearer(ANN)[..], &key("kept")];
    let first = say(&runner, "desk", "hello", &lines);
    runner.signal("KILL");
    assert_eq!(runner.code(), None);
    let again = say(&start(&project, &state), "desk", "hello", &lines);
    assert_eq!((again.body.as_str(), again.header("idempotency-replayed")), (first.body.as_str(), Some("true")));
}

/// Whoever repeats a request over which a runner was killed is told when that runner counts as dead, and which invocation it was: as long as
/// nobody can know what became of it, and after that, too.
#[test]
fn what_a_killed_runner_worked_on_is_named() {
    let project = project();
    project.write("turns.json", r#"[{"user": "endless", "wait": "10m", "model": "never"}]"#);
    project.write(
        "tools/note.ts",
        "import { defineTool } from \"@paceline/runtime\";\nexport default defineTool({name: 'note', description: 'Notes.', parameters: {type: 'object', properties: {}}, execute: () => 'noted'});\n",
    );
    let spec = "name: desk\nmodel: recorded\ndescription: You help.\nacl:\n  - {principal: authenticated, role: execute}\n\
        tools:\n  - {name: tools/note, access: write}\n";
    project.write("agents/desk/spec.yaml", spec);
    let folder = tempfile::tempdir().unwrap();
    let state = [("PACE_STATE_DIR", folder.path().to_str().unwrap()), ("LIVE_WRITES", "all")];
    let lines = [&bearer(ANN)[..], &key("killed")];
    let request = with(&said("desk", "endless"), &lines);
    let in_flight = |runner: &Runner| {
        let answer = ask(runner.address, &request);
        assert_eq!((answer.problem().0, answer.problem().1.as_str()), (409, "idempotency-in-flight"), "{answer:?}");
        let problem = answer.json();
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(problem["retry_after"], wait);
        assert_eq!(answer.header("paceline-invocation"), problem["invocation"].as_str());
        (wait, problem["invocation"].clone())
    };
    let mut runner = start(&project, &state);
    let mut killed = Connection::to(runner.address);
    killed.send(request.as_bytes());
    // It is in the store which one it is, before it begins.
    let file = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
    let noted = "SELECT count(*) FROM pace_idempotency WHERE response IS NOT NULL";
    until("it is noted", || file.query_row(noted, [], |row| row.get::<_, i64>(0)).unwrap() > 0);
    let (wait, invocation) = in_flight(&runner);
    assert!(wait == 1 && invocation.is_string(), "{wait} {invocation}");
    let other = start(&project, &state);
    runner.signal("KILL");
    assert_eq!(runner.code(), None);
    // Neither one that was there before nor one that is started again can know that nobody works on it any more.
    for runner in [&other, &start(&project, &state)] {
        let (wait, named) = in_flight(runner);
        assert!((2..=30).contains(&wait), "{wait}");
        assert_eq!(named, invocation);
    }
    // As if that long had passed.
    assert_eq!(file.execute("UPDATE pace_idempotency SET lease_until = 0", []).unwrap(), 1);
    for _ in 0..2 {
        let answer = ask(other.address, &request);
        assert_eq!((answer.problem().0, answer.problem().1.as_str()), (410, "answer-lost"), "{answer:?}");
        assert_eq!(answer.json()["invocation"], invocation);
        assert_eq!(answer.header("retry-after"), None);
    }
}
