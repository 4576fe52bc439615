//! What can happen to a server: it stops and comes back, it does not answer, it speaks TLS, somebody stands in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pace_state::{
    AuditEntry, AuditKind, AuditLog, Claim, FiringState, Location, PostgresSettings, Settings, SinkSettings,
    StatementUse, Store, StoreError, TraceFilter, TraceSink,
};

use pace_tests::postgres::Postgres;

use crate::support::proxy::Link;
use crate::support::server::{database, execute, number, secure, shared};
use crate::support::{LEASE, at, block_on, create, eventually, key, owner, scope, settings, tls, trace};

async fn open(settings: PostgresSettings, deadline: Duration) -> Result<Store, StoreError> {
    let bounds = Settings { deadline, ..Settings::default() };
    Store::open(Location::Postgres(settings), scope("shop", "test"), bounds).await
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_server_that_stops_is_missed_and_found_again() {
    let Some(mut server) = Postgres::start() else { return };
    block_on(async {
        let store = open(settings(&database(&server).await), LONG).await.unwrap();
        let (is_over, stored) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let (store, is_over, stored) = (store.clone(), Arc::clone(&is_over), Arc::clone(&stored));
                tokio::spawn(async move {
                    let (mut mine, mut failures) = (Vec::new(), 0);
                    while !is_over.load(Ordering::Relaxed) {
                        let one = trace("a", "user:ann", at(0));
                        match store
                            .insert_traces(&[(one.clone(), Vec::new()), (trace("b", "x", at(0)), Vec::new())])
                            .await
                        {
                            Ok(()) => {
                                stored.fetch_add(1, Ordering::Relaxed);
                                mine.push(one.id);
                            }
                            Err(StoreError::Unavailable { .. }) => {
                                failures += 1;
                                tokio::time::sleep(Duration::from_millis(20)).await;
                            }
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                    (mine, failures)
                })
            })
            .collect();
        let more = async |count| {
            let wanted = stored.load(Ordering::Relaxed) + count;
            eventually("more are stored", async || stored.load(Ordering::Relaxed) >= wanted).await;
        };
        more(50).await;
        for command in ["stop", "kill"] {
            server.tell(command);
            let is_missed = async || matches!(store.health().await, Err(StoreError::Unavailable { .. }));
            eventually("the server is missed", is_missed).await;
            server.tell("start");
            // The same store, as if nothing had been.
            more(50).await;
        }
        is_over.store(true, Ordering::Relaxed);
        let mut failures = 0;
        for task in tasks {
            let (mine, failed) = task.await.unwrap();
            failures += failed;
            for id in mine {
                assert!(store.trace(id).await.unwrap().is_some(), "what was stored is gone");
            }
        }
        assert!(failures > 0);
        // Each pair is there or is not.
        let count = async |agent: &str| {
            let filter = TraceFilter { agent: Some(agent.to_owned()), ..TraceFilter::default() };
            store.traces(&filter, None, 1_000_000).await.unwrap().rows.len()
        };
        assert_eq!(count("a").await, count("b").await);
    });
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_away() {
    block_on(async {
        let port = pace_tests::port::free();
        let url = format!("postgresql://ann:s3cret@127.0.0.1:{port}/x?sslmode=disable");
        let error = open(settings(&url), LONG).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(!format!("{error} {error:?} {:?}", settings(&url)).contains("s3cret"));
        // One that accepts and says nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgresql://ann@127.0.0.1:{}/x?sslmode=disable", silent.local_addr().unwrap().port());
        let error = open(settings(&url), Duration::from_millis(500)).await.unwrap_err();
        assert!(error.is_passing(), "{error:?}");
    });
}

#[test]
fn a_call_that_hangs_ends_and_leaves_the_pool_whole() {
    let Some(server) = shared() else { return };
    block_on(async {
        let url = database(server).await;
        let one = PostgresSettings { connections: 1, ..settings(&url) };
        let store = open(one, Duration::from_secs(4)).await.unwrap();
        let id = key();
        create(&store, owner("user:ann"), id, b"", (at(0), at(0))).await;
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("BEGIN; LOCK TABLE pace_sessions").await.unwrap();
        let who = owner("user:ann");
        let begin = || store.begin_turn(&who, id, None, LEASE, at(0));
        for _ in 0..2 {
            let hung = begin().await.unwrap_err();
            assert!(matches!(hung, StoreError::TimedOut(_)), "{hung:?}");
        }
        // The only connection is not the one that hangs.
        store.health().await.unwrap();
        client.batch_execute("ROLLBACK").await.unwrap();
        store.session(&owner("user:ann"), id).await.unwrap().unwrap();
    });
}

#[test]
fn leases_go_by_the_databases_clock() {
    let Some(server) = shared() else { return };
    block_on(async {
        let store = open(settings(&database(server).await), LONG).await.unwrap();
        let claim = |lease, now| store.claim_firing("daily", at(0), key(), lease, at(now));
        // Callers whose clocks are years apart.
        assert!(matches!(claim(LEASE, 0).await, Ok(Claim::Won(_))));
        for now in [-100_000_000_000, 100_000_000_000] {
            assert!(matches!(claim(LEASE, now).await, Ok(Claim::Running { .. })));
        }
        let Claim::Won(short) =
            store.claim_firing("hourly", at(0), key(), Duration::from_millis(1), at(0)).await.unwrap()
        else {
            panic!("nobody else is here")
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
        let Claim::Won(next) = store.claim_firing("hourly", at(0), key(), LEASE, at(-100_000)).await.unwrap() else {
            panic!("its lease has run out")
        };
        assert_eq!((short.attempt, next.attempt), (1, 2));
        store.finish_firing(&next, FiringState::Done, None, at(0)).await.unwrap();
    });
}

#[test]
fn without_prepared_statements_everything_is_the_same() {
    let Some(server) = shared() else { return };
    block_on(async {
        let unnamed = PostgresSettings { statements: StatementUse::Unnamed, ..settings(&database(server).await) };
        let store = open(unnamed, LONG).await.unwrap();
        let one = trace("a", "user:ann", at(0));
        store.insert_traces(&[(one.clone(), vec![1]), (trace("b", "x", at(1)), Vec::new())]).await.unwrap();
        assert_eq!(store.trace(one.id).await.unwrap().unwrap(), (one.clone(), vec![1]));
        let filter =
            TraceFilter { agent: Some("a".to_owned()), subject: Some("user:ann".to_owned()), ..TraceFilter::default() };
        assert_eq!(store.traces(&filter, None, 10).await.unwrap().rows, [one]);
        let id = key();
        create(&store, owner("user:ann"), id, b"", (at(0), at(0))).await;
        let begun = store.begin_turn(&owner("user:ann"), id, None, LEASE, at(0)).await.unwrap();
        assert!(matches!(begun, pace_state::Begun::Taken { .. }));
        assert!(matches!(store.claim_firing("daily", at(0), key(), LEASE, at(0)).await, Ok(Claim::Won(_))));
    });
}

#[test]
fn certificates_are_verified() {
    let Some((server, certificate)) = secure() else { return };
    block_on(async {
        let url = database(&server).await.replace("sslmode=disable", "sslmode=verify-full");
        let with = |roots: &[_]| PostgresSettings { tls: tls(roots), ..settings(&url) };
        let store = open(with(std::slice::from_ref(&certificate)), LONG).await.unwrap();
        store.health().await.unwrap();
        let error = open(with(&[]), LONG).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Unavailable { .. }) && error.to_string().contains("certificate"),
            "{error:?}"
        );
        let other = url.replace("127.0.0.1", "localhost");
        let elsewhere = PostgresSettings { tls: tls(std::slice::from_ref(&certificate)), ..settings(&other) };
        let error = open(elsewhere, LONG).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error:?}");
    });
}

