//! What can happen to a file: no room, damage, others who hold it, somebody who takes it away.

use std::io::{BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use pace_state::{AuditEntry, AuditKind, AuditLog, Location, Settings, Store, StoreError, Trace, TraceFilter, Verdict};

use crate::attacks::writer;
use crate::support::{Stage, at, block_on, key, on_sqlite, scope, trace};

fn rows(count: usize, bytes: usize) -> Vec<(Trace, Vec<u8>)> {
    (0..count).map(|_| (trace("a", "user:ann", at(0)), vec![7; bytes])).collect()
}

async fn open_with(folder: &Path, deadline: Duration) -> Result<Store, StoreError> {
    let settings = Settings { deadline, ..Settings::default() };
    Store::open(Location::Sqlite(folder.to_owned()), scope("shop", "test"), settings).await
}

#[test]
fn what_is_stored_is_the_owners_alone() {
    on_sqlite(async |stage: Stage| {
        let store = stage.open().await;
        store.insert_traces(&rows(1, 10)).await.unwrap();
        for name in ["", "state.db", "state.db-wal", "state.db-shm"] {
            let mode = std::fs::metadata(stage.folder().join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if name.is_empty() { 0o700 } else { 0o600 }, "{name}");
        }
        let health = store.health().await.unwrap();
        assert!(health.free.is_some_and(|free| free > 0));
        // Closed, the file alone holds everything.
        store.close().await.unwrap();
        assert!(!stage.folder().join("state.db-wal").exists());
    });
}

/// Nothing of what is written is left in the log alone for long, though somebody always writes.
#[test]
fn the_log_is_bounded_while_somebody_always_writes() {
    /// What it may have, bytes: 16,384 pages with their heads, and what is written while a slow disk takes them.
    const MOST: u64 = 16_384 * (4096 + 24) + (24 << 20);
    on_sqlite(async |stage: Stage| {
        let store = stage.open().await;
        let (log, mut written) = (stage.folder().join("state.db-wal"), 0);
        while written < MOST + (32 << 20) {
            store.insert_traces(&rows(16, 64 << 10)).await.unwrap();
            written += 16 * (64 << 10);
            let length = std::fs::metadata(&log).unwrap().len();
            assert!(length < MOST, "{length} of {written} bytes are in the log");
        }
        store.close().await.unwrap();
        assert!(!log.exists());
    });
    on_sqlite(async |stage: Stage| {
        // Who reads one state of the file keeps the log, and nobody waits for that.
        let store = stage.open().await;
        let reader = rusqlite::Connection::open(stage.folder().join("state.db")).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM pace_traces;").unwrap();
        for _ in 0..80 {
            store.insert_traces(&rows(16, 64 << 10)).await.unwrap();
        }
        reader.execute_batch("COMMIT").unwrap();
        // Nothing of it is lost.
        store.insert_traces(&rows(1, 1)).await.unwrap();
        assert_eq!(stage.number("SELECT count(*) FROM pace_traces").await, 80 * 16 + 1);
    });
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    block_on(async {
        let above = tempfile::tempdir().unwrap();
        let file = above.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = open_with(&file.join("state"), Duration::from_secs(5)).await.unwrap_err();
        let StoreError::Unwritable { path, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*path, file.join("state"));
        assert!(error.to_string().contains(&path.display().to_string()));
    });
}

/// A file system of a few megabytes; unmounted at the end.
struct Small(tempfile::TempDir);

impl Small {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        if mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        pace_tests::skip("a file system of a test's own (mounting one needs root)");
        None
    }

    fn grow(&self, size: &str) {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,size={size}")]).arg(self.0.path());
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: the store may still be closing its files.
        Command::new("umount").arg("-l").arg(self.0.path()).status().unwrap();
    }
}

