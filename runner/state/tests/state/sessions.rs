//! One turn at a time, whoever takes it; nobody sees another's.

use pace_state::{Begun, Key, SessionOwner, Store, StoreError, TurnLease};

use crate::support::{LEASE, Stage, at, key, on_both, owner};

on_both!(
    a_session_goes_on,
    a_session_is_its_owners_and_its_scopes,
    one_of_many_takes_the_turn,
    a_dead_holders_turn_is_taken_over_and_fenced,
    a_clock_that_is_set_back_keeps_nobody_out,
    what_was_committed_may_be_committed_again,
    forgetting_goes_down_and_fences,
    lists_go_on_where_they_ended,
);

async fn new(store: &Store, who: &str) -> Key {
    let id = key();
    store.create_session(&owner(who), id, b"hello".to_vec(), (at(0), at(5))).await.unwrap();
    id
}

async fn take(store: &Store, id: Key, now: i64) -> (TurnLease, Vec<u8>) {
    match store.begin_turn(&owner("user:ann"), id, key(), LEASE, at(now)).await.unwrap() {
        Begun::Taken { lease, conversation, .. } => (lease, conversation),
        other => panic!("{other:?}"),
    }
}

async fn a_session_goes_on(stage: Stage) {
    let store = stage.open().await;
    let id = new(&store, "user:ann").await;
    let (lease, conversation) = take(&store, id, 10).await;
    assert_eq!(conversation, b"hello");
    let session = store.session(&owner("user:ann"), id).await.unwrap().unwrap();
    assert_eq!((session.turns, session.created, session.updated), (1, at(0), at(5)));
    assert_eq!(session.busy_until, Some(at(10).after(LEASE)));
    store.commit_turn(&lease, b"hello you\0".to_vec(), at(20)).await.unwrap();
    // Released, it is as it was.
    let (lease, conversation) = take(&store, id, 30).await;
    assert_eq!(conversation, b"hello you\0");
    store.release_turn(&lease).await.unwrap();
    let session = store.session(&owner("user:ann"), id).await.unwrap().unwrap();
    assert_eq!((session.turns, session.updated, session.busy_until), (2, at(20), None));
    // Another opening finds it.
    store.close().await.unwrap();
    assert_eq!(store.session(&owner("user:ann"), id).await, Err(StoreError::Closed));
    let store = stage.open().await;
    assert_eq!(store.conversation(&owner("user:ann"), id).await.unwrap().unwrap(), b"hello you\0");
}

async fn a_session_is_its_owners_and_its_scopes(stage: Stage) {
    let store = stage.open().await;
    let id = new(&store, "user:ann").await;
    let strangers = [
        owner("user:bob"),
        SessionOwner { agent: "other".to_owned(), ..owner("user:ann") },
        SessionOwner { parent: Some(key()), ..owner("user:ann") },
    ];
    for stranger in strangers {
        assert_eq!(store.session(&stranger, id).await, Ok(None));
        assert_eq!(store.conversation(&stranger, id).await, Ok(None));
        assert_eq!(store.begin_turn(&stranger, id, key(), LEASE, at(0)).await, Ok(Begun::Unknown));
        assert_eq!(store.forget_session(&stranger, id).await, Ok(false));
    }
    for (project, environment) in [("shop", "staging"), ("other", "test")] {
        let elsewhere = stage.open_scope(project, environment).await;
        assert_eq!(elsewhere.session(&owner("user:ann"), id).await, Ok(None));
        assert_eq!(elsewhere.begin_turn(&owner("user:ann"), id, key(), LEASE, at(0)).await, Ok(Begun::Unknown));
        // Ids are the scope's own.
        elsewhere.create_session(&owner("user:ann"), id, b"mine".to_vec(), (at(0), at(0))).await.unwrap();
    }
    assert_eq!(store.conversation(&owner("user:ann"), id).await.unwrap().unwrap(), b"hello");
    let taken = store.create_session(&owner("user:bob"), id, b"hello".to_vec(), (at(0), at(5))).await;
    assert_eq!(taken, Err(StoreError::Conflict { what: "session" }));
}

async fn one_of_many_takes_the_turn(stage: Stage) {
    let (here, there) = (stage.open().await, stage.open().await);
    let id = new(&here, "user:ann").await;
    let (mut won, mut busy) = (0, 0);
    let who = owner("user:ann");
    let begin = |number: usize| {
        let store = if number.is_multiple_of(2) { &here } else { &there };
        store.begin_turn(&who, id, Key(number as u128), LEASE, at(0))
    };
    for begun in futures_util::future::join_all((0..40).map(begin)).await {
        match begun.unwrap() {
            Begun::Taken { .. } => won += 1,
            Begun::Busy { until } => {
                assert_eq!(until, at(0).after(LEASE));
                busy += 1;
            }
            Begun::Unknown => panic!("it is there"),
        }
    }
    assert_eq!((won, busy), (1, 39));
}

