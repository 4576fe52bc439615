//! A process that writes is killed, over and over; nothing that it was told is stored may be missing, and nothing may be half
//! there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pace_state::{Key, SessionOwner, Store, TraceFilter, Verdict};

use crate::support::{Stage, block_on, owner};

/// The example of that name; `cargo test` builds it.
pub(crate) fn writer(folder: &Path, mode: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.ancestors().nth(2).unwrap().join("examples/writer");
    assert!(path.is_file(), "the example `writer` is not built: run `cargo build -p pace-state --examples`");
    let mut command = Command::new(path);
    command.arg(folder).arg(mode).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// What a killed process had been told is stored.
#[derive(Default)]
struct Told {
    instance: Option<Key>,
    last_audit: u64,
    sessions: BTreeMap<Key, u64>,
    traces: usize,
}

#[test]
fn nothing_is_lost_or_half_there_when_a_writer_is_killed_twenty_times() {
    let stage = Stage::sqlite();
    let (mut stored, mut offered) = (0, 0);
    for round in 0..20 {
        let told = kill_under_load(&stage.folder(), 30 + round * 20);
        offered += told.traces;
        block_on(async {
            let store = stage.open().await;
            judge(&store, &told).await;
            let traces = count(&store).await;
            let new = traces - stored;
            // One batch that was being stored, one that waited.
            assert!(new + 128 >= told.traces, "{new} of {} traces are left", told.traces);
            stored = traces;
            // The next writer finds the file as a killed process leaves it, not as a closed one does.
            std::mem::forget(store);
        });
        let file = rusqlite::Connection::open(stage.folder().join("state.db")).unwrap();
        let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
    }
    assert!(stored > 0 && offered > 0, "the writers wrote nothing");
}

/// Lets a writer go on for some lines, kills it, and reads what else it said.
fn kill_under_load(folder: &Path, lines: usize) -> Told {
    let mut child = writer(folder, "load").spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Told::default();
    for line in out.by_ref().take(lines) {
        told.hear(&line.unwrap());
    }
    // SIGKILL.
    child.kill().unwrap();
    // A line that was cut off was not said.
    for line in out.map_while(Result::ok) {
        told.hear(&line);
    }
    child.wait().unwrap();
    told
}

impl Told {
    fn hear(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["instance", id] => self.instance = id.parse().ok(),
            ["intent" | "outcome", sequence] => self.last_audit = self.last_audit.max(sequence.parse().unwrap()),
            ["session", id, turn] => {
                self.sessions.insert(id.parse().unwrap(), turn.parse().unwrap());
            }
            ["trace"] => self.traces += 1,
            _ => panic!("it said `{line}`"),
        }
    }
}

async fn judge(store: &Store, told: &Told) {
    for (id, turn) in &told.sessions {
        let session = store.session(&owner("user:ann"), *id).await.unwrap().expect("it was stored");
        // One turn more may have been stored and not told any more.
        assert!([*turn, turn + 1].contains(&session.turns), "turn {} of {turn}", session.turns);
        let stored = format!("{};", session.turns).repeat(600).into_bytes();
        let (_, conversation) = store.conversation(&owner("user:ann"), *id).await.unwrap().unwrap();
        assert_eq!(conversation, stored);
        // The session inside it is as far as it is.
        let inside = SessionOwner { parent: Some(*id), ..owner("user:ann") };
        let (inner, conversation) = store.conversation(&inside, Key(!id.0)).await.unwrap().expect("it was stored");
        assert_eq!((inner.turns, conversation), (session.turns, stored));
    }
    let instance = told.instance.expect("it began a chain");
    match store.verify_audit(instance).await.unwrap().unwrap() {
        Verdict::Sound { rows, .. } => assert!(rows >= told.last_audit, "{rows} of {}", told.last_audit),
        broken @ Verdict::Broken { .. } => panic!("{broken:?}"),
    }
}

async fn count(store: &Store) -> usize {
    let (mut count, mut after) = (0, None);
    loop {
        let page = store.traces(&TraceFilter::default(), after, 10_000).await.unwrap();
        count += page.rows.len();
        after = page.next;
        if after.is_none() {
            return count;
        }
    }
}

#[test]
fn many_processes_make_one_store_at_once() {
    let stage = Stage::sqlite();
    let folder = stage.folder();
    let children: Vec<Child> = (0..8).map(|_| writer(&folder, "open").spawn().unwrap()).collect();
    for mut child in children {
        assert!(pace_tests::program::end_of(&mut child).success());
    }
    let file = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    let scopes: i64 = file.query_row("SELECT count(*) FROM pace_scopes", [], |row| row.get(0)).unwrap();
    assert_eq!(scopes, 1);
}

#[test]
fn two_processes_write_to_one_file() {
    let stage = Stage::sqlite();
    let mut children = [0; 2].map(|_| writer(&stage.folder(), "load").spawn().unwrap());
    let outs = children.each_mut().map(|child| BufReader::new(child.stdout.take().unwrap()).lines());
    // Both get on: neither waits for the other to end.
    let told = outs.map(|out| {
        let mut told = Told::default();
        out.take(300).for_each(|line| told.hear(&line.unwrap()));
        told
    });
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    block_on(async {
        let store = stage.open().await;
        for told in &told {
            // What was said after the first lines is not known.
            let Verdict::Sound { rows, .. } = store.verify_audit(told.instance.unwrap()).await.unwrap().unwrap() else {
                panic!("a chain is broken")
            };
            assert!(rows >= told.last_audit);
        }
    });
}