#[test]
fn a_full_disk_is_said_and_gone_when_there_is_room() {
    let Some(small) = Small::new("2m") else { return };
    block_on(async {
        let store = open_with(&small.0.path().join("state"), Duration::from_secs(5)).await.unwrap();
        let (mut stored, mut error) = (0, None);
        while error.is_none() {
            match store.insert_traces(&rows(10, 2000)).await {
                Ok(()) => stored += 10,
                Err(failed) => error = Some(failed),
            }
        }
        assert!(matches!(error, Some(StoreError::Full { .. })), "{error:?}");
        // One that is too large does not take down those that wait with it.
        let (large, small_one) = (rows(1, 4 << 20), rows(1, 1));
        let both = tokio::join!(store.insert_traces(&large), store.insert_traces(&small_one));
        assert!(matches!(both.0, Err(StoreError::Full { .. })), "{both:?}");
        let found = store.traces(&TraceFilter::default(), None, 10_000).await.unwrap().rows.len();
        assert_eq!(found, stored + usize::from(both.1.is_ok()));
        small.grow("16m");
        store.insert_traces(&rows(100, 2000)).await.unwrap();
        store.health().await.unwrap();
        store.close().await.unwrap();
    });
    let file = rusqlite::Connection::open(small.0.path().join("state/state.db")).unwrap();
    let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

#[test]
fn a_limit_of_file_sizes_is_a_full_disk() {
    let stage = Stage::sqlite();
    let writer = writer(&stage.folder(), "fill");
    let mut shell = Command::new("sh");
    // Blocks of 512 bytes; the signal that goes with it would end the process.
    shell
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$@\"", "sh"])
        .arg(writer.get_program())
        .args(writer.get_args());
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let stored: usize = out.next().unwrap().strip_prefix("stored ").unwrap().parse().unwrap();
    assert_eq!((out.next().unwrap(), out.next().unwrap()), ("full".to_owned(), "readable 10".to_owned()));
    child.kill().unwrap();
    child.wait().unwrap();
    on_sqlite(async |_unused| {
        let store = stage.open().await;
        let found = store.traces(&TraceFilter::default(), None, 100_000).await.unwrap().rows.len();
        assert_eq!(found, stored);
        store.insert_traces(&rows(100, 2000)).await.unwrap();
    });
}

#[test]
fn a_damaged_file_is_said_to_be() {
    on_sqlite(async |stage: Stage| {
        let store = stage.open().await;
        store.insert_traces(&rows(2000, 500)).await.unwrap();
        store.close().await.unwrap();
        let path = stage.folder().join("state.db");
        let mut file = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut whole = Vec::new();
        file.read_to_end(&mut whole).unwrap();
        // Everything behind the schema.
        file.seek(SeekFrom::Start(200_000)).unwrap();
        file.write_all(&vec![0xa5; whole.len() - 300_000]).unwrap();
        let store = stage.open().await;
        let mut errors = 0;
        for agent in ["a", "b"] {
            let filter = TraceFilter { agent: Some(agent.to_owned()), ..TraceFilter::default() };
            match store.traces(&filter, None, 5000).await {
                Ok(_) => {}
                Err(error) => {
                    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
                    errors += 1;
                }
            }
        }
        let written = store.insert_traces(&rows(50, 10)).await;
        assert!(matches!(written, Err(StoreError::Corrupt { .. })) && errors > 0, "{written:?}, {errors}");
        // Put back, it is read again; nobody has to start anew.
        drop(std::fs::remove_file(stage.folder().join("state.db-wal")));
        std::fs::write(stage.folder().join("whole"), &whole).unwrap();
        std::fs::rename(stage.folder().join("whole"), &path).unwrap();
        assert_eq!(store.traces(&TraceFilter::default(), None, 5000).await.unwrap().rows.len(), 2000);
        store.insert_traces(&rows(50, 10)).await.unwrap();
    });
}

#[test]
fn what_is_no_database_is_refused() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("state.db"), "not a database, but long enough to be looked at ".repeat(100))
            .unwrap();
        let error = open_with(folder.path(), Duration::from_secs(5)).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    });
}

#[test]
fn a_file_that_others_hold_is_busy_and_then_not() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = open_with(folder.path(), Duration::from_secs(4)).await.unwrap();
        let other = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let held = store.insert_traces(&rows(1, 1)).await.unwrap_err();
        assert!(matches!(held, StoreError::Busy { .. } | StoreError::TimedOut(_)) && held.is_passing(), "{held:?}");
        // Reading waits for nobody.
        assert_eq!(store.traces(&TraceFilter::default(), None, 10).await.unwrap().rows.len(), 0);
        other.execute_batch("ROLLBACK").unwrap();
        store.insert_traces(&rows(1, 1)).await.unwrap();
        // What timed out while the file was held was not done later.
        assert_eq!(store.traces(&TraceFilter::default(), None, 10).await.unwrap().rows.len(), 1);
    });
}

