//! Event streams: whole, resumed, followed twice, and left.

use serde_json::json;

use crate::http::{Answer, Connection, Event, ask, get, stream};
use crate::process::Runner;
use crate::project;

/// Begins a stream, and gives its invocation too.
fn begin(runner: &Runner, message: &str) -> (Connection, Answer, String) {
    let mut connection = Connection::to(runner.address);
    connection.send(stream(message).as_bytes());
    let head = connection.head().unwrap();
    let invocation = head.header("paceline-invocation").unwrap().to_owned();
    (connection, head, invocation)
}

fn follow(runner: &Runner, invocation: &str, query: &str, header: &str) -> Connection {
    let mut connection = Connection::to(runner.address);
    let request = format!("GET /invocations/{invocation}/events{query} HTTP/1.1\r\nhost: localhost\r\n{header}\r\n");
    connection.send(request.as_bytes());
    let head = connection.head().unwrap();
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{head:?}");
    connection
}

fn text(events: &[Event]) -> String {
    events.iter().filter(|event| event.name == "text").map(|event| event.data["text"].as_str().unwrap()).collect()
}

const TEN: &str = "one two three four five six seven eight nine ten";

#[test]
fn an_answer_comes_in_pieces() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let (mut connection, head, invocation) = begin(&runner, "slow");
    for (name, wanted) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
        ("transfer-encoding", "chunked"),
    ] {
        assert_eq!(head.header(name), Some(wanted));
    }
    let events = connection.events();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids, (1..=12).collect::<Vec<_>>());
    let session = head.header("paceline-session").unwrap();
    assert_eq!(events[0].data, json!({"invocation": invocation, "session": session}));
    assert_eq!((events[0].name.as_str(), events[11].name.as_str()), ("start", "done"));
    assert_eq!((text(&events).as_str(), &events[11].data["response"]), (TEN, &json!(TEN)));
    // The connection is good for more.
    assert_eq!(connection.ask("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").status, 200);
}

#[test]
fn calls_and_their_results_are_events() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let events = begin(&runner, "tool").0.events();
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["start", "tool_call", "tool_result", "text", "text", "text", "done"]);
    assert_eq!((&events[1].data["name"], &events[1].data["arguments"]), (&json!("made_up"), &json!({"city": "Oslo"})));
    assert_eq!((&events[2].data["id"], &events[2].data["is_error"]), (&events[1].data["id"], &json!(true)));
}

#[test]
fn a_failure_is_the_last_event() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let (mut connection, head, invocation) = begin(&runner, "nobody recorded this");
    assert_eq!(head.status, 200);
    let events = connection.events();
    let last = events.last().unwrap();
    assert_eq!((last.name.as_str(), &last.data["code"]), ("error", &json!("no-recorded-turn")));
    assert_eq!((&last.data["invocation"], &last.data["status"]), (&json!(invocation), &json!(502)));
}

#[test]
fn whoever_comes_back_goes_on_where_they_were() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let (mut connection, _, invocation) = begin(&runner, "slow");
    let before: Vec<_> = (0..4).map(|_| connection.event().unwrap()).collect();
    drop(connection);
    let after = follow(&runner, &invocation, "", "last-event-id: 4\r\n").events();
    assert_eq!(after[0].id, 5);
    let all: Vec<_> = before.into_iter().chain(after).collect();
    assert_eq!((text(&all).as_str(), all.last().unwrap().name.as_str()), (TEN, "done"));
    // Over, and still there; by the query too, and from the beginning.
    assert_eq!(follow(&runner, &invocation, "?after=11", "").events().len(), 1);
    assert_eq!(follow(&runner, &invocation, "", "").events(), all);
    // The header counts more than the query, as browsers add it to the same address.
    assert_eq!(follow(&runner, &invocation, "?after=1", "last-event-id: 10\r\n").events().len(), 2);
    // Who has read all is told not to ask again.
    assert_eq!(get(runner.address, &format!("/invocations/{invocation}/events?after=12")).status, 204);
}

#[test]
fn two_may_follow_at_once() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let (mut first, _, invocation) = begin(&runner, "slow");
    let mut second = follow(&runner, &invocation, "", "");
    assert_eq!(first.events(), second.events());
}

#[test]
fn places_that_are_none() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let (mut connection, _, invocation) = begin(&runner, "hello");
    connection.events();
    let path = format!("/invocations/{invocation}/events");
    for (query, header, words) in [
        ("?after=x", "", "`after` is `x`"),
        ("?after=-1", "", "`after` is `-1`"),
        ("?after=99", "", "there is no event 99 of this invocation: it is over, and its last is "),
        ("", "last-event-id: nine\r\n", "the header `Last-Event-ID` is `nine`"),
        ("?after=18446744073709551615", "", "there is no event 18446744073709551615"),
    ] {
        let answer = ask(runner.address, &format!("GET {path}{query} HTTP/1.1\r\nhost: localhost\r\n{header}\r\n"));
        let (status, code, detail) = answer.problem();
        assert_eq!((status, code.as_str()), (400, "malformed-request"));
        assert!(detail.contains(words), "{detail}");
    }
}

#[test]
fn whoever_hangs_up_on_a_plain_request_ends_it() {
    let project = project();
    let mut runner = Runner::start(&project, &[("ADMIN_PORT", "0")]);
    let mut connection = Connection::to(runner.address);
    connection.send(crate::http::say("for ever").as_bytes());
    runner.until_running(1);
    drop(connection);
    // Nothing is left that a drain would wait an hour for, or would have to cancel.
    assert_eq!(runner.stop(), Some(0));
    let stopped = runner.wait_for(|line| line["message"] == "stopped");
    assert_eq!(stopped["cancelled"], 0);
}
