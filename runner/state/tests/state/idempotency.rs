//! Of all who send the same request with the same key, one does the work.

use std::time::Duration;

use pace_state::{Claimed, KeyClaim, KeyLease, Store, StoreError};

use crate::support::{LEASE, Stage, at, on_both};

on_both!(
    one_of_many_wins,
    an_answer_is_for_the_same_request,
    a_dead_holder_is_replaced,
    a_key_is_forgotten,
    a_note_is_the_holders
);

const CLAIM: KeyClaim<'static> =
    KeyClaim { principal: "user:ann", name: "k-1", request: [1; 32], lease: LEASE, expires: at(3_600_000) };

async fn win(store: &Store, now: i64) -> (KeyLease, bool) {
    match store.claim_key(&CLAIM, at(now)).await.unwrap() {
        Claimed::Won { lease, is_repeated, .. } => (lease, is_repeated),
        other => panic!("{other:?}"),
    }
}

async fn one_of_many_wins(stage: Stage) {
    let (here, there) = (stage.open().await, stage.open().await);
    let claims =
        (0..30).map(|number: usize| if number.is_multiple_of(2) { &here } else { &there }.claim_key(&CLAIM, at(0)));
    let mut won = 0;
    for claimed in futures_util::future::join_all(claims).await {
        match claimed.unwrap() {
            Claimed::Won { is_repeated, .. } => {
                assert!(!is_repeated);
                won += 1;
            }
            other => assert_eq!(other, Claimed::Running { rest: LEASE, note: None }),
        }
    }
    assert_eq!(won, 1);
}

async fn an_answer_is_for_the_same_request(stage: Stage) {
    let store = stage.open().await;
    let (lease, _) = win(&store, 0).await;
    let other = KeyClaim { request: [2; 32], ..CLAIM };
    assert_eq!(store.claim_key(&other, at(1)).await, Ok(Claimed::OtherRequest));
    store.answer_key(&lease, b"200".to_vec()).await.unwrap();
    assert_eq!(store.claim_key(&CLAIM, at(2)).await, Ok(Claimed::Done(b"200".to_vec())));
    assert_eq!(store.claim_key(&other, at(2)).await, Ok(Claimed::OtherRequest));
    // The same key of others is another key.
    let bob = KeyClaim { principal: "user:bob", ..CLAIM };
    assert!(matches!(store.claim_key(&bob, at(2)).await, Ok(Claimed::Won { .. })));
    let staging = stage.open_scope("shop", "staging").await;
    assert!(matches!(staging.claim_key(&CLAIM, at(2)).await, Ok(Claimed::Won { .. })));
    // A lease that has long run out does not make an answer worth less.
    assert_eq!(store.claim_key(&CLAIM, at(3_599_999)).await, Ok(Claimed::Done(b"200".to_vec())));
}

async fn a_dead_holder_is_replaced(stage: Stage) {
    let store = stage.open().await;
    let (dead, _) = win(&store, 0).await;
    store.renew_key(&dead, LEASE, at(10_000)).await.unwrap();
    assert_eq!(
        store.claim_key(&CLAIM, at(39_999)).await,
        Ok(Claimed::Running { rest: Duration::from_millis(1), note: None })
    );
    // Another request does not take it over, not even now.
    let other = KeyClaim { request: [2; 32], ..CLAIM };
    assert_eq!(store.claim_key(&other, at(40_000)).await, Ok(Claimed::OtherRequest));
    let (alive, is_repeated) = win(&store, 40_000).await;
    assert!(is_repeated);
    for lost in [store.answer_key(&dead, b"dead".to_vec()).await, store.renew_key(&dead, LEASE, at(40_001)).await] {
        assert_eq!(lost, Err(StoreError::Fenced { what: "key" }));
    }
    store.release_key(&dead).await.unwrap();
    store.answer_key(&alive, b"alive".to_vec()).await.unwrap();
    assert_eq!(store.claim_key(&CLAIM, at(40_002)).await, Ok(Claimed::Done(b"alive".to_vec())));
}

async fn a_key_is_forgotten(stage: Stage) {
    let store = stage.open().await;
    let (lease, _) = win(&store, 0).await;
    store.release_key(&lease).await.unwrap();
    let (lease, is_repeated) = win(&store, 1).await;
    assert!(!is_repeated);
    store.answer_key(&lease, b"old".to_vec()).await.unwrap();
    // Expired, it is any request's.
    let other = KeyClaim { request: [2; 32], expires: at(9_000_000), ..CLAIM };
    let claimed = store.claim_key(&other, at(3_600_000)).await.unwrap();
    assert!(matches!(claimed, Claimed::Won { is_repeated: false, .. }), "{claimed:?}");
    assert_eq!(store.answer_key(&lease, b"late".to_vec()).await, Err(StoreError::Fenced { what: "key" }));
}

async fn a_note_is_the_holders(stage: Stage) {
    let store = stage.open().await;
    let (dead, _) = win(&store, 0).await;
    store.note_key(&dead, b"first".to_vec()).await.unwrap();
    let first = Some(b"first".to_vec());
    let running = store.claim_key(&CLAIM, at(10_000)).await;
    assert_eq!(running, Ok(Claimed::Running { rest: Duration::from_secs(20), note: first.clone() }));
    // A clock that was set back since makes nobody wait longer than for a lease.
    let running = store.claim_key(&CLAIM, at(-40_000)).await;
    assert_eq!(running, Ok(Claimed::Running { rest: LEASE, note: first.clone() }));
    // Who takes over is told, and has the only word since.
    let Claimed::Won { lease, is_repeated: true, note } = store.claim_key(&CLAIM, at(30_000)).await.unwrap() else {
        panic!("the lease is over")
    };
    assert_eq!(note, first);
    assert_eq!(store.note_key(&dead, b"late".to_vec()).await, Err(StoreError::Fenced { what: "key" }));
    store.note_key(&lease, b"second".to_vec()).await.unwrap();
    store.answer_key(&lease, b"200".to_vec()).await.unwrap();
    assert_eq!(store.note_key(&lease, b"late".to_vec()).await, Err(StoreError::Fenced { what: "key" }));
    assert_eq!(store.claim_key(&CLAIM, at(30_001)).await, Ok(Claimed::Done(b"200".to_vec())));
    // A key that was forgotten tells nothing of what it was.
    let claimed = store.claim_key(&CLAIM, at(3_600_000)).await.unwrap();
    assert!(matches!(claimed, Claimed::Won { is_repeated: false, note: None, .. }), "{claimed:?}");
}
