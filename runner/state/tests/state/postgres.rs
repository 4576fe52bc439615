//! What can happen to a server: it stops and comes back, it does not answer, it speaks TLS, somebody stands in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pace_state::{
    Claim, FiringState, Location, PostgresSettings, Settings, StatementUse, Store, StoreError, TraceFilter,
};

use crate::support::server::{Server, execute};
use crate::support::{LEASE, at, block_on, create, key, owner, scope, settings, tls, trace};

async fn open(settings: PostgresSettings, deadline: Duration) -> Result<Store, StoreError> {
    let bounds = Settings { deadline, ..Settings::default() };
    Store::open(Location::Postgres(settings), scope("shop", "test"), bounds).await
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_server_that_stops_is_missed_and_found_again() {
    let Some(mut server) = Server::own() else { return };
    block_on(async {
        let store = open(settings(&server.database().await), LONG).await.unwrap();
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
            while stored.load(Ordering::Relaxed) < wanted {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        more(50).await;
        for command in ["stop", "kill"] {
            server.tell(command);
            while !matches!(store.health().await, Err(StoreError::Unavailable { .. })) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
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
        // Nobody listens on a port that was given back.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
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
    let Some(server) = Server::shared() else { return };
    block_on(async {
        let url = server.database().await;
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
    let Some(server) = Server::shared() else { return };
    block_on(async {
        let store = open(settings(&server.database().await), LONG).await.unwrap();
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
    let Some(server) = Server::shared() else { return };
    block_on(async {
        let unnamed = PostgresSettings { statements: StatementUse::Unnamed, ..settings(&server.database().await) };
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
    let Some(server) = Server::secure() else { return };
    block_on(async {
        let url = server.database().await.replace("sslmode=disable", "sslmode=verify-full");
        let with = |roots: &[_]| PostgresSettings { tls: tls(roots), ..settings(&url) };
        let store = open(with(&[server.certificate()]), LONG).await.unwrap();
        store.health().await.unwrap();
        let error = open(with(&[]), LONG).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Unavailable { .. }) && error.to_string().contains("certificate"),
            "{error:?}"
        );
        let other = url.replace("127.0.0.1", "localhost");
        let elsewhere = PostgresSettings { tls: tls(&[server.certificate()]), ..settings(&other) };
        let error = open(elsewhere, LONG).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error:?}");
    });
}

#[test]
fn a_database_that_is_not_there_or_not_ours_is_refused() {
    let Some(server) = Server::shared() else { return };
    block_on(async {
        let error = open(settings(&server.url("nowhere")), LONG).await.unwrap_err();
        assert!(matches!(&error, StoreError::Refused { reason } if reason.contains("nowhere")), "{error:?}");
        let url = server.database().await;
        execute(&url, "CREATE ROLE guest LOGIN").await;
        let error = open(settings(&url.replace("pace@", "guest@")), LONG).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    });
}
