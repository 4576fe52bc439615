//! What is old goes, a batch at a time, and nothing else does.

use pace_state::{Begun, Claim, FiringState, KeyClaim, Prune, Readable, SessionOwner, Store, TraceFilter};

use crate::support::{LEASE, Stage, at, create, key, on_both, owner, trace};

on_both!(traces_go_by_age_and_number, sessions_go_unless_they_are_busy, keys_and_firings_go);

async fn insert(store: &Store, count: i64) {
    let rows: Vec<_> = (0..count).map(|number| (trace("a", "user:ann", at(number / 2)), Vec::new())).collect();
    store.insert_traces(&rows).await.unwrap();
}

async fn left(store: &Store) -> usize {
    store.traces(&TraceFilter::default(), None, 1000).await.unwrap().rows.len()
}

async fn traces_go_by_age_and_number(stage: Stage) {
    let (store, elsewhere) = (stage.open().await, stage.open_scope("shop", "staging").await);
    insert(&store, 100).await;
    insert(&elsewhere, 100).await;
    let mut gone = Vec::new();
    for _ in 0..4 {
        gone.push(store.prune(Prune::TracesBefore(at(10)), 8).await.unwrap());
    }
    assert_eq!((gone, left(&store).await), (vec![8, 8, 4, 0], 80));
    let first = store.traces(&TraceFilter::default(), None, 1).await.unwrap().rows.remove(0);
    assert_eq!(store.prune(Prune::TracesBeyond(80), 100).await, Ok(0));
    assert_eq!(store.prune(Prune::TracesBeyond(30), 40).await, Ok(40));
    assert_eq!(store.prune(Prune::TracesBeyond(30), 40).await, Ok(10));
    assert_eq!((left(&store).await, left(&elsewhere).await), (30, 100));
    // The newest stay.
    let still = store.traces(&TraceFilter::default(), None, 1).await.unwrap().rows.remove(0);
    assert_eq!(still, first);
    assert_eq!(store.prune(Prune::TracesBeyond(0), 100).await, Ok(30));
    let mine = TraceFilter { readable: Some(Readable::default()), ..TraceFilter::default() };
    assert_eq!(store.traces(&mine, None, 10).await.unwrap().rows.len(), 0);
}

async fn sessions_go_unless_they_are_busy(stage: Stage) {
    let store = stage.open().await;
    let mut ids = Vec::new();
    for number in 0..6 {
        let id = key();
        create(&store, owner("user:ann"), id, b"", (at(0), at(number))).await;
        ids.push(id);
    }
    let Begun::Taken { .. } = store.begin_turn(&owner("user:ann"), ids[0], None, LEASE, at(10)).await.unwrap() else {
        panic!("it is idle")
    };
    assert_eq!(store.prune(Prune::SessionsBefore(at(4)), 2).await, Ok(2));
    assert_eq!(store.prune(Prune::SessionsBefore(at(4)), 2).await, Ok(1));
    let left = store.sessions("helper", Some("user:ann"), None, 10).await.unwrap();
    let mut left: Vec<_> = left.rows.iter().map(|session| session.id).collect();
    let mut wanted = vec![ids[0], ids[4], ids[5]];
    left.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(left, wanted);
    // Its holder died long ago.
    assert_eq!(store.prune(Prune::SessionsBefore(at(90_000)), 10).await, Ok(3));
    // One that is inside another goes after it, however long it was left alone.
    let (around, inside) = (key(), key());
    create(&store, owner("user:ann"), around, b"", (at(0), at(50))).await;
    let within = SessionOwner { parent: Some(around), ..owner("user:ann") };
    create(&store, within, inside, b"", (at(0), at(1))).await;
    let mut gone = Vec::new();
    for before in [10, 60, 60, 60] {
        gone.push(store.prune(Prune::SessionsBefore(at(before)), 10).await.unwrap());
    }
    assert_eq!(gone, [0, 1, 1, 0]);
}

async fn keys_and_firings_go(stage: Stage) {
    let store = stage.open().await;
    for (name, expires) in [("a", at(10)), ("b", at(20))] {
        let claim = KeyClaim { principal: "user:ann", name, request: [0; 32], lease: LEASE, expires };
        store.claim_key(&claim, at(0)).await.unwrap();
    }
    assert_eq!(store.prune(Prune::KeysExpired(at(10)), 10).await, Ok(1));
    for scheduled in [1, 2, 3] {
        let Claim::Won(lease) = store.claim_firing("daily", at(scheduled), key(), LEASE, at(0)).await.unwrap() else {
            panic!("nobody else is here")
        };
        if scheduled != 1 {
            store.finish_firing(&lease, FiringState::Done, None, at(9)).await.unwrap();
        }
    }
    // One that is not over is nobody's to forget.
    assert_eq!(store.prune(Prune::FiringsBefore(at(3)), 10).await, Ok(1));
    let left = store.firings("daily", (at(0), at(9)), 10).await.unwrap();
    assert_eq!(left.iter().map(|one| one.scheduled).collect::<Vec<_>>(), [at(3), at(1)]);
}
