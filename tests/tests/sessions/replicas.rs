//! Two runners on one PostgreSQL: a conversation goes on at either, one turn at a time; one that dies keeps nobody out for ever; and a
//! database that goes and comes back needs no restart.

use std::time::Instant;

use pace_tests::http::{self, Connection};
use pace_tests::postgres::Postgres;
use pace_tests::process::{PATIENCE, Runner};
use pace_tests::{until, until_found};
use serde_json::Value;

use super::{answered, project, said, say, serving, whole};

#[test]
fn replicas_take_turns_of_one_session() {
    let Some(server) = Postgres::start() else { return };
    let project = project(1);
    let address = server.address();
    let database = [("DATABASE_URL", address.as_str())];
    let mut runners = [serving(&project, &database), serving(&project, &database)];
    let session = answered(runners[0].address, "note 1", None);
    for number in 2..12 {
        answered(runners[number % 2].address, &format!("note {number}"), Some(&session));
    }
    // While one takes a turn, the other does not, and lists say so.
    let mut slow = Connection::to(runners[0].address);
    slow.send(said("slow", Some(&session)).as_bytes());
    let shown = format!("/agents/lead/sessions/{session}");
    until_busy(&runners[1], &session);
    for runner in &runners {
        assert_eq!(say(runner.address, "note", Some(&session)).problem().1, "session-busy");
    }
    assert_eq!(slow.answer().unwrap().status, 200);
    answered(runners[1].address, "note 13", Some(&session));
    // Many at once, at both: each turn is one's alone, whoever gets it.
    let done: u64 = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|client| {
                let (address, session) = (runners[client % 2].address, &session);
                scope.spawn(move || {
                    let taken = (0..12).filter(|_| match say(address, "note", Some(session)) {
                        answer if answer.status == 200 => true,
                        answer => {
                            assert_eq!(answer.problem().1, "session-busy");
                            false
                        }
                    });
                    taken.count() as u64
                })
            })
            .collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).sum()
    });
    assert!(done > 0);
    let stored = server.query("SELECT turns, convert_from(conversation, 'UTF8') FROM pace_sessions").unwrap();
    let (turns, conversation) = stored.split_once('|').unwrap();
    let conversation: Value = serde_json::from_str(conversation).unwrap();
    whole(&conversation["messages"], turns.parse().unwrap());
    assert_eq!(turns.parse::<u64>().unwrap(), 13 + done);
    // One that is killed in the middle of a turn: the other takes the session when its lease is over.
    let mut slow = Connection::to(runners[0].address);
    slow.send(said("endless", Some(&session)).as_bytes());
    until_busy(&runners[1], &session);
    runners[0].signal("KILL");
    assert_eq!(say(runners[1].address, "note", Some(&session)).problem().1, "session-busy");
    until("it goes on", || say(runners[1].address, "note", Some(&session)).status == 200);
    let found = http::get(runners[1].address, &shown).json();
    assert_eq!(found["turns"].as_u64().unwrap(), 14 + done);
    assert_eq!(runners[1].stop(), Some(0));
}

#[test]
fn a_database_that_goes_and_comes_back_needs_no_restart() {
    let Some(mut server) = Postgres::start() else { return };
    let project = project(1);
    let address = server.address();
    let mut runner = serving(&project, &[("DATABASE_URL", &address)]);
    let session = answered(runner.address, "note 1", None);
    // Connections that are cut while a turn is taken, and before the next.
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()";
    let mut slow = Connection::to(runner.address);
    slow.send(said("slow", Some(&session)).as_bytes());
    until_busy(&runner, &session);
    server.query(cut).unwrap();
    let answer = slow.answer().unwrap();
    assert_eq!((answer.status, &answer.json()["unkept"]), (200, &Value::Null), "{answer:?}");
    answered(runner.address, "note 3", Some(&session));
    // Gone: what was there does not go on and says when to come again; what is new is answered, and says that it is not kept.
    let mut slow = Connection::to(runner.address);
    slow.send(said("slow", Some(&session)).as_bytes());
    until_busy(&runner, &session);
    server.tell("kill");
    let begun = Instant::now();
    let other = answered_unkept(runner.address);
    let refused = say(runner.address, "note", Some(&other));
    assert_eq!(
        (refused.problem().1.as_str(), refused.header("retry-after")),
        ("store-failed", Some("5")),
        "{refused:?}"
    );
    let list = http::get(runner.address, &format!("/agents/lead/sessions/{session}"));
    assert_eq!(list.problem().1, "store-failed");
    let told = slow.answer().unwrap();
    assert_eq!((told.status, told.json()["unkept"].as_str()), (200, Some("the store does not answer")), "{told:?}");
    let ready = http::get(runner.address, "/ready");
    assert_eq!(ready.status, 200);
    assert!(ready.json()["degraded"].to_string().contains("sessions that are there do not go on"), "{ready:?}");
    assert!(begun.elapsed() < PATIENCE, "whoever asked was kept waiting");
    server.tell("start");
    server.wait();
    // The turn that was lost is not there, and its lease is given back.
    until("it goes on", || say(runner.address, "note 4", Some(&session)).status == 200);
    let found = http::get(runner.address, &format!("/agents/lead/sessions/{session}")).json();
    assert_eq!(found["turns"], 4, "{found}");
    until("nothing is missed any more", || !http::get(runner.address, "/ready").json()["degraded"].is_array());
    assert_eq!(runner.stop(), Some(0));
}

/// Waits until a turn of it is taken.
#[track_caller]
fn until_busy(runner: &Runner, session: &str) {
    let shown = format!("/agents/lead/sessions/{session}");
    until("a turn of it is taken", || http::get(runner.address, &shown).json()["is_busy"] == true);
}

/// A new session where the store has just gone; until that is found out.
fn answered_unkept(address: std::net::SocketAddr) -> String {
    until_found("the store is missed", || {
        let answer = say(address, "hello", None);
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        let is_missed = answer["unkept"] == "the store does not answer";
        if is_missed { Ok(answer["session"].as_str().unwrap().to_owned()) } else { Err(answer) }
    })
}
