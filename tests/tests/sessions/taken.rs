//! A turn that another runner takes over while it goes on: the lease was over, because the first one could not say for too long that it is
//! still here.

use std::time::Duration;

use pace_tests::http::{self, Connection};
use pace_tests::{until, until_found};
use serde_json::Value;

use super::{answered, project, said, say, serving, whole};

/// What is in the file, past the runners.
fn file(folder: &std::path::Path) -> rusqlite::Connection {
    let file = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    file.busy_timeout(Duration::from_secs(30)).unwrap();
    file
}

#[test]
fn a_turn_that_is_taken_over_ends_and_leaves_nothing() {
    let project = project(1);
    let folder = tempfile::tempdir().unwrap();
    let state = [("PACE_STATE_DIR", folder.path().to_str().unwrap())];
    let (mut first, mut second) = (serving(&project, &state), serving(&project, &state));
    let session = answered(first.address, "note 1", None);
    let shown = format!("/agents/lead/sessions/{session}");
    let mut lost = Connection::to(first.address);
    // Longer than it takes until the lease is renewed.
    lost.send(said("endless", Some(&session)).as_bytes());
    until("a turn is taken", || http::get(second.address, &shown).json()["is_busy"] == true);
    let over = "UPDATE pace_sessions SET turn_until = 0 WHERE parent IS NULL";
    until_found("the second takes it over", || {
        // As if the first had said nothing for as long as a lease lasts; it may renew its lease before the second is there.
        assert_eq!(file(folder.path()).execute(over, []).unwrap(), 1);
        let answer = say(second.address, "note 2", Some(&session));
        if answer.status == 409 {
            assert_eq!(answer.problem().1, "session-busy");
            return Err(answer);
        }
        assert_eq!((answer.status, &answer.json()["unkept"]), (200, &Value::Null), "{answer:?}");
        Ok(())
    });

    // It hears so in the middle of its turn, and ends that instead of calling more tools for nothing.
    let answer = lost.answer().unwrap();
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (409, "session-lost"), "{answer:?}");
    let problem = answer.json();
    assert_eq!(problem["help"], "look at what was said meanwhile, and send the message again");
    let invocation = problem["invocation"].as_str().unwrap();
    assert_eq!(answer.header("paceline-invocation"), Some(invocation));

    // In the store is what the second was told, whole, and nothing of the first's; nobody holds the session any more.
    for runner in [&first, &second] {
        let found = http::get(runner.address, &shown).json();
        assert_eq!((&found["turns"], &found["is_busy"]), (&Value::from(2), &Value::from(false)), "{found}");
    }
    let conversation: Vec<u8> =
        file(folder.path()).query_row("SELECT conversation FROM pace_sessions", [], |row| row.get(0)).unwrap();
    let conversation: Value = serde_json::from_slice(&conversation).unwrap();
    assert_eq!(whole(&conversation["messages"], 2), ["note 1", "note 2"]);
    // The first goes on with that, too.
    answered(first.address, "note 3", Some(&session));
    assert_eq!((first.stop(), second.stop()), (Some(0), Some(0)));
    // What became of the turn is on record.
    let (status, error): (i64, String) = file(folder.path())
        .query_row("SELECT status, error FROM pace_traces WHERE lower(hex(id)) = ?1", [invocation], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((status, error.as_str()), (1, "session-lost"));
}
