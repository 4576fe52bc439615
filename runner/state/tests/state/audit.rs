//! A chain holds together, whatever is done to it is found, and it can be cut at its beginning.

use std::sync::Arc;

use pace_state::{AuditEntry, AuditKind, AuditLog, Break, Key, Prune, Store, StoreError, Verdict};

use crate::support::{Stage, at, key, on_both};

on_both!(
    writes_are_on_record_in_order,
    many_append_at_once,
    an_outcome_needs_its_intent,
    an_outcome_may_be_repeated,
    a_call_is_hashed_as_it_is_stored,
    a_walk_goes_on_after_a_break,
    rows_that_are_long_are_walked_one_by_one,
    a_chain_is_cut_at_its_beginning,
    a_chain_goes_on_after_a_failure,
);

fn intent(invocation: Key, call: &str) -> AuditEntry {
    let (kind, call) = (AuditKind::Intent, call.to_owned());
    AuditEntry { kind, invocation, call, at: at(1), payload: b"{\"tool\":\"tools/pay\"}".to_vec() }
}

fn outcome(of: u64, invocation: Key, call: &str) -> AuditEntry {
    AuditEntry { kind: AuditKind::Outcome { intent: of }, ..intent(invocation, call) }
}

/// Intents and outcomes of some calls.
async fn calls(log: &AuditLog, count: usize) {
    for number in 0..count {
        let (invocation, call) = (key(), number.to_string());
        let of = log.append(intent(invocation, &call)).await.unwrap();
        log.append(outcome(of, invocation, &call)).await.unwrap();
    }
}

async fn sound(store: &Store, instance: Key) -> (u64, u64, Vec<u64>) {
    match store.verify_audit(instance).await.unwrap().unwrap() {
        Verdict::Sound { cut, rows, open, .. } => (cut, rows, open),
        broken @ Verdict::Broken { .. } => panic!("{broken:?}"),
    }
}

async fn writes_are_on_record_in_order(stage: Stage) {
    let store = stage.open().await;
    let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
    let invocation = key();
    assert_eq!(log.append(intent(invocation, "a")).await, Ok(1));
    assert_eq!(log.append(intent(invocation, "b")).await, Ok(2));
    assert_eq!(log.append(outcome(2, invocation, "b")).await, Ok(3));
    assert_eq!(sound(&store, log.instance()).await, (0, 3, vec![1]));
    let rows = store.audit_of(invocation, 10).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!((rows[0].previous, rows[1].previous), ([0; 32], rows[0].hash));
    assert_eq!(rows[2].entry, outcome(2, invocation, "b"));
    // Another instance has another chain; the newest comes first.
    let other = AuditLog::begin(&store, key(), at(1)).await.unwrap();
    calls(&other, 1).await;
    let chains = store.audit_chains(None, 10).await.unwrap();
    let chains: Vec<_> = chains.rows.iter().map(|chain| chain.instance).collect();
    assert_eq!(chains, [other.instance(), log.instance()]);
    assert_eq!(store.verify_audit(key()).await, Ok(None));
}

async fn many_append_at_once(stage: Stage) {
    let store = stage.open().await;
    let log = Arc::new(AuditLog::begin(&store, key(), at(0)).await.unwrap());
    let tasks = (0..20).map(|_| {
        let log = Arc::clone(&log);
        tokio::spawn(async move { calls(&log, 10).await })
    });
    futures_util::future::try_join_all(tasks).await.unwrap();
    assert_eq!(sound(&store, log.instance()).await, (0, 400, Vec::new()));
}

async fn an_outcome_needs_its_intent(stage: Stage) {
    let store = stage.open().await;
    let invocation = key();
    for wrong in [outcome(2, invocation, "a"), outcome(1, invocation, "b"), outcome(1, key(), "a")] {
        let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
        log.append(intent(invocation, "a")).await.unwrap();
        log.append(wrong).await.unwrap();
        let verdict = store.verify_audit(log.instance()).await.unwrap();
        assert_eq!(verdict, Some(broken(2, Break::Intent, 1, (2, 1))));
    }
}

fn broken(sequence: u64, what: Break, breaks: u64, (rows, verified): (u64, u64)) -> Verdict {
    Verdict::Broken { sequence, what, breaks, rows, verified }
}