async fn a_dead_holders_turn_is_taken_over_and_fenced(stage: Stage) {
    let store = stage.open().await;
    let id = new(&store, "user:ann").await;
    let (first, _) = take(&store, id, 0).await;
    store.renew_turn(&first, LEASE, at(20_000)).await.unwrap();
    let late = store.begin_turn(&owner("user:ann"), id, key(), LEASE, at(49_999)).await.unwrap();
    assert_eq!(late, Begun::Busy { until: at(50_000) });
    let (second, _) = take(&store, id, 50_000).await;
    for lost in [
        store.commit_turn(&first, b"late".to_vec(), at(50_001)).await,
        store.renew_turn(&first, LEASE, at(50_001)).await,
    ] {
        assert_eq!(lost, Err(StoreError::Fenced { what: "turn" }));
    }
    // Whoever lost it cannot end it for the other either.
    store.release_turn(&first).await.unwrap();
    store.commit_turn(&second, b"second".to_vec(), at(50_002)).await.unwrap();
    assert_eq!(store.commit_turn(&first, b"late".to_vec(), at(50_003)).await, Err(StoreError::Fenced { what: "turn" }));
    assert_eq!(store.conversation(&owner("user:ann"), id).await.unwrap().unwrap(), b"second");
    // A lease that ran out, and that nobody took, is still good for a commit.
    let (third, _) = take(&store, id, 60_000).await;
    store.commit_turn(&third, b"third".to_vec(), at(999_000)).await.unwrap();
}

async fn a_clock_that_is_set_back_keeps_nobody_out(stage: Stage) {
    let store = stage.open().await;
    let id = new(&store, "user:ann").await;
    let (dead, _) = take(&store, id, 0).await;
    // A correction, as clocks make them while they run: the holder may be alive.
    let begun = store.begin_turn(&owner("user:ann"), id, key(), LEASE, at(-5_000)).await.unwrap();
    assert!(matches!(begun, Begun::Busy { .. }));
    // A clock that was wrong by a day: no lease is that long.
    let (lease, _) = take(&store, id, -86_400_000).await;
    store.commit_turn(&lease, b"again".to_vec(), at(-86_399_000)).await.unwrap();
    let lost = store.commit_turn(&dead, b"dead".to_vec(), at(0)).await;
    assert_eq!(lost, Err(StoreError::Fenced { what: "turn" }));
}

async fn what_was_committed_may_be_committed_again(stage: Stage) {
    let store = stage.open().await;
    let id = new(&store, "user:ann").await;
    // As after an answer that was lost on its way.
    store.create_session(&owner("user:ann"), id, b"hello".to_vec(), (at(0), at(5))).await.unwrap();
    let (lease, _) = take(&store, id, 0).await;
    for _ in 0..2 {
        store.commit_turn(&lease, b"more".to_vec(), at(1)).await.unwrap();
    }
    let other = store.commit_turn(&lease, b"other".to_vec(), at(1)).await;
    assert_eq!(other, Err(StoreError::Fenced { what: "turn" }));
    let session = store.session(&owner("user:ann"), id).await.unwrap().unwrap();
    assert_eq!(session.turns, 2);
}

async fn forgetting_goes_down_and_fences(stage: Stage) {
    let store = stage.open().await;
    let top = new(&store, "user:ann").await;
    let inside = |parent: Key| SessionOwner { parent: Some(parent), ..owner("user:ann") };
    let (middle, bottom, elsewhere) = (key(), key(), new(&store, "user:ann").await);
    store.create_session(&inside(top), middle, Vec::new(), (at(0), at(0))).await.unwrap();
    store.create_session(&inside(middle), bottom, Vec::new(), (at(0), at(0))).await.unwrap();
    let Begun::Taken { lease, .. } = store.begin_turn(&inside(middle), bottom, key(), LEASE, at(0)).await.unwrap()
    else {
        panic!("it is idle")
    };
    assert_eq!(store.forget_session(&owner("user:ann"), top).await, Ok(true));
    assert_eq!(store.forget_session(&owner("user:ann"), top).await, Ok(false));
    assert_eq!(store.session(&inside(top), middle).await, Ok(None));
    assert_eq!(store.commit_turn(&lease, Vec::new(), at(1)).await, Err(StoreError::Fenced { what: "turn" }));
    assert!(store.session(&owner("user:ann"), elsewhere).await.unwrap().is_some());
    // A first turn that failed leaves no session, but those inside it.
    let (never, child) = (key(), key());
    store.create_session(&inside(never), child, Vec::new(), (at(0), at(0))).await.unwrap();
    store.forget_sessions_inside(never).await.unwrap();
    assert_eq!(store.session(&inside(never), child).await, Ok(None));
}

async fn lists_go_on_where_they_ended(stage: Stage) {
    let store = stage.open().await;
    let mut all = Vec::new();
    for number in 0..25 {
        let id = key();
        // Several at the same moment.
        let created = at(number / 3);
        store.create_session(&owner("user:ann"), id, Vec::new(), (created, at(99))).await.unwrap();
        all.push((created, id));
        new(&store, "user:bob").await;
    }
    let child = SessionOwner { parent: Some(all[0].1), ..owner("user:ann") };
    store.create_session(&child, key(), Vec::new(), (at(1), at(1))).await.unwrap();
    all.sort_unstable();
    all.reverse();
    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.sessions("helper", "user:ann", after, 10).await.unwrap();
        found.extend(page.rows.iter().map(|session| (session.created, session.id)));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (all, 3));
    let none = store.sessions("helper", "user:cid", None, 10).await.unwrap();
    assert_eq!((none.rows.len(), none.next), (0, None));
}