#[test]
fn a_database_that_is_not_there_or_not_ours_is_refused() {
    let Some(server) = shared() else { return };
    block_on(async {
        let error = open(settings(&server.url("nowhere")), LONG).await.unwrap_err();
        assert!(matches!(&error, StoreError::Refused { reason } if reason.contains("nowhere")), "{error:?}");
        let url = database(server).await;
        execute(&url, "CREATE ROLE guest LOGIN").await;
        let error = open(settings(&url.replace("pace@", "guest@")), LONG).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    });
}

#[test]
fn a_database_that_was_restored_is_the_same_store_or_none() {
    let Some(server) = shared() else { return };
    block_on(async {
        let url = database(server).await;
        let name = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let again = async || {
            let postgres = server.url("postgres");
            execute(&postgres, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
            execute(&postgres, &format!("CREATE DATABASE {name}")).await;
        };
        let store = open(settings(&url), LONG).await.unwrap();
        let insert = async || {
            let mut last = store.insert_traces(&[(trace("a", "user:ann", at(0)), Vec::new())]).await;
            // Connections that were made to the one before are lost first.
            for _ in 0..8 {
                if last.is_err() {
                    last = store.insert_traces(&[(trace("a", "user:ann", at(0)), Vec::new())]).await;
                }
            }
            last
        };
        insert().await.unwrap();
        // An empty one becomes the store, also where connections live on.
        again().await;
        insert().await.unwrap();
        execute(&url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
        let gone = store.insert_traces(&[(trace("a", "user:ann", at(0)), Vec::new())]).await;
        assert!(matches!(gone, Err(StoreError::Unavailable { .. })), "{gone:?}");
        insert().await.unwrap();
        // In another one the number of the scope is somebody else's.
        again().await;
        for project in ["web", "shop"] {
            let bounds = Settings { deadline: LONG, ..Settings::default() };
            Store::open(Location::Postgres(settings(&url)), scope(project, "test"), bounds).await.unwrap();
        }
        let refused = insert().await;
        assert!(
            matches!(&refused, Err(StoreError::Unavailable { reason }) if reason.contains("another store")),
            "{refused:?}"
        );
        assert_eq!(number(&url, "SELECT count(*) FROM pace_traces").await, 0);
    });
}

/// A server behind a link, and a database in it.
async fn linked(server: &Postgres, most: usize) -> (Link, PostgresSettings) {
    let (link, url) = (Link::to(server.port, most).await, database(server).await);
    let url = url.replace(&format!(":{}/", server.port), &format!(":{}/", link.port));
    (link, PostgresSettings { connections: 1, ..settings(&url) })
}

#[test]
fn a_statement_is_prepared_once_however_many_are_sent_together() {
    let Some(server) = shared() else { return };
    block_on(async {
        let (link, settings) = linked(server, usize::MAX).await;
        let store = open(settings, LONG).await.unwrap();
        let many: Vec<_> = (0..100).map(|number| (trace("a", "user:ann", at(number)), Vec::new())).collect();
        store.insert_traces(&many).await.unwrap();
        assert_eq!(link.count("INSERT INTO pace_traces"), 1);
    });
}

#[test]
fn over_a_link_that_brings_little_across_traces_get_through_all_the_same() {
    let Some(server) = shared() else { return };
    block_on(async {
        // More than one trace, far less than all, and less than the last one.
        let (_link, settings) = linked(server, 150_000).await;
        let store = open(settings, Duration::from_secs(3)).await.unwrap();
        let sink = TraceSink::begin(store.clone(), SinkSettings::default());
        for number in 0..30 {
            assert!(sink.offer((trace("a", "user:ann", at(number)), vec![7; 20_000])));
        }
        // What never arrives does not keep back the others for ever.
        assert!(sink.offer((trace("b", "user:ann", at(0)), vec![7; 200_000])));
        assert!(sink.offer((trace("a", "user:ann", at(30)), vec![7; 20_000])));
        sink.flush(Duration::from_mins(5)).await.unwrap();
        let how = sink.state();
        assert_eq!((how.stored, how.dropped, how.waiting, how.failure), (31, 1, 0, None));
    });
}

#[test]
fn a_trace_that_is_refused_takes_no_other_with_it() {
    let Some(server) = shared() else { return };
    block_on(async {
        let url = database(server).await;
        let store = open(settings(&url), LONG).await.unwrap();
        execute(&url, "ALTER TABLE pace_traces ADD CHECK (agent <> 'b')").await;
        let sink = TraceSink::begin(store, SinkSettings::default());
        for agent in ["a", "a", "b", "a", "a", "a"] {
            assert!(sink.offer((trace(agent, "user:ann", at(0)), Vec::new())));
        }
        sink.flush(LONG).await.unwrap();
        let how = sink.state();
        assert_eq!((how.stored, how.dropped, how.crowded, how.waiting, how.failure), (5, 1, 0, 0, None));
    });
}

#[test]
fn the_audit_is_on_the_disk_where_the_database_waits_for_none() {
    let Some(server) = shared() else { return };
    block_on(async {
        let url = database(server).await;
        let name = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        execute(&url, &format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
        let store = open(settings(&url), LONG).await.unwrap();
        let spy = "CREATE TABLE seen (place TEXT, mode TEXT); \
            CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS \
                'BEGIN INSERT INTO seen VALUES (TG_TABLE_NAME, current_setting(''synchronous_commit'')); RETURN NEW; END'; \
            CREATE TRIGGER spy BEFORE INSERT ON pace_audit FOR EACH ROW EXECUTE FUNCTION spy(); \
            CREATE TRIGGER spy BEFORE INSERT ON pace_traces FOR EACH ROW EXECUTE FUNCTION spy()";
        execute(&url, spy).await;
        let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
        let (kind, call) = (AuditKind::Intent, "a".to_owned());
        log.append(AuditEntry { kind, invocation: key(), call, at: at(1), payload: Vec::new() }).await.unwrap();
        store
            .insert_traces(&[(trace("a", "x", at(0)), Vec::new()), (trace("a", "x", at(1)), Vec::new())])
            .await
            .unwrap();
        let count = async |what: &str| number(&url, &format!("SELECT count(*) FROM seen WHERE {what}")).await;
        assert_eq!(count("place = 'pace_audit' AND mode = 'on'").await, 1);
        assert_eq!((count("place = 'pace_traces' AND mode = 'off'").await, count("true").await), (2, 3));
    });
}