/// Whoever was told that an append timed out does not know whether the row arrived, and appends it again.
async fn an_outcome_may_be_repeated(stage: Stage) {
    let store = stage.open().await;
    let invocation = key();
    let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
    log.append(intent(invocation, "a")).await.unwrap();
    log.append(outcome(1, invocation, "a")).await.unwrap();
    log.append(AuditEntry { at: at(5000), ..outcome(1, invocation, "a") }).await.unwrap();
    assert_eq!(sound(&store, log.instance()).await, (0, 3, Vec::new()));
    // That it was another way after all is no repetition.
    log.append(AuditEntry { payload: b"{}".to_vec(), ..outcome(1, invocation, "a") }).await.unwrap();
    let verdict = store.verify_audit(log.instance()).await.unwrap();
    assert_eq!(verdict, Some(broken(4, Break::Intent, 1, (4, 3))));
}

async fn a_call_is_hashed_as_it_is_stored(stage: Stage) {
    let store = stage.open().await;
    let invocation = key();
    let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
    log.append(intent(invocation, "a\0b\u{7f}\u{fffd}")).await.unwrap();
    log.append(outcome(1, invocation, "a\0b\u{7f}\u{fffd}")).await.unwrap();
    assert_eq!(sound(&store, log.instance()).await, (0, 2, Vec::new()));
}

async fn a_walk_goes_on_after_a_break(stage: Stage) {
    let store = stage.open().await;
    let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
    calls(&log, 5).await;
    stage.execute("UPDATE pace_audit SET at = at + 1 WHERE sequence = 2").await;
    stage.execute("DELETE FROM pace_audit WHERE sequence = 4").await;
    let verdict = store.verify_audit(log.instance()).await.unwrap();
    assert_eq!(verdict, Some(broken(2, Break::Hash, 2, (9, 7))));
    // Whoever gives the row a hash that fits it makes the next one follow another.
    stage.execute("UPDATE pace_audit SET hash = previous WHERE sequence = 7").await;
    let verdict = store.verify_audit(log.instance()).await.unwrap();
    assert_eq!(verdict, Some(broken(2, Break::Hash, 4, (9, 5))));
}

async fn rows_that_are_long_are_walked_one_by_one(stage: Stage) {
    let store = stage.open().await;
    let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
    for bytes in [3 << 20, 5 << 20, 1, 1, 3 << 20] {
        log.append(AuditEntry { payload: vec![7; bytes], ..intent(key(), "a") }).await.unwrap();
    }
    assert_eq!(sound(&store, log.instance()).await.1, 5);
}

async fn a_chain_is_cut_at_its_beginning(stage: Stage) {
    let store = stage.open().await;
    let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
    let invocation = key();
    for number in 0..10 {
        log.append(AuditEntry { at: at(number), ..intent(invocation, &number.to_string()) }).await.unwrap();
    }
    // The clock was set back: an old row behind newer ones stays with them.
    log.append(AuditEntry { at: at(0), ..outcome(2, invocation, "1") }).await.unwrap();
    assert_eq!(store.prune(Prune::AuditBefore(at(4)), 3).await, Ok(3));
    assert_eq!(store.prune(Prune::AuditBefore(at(4)), 3).await, Ok(1));
    assert_eq!(store.prune(Prune::AuditBefore(at(4)), 3).await, Ok(0));
    assert_eq!(sound(&store, log.instance()).await, (4, 7, vec![5, 6, 7, 8, 9, 10]));
    // All of it gone, the chain goes on all the same, also for a new writer.
    assert_eq!(store.prune(Prune::AuditBefore(at(99)), 100).await, Ok(7));
    assert_eq!(log.append(intent(invocation, "x")).await, Ok(12));
    assert_eq!(store.prune(Prune::AuditBefore(at(99)), 100).await, Ok(1));
    let log = AuditLog::begin(&store, log.instance(), at(5)).await.unwrap();
    assert_eq!(log.append(intent(invocation, "y")).await, Ok(13));
    assert_eq!(sound(&store, log.instance()).await, (12, 1, vec![13]));
}

async fn a_chain_goes_on_after_a_failure(stage: Stage) {
    let store = stage.open().await;
    let log = AuditLog::begin(&store, key(), at(0)).await.unwrap();
    log.append(intent(key(), "a")).await.unwrap();
    // Somebody with the same id: what this writer knows of the end of its chain is wrong now.
    let twin = AuditLog::begin(&store, log.instance(), at(0)).await.unwrap();
    twin.append(intent(key(), "b")).await.unwrap();
    assert_eq!(log.append(intent(key(), "c")).await, Err(StoreError::Conflict { what: "row" }));
    assert_eq!(log.append(intent(key(), "c")).await, Ok(3));
    assert_eq!(sound(&store, log.instance()).await, (0, 3, vec![1, 2, 3]));
}
