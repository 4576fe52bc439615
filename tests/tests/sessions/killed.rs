//! `kill -9` under load, twenty times: what is stored is sound and whole, nothing that was answered is lost, and no write was made that is
//! not on record. A runner that is told to stop under load answers everything, and leaves no lease behind.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pace_tests::http::{self, Connection};
use pace_tests::process::{Runner, SetAtEnd};
use pace_tests::{Project, until};
use rusqlite::Connection as Database;
use serde_json::Value;

use super::{project, said, serving, whole};

/// What clients know: the turns that were answered of each session, and the invocations of this round.
#[derive(Debug, Default)]
struct Known {
    turns: BTreeMap<String, u64>,
    invocations: BTreeSet<String>,
    refused: u64,
}

/// Counts payments.
fn payee() -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let paid = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&paid);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, count) = (stream.unwrap(), Arc::clone(&count));
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(1..) = stream.read(&mut bytes) {
                    count.fetch_add(1, Ordering::SeqCst);
                    let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                }
            });
        }
    });
    (port, paid)
}

/// Eight clients, each in sessions of its own, until `enough`; those that are there go on first.
fn load(runner: &Runner, known: &Mutex<Known>, enough: &AtomicBool) {
    let mut there: Vec<_> = known.lock().unwrap().turns.keys().rev().take(4).cloned().collect();
    std::thread::scope(|scope| {
        for client in 0..8 {
            let mut session = there.pop();
            scope.spawn(move || {
                let Ok(stream) = TcpStream::connect(runner.address) else { return };
                let mut connection = Connection::over(stream);
                for number in 1_u64.. {
                    if enough.load(Ordering::Relaxed) {
                        return;
                    }
                    let next = session.as_ref().map_or(1, |session| known.lock().unwrap().turns[session] + 1);
                    let what = if (number + client).is_multiple_of(3) { "pay" } else { "note" };
                    if connection
                        .stream
                        .get_mut()
                        .write_all(said(&format!("{what} {next}"), session.as_deref()).as_bytes())
                        .is_err()
                    {
                        return;
                    }
                    let Some(answer) = connection.answer() else { return };
                    let mut known = known.lock().unwrap();
                    if answer.status != 200 {
                        // Its last turn died with its runner.
                        assert!([409, 503].contains(&answer.status), "{answer:?}");
                        known.refused += 1;
                        session = None;
                        continue;
                    }
                    let answer = answer.json();
                    assert_eq!(answer["unkept"], Value::Null);
                    known.invocations.insert(answer["invocation"].as_str().unwrap().to_owned());
                    let id = answer["session"].as_str().unwrap().to_owned();
                    known.turns.insert(id.clone(), next);
                    session = Some(id).filter(|_| number % 20 != 0);
                }
            });
        }
    });
}

fn database(project: &Project) -> Database {
    let file = Database::open(project.path().join(".pace/state/state.db")).unwrap();
    file.busy_timeout(Duration::from_secs(30)).unwrap();
    file
}

fn count(file: &Database, sql: &str) -> u64 {
    let count: i64 = file.query_row(sql, [], |row| row.get(0)).unwrap();
    count.unsigned_abs()
}

fn has_trace(file: &Database, id: &str) -> bool {
    count(file, &format!("SELECT count(*) FROM pace_traces WHERE lower(hex(id)) = '{id}'")) == 1
}

/// All sessions, each whole, and those inside others as far as those. What was answered is there.
fn judge_sessions(file: &Database, known: &mut Known) {
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let mut statement =
        file.prepare("SELECT lower(hex(id)), lower(hex(parent)), turns, conversation FROM pace_sessions").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    let rows: Vec<(String, String, i64, Vec<u8>)> = rows.collect::<Result<_, _>>().unwrap();
    let (mut payments, mut inside) = (0, 0);
    let mut found = BTreeMap::new();
    for (id, parent, turns, conversation) in rows {
        let kept: Value = serde_json::from_slice(&conversation).unwrap();
        let turns = turns.unsigned_abs();
        let people = whole(&kept["messages"], turns);
        if parent.is_empty() {
            for (said, number) in people.iter().zip(1_u64..) {
                assert!(said.ends_with(&format!(" {number}")), "{people:?}");
                payments += u64::from(said.starts_with("pay"));
            }
            found.insert(id, turns);
        } else {
            assert_eq!(people, ["where to?"]);
            inside += 1;
        }
    }
    // Each payment's turn asked the guide, in a session inside it.
    assert_eq!(payments, inside);
    for (id, answered) in &mut known.turns {
        let stored = found.get(id).copied().unwrap_or_default();
        assert!((*answered..=*answered + 1).contains(&stored), "{id}: {stored} stored, {answered} answered");
        // One that was stored, and whose answer nobody got.
        *answered = stored;
    }
}

