//! One turn at a time, whoever takes it; nobody sees another's.

use pace_state::{Begun, Key, NewSession, SessionInside, SessionOwner, Store, StoreError, TurnEnd, TurnLease};

use crate::support::{LEASE, Stage, at, create, end, key, new_session, on_both, owner};

on_both!(
    a_session_goes_on,
    a_session_is_its_owners_and_its_scopes,
    one_of_many_takes_the_turn,
    a_dead_holders_turn_is_taken_over_and_fenced,
    a_clock_that_is_set_back_keeps_nobody_out,
    what_was_committed_may_be_committed_again,
    who_has_seen_a_conversation_is_not_given_it_again,
    sessions_inside_are_written_with_the_turn_or_not_at_all,
    a_name_is_of_one_session,
    forgetting_goes_down_and_fences,
    lists_go_on_where_they_ended,
);

async fn new(store: &Store, who: &str) -> Key {
    let id = key();
    create(store, owner(who), id, b"hello", (at(0), at(5))).await;
    id
}

async fn said(store: &Store, whose: &SessionOwner, id: Key) -> Vec<u8> {
    store.conversation(whose, id).await.unwrap().unwrap().1
}

async fn take(store: &Store, id: Key, now: i64) -> (TurnLease, Vec<u8>) {
    match store.begin_turn(&owner("user:ann"), id, None, LEASE, at(now)).await.unwrap() {
        Begun::Taken { lease, conversation, .. } => (lease, conversation.unwrap()),
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
    store.commit_turn(&lease, &end(b"hello you\0", at(20))).await.unwrap();
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
    assert_eq!(said(&store, &owner("user:ann"), id).await, b"hello you\0");
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
        assert_eq!(store.begin_turn(&stranger, id, None, LEASE, at(0)).await, Ok(Begun::Unknown));
        assert_eq!(store.forget_session(&stranger, id).await, Ok(false));
    }
    for (project, environment) in [("shop", "staging"), ("other", "test")] {
        let elsewhere = stage.open_scope(project, environment).await;
        assert_eq!(elsewhere.session(&owner("user:ann"), id).await, Ok(None));
        assert_eq!(elsewhere.begin_turn(&owner("user:ann"), id, None, LEASE, at(0)).await, Ok(Begun::Unknown));
        // Ids are the scope's own.
        create(&elsewhere, owner("user:ann"), id, b"mine", (at(0), at(0))).await;
    }
    assert_eq!(said(&store, &owner("user:ann"), id).await, b"hello");
    let taken = store.create_session(&new_session(owner("user:bob"), id, at(0)), &end(b"hello", at(5))).await;
    assert_eq!(taken, Err(StoreError::Conflict { what: "session" }));
}

