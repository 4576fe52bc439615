//! Sessions are their owners', one turn at a time, never half written; in memory bounded, in the store for longer than the runner.

use pace_state::{Location, Scope, Settings};

use super::*;
use crate::environment::{Environment, Secret};
use crate::state::health::Health;

fn owner(principal: &str) -> Owner {
    Owner { agent: "helper".parse().unwrap(), principal: principal.parse().unwrap(), within: None }
}

fn said(turn: &mut Turn, text: &str) {
    turn.messages.push(Message::User(text.to_owned()));
}

/// A new session in which this was said.
async fn begun(sessions: &Arc<Sessions>, who: &str, text: &str) -> SessionId {
    let mut turn = sessions.create(owner(who), None).unwrap();
    said(&mut turn, text);
    let id = turn.id();
    turn.commit().await.unwrap();
    id
}

async fn goes_on(sessions: &Arc<Sessions>, id: SessionId, text: &str) {
    let mut turn = sessions.resume(owner("user:ann"), id).await.unwrap();
    said(&mut turn, text);
    turn.commit().await.unwrap();
}

async fn texts(sessions: &Sessions, id: SessionId) -> Option<Vec<String>> {
    let found = sessions.find(id).await.unwrap()?;
    let text = |message| match message {
        Message::User(text) => text,
        other => panic!("{other:?}"),
    };
    Some(found.messages.into_iter().map(text).collect())
}

async fn code(sessions: &Arc<Sessions>, who: &str, id: SessionId) -> Code {
    sessions.resume(owner(who), id).await.unwrap_err().code
}

async fn open(folder: &std::path::Path) -> Store {
    let scope = Scope { project: "shop".to_owned(), environment: "test".to_owned() };
    Store::open(Location::Sqlite(folder.to_owned()), scope, Settings::default()).await.unwrap()
}

/// In memory and in a store.
async fn both() -> (tempfile::TempDir, [Arc<Sessions>; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let stored = Sessions::stored(&open(folder.path()).await, &Given::default(), &Arc::default());
    (folder, [Arc::default(), Arc::new(stored)])
}

#[tokio::test]
async fn a_turn_that_fails_leaves_no_trace() {
    let (_folder, both) = both().await;
    for sessions in both {
        let mut turn = sessions.create(owner("user:ann"), None).unwrap();
        let id = turn.id();
        said(&mut turn, "hello");
        drop(turn);
        assert_eq!((texts(&sessions, id).await, code(&sessions, "user:ann", id).await), (None, Code::UnknownSession));
        assert!(sessions.busy().is_empty());

        let id = begun(&sessions, "user:ann", "hello").await;
        for _ in 0..3 {
            let mut turn = sessions.resume(owner("user:ann"), id).await.unwrap();
            assert_eq!(turn.messages, [Message::User("hello".to_owned())]);
            said(&mut turn, "lost");
            drop(turn);
            sessions.settled(Duration::from_secs(30)).await;
            assert_eq!(texts(&sessions, id).await.unwrap(), ["hello"]);
        }
        goes_on(&sessions, id, "you").await;
        assert_eq!(texts(&sessions, id).await.unwrap(), ["hello", "you"]);
    }
}

#[tokio::test]
async fn a_session_takes_one_turn_at_a_time_and_is_its_owners() {
    let (_folder, both) = both().await;
    for sessions in both {
        let mut turn = sessions.create(owner("user:ann"), None).unwrap();
        let id = turn.id();
        said(&mut turn, "hello");
        let found = sessions.find(id).await.unwrap().unwrap();
        assert_eq!((found.overview.is_busy, found.overview.turns, found.messages), (true, 0, Vec::new()));
        for is_new in [true, false] {
            assert_eq!(code(&sessions, "user:ann", id).await, Code::SessionBusy, "{is_new}");
            for thief in ["user:ben", "anonymous"] {
                assert_eq!(code(&sessions, thief, id).await, Code::UnknownSession);
            }
            turn.commit().await.unwrap();
            turn = sessions.resume(owner("user:ann"), id).await.unwrap();
        }
        drop(turn);
        sessions.settled(Duration::from_secs(30)).await;
        assert_eq!(code(&sessions, "user:ben", id).await, Code::UnknownSession);
        assert!(sessions.forget(&owner("user:ben"), id).await.is_err());
        sessions.forget(&owner("user:ann"), id).await.unwrap();
        assert_eq!(code(&sessions, "user:ann", id).await, Code::UnknownSession);
    }
}

#[tokio::test]
async fn a_busy_session_is_forgotten_when_its_turn_is_over() {
    let (_folder, both) = both().await;
    for sessions in both {
        let mut new = sessions.create(owner("user:ann"), None).unwrap();
        said(&mut new, "hello");
        let there = begun(&sessions, "user:ann", "hello").await;
        for mut turn in [new, sessions.resume(owner("user:ann"), there).await.unwrap()] {
            let id = turn.id();
            sessions.forget(&owner("user:ann"), id).await.unwrap();
            said(&mut turn, "more");
            assert_eq!(turn.commit().await, Ok(()));
            assert_eq!(
                (texts(&sessions, id).await, code(&sessions, "user:ann", id).await),
                (None, Code::UnknownSession)
            );
        }
    }
}

#[tokio::test]
async fn lists_are_in_pages_and_of_one_or_all() {
    let (_folder, both) = both().await;
    for sessions in both {
        let mut all = Vec::new();
        for number in 0..7 {
            let who = if number % 2 == 0 { "user:ann" } else { "anonymous" };
            all.push((begun(&sessions, who, "hello").await, who));
        }
        let agent = "helper".parse().unwrap();
        for whose in [None, Some("user:ann"), Some("anonymous"), Some("user:ben")] {
            let principal = whose.map(|whose| whose.parse::<Principal>().unwrap());
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = sessions.list(&agent, principal.as_ref(), after, 3).await.unwrap();
                assert!(page.rows.len() <= 3 && page.rows.iter().all(|row| row.turns == 1 && !row.is_busy));
                found.extend(page.rows.iter().map(|row| (row.created, row.id, row.principal.to_string())));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert!(found.is_sorted_by(|one, next| (one.0, one.1) > (next.0, next.1)));
            let mut found: Vec<_> = found.iter().map(|(_, id, who)| (*id, who.as_str())).collect();
            let mut wanted: Vec<_> =
                all.iter().copied().filter(|(_, who)| whose.is_none_or(|whose| whose == *who)).collect();
            found.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "{whose:?}");
        }
    }
}