#[test]
fn what_is_left_of_a_runner_that_was_killed_is_whole() {
    let (port, paid) = payee();
    let project = project(port);
    let known = Mutex::new(Known::default());
    for round in 0..20 {
        let mut runner = serving(&project, &[]);
        let enough = AtomicBool::new(false);
        let stored = std::thread::scope(|scope| {
            scope.spawn(|| load(&runner, &known, &enough));
            let _over = SetAtEnd(&enough);
            until("some turns are taken", || known.lock().unwrap().invocations.len() > 15);
            // Now and then so late that the first traces have been stored, though the load goes on.
            let stored = if round % 7 == 6 { known.lock().unwrap().invocations.clone() } else { BTreeSet::new() };
            let file = database(&project);
            until("their traces are stored", || stored.iter().all(|id| has_trace(&file, id)));
            // In the middle of something, wherever that is.
            std::thread::sleep(Duration::from_millis(37 * round));
            runner.signal("KILL");
            stored
        });
        assert_eq!(runner.code(), None);
        let file = database(&project);
        let known = &mut *known.lock().unwrap();
        judge_sessions(&file, known);
        let intents = count(&file, "SELECT count(*) FROM pace_audit WHERE intent IS NULL");
        let paid = paid.load(Ordering::SeqCst);
        assert!(intents >= paid, "{paid} payments, {intents} on record");
        let lost: Vec<_> = stored.iter().filter(|id| !has_trace(&file, id)).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
        known.invocations.clear();
        let verified = project
            .pace(&["trace", "verify", "--environment", "production"])
            .env_remove("PACE_STATE_DIR")
            .output()
            .unwrap();
        assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
    }
    let turns = known.into_inner().unwrap().turns;
    assert!(turns.values().sum::<u64>() > 200, "{turns:?}");
    // Each goes on: at once, or when the lease of the runner that died with its turn is over.
    let mut runner = serving(&project, &[]);
    for (id, turns) in &turns {
        let next = said(&format!("note {}", turns + 1), Some(id));
        until(&format!("{id} goes on"), || http::ask(runner.address, &next).status == 200);
    }
    assert_eq!(runner.stop(), Some(0));
}

#[test]
fn a_runner_that_is_told_to_stop_under_load_answers_and_gives_back_what_it_holds() {
    let (port, _) = payee();
    let project = project(port);
    let known = Mutex::new(Known::default());
    let mut runner = serving(&project, &[]);
    // One that is cancelled when the time to drain is over, and one that ends in time.
    let session = super::answered(runner.address, "note 1", None);
    known.lock().unwrap().turns.insert(session.clone(), 1);
    let mut slow = Connection::to(runner.address);
    slow.send(said("slow", Some(&session)).as_bytes());
    let shown = format!("/agents/lead/sessions/{session}");
    until("the slow one is taken", || http::get(runner.address, &shown).json()["is_busy"] == true);
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| load(&runner, &known, &enough));
        let _over = SetAtEnd(&enough);
        until("each client has a session", || known.lock().unwrap().turns.len() > 8);
        runner.signal("TERM");
        let last = slow.answer().unwrap();
        assert_eq!((last.status, last.json()["unkept"].clone()), (200, Value::Null));
    });
    assert_eq!(runner.code(), Some(0), "{:?}", runner.lines());
    let file = database(&project);
    let held = count(&file, "SELECT count(*) FROM pace_sessions WHERE turn_until > 0");
    assert_eq!(held, 0);
    let mut known = known.into_inner().unwrap();
    known.turns.remove(&session);
    let before = known.turns.clone();
    file.execute("DELETE FROM pace_sessions WHERE lower(hex(id)) = ?1", [&session]).unwrap();
    judge_sessions(&file, &mut known);
    // Whatever was stored was answered.
    assert_eq!(known.turns, before);
    let unanswered = count(&file, "SELECT count(*) FROM pace_sessions WHERE parent IS NULL");
    assert_eq!(unanswered, before.len() as u64);
}

#[test]
fn what_runs_when_the_time_to_drain_is_over_gives_its_session_back() {
    let (port, _) = payee();
    let project = project(port);
    let mut runner = serving(&project, &[("DRAIN_TIMEOUT", "100ms")]);
    let session = super::answered(runner.address, "note 1", None);
    let mut slow = Connection::to(runner.address);
    slow.send(said("slow", Some(&session)).as_bytes());
    let shown = format!("/agents/lead/sessions/{session}");
    until("it is taken", || http::get(runner.address, &shown).json()["is_busy"] == true);
    runner.signal("TERM");
    assert_eq!(slow.answer().unwrap().status, 503);
    assert_eq!(runner.code(), Some(0));
    // The next one need not wait for the end of a lease.
    let mut runner = serving(&project, &[]);
    super::answered(runner.address, "note 2", Some(&session));
    assert_eq!(runner.stop(), Some(0));
}