async fn one_of_many_takes_the_turn(stage: Stage) {
    let (here, there) = (stage.open().await, stage.open().await);
    let id = new(&here, "user:ann").await;
    let (mut won, mut busy) = (0, 0);
    let who = owner("user:ann");
    let begin = |number: usize| {
        let store = if number.is_multiple_of(2) { &here } else { &there };
        store.begin_turn(&who, id, None, LEASE, at(0))
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
    let late = store.begin_turn(&owner("user:ann"), id, None, LEASE, at(49_999)).await.unwrap();
    assert_eq!(late, Begun::Busy { until: at(50_000) });
    let (second, _) = take(&store, id, 50_000).await;
    for lost in
        [store.commit_turn(&first, &end(b"late", at(50_001))).await, store.renew_turn(&first, LEASE, at(50_001)).await]
    {
        assert_eq!(lost, Err(StoreError::Fenced { what: "turn" }));
    }
    // Whoever lost it cannot end it for the other either.
    store.release_turn(&first).await.unwrap();
    store.commit_turn(&second, &end(b"second", at(50_002))).await.unwrap();
    assert_eq!(store.commit_turn(&first, &end(b"late", at(50_003))).await, Err(StoreError::Fenced { what: "turn" }));
    assert_eq!(said(&store, &owner("user:ann"), id).await, b"second");
    // A lease that ran out, and that nobody took, is still good for a commit.
    let (third, _) = take(&store, id, 60_000).await;
    store.commit_turn(&third, &end(b"third", at(999_000))).await.unwrap();
}

async fn a_clock_that_is_set_back_keeps_nobody_out(stage: Stage) {
    let store = stage.open().await;
    let id = new(&store, "user:ann").await;
    let (dead, _) = take(&store, id, 0).await;
    // A correction, as clocks make them while they run: the holder may be alive.
    let begun = store.begin_turn(&owner("user:ann"), id, None, LEASE, at(-5_000)).await.unwrap();
    assert!(matches!(begun, Begun::Busy { .. }));
    // A clock that was wrong by a day: no lease is that long.
    let (lease, _) = take(&store, id, -86_400_000).await;
    store.commit_turn(&lease, &end(b"again", at(-86_399_000))).await.unwrap();
    let lost = store.commit_turn(&dead, &end(b"dead", at(0))).await;
    assert_eq!(lost, Err(StoreError::Fenced { what: "turn" }));
}

async fn what_was_committed_may_be_committed_again(stage: Stage) {
    let store = stage.open().await;
    let id = new(&store, "user:ann").await;
    // As after an answer that was lost on its way.
    create(&store, owner("user:ann"), id, b"hello", (at(0), at(5))).await;
    let (lease, _) = take(&store, id, 0).await;
    for _ in 0..2 {
        store.commit_turn(&lease, &end(b"more", at(1))).await.unwrap();
    }
    let other = store.commit_turn(&lease, &end(b"other", at(1))).await;
    assert_eq!(other, Err(StoreError::Fenced { what: "turn" }));
    let session = store.session(&owner("user:ann"), id).await.unwrap().unwrap();
    assert_eq!(session.turns, 2);
}

async fn who_has_seen_a_conversation_is_not_given_it_again(stage: Stage) {
    let store = stage.open().await;
    let id = new(&store, "user:ann").await;
    let begin = async |seen, now| match store.begin_turn(&owner("user:ann"), id, seen, LEASE, at(now)).await.unwrap() {
        Begun::Taken { lease, conversation, .. } => (lease, conversation),
        other => panic!("{other:?}"),
    };
    let (first, _) = begin(None, 0).await;
    store.commit_turn(&first, &end(b"one", at(1))).await.unwrap();
    let (second, given) = begin(Some(first.version()), 2).await;
    assert_eq!(given, None);
    store.release_turn(&second).await.unwrap();
    // Another runner takes a turn in between.
    let (elsewhere, _) = begin(None, 3).await;
    store.commit_turn(&elsewhere, &end(b"two", at(4))).await.unwrap();
    for old in [first, second] {
        let (lease, given) = begin(Some(old.version()), 5).await;
        assert_eq!(given.as_deref(), Some(&b"two"[..]));
        store.release_turn(&lease).await.unwrap();
    }
}

/// A turn with sessions inside: one below the other.
fn with_inside(top: Key, ids: [Key; 2], turns: u64) -> TurnEnd {
    let [middle, bottom] = ids;
    let inside = |parent, id, conversation: &[u8]| SessionInside {
        owner: SessionOwner { parent: Some(parent), ..owner("user:ann") },
        id,
        turns,
        created: at(0),
        conversation: conversation.to_vec(),
    };
    let inside = vec![inside(top, middle, b"middle"), inside(middle, bottom, b"bottom")];
    TurnEnd { inside, ..end(format!("turn {turns}").as_bytes(), at(9)) }
}

async fn sessions_inside_are_written_with_the_turn_or_not_at_all(stage: Stage) {
    let store = stage.open().await;
    let (top, ids) = (key(), [key(), key()]);
    let turns = async |parent, id| {
        let found = store.session(&SessionOwner { parent: Some(parent), ..owner("user:ann") }, id).await.unwrap();
        found.map(|session| session.turns)
    };
    let both = async || [turns(top, ids[0]).await, turns(ids[0], ids[1]).await];
    let created = new_session(owner("user:ann"), top, at(0));
    for _ in 0..2 {
        store.create_session(&created, &with_inside(top, ids, 1)).await.unwrap();
        assert_eq!(both().await, [Some(1), Some(1)]);
    }
    // Of a session that is not written, none is.
    let other = [key(), key()];
    let mut bobs = with_inside(top, other, 1);
    for session in &mut bobs.inside {
        "user:bob".clone_into(&mut session.owner.principal);
    }
    let taken = store.create_session(&new_session(owner("user:bob"), top, at(0)), &bobs).await;
    assert_eq!(taken, Err(StoreError::Conflict { what: "session" }));
    assert_eq!(store.any_session(other[0]).await, Ok(None));
    let (lost, _) = take(&store, top, 0).await;
    let (lease, _) = take(&store, top, 50_000).await;
    let late = store.commit_turn(&lost, &with_inside(top, ids, 2)).await;
    assert_eq!((late, both().await), (Err(StoreError::Fenced { what: "turn" }), [Some(1), Some(1)]));
    for _ in 0..2 {
        store.commit_turn(&lease, &with_inside(top, ids, 2)).await.unwrap();
        assert_eq!(both().await, [Some(2), Some(2)]);
    }
    // Nobody writes into a session that is somebody else's.
    let stolen = new(&store, "user:bob").await;
    let (lease, _) = take(&store, top, 60_000).await;
    store.commit_turn(&lease, &with_inside(top, [stolen, key()], 3)).await.unwrap();
    assert_eq!(said(&store, &owner("user:bob"), stolen).await, b"hello");
    let (whose, session, conversation) = store.any_session(ids[1]).await.unwrap().unwrap();
    assert_eq!((whose.parent, session.turns, &conversation[..]), (Some(ids[0]), 2, &b"bottom"[..]));
    assert_eq!(store.any_session(key()).await, Ok(None));
}

async fn a_name_is_of_one_session(stage: Stage) {
    let store = stage.open().await;
    let named =
        |who: &str, name: &str| NewSession { name: Some(name.to_owned()), ..new_session(owner(who), key(), at(0)) };
    let tour = named("user:ann", "tour");
    store.create_session(&tour, &end(b"one", at(1))).await.unwrap();
    let found = store.named_session("helper", "user:ann", "tour").await.unwrap().unwrap();
    assert_eq!((found.id, found.name.as_deref()), (tour.id, Some("tour")));
    for (agent, who, name) in
        [("helper", "user:bob", "tour"), ("other", "user:ann", "tour"), ("helper", "user:ann", "x")]
    {
        assert_eq!(store.named_session(agent, who, name).await, Ok(None));
    }
    let again = store.create_session(&named("user:ann", "tour"), &end(b"two", at(2))).await;
    assert_eq!(again, Err(StoreError::Conflict { what: "session" }));
    store.create_session(&named("user:bob", "tour"), &end(b"bobs", at(2))).await.unwrap();
    store.forget_session(&owner("user:ann"), tour.id).await.unwrap();
    store.create_session(&named("user:ann", "tour"), &end(b"anew", at(3))).await.unwrap();
}

async fn forgetting_goes_down_and_fences(stage: Stage) {
    let store = stage.open().await;
    let top = new(&store, "user:ann").await;
    let inside = |parent: Key| SessionOwner { parent: Some(parent), ..owner("user:ann") };
    let (middle, bottom, elsewhere) = (key(), key(), new(&store, "user:ann").await);
    create(&store, inside(top), middle, b"", (at(0), at(0))).await;
    create(&store, inside(middle), bottom, b"", (at(0), at(0))).await;
    let Begun::Taken { lease, .. } = store.begin_turn(&inside(middle), bottom, None, LEASE, at(0)).await.unwrap()
    else {
        panic!("it is idle")
    };
    assert_eq!(store.forget_session(&owner("user:ann"), top).await, Ok(true));
    assert_eq!(store.forget_session(&owner("user:ann"), top).await, Ok(false));
    assert_eq!(store.session(&inside(top), middle).await, Ok(None));
    assert_eq!(store.commit_turn(&lease, &end(b"", at(1))).await, Err(StoreError::Fenced { what: "turn" }));
    assert!(store.session(&owner("user:ann"), elsewhere).await.unwrap().is_some());
}

async fn lists_go_on_where_they_ended(stage: Stage) {
    let store = stage.open().await;
    let mut all = Vec::new();
    for number in 0..25 {
        let id = key();
        // Several at the same moment.
        let created = at(number / 3);
        create(&store, owner("user:ann"), id, b"", (created, at(99))).await;
        all.push((created, id));
        new(&store, "user:bob").await;
    }
    let child = SessionOwner { parent: Some(all[0].1), ..owner("user:ann") };
    create(&store, child, key(), b"", (at(1), at(1))).await;
    all.sort_unstable();
    all.reverse();
    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.sessions("helper", Some("user:ann"), after, 10).await.unwrap();
        found.extend(page.rows.iter().map(|session| (session.created, session.id)));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (all, 3));
    let none = store.sessions("helper", Some("user:cid"), None, 10).await.unwrap();
    assert_eq!((none.rows.len(), none.next), (0, None));
    let everybodys = store.sessions("helper", None, None, 100).await.unwrap();
    let of = |who: &str| everybodys.rows.iter().filter(|session| session.principal == who).count();
    assert_eq!((everybodys.rows.len(), of("user:ann"), of("user:bob")), (50, 25, 25));
    assert!(everybodys.rows.is_sorted_by_key(|session| std::cmp::Reverse((session.created, session.id))));
    assert_eq!(store.sessions("other", None, None, 100).await.unwrap().rows, []);
}
