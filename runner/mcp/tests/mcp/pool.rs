//! Connections by server and identity.

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use libtest_mimic::Trial;
use pace_mcp::{CallOptions, Key, Kind, Pool, PoolSettings, Server};
use serde_json::{Value, json};

use crate::support::{LONG, called, client, eventually, hostile, object, program, text};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("pool::one_connection_for_all_who_ask_at_once", one_connection_for_all_who_ask_at_once),
        trial("pool::identities_are_kept_apart", identities_are_kept_apart),
        trial("pool::there_are_no_more_than_there_may_be", there_are_no_more_than_there_may_be),
        trial("pool::what_nobody_uses_is_closed", what_nobody_uses_is_closed),
        trial("pool::what_died_is_opened_again", what_died_is_opened_again),
        trial("pool::what_dies_at_once_is_left_alone", what_dies_at_once_is_left_alone),
        trial("pool::closed_is_closed", closed_is_closed),
    ]
}

fn key(server: &str, identity: &str) -> Key {
    Key { server: server.to_owned(), identity: identity.to_owned() }
}

fn pool(settings: PoolSettings) -> Pool {
    Pool::new(client(), settings)
}

/// The process of a server.
async fn id(pool: &Pool, key: &Key, server: &Server) -> String {
    let connection = pool.get(key, server).await.unwrap();
    let environment: Value = serde_json::from_str(text(&called(&connection, "environment", json!({})).await)).unwrap();
    environment["HOME"].as_str().unwrap().to_owned()
}

async fn one_connection_for_all_who_ask_at_once() {
    let Some(server) = hostile(&["plain"]) else { return };
    let pool = pool(PoolSettings::default());
    let key = key("a", "x");
    let leased = join_all((0..50).map(|_| pool.get(&key, &server))).await;
    assert!(leased.iter().all(Result::is_ok));
    assert_eq!(pool.open(), 1);
    let first = std::ptr::from_ref(&**leased[0].as_ref().unwrap());
    assert!(leased.iter().flatten().all(|leased| std::ptr::eq(first, &raw const **leased)));
    // They fail together too, and the server is not started fifty times for it.
    let missing = program("x", "/bin/false", &[], Path::new("/"));
    let started = std::time::Instant::now();
    let other = Key { server: "b".to_owned(), ..key.clone() };
    let failed = join_all((0..50).map(|_| pool.get(&other, &missing))).await;
    assert!(failed.iter().all(|result| matches!(result.as_ref().unwrap_err().kind(), Kind::EndedAtOnce { .. })));
    assert!(started.elapsed() < LONG);
    assert_eq!(pool.open(), 1);
    pool.close_all(LONG).await;
}

async fn identities_are_kept_apart() {
    let Some(server) = hostile(&["plain"]) else { return };
    let pool = pool(PoolSettings::default());
    let as_whom = |home: &str| {
        let mut server = server.clone();
        if let pace_mcp::Transport::Program(program) = &mut server.transport {
            program.variables.insert("HOME".to_owned(), home.to_owned());
        }
        server
    };
    for _round in 0..2 {
        for whom in ["ann", "bob"] {
            assert_eq!(id(&pool, &key("a", whom), &as_whom(whom)).await, whom);
        }
    }
    assert_eq!(pool.open(), 2);
    pool.close_all(LONG).await;
}

async fn there_are_no_more_than_there_may_be() {
    let Some(server) = hostile(&["plain"]) else { return };
    let pool = pool(PoolSettings { most: 3, most_per_server: 2, ..PoolSettings::default() });
    let first = pool.get(&key("a", "1"), &server).await.unwrap();
    let second = pool.get(&key("a", "2"), &server).await.unwrap();
    let error = pool.get(&key("a", "3"), &server).await.unwrap_err();
    assert_eq!(error.to_string(), "server `hostile`: all 2 connections that there may be to it are in use");
    let third = pool.get(&key("b", "1"), &server).await.unwrap();
    let error = pool.get(&key("c", "1"), &server).await.unwrap_err();
    assert_eq!(error.to_string(), "server `hostile`: all 3 connections that there may be to servers are in use");
    // One that nobody uses makes room.
    drop(second);
    let fourth = pool.get(&key("c", "1"), &server).await.unwrap();
    assert_eq!(pool.open(), 3);
    for connection in [&first, &third, &fourth] {
        called(connection, "echo", json!({})).await;
    }
    pool.close_all(LONG).await;
}

async fn what_nobody_uses_is_closed() {
    let Some(server) = hostile(&["plain"]) else { return };
    let pool = pool(PoolSettings { idle: Duration::from_millis(300), ..PoolSettings::default() });
    let used = pool.get(&key("a", "1"), &server).await.unwrap();
    drop(pool.get(&key("a", "2"), &server).await.unwrap());
    eventually("one of them is closed", || pool.open() == 1).await;
    called(&used, "echo", json!({})).await;
    drop(used);
    eventually("both are closed", || pool.open() == 0).await;
    called(&pool.get(&key("a", "1"), &server).await.unwrap(), "echo", json!({})).await;
    pool.close_all(LONG).await;
}

async fn what_died_is_opened_again() {
    let Some(server) = hostile(&["plain"]) else { return };
    let (pool, key) = (pool(PoolSettings::default()), key("a", "x"));
    let options = || CallOptions::within(LONG);
    for _round in 0..2 {
        let error = pool.call(&key, &server, "dies", object(json!({})), options()).await.unwrap_err();
        assert!(matches!(error.kind(), Kind::Lost { .. }), "{error}");
        let result = pool.call(&key, &server, "string_id", object(json!({})), options()).await;
        // Whoever comes in the moment of its death may still get it.
        let result = match result {
            Err(_) => pool.call(&key, &server, "string_id", object(json!({})), options()).await,
            result => result,
        };
        assert_eq!(text(&result.unwrap()), "right");
    }
    pool.close_all(LONG).await;
}

async fn what_dies_at_once_is_left_alone() {
    let Some(server) = hostile(&["exits"]) else { return };
    let (pool, key) = (pool(PoolSettings::default()), key("a", "x"));
    for _attempt in 0..5 {
        let error = pool.get(&key, &server).await.unwrap_err();
        assert!(matches!(error.kind(), Kind::EndedAtOnce { .. }), "{error}");
    }
    let error = pool.get(&key, &server).await.unwrap_err();
    crate::support::assert_one_line(&error);
    let told = error.to_string();
    assert!(told.starts_with("server `hostile`: it failed 5 times and is not tried again for "), "{told}");
    assert!(told.contains(" s; last: the program ended with exit code 7 at once; it said"), "{told}");
    // Others are not.
    let other = Key { identity: "y".to_owned(), ..key };
    assert!(matches!(pool.get(&other, &server).await.unwrap_err().kind(), Kind::EndedAtOnce { .. }));
}

async fn closed_is_closed() {
    let Some(server) = hostile(&["plain"]) else { return };
    let pool = pool(PoolSettings::default());
    let used = pool.get(&key("a", "x"), &server).await.unwrap();
    pool.close_all(LONG).await;
    assert!(used.is_closed() && pool.open() == 0);
    let error = pool.get(&key("a", "x"), &server).await.unwrap_err();
    assert_eq!(error.to_string(), "server `hostile`: connections are being closed");
}
