//! The schema comes to be once, whoever starts at the same time, whole or not at all; and nobody writes to a newer one.

use pace_state::{AuditEntry, AuditKind, AuditLog, Break, Key, Location, Looked, Settings, Store, StoreError, Verdict};

use crate::support::{Stage, at, key, on_both, scope};

on_both!(
    many_make_a_schema_at_once,
    a_newer_schema_is_refused,
    who_looks_changes_nothing,
    a_step_is_taken_whole_or_not_at_all,
    a_changed_chain_is_broken_where_it_was_changed,
    looking_for_a_scope_makes_nothing,
);

async fn many_make_a_schema_at_once(stage: Stage) {
    let environments = ["a", "b", "a", "b", "a", "b"];
    let opened = environments
        .map(|environment| Store::open(stage.location.clone(), scope("shop", environment), Settings::default()));
    for store in futures_util::future::join_all(opened).await {
        store.unwrap().health().await.unwrap();
    }
    assert_eq!(stage.number("SELECT count(*) FROM pace_scopes").await, 2);
    assert_eq!(stage.number("SELECT count(*) FROM pace_schema").await, 1);
}

async fn a_newer_schema_is_refused(stage: Stage) {
    stage.open().await.close().await.unwrap();
    stage.execute("INSERT INTO pace_schema (version) VALUES (1000)").await;
    let error = Store::open(stage.location.clone(), scope("shop", "test"), Settings::default()).await.unwrap_err();
    assert_eq!(error, StoreError::Newer { found: 1000, known: 1 });
    assert_eq!(error.to_string(), "the store has schema 1000, and this program knows schemas up to 1");
}

async fn who_looks_changes_nothing(stage: Stage) {
    let look = || Store::look(&stage.location, Settings::default());
    assert_eq!((look().await, look().await), (Ok(Looked::Absent), Ok(Looked::Absent)));
    if let Location::Sqlite(folder) = &stage.location {
        assert!(!folder.exists());
    }
    stage.prepare();
    stage.execute("CREATE TABLE other (x BIGINT)").await;
    assert_eq!(look().await, Ok(Looked::Absent));
    let store = stage.open().await;
    let before = stage.number("SELECT count(*) FROM pace_scopes").await;
    assert_eq!(look().await, Ok(Looked::Ready));
    assert_eq!(stage.number("SELECT count(*) FROM pace_scopes").await, before);
    store.health().await.unwrap();
    // As a store that was made before any step that there is.
    stage.execute("DELETE FROM pace_schema").await;
    assert_eq!(look().await, Ok(Looked::Older));
    stage.execute("INSERT INTO pace_schema (version) VALUES (1000)").await;
    assert_eq!(look().await, Err(StoreError::Newer { found: 1000, known: 1 }));
}

async fn a_step_is_taken_whole_or_not_at_all(stage: Stage) {
    stage.prepare();
    // In the way of the last table.
    stage.execute("CREATE TABLE pace_firings (x BIGINT)").await;
    let error = Store::open(stage.location.clone(), scope("shop", "test"), Settings::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Statement { .. }), "{error:?}");
    stage.execute("DROP TABLE pace_firings").await;
    // Nothing of the step is left, or this would fail.
    stage.open().await.health().await.unwrap();
}

async fn chain(store: &Store) -> Key {
    let log = AuditLog::begin(store, key(), at(0)).await.unwrap();
    for number in 0..6 {
        let (kind, payload) = (AuditKind::Intent, vec![number]);
        let entry = AuditEntry { kind, invocation: key(), call: "a".to_owned(), at: at(0), payload };
        log.append(entry).await.unwrap();
    }
    log.instance()
}

async fn a_changed_chain_is_broken_where_it_was_changed(stage: Stage) {
    let store = stage.open().await;
    let changes = [
        ("UPDATE pace_audit SET call = 'b' WHERE sequence = 3", 3, Break::Hash),
        ("UPDATE pace_audit SET at = at + 1 WHERE sequence = 6", 6, Break::Hash),
        ("UPDATE pace_audit SET hash = previous WHERE sequence = 2", 2, Break::Hash),
        ("UPDATE pace_audit SET previous = hash WHERE sequence = 4", 4, Break::Previous),
        ("DELETE FROM pace_audit WHERE sequence = 5", 5, Break::Missing),
        ("DELETE FROM pace_audit WHERE sequence <= 2", 1, Break::Missing),
        ("UPDATE pace_audit SET sequence = 7 WHERE sequence = 6", 6, Break::Missing),
        // A part cut off at the beginning, as if it had been for its age.
        ("UPDATE pace_audit_chains SET cut_sequence = 2", 3, Break::Previous),
    ];
    for (change, sequence, what) in changes {
        let instance = chain(&store).await;
        stage.execute(change).await;
        let verdict = store.verify_audit(instance).await.unwrap();
        let Some(Verdict::Broken { sequence: first, what: how, .. }) = verdict else { panic!("{change}: {verdict:?}") };
        assert_eq!((first, how), (sequence, what), "{change}");
        stage.execute("DELETE FROM pace_audit").await;
        stage.execute("DELETE FROM pace_audit_chains").await;
    }
}

async fn looking_for_a_scope_makes_nothing(stage: Stage) {
    let find = async |environment: &str| {
        let found = Store::find(stage.location.clone(), scope("shop", environment), Settings::default()).await;
        found.unwrap()
    };
    assert!(find("test").await.is_none());
    if let pace_state::Location::Sqlite(folder) = &stage.location {
        assert!(!folder.exists());
    }
    let store = stage.open().await;
    let instance = chain(&store).await;
    assert!(find("tset").await.is_none());
    assert_eq!(stage.number("SELECT count(*) FROM pace_scopes").await, 1);
    let found = find("test").await.unwrap();
    assert!(found.verify_audit(instance).await.unwrap().is_some());
}
