//! Of N replicas one runs a firing; when it dies, another does.

use pace_state::{Claim, FiringLease, FiringState, Store, StoreError};

use crate::support::{LEASE, Stage, at, key, on_both};

on_both!(
    one_of_many_runs_it,
    a_dead_holder_is_replaced_and_fenced,
    a_firing_is_handed_back,
    what_was_missed_can_be_seen
);

async fn win(store: &Store, scheduled: i64, now: i64) -> FiringLease {
    match store.claim_firing("daily", at(scheduled), key(), LEASE, at(now)).await.unwrap() {
        Claim::Won(lease) => lease,
        other => panic!("{other:?}"),
    }
}

async fn one_of_many_runs_it(stage: Stage) {
    let (here, there) = (stage.open().await, stage.open().await);
    // Every replica tries every firing.
    for scheduled in 0..20 {
        let claims = (0..10).map(|number: usize| {
            let store = if number.is_multiple_of(2) { &here } else { &there };
            store.claim_firing("daily", at(scheduled), key(), LEASE, at(scheduled))
        });
        let claims = futures_util::future::try_join_all(claims).await.unwrap();
        let won = claims.iter().filter(|claim| matches!(claim, Claim::Won(_))).count();
        let running =
            claims.iter().filter(|claim| **claim == Claim::Running { until: at(scheduled).after(LEASE) }).count();
        assert_eq!((won, running), (1, 9));
    }
    let elsewhere = stage.open_scope("shop", "staging").await;
    assert_eq!(elsewhere.firings("daily", (at(0), at(100)), 100).await, Ok(Vec::new()));
}

async fn a_dead_holder_is_replaced_and_fenced(stage: Stage) {
    let store = stage.open().await;
    let dead = win(&store, 0, 0).await;
    store.renew_firing(&dead, LEASE, at(5_000)).await.unwrap();
    assert_eq!(store.abandoned_firings(at(34_999), 10).await, Ok(Vec::new()));
    let abandoned = store.abandoned_firings(at(35_000), 10).await.unwrap();
    assert_eq!(abandoned.iter().map(|one| (one.scheduled, one.attempt)).collect::<Vec<_>>(), [(at(0), 1)]);
    let alive = win(&store, 0, 35_000).await;
    assert_eq!(alive.attempt, 2);
    for lost in [
        store.renew_firing(&dead, LEASE, at(35_001)).await,
        store.finish_firing(&dead, FiringState::Done, None, at(35_001)).await,
    ] {
        assert_eq!(lost, Err(StoreError::Fenced { what: "firing" }));
    }
    store.release_firing(&dead).await.unwrap();
    for _ in 0..2 {
        store.finish_firing(&alive, FiringState::Failed, Some(b"why".to_vec()), at(36_000)).await.unwrap();
    }
    let other = store.finish_firing(&alive, FiringState::Done, None, at(36_001)).await;
    assert_eq!(other, Err(StoreError::Fenced { what: "firing" }));
    let claim = store.claim_firing("daily", at(0), key(), LEASE, at(999_999)).await;
    assert_eq!(claim, Ok(Claim::Finished(FiringState::Failed)));
    let kept = store.firings("daily", (at(0), at(1)), 10).await.unwrap().remove(0);
    assert_eq!((kept.result, kept.finished, kept.attempt), (Some(b"why".to_vec()), Some(at(36_000)), 2));
}

async fn a_firing_is_handed_back(stage: Stage) {
    let store = stage.open().await;
    let first = win(&store, 0, 0).await;
    store.release_firing(&first).await.unwrap();
    let second = win(&store, 0, 1).await;
    assert_eq!(second.attempt, 2);
    assert_eq!(
        store.finish_firing(&first, FiringState::Done, None, at(2)).await,
        Err(StoreError::Fenced { what: "firing" })
    );
    // A clock that was wrong by a day keeps nobody out.
    assert_eq!(win(&store, 0, -86_400_000).await.attempt, 3);
}

async fn what_was_missed_can_be_seen(stage: Stage) {
    let store = stage.open().await;
    for scheduled in [10, 20, 40, 50] {
        let lease = win(&store, scheduled, scheduled).await;
        let how = if scheduled == 40 { FiringState::Skipped } else { FiringState::Done };
        store.finish_firing(&lease, how, None, at(scheduled + 1)).await.unwrap();
    }
    store.claim_firing("hourly", at(30), key(), LEASE, at(30)).await.unwrap();
    let there = store.firings("daily", (at(20), at(50)), 10).await.unwrap();
    let there: Vec<_> = there.iter().map(|one| (one.scheduled, one.state)).collect();
    assert_eq!(there, [(at(40), FiringState::Skipped), (at(20), FiringState::Done)]);
    assert_eq!(store.firings("daily", (at(0), at(99)), 2).await.unwrap().len(), 2);
}
