//! Writes: told and not made unless somebody chose otherwise, on record before they are made, one after the other.

use std::process::{Command, Stdio};

use pace_tests::process::{self, Runner};
use pace_tests::until;
use serde_json::json;

use super::world::World;
use super::{audited, live, project, results};

#[test]
fn nobody_serves_writes_without_a_word_about_them() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("put", json!({"path": "/now"}))])]);
    let ended = process::ended(&project, &[]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let wanted = "error: the bundle has tools that write (`tools/put`), and nobody said whether they may\n  help: give \
                  `--live-writes` to let them";
    assert!(ended.err.starts_with(wanted), "{}", ended.err);
    for (value, what) in [
        ("tools/pot", "is no tool of this bundle that writes"),
        ("tools/get", "only reads"),
        ("true", "does not say which tools write live"),
        (",", "names no tool"),
    ] {
        let ended = process::ended(&project, &[("LIVE_WRITES", value)]);
        assert!(ended.code == Some(2) && ended.err.contains(what), "{value}: {ended:?}");
    }
}

#[test]
fn a_stubbed_write_is_told_and_not_made() {
    let world = World::new();
    let calls = [("put", json!({"path": "/now/pay"})), ("get", json!({"path": "/now"}))];
    let project = project(world.port, &[("go", &calls)]);
    let mut flagged = process::command(&project, &[]);
    flagged.arg("--stub-writes");
    for runner in [Runner::start(&project, &[("LIVE_WRITES", "none")]), Runner::of(flagged)] {
        let results = results(&runner, "go");
        let would_have = json!({"executed": false, "would_have": {"called": "put", "arguments": {"path": "/now/pay"}}});
        assert_eq!((&results[0]["content"], &results[0]["status"]), (&would_have, &json!("stubbed")));
        assert_eq!(results[0]["is_error"], false);
        let line = runner.wait_for(|line| line["message"] == "would have called it");
        assert_eq!((&line["tool"], &line["call"]), (&json!("tools/put"), &results[0]["id"]));
        assert!(line["arguments"].is_null(), "what a model says is not for the log: {line}");
        assert!(audited(&runner).is_empty());
    }
    assert!(!world.has("begin /now/pay") && world.has("begin /now"), "{:?}", world.log());
}

#[test]
fn live_writes_are_made_in_order_and_on_record_around_it() {
    let world = World::new();
    let writes = [1, 2, 3].map(|number| ("put", json!({"path": format!("/now/{number}")})));
    let project = project(world.port, &[("go", &writes)]);
    let runner = Runner::start(&project, &[("LIVE_WRITES", "tools/put")]);
    let results = results(&runner, "go");
    assert!(results.iter().all(|result| result["status"] == "done"), "{results:?}");
    let wanted = ["begin /now/1", "end /now/1", "begin /now/2", "end /now/2", "begin /now/3", "end /now/3"];
    assert_eq!(world.log(), wanted);
    // The last line was written before the answer was, and may be read after it.
    until("all is on record", || audited(&runner).len() >= 6);
    let audited = audited(&runner);
    let lines: Vec<_> = audited.iter().map(|line| (line["audit"].as_str().unwrap(), line["call"].clone())).collect();
    let call = |number: usize| results[number]["id"].clone();
    let pair = |number| [("write-intent", call(number)), ("write-outcome", call(number))];
    assert_eq!(lines, [pair(0), pair(1), pair(2)].concat());
    let intent = &audited[0];
    assert_eq!((&intent["subject"], &intent["tool"]), (&json!("anonymous"), &json!("tools/put")));
    assert_eq!((&intent["agent"], &intent["arguments"]), (&json!("helper"), &json!({"path": "/now/1"})));
    assert!(intent["bundle"].as_str().unwrap().starts_with("b3:"), "{intent}");
    assert_eq!(audited[1]["status"], "done");
}

#[test]
fn a_write_that_cannot_be_put_on_record_is_not_made() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("put", json!({"path": "/now"}))])]);
    // Standard error takes nothing: the disk of the log is full.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let port = pace_tests::port::free();
    let mut command = process::command(&project, &[("LIVE_WRITES", "all"), ("PORT", &port.to_string())]);
    let mut child = command.stdout(Stdio::null()).stderr(full).spawn().unwrap();
    let address = ([127, 0, 0, 1], port).into();
    until("it listens", || std::net::TcpStream::connect(address).is_ok());
    let mut connection = pace_tests::http::Connection::to(address);
    connection.send(pace_tests::http::stream("go").as_bytes());
    connection.head().unwrap();
    let events = connection.events();
    let result = &events.iter().find(|event| event.name == "tool_result").unwrap().data;
    let told = result["content"]["error"].as_str().unwrap();
    // Why is for the log.
    assert_eq!(told, "not called: the write cannot be put on record");
    assert_eq!((&result["status"], world.log().len()), (&json!("failed"), 0));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_store_that_takes_no_outcome_keeps_nobody_waiting_and_gets_it_later() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("put", json!({"path": "/held"}))])]);
    let state = project.path().join("state");
    let mut runner = Runner::start(&project, &[("LIVE_WRITES", "all"), ("PACE_STATE_DIR", state.to_str().unwrap())]);
    let mut connection = pace_tests::http::Connection::to(runner.address);
    connection.send(pace_tests::http::stream("go").as_bytes());
    connection.head().unwrap();
    until("the write is begun", || world.has("begin /held"));
    let other = rusqlite::Connection::open(state.join("state.db")).unwrap();
    other.busy_timeout(process::PATIENCE).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    world.release();
    let result = std::iter::from_fn(|| connection.event()).find(|event| event.name == "tool_result").unwrap();
    assert_eq!(result.data["status"], "done", "{result:?}");
    // It has the result while the store is still held; what came of the write is not lost for that.
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(runner.stop(), Some(0));
    assert_eq!(audited(&runner), Vec::<serde_json::Value>::new());
    let kinds = "SELECT group_concat(kind) FROM (SELECT kind FROM pace_audit ORDER BY sequence)";
    let kinds: String = other.query_row(kinds, [], |row| row.get(0)).unwrap();
    assert_eq!(kinds, "0,1");
}

#[test]
fn nobody_writes_live_where_the_record_gets_lost() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("put", json!({"path": "/now"}))])]);
    let started = |choice: &str, redirection: &str| {
        let runner = process::command(&project, &[("LIVE_WRITES", choice)]);
        let mut shell = Command::new("sh");
        // One that started would serve for ever.
        shell.args(["-c", &format!(r#"exec timeout 60 "$0" "$1" {redirection}"#)]).arg(runner.get_program());
        shell.args(runner.get_args()).env("PORT", "0").env("LIVE_WRITES", choice).env("PACE_STATE_DIR", "memory");
        shell.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().code()
    };
    for redirection in ["2>/dev/null", "2>&-"] {
        assert_eq!(started("all", redirection), Some(2), "{redirection}");
        assert_eq!(started("tools/put", redirection), Some(2), "{redirection}");
    }
}

#[test]
fn a_write_that_fails_is_on_record_as_failed() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("put", json!({"path": ":0/x"}))])]);
    let runner = live(&project);
    assert_eq!(results(&runner, "go")[0]["status"], "failed");
    let outcome = runner.wait_for(|line| line["audit"] == "write-outcome");
    assert_eq!(outcome["status"], "failed");
    assert!(outcome["error"].as_str().is_some_and(|error| error.starts_with("TypeError")), "{outcome}");
}