#[tokio::test]
async fn the_least_recently_used_session_goes_first() {
    let sessions = Arc::new(Sessions::default());
    let half = "x".repeat(MAX_BYTES / 2 - 1_000);
    let (first, second) = (begun(&sessions, "user:ann", &half).await, begun(&sessions, "user:ann", &half).await);
    sessions.resume(owner("user:ann"), first).await.unwrap().commit().await.unwrap();
    let third = begun(&sessions, "user:ann", &half).await;
    let mut there = Vec::new();
    for id in [first, second, third] {
        there.push(sessions.find(id).await.unwrap().is_some());
    }
    assert_eq!(there, [true, false, true]);
    for _ in 0..MAX_SESSIONS {
        begun(&sessions, "anonymous", "hello").await;
    }
    assert_eq!(sessions.size().0, MAX_SESSIONS);
    assert!(sessions.find(first).await.unwrap().is_none());
}

fn inside(outer: &Turn) -> Owner {
    Owner { within: Some(outer.id()), ..owner("user:ann") }
}

#[tokio::test]
async fn a_called_agents_session_is_its_callers_and_goes_with_it() {
    let (_folder, both) = both().await;
    for sessions in both {
        let mut outer = sessions.create(owner("user:ann"), None).unwrap();
        let mut inner = outer.inside().create(inside(&outer)).unwrap();
        let mut innermost = inner.inside().create(inside(&inner)).unwrap();
        let ids = [outer.id(), inner.id(), innermost.id()];
        said(&mut innermost, "innermost");
        said(&mut inner, "inner");
        innermost.commit().await.unwrap();
        assert_eq!(
            outer.inside().resume(inside(&outer), ids[1]).await.unwrap_err().code,
            Code::SessionBusy,
            "it takes a turn"
        );
        inner.commit().await.unwrap();
        // Nothing is kept before the turn around it is.
        assert_eq!(texts(&sessions, ids[1]).await, None);
        // It goes on in the same turn, and as if nothing had been where that fails.
        let mut again = outer.inside().resume(inside(&outer), ids[1]).await.unwrap();
        said(&mut again, "lost");
        let mut deeper = again.inside().resume(inside(&again), ids[2]).await.unwrap();
        said(&mut deeper, "lost");
        deeper.commit().await.unwrap();
        drop(again);
        said(&mut outer, "outer");
        outer.commit().await.unwrap();
        for (id, text) in ids.into_iter().zip(["outer", "inner", "innermost"]) {
            assert_eq!(texts(&sessions, id).await.unwrap(), [text]);
        }
        let other = begun(&sessions, "user:ann", "other").await;
        let other = sessions.resume(owner("user:ann"), other).await.unwrap();
        assert_eq!(other.inside().resume(inside(&other), ids[1]).await.unwrap_err().code, Code::UnknownSession);
        assert_eq!(code(&sessions, "user:ann", ids[1]).await, Code::UnknownSession);
        drop(other);
        let mut outer = sessions.resume(owner("user:ann"), ids[0]).await.unwrap();
        let mut inner = outer.inside().resume(inside(&outer), ids[1]).await.unwrap();
        said(&mut inner, "more");
        let mut innermost = inner.inside().resume(inside(&inner), ids[2]).await.unwrap();
        said(&mut innermost, "more");
        innermost.commit().await.unwrap();
        inner.commit().await.unwrap();
        said(&mut outer, "more");
        outer.commit().await.unwrap();
        assert_eq!(texts(&sessions, ids[2]).await.unwrap(), ["innermost", "more"]);
        assert_eq!(sessions.find(ids[2]).await.unwrap().unwrap().overview.turns, 2);
        // What a turn said inside is gone with it.
        let outer = sessions.resume(owner("user:ann"), ids[0]).await.unwrap();
        let mut inner = outer.inside().resume(inside(&outer), ids[1]).await.unwrap();
        said(&mut inner, "lost");
        inner.commit().await.unwrap();
        drop(outer);
        sessions.settled(Duration::from_secs(30)).await;
        assert_eq!(texts(&sessions, ids[1]).await.unwrap(), ["inner", "more"]);
        sessions.forget(&owner("user:ann"), ids[0]).await.unwrap();
        for id in ids {
            assert_eq!(texts(&sessions, id).await, None);
        }
    }
}