#[test]
fn a_file_that_is_taken_away_is_missed() {
    on_sqlite(async |stage: Stage| {
        let store = stage.open().await;
        store.insert_traces(&rows(3, 1)).await.unwrap();
        let (path, aside) = (stage.folder().join("state.db"), stage.folder().join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        for lost in [store.insert_traces(&rows(1, 1)).await.err(), store.health().await.err()] {
            assert!(matches!(lost, Some(StoreError::Unavailable { .. })), "{lost:?}");
        }
        let read = store.traces(&TraceFilter::default(), None, 10).await;
        assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
        // Nothing was made in its place.
        assert!(!path.exists());
        std::fs::rename(&aside, &path).unwrap();
        store.insert_traces(&rows(1, 1)).await.unwrap();
        assert_eq!(store.traces(&TraceFilter::default(), None, 10).await.unwrap().rows.len(), 4);
    });
}

/// What a store that is open has in its folder.
const FILES: [&str; 3] = ["state.db", "state.db-wal", "state.db-shm"];

async fn count(store: &Store) -> usize {
    store.traces(&TraceFilter::default(), None, 10).await.unwrap().rows.len()
}

/// Rows are keyed by the number of a scope, which is another one's in another file.
#[test]
fn another_store_in_its_place_is_not_written_to() {
    on_sqlite(async |stage: Stage| {
        let (store, other) = (stage.open().await, Stage::sqlite());
        store.insert_traces(&rows(1, 1)).await.unwrap();
        // Whose number there is the shop's here.
        let web = other.open_scope("web", "test").await;
        web.close().await.unwrap();
        drop(other.open_scope("shop", "test").await.close().await);
        // With the log of it, which SQLite would bring into the other file.
        let aside = stage.folder().join("aside");
        std::fs::create_dir(&aside).unwrap();
        for name in FILES {
            std::fs::rename(stage.folder().join(name), aside.join(name)).unwrap();
        }
        std::fs::rename(other.folder().join("state.db"), stage.folder().join("state.db")).unwrap();
        for _ in 0..2 {
            let written = store.insert_traces(&rows(1, 1)).await;
            assert!(matches!(written, Err(StoreError::Unavailable { .. })), "{written:?}");
            let read = store.traces(&TraceFilter::default(), None, 10).await;
            assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
        }
        assert_eq!(stage.number("SELECT count(*) FROM pace_traces").await, 0);
        for name in FILES {
            std::fs::rename(aside.join(name), stage.folder().join(name)).unwrap();
        }
        assert_eq!(count(&store).await, 1);
    });
}

#[test]
fn an_empty_file_in_its_place_is_made_a_store_and_goes_on() {
    on_sqlite(async |stage: Stage| {
        drop(stage.open_scope("web", "test").await.close().await);
        let store = stage.open().await;
        let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
        let (kind, call) = (AuditKind::Intent, "a".to_owned());
        let entry = AuditEntry { kind, invocation: key(), call, at: at(1), payload: Vec::new() };
        assert_eq!(log.append(entry.clone()).await, Ok(1));
        store.insert_traces(&rows(3, 1)).await.unwrap();
        for name in FILES {
            std::fs::remove_file(stage.folder().join(name)).unwrap();
        }
        std::fs::write(stage.folder().join("state.db"), "").unwrap();
        // As on every call, all at once.
        let (first, second) = (rows(1, 1), rows(1, 1));
        let stored = tokio::join!(store.insert_traces(&first), store.insert_traces(&second));
        assert_eq!(stored, (Ok(()), Ok(())));
        assert_eq!(count(&store).await, 2);
        assert_eq!(log.append(entry).await, Ok(2));
        assert_eq!(store.audit_chains(None, 10).await.unwrap().rows.len(), 1);
        let verdict = store.verify_audit(log.instance()).await.unwrap();
        assert!(matches!(verdict, Some(Verdict::Sound { cut: 1, rows: 1, .. })), "{verdict:?}");
        // Nobody else's number was taken.
        assert_eq!(stage.number("SELECT id FROM pace_scopes").await, 2);
    });
}
