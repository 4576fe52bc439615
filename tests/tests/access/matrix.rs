//! The matrix: kinds of caller, agents, tools, classes and delegation, against a table that was worked out by hand. Every cell is asked
//! over HTTP: a message that makes the recorded model call the tool, and what became of the call.

mod project;
mod servers;

use pace_tests::http::{self, Answer, Connection, Event};
use pace_tests::process::Runner;
use pace_tests::until_found;
use serde_json::{Value, json};

pub(crate) use project::{arrived, project, runner};

use super::evaluate::{Access, Agent, Table};

/// Everybody who asks in these tests, and their tokens.
pub(crate) const PEOPLE: [(&str, &str, &[&str]); 5] = [
    ("anonymous", "", &[]),
    ("user:u1", "token-of-u1-0123456", &["g1"]),
    ("user:u2", "token-of-u2-0123456", &["g1", "g2"]),
    ("user:u3", "token-of-u3-0123456", &[]),
    ("serviceaccount:s1", "token-of-s1-0123456", &[]),
];

/// The tools, of which none asks for anything.
pub(crate) const TOOLS: [&str; 3] = ["look", "change", "note"];

/// The header line by which somebody is known; nothing for `anonymous`.
fn line(principal: &str) -> String {
    let (_, token, _) = PEOPLE.iter().find(|(name, ..)| *name == principal).unwrap();
    if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") }
}

/// `GET` as somebody.
pub(crate) fn ask(runner: &Runner, principal: &str, path: &str) -> Answer {
    asked(runner, principal, "GET", path)
}

/// A request without a body, as somebody.
pub(crate) fn asked(runner: &Runner, principal: &str, method: &str, path: &str) -> Answer {
    http::ask(runner.address, &format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{}\r\n", line(principal)))
}

/// What somebody says to an agent, which answers at once.
pub(crate) fn say(runner: &Runner, principal: &str, agent: &str, said: &Value) -> Answer {
    let request = http::post(&format!("/agents/{agent}/chat"), &said.to_string());
    http::ask(runner.address, &request.replacen("\r\n", &format!("\r\n{}", line(principal)), 1))
}

/// Says something to an agent as somebody, and has its answer as a stream.
pub(crate) fn begin(runner: &Runner, principal: &str, agent: &str, said: &str) -> Connection {
    let request = http::post(&format!("/agents/{agent}/chat/stream"), &json!({ "message": said }).to_string());
    let mut connection = Connection::to(runner.address);
    connection.send(request.replacen("\r\n", &format!("\r\n{}", line(principal)), 1).as_bytes());
    connection
}

/// What becomes of the innermost call that a message leads to: its status, or the HTTP status if the agent was not invoked at all.
pub(crate) fn outcome(runner: &Runner, principal: &str, agent: &str, said: &str) -> String {
    let mut connection = begin(runner, principal, agent, said);
    let status = connection.head().unwrap().status;
    if status != 200 {
        return status.to_string();
    }
    let events = connection.events();
    let results: Vec<_> = events.iter().filter_map(result).collect();
    // The innermost one is over first.
    results.first().and_then(|result| result["status"].as_str()).unwrap_or("nothing").to_owned()
}

/// A tool's result, of whichever agent.
fn result(event: &Event) -> Option<&Value> {
    match event.name.as_str() {
        "tool_result" => Some(&event.data),
        "agent" if event.data["event"] == "tool_result" => Some(&event.data["data"]),
        _ => None,
    }
}

/// `front` is open to all and calls `back` for everything, `reader` calls it for reading only. `back` lets in `front` by name, and
/// people of `g2`; `vault` only `user:u3`, and `front` lists it without being let in.
fn table() -> Table {
    use Access::{Read, Write};
    let tools = vec![("look", Read), ("change", Write), ("note", Write)];
    let agent = |acl, calls| Agent { acl, tools: tools.clone(), calls, ..Agent::default() };
    Table {
        project: vec![("serviceaccount:s1", "admin")],
        agents: [
            ("front", agent(None, vec![("back", Write), ("vault", Write)])),
            ("reader", agent(Some(vec![("authenticated", "execute")]), vec![("back", Read)])),
            ("back", agent(Some(vec![("serviceaccount:front", "execute"), ("group:g2", "execute")]), vec![])),
            ("vault", agent(Some(vec![("user:u3", "execute")]), vec![])),
        ]
        .into(),
        grants: vec![(
            "tools/change".into(),
            vec![("group:g1", Read), ("group:g2", Write), ("serviceaccount:s1", Write)],
        )],
        ..Table::default()
    }
}

/// Who asks an agent, for what, and what becomes of it for each of [`PEOPLE`].
type Row = (&'static str, &'static str, [&'static str; 5]);

/// `note` is mentioned by no grant, so that nobody writes with it;
/// `change` takes more than to read, which is all that `g1` gives; an admin of the project is let in everywhere.
const WANTED: &[Row] = &[
    //                          anonymous  u1 (g1)    u2 (g1 g2)  u3         s1 (admin)
    ("front", "look", ["done", "done", "done", "done", "done"]),
    ("front", "change", ["denied", "denied", "stubbed", "denied", "stubbed"]),
    ("front", "note", ["denied", "denied", "denied", "denied", "denied"]),
    ("reader", "look", ["401", "done", "done", "done", "done"]),
    ("reader", "change", ["401", "denied", "stubbed", "denied", "stubbed"]),
    ("back", "look", ["401", "403", "done", "403", "done"]),
    ("back", "change", ["401", "403", "stubbed", "403", "stubbed"]),
    ("vault", "look", ["401", "403", "403", "done", "done"]),
    ("vault", "change", ["401", "403", "403", "denied", "stubbed"]),
    // Let in by name, `front` brings everybody to `back`; what is granted is still the asker's.
    ("front", "back: look", ["done", "done", "done", "done", "done"]),
    ("front", "back: change", ["denied", "denied", "stubbed", "denied", "stubbed"]),
    ("front", "back: note", ["denied", "denied", "denied", "denied", "denied"]),
    // Not let in, it brings only those who are.
    ("front", "vault: look", ["denied", "denied", "denied", "done", "done"]),
    ("front", "vault: change", ["denied", "denied", "denied", "denied", "stubbed"]),
    // `reader` is not on the list of `back`, and asks it for reading only: even those who are granted write nothing there.
    ("reader", "back: look", ["401", "denied", "done", "denied", "done"]),
    ("reader", "back: change", ["401", "denied", "denied", "denied", "denied"]),
    // What is not on an agent's list is not there for anybody.
    ("back", "front: look", ["401", "403", "invalid", "403", "invalid"]),
];

#[test]
fn every_cell_is_as_worked_out_by_hand() {
    let table = table();
    let project = project(&table);
    hold(&runner(&table, &project), WANTED);
}

/// Asks for every cell.
fn hold(runner: &Runner, rows: &[Row]) {
    let mut wrong = Vec::new();
    for (agent, said, wanted) in rows {
        for ((principal, ..), wanted) in PEOPLE.iter().zip(wanted) {
            let came = outcome(runner, principal, agent, said);
            if came != *wanted {
                wrong.push(format!("{principal} asks {agent} to {said}: {came}, not {wanted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let denied = || runner.lines().iter().filter(|line| line.contains("denied: ")).count();
    let cells = rows.iter().flat_map(|(.., row)| row).filter(|cell| matches!(**cell, "401" | "403" | "denied")).count();
    // The log is read on a thread of its own, which may be a moment behind.
    until_found("each denial is a line of the log", || Some(denied()).filter(|told| *told >= cells).ok_or(denied()));
}