#[tokio::test]
async fn two_runners_take_turns_of_one_session() {
    let folder = tempfile::tempdir().unwrap();
    let runners = [
        Arc::new(Sessions::stored(&open(folder.path()).await, &Given::default(), &Arc::default())),
        Arc::new(Sessions::stored(&open(folder.path()).await, &Given::default(), &Arc::default())),
    ];
    let id = begun(&runners[0], "user:ann", "0").await;
    for number in 1..9 {
        let [one, other] = if number % 3 == 0 { [&runners[1], &runners[0]] } else { [&runners[0], &runners[1]] };
        let mut turn = one.resume(owner("user:ann"), id).await.unwrap();
        assert_eq!(turn.messages.len(), number);
        assert_eq!(code(other, "user:ann", id).await, Code::SessionBusy);
        assert!(other.find(id).await.unwrap().unwrap().overview.is_busy);
        said(&mut turn, &number.to_string());
        turn.commit().await.unwrap();
    }
    assert_eq!(texts(&runners[1], id).await.unwrap().join(""), "012345678");
    // One that is forgotten elsewhere is forgotten when its turn is over, and the answer is as good as any.
    let mut turn = runners[0].resume(owner("user:ann"), id).await.unwrap();
    runners[1].forget(&owner("user:ann"), id).await.unwrap();
    said(&mut turn, "late");
    assert_eq!(turn.commit().await, Ok(()));
    assert_eq!(texts(&runners[0], id).await, None);
}

#[tokio::test]
async fn what_a_runner_saw_is_not_what_another_said_since() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let [here, there] = [(); 2].map(|()| Arc::new(Sessions::stored(&store, &Given::default(), &Arc::default())));
    let id = begun(&here, "user:ann", "1").await;
    goes_on(&here, id, "2").await;
    assert_eq!(here.size().0, 1, "a session in use is in memory");
    goes_on(&there, id, "3").await;
    goes_on(&here, id, "4").await;
    drop(here.resume(owner("user:ann"), id).await.unwrap());
    here.settled(Duration::from_secs(30)).await;
    goes_on(&here, id, "5").await;
    assert_eq!(texts(&there, id).await.unwrap().join(""), "12345");
}

#[tokio::test]
async fn who_lost_the_lease_keeps_nothing_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let [here, there] = [(); 2].map(|()| Arc::new(Sessions::stored(&store, &Given::default(), &Arc::default())));
    let id = begun(&here, "user:ann", "hello").await;
    let mut turn = here.resume(owner("user:ann"), id).await.unwrap();
    said(&mut turn, "from here");
    // As if the clock had been set forward, or this process had been stopped for so long.
    let file = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    file.execute("UPDATE pace_sessions SET turn_until = 1", []).unwrap();
    goes_on(&there, id, "from there").await;
    assert_eq!(turn.commit().await, Err("the session went on elsewhere meanwhile"));
    assert_eq!(texts(&here, id).await.unwrap(), ["hello", "from there"]);
    goes_on(&here, id, "again").await;
    assert_eq!(texts(&here, id).await.unwrap(), ["hello", "from there", "again"]);
}

#[tokio::test]
async fn a_lease_of_a_clock_that_was_wrong_keeps_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let sessions = Arc::new(Sessions::stored(&store, &Given::default(), &Arc::default()));
    let id = begun(&sessions, "user:ann", "hello").await;
    let file = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    // Its holder died in the year 2100.
    file.execute("UPDATE pace_sessions SET turn_until = 4102444800000", []).unwrap();
    goes_on(&sessions, id, "more").await;
    // And one that died a moment ago does, until its lease is over.
    let soon = now().after(Duration::from_secs(20)).0;
    file.execute("UPDATE pace_sessions SET turn_until = ?1", [soon]).unwrap();
    assert_eq!(code(&sessions, "user:ann", id).await, Code::SessionBusy);
}

#[tokio::test]
async fn no_secret_is_kept_and_what_is_in_use_is_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::from_pairs([("TOKEN", "tok-\"4f8a\n2c91")]);
    environment.secret("TOKEN").unwrap().map(|secret: Secret| secret.expose().len()).unwrap();
    let sessions = Arc::new(Sessions::stored(&open(folder.path()).await, environment.given(), &Arc::default()));
    let id = begun(&sessions, "user:ann", "it is tok-\"4f8a\n2c91, see?").await;
    for _ in 0..2 {
        let turn = sessions.resume(owner("user:ann"), id).await.unwrap();
        assert_eq!(turn.messages[0], Message::User("it is [redacted:TOKEN], see?".to_owned()));
        turn.commit().await.unwrap();
    }
}

#[tokio::test]
async fn while_the_store_fails_nothing_goes_on_and_new_ones_say_that_they_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let health = Arc::<Health>::default();
    let sessions = Arc::new(Sessions::stored(&store, &Given::default(), &health));
    let id = begun(&sessions, "user:ann", "hello").await;
    let mut turn = sessions.resume(owner("user:ann"), id).await.unwrap();
    assert!(health.is_well());
    store.close().await.unwrap();
    let problem = sessions.resume(owner("user:ann"), SessionId::new().unwrap()).await.unwrap_err();
    assert_eq!((problem.code, problem.retry_after.is_some()), (Code::StoreFailed, true));
    assert_eq!(sessions.find(id).await.unwrap_err().code, Code::StoreFailed);
    assert!(!health.is_well());
    said(&mut turn, "more");
    assert_eq!(turn.commit().await, Err("the store does not answer"));
    let mut new = sessions.create(owner("user:ann"), None).unwrap();
    said(&mut new, "hello");
    assert_eq!(new.commit().await, Err("the store does not answer"));
}

#[tokio::test]
async fn what_cannot_be_read_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = Arc::new(Sessions::stored(&open(folder.path()).await, &Given::default(), &Arc::default()));
    let id = begun(&sessions, "user:ann", "hello").await;
    goes_on(&sessions, id, "more").await;
    let file = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    let before: Vec<u8> = file.query_row("SELECT conversation FROM pace_sessions", [], |row| row.get(0)).unwrap();
    for (kept, why) in [
        (&br#"{"version":2,"messages":{"new":1}}"#[..], "it has the version 2, and this runner knows 1"),
        (b"\xff\x00", "expected value at line 1 column 1"),
        (b"", "EOF while parsing a value at line 1 column 0"),
    ] {
        file.execute("UPDATE pace_sessions SET conversation = ?1, turn_token = turn_token + 1", [kept]).unwrap();
        for _ in 0..2 {
            let problem = sessions.resume(owner("user:ann"), id).await.unwrap_err();
            assert_eq!(problem.code, Code::Internal);
            assert_eq!(problem.detail, format!("the session cannot be read: {why}"));
            sessions.settled(Duration::from_secs(30)).await;
        }
        let left: Vec<u8> = file.query_row("SELECT conversation FROM pace_sessions", [], |row| row.get(0)).unwrap();
        assert_eq!(left, kept);
    }
    file.execute("UPDATE pace_sessions SET conversation = ?1", [before]).unwrap();
    assert_eq!(texts(&sessions, id).await.unwrap(), ["hello", "more"]);
}

#[tokio::test]
async fn a_client_that_goes_at_the_last_moment_leaves_a_whole_turn() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = Arc::new(Sessions::stored(&open(folder.path()).await, &Given::default(), &Arc::default()));
    let id = begun(&sessions, "user:ann", "0").await;
    for number in 1..5 {
        // Whoever waits for the turn is dropped in the middle of taking it.
        let mut taking = Box::pin(sessions.resume(owner("user:ann"), id));
        drop(futures_util::poll!(&mut taking));
        drop(taking);
        sessions.settled(Duration::from_secs(30)).await;
        let mut turn = sessions.resume(owner("user:ann"), id).await.unwrap();
        said(&mut turn, &number.to_string());
        let mut ending = Box::pin(turn.commit());
        let _begun_or_done = futures_util::poll!(&mut ending).is_ready();
        drop(ending);
        sessions.settled(Duration::from_secs(30)).await;
        assert_eq!(texts(&sessions, id).await.unwrap().len(), number + 1);
    }
}
