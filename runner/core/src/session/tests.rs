//! Turns that are taken, lost, forgotten and bounded.

use super::*;

fn owner(principal: &str) -> Owner {
    Owner { agent: "helper".parse().unwrap(), principal: principal.parse().unwrap(), within: None }
}

fn said(turn: &mut Turn, text: &str) {
    turn.messages.push(Message::User(text.to_owned()));
}

#[test]
fn a_turn_that_fails_leaves_no_trace() {
    let sessions = Arc::new(Sessions::default());
    let mut turn = sessions.begin(owner("user:ann"), None).unwrap();
    let id = turn.id();
    said(&mut turn, "hello");
    drop(turn);
    assert_eq!(sessions.size(), (0, 0));
    assert_eq!(sessions.begin(owner("user:ann"), Some(id)).unwrap_err().code, Code::UnknownSession);

    let mut turn = sessions.begin(owner("user:ann"), None).unwrap();
    let id = turn.id();
    said(&mut turn, "hello");
    turn.commit();
    let before = sessions.size();
    let mut turn = sessions.begin(owner("user:ann"), Some(id)).unwrap();
    said(&mut turn, "lost");
    drop(turn);
    assert_eq!(sessions.size(), before);
    assert_eq!(sessions.messages(&owner("user:ann"), id).unwrap(), [Message::User("hello".to_owned())]);
}

#[test]
fn a_session_takes_one_turn_at_a_time_and_is_its_owners() {
    let sessions = Arc::new(Sessions::default());
    let mut turn = sessions.begin(owner("user:ann"), None).unwrap();
    let id = turn.id();
    let code = |who: &str| sessions.begin(owner(who), Some(id)).unwrap_err().code;
    assert_eq!(
        (code("user:ann"), code("user:ben"), code("anonymous")),
        (Code::SessionBusy, Code::UnknownSession, Code::UnknownSession)
    );
    said(&mut turn, "hello");
    turn.commit();
    assert_eq!((sessions.of(&owner("user:ann")), sessions.of(&owner("user:ben"))), (vec![id], vec![]));
    assert!(sessions.forget(&owner("user:ben"), id).is_err());
    sessions.forget(&owner("user:ann"), id).unwrap();
    assert_eq!((sessions.size(), sessions.of(&owner("user:ann"))), ((0, 0), vec![]));
}

#[test]
fn a_busy_session_is_forgotten_when_its_turn_is_over() {
    let sessions = Arc::new(Sessions::default());
    let mut turn = sessions.begin(owner("user:ann"), None).unwrap();
    said(&mut turn, "hello");
    sessions.forget(&owner("user:ann"), turn.id()).unwrap();
    turn.commit();
    assert_eq!(sessions.size(), (0, 0));
}

#[test]
fn the_least_recently_used_session_goes_first() {
    let sessions = Arc::new(Sessions::default());
    let begin = |text: &str| {
        let mut turn = sessions.begin(owner("anonymous"), None).unwrap();
        said(&mut turn, text);
        let id = turn.id();
        turn.commit();
        id
    };
    let half = "x".repeat(MAX_BYTES / 2 - 1_000);
    let (first, second) = (begin(&half), begin(&half));
    sessions.begin(owner("anonymous"), Some(first)).unwrap().commit();
    let third = begin(&half);
    let is_there = |id| sessions.overview(&owner("anonymous"), id).is_ok();
    assert_eq!((is_there(first), is_there(second), is_there(third)), (true, false, true));
    for _ in 0..MAX_SESSIONS {
        begin("hello");
    }
    assert_eq!(sessions.size().0, MAX_SESSIONS);
    assert!(!is_there(first));
}

#[test]
fn a_called_agents_session_is_its_callers_and_goes_with_it() {
    let sessions = Arc::new(Sessions::default());
    let inside = |outer: &Turn| Owner { within: Some(outer.id()), ..owner("user:ann") };
    let mut outer = sessions.begin(owner("user:ann"), None).unwrap();
    let mut inner = sessions.begin(inside(&outer), None).unwrap();
    let (outer_id, inner_id) = (outer.id(), inner.id());
    said(&mut inner, "hello");
    let mut innermost = sessions.begin(inside(&inner), None).unwrap();
    said(&mut innermost, "hello");
    innermost.commit();
    inner.commit();
    assert!(sessions.begin(inside(&outer), Some(inner_id)).is_ok());
    let mut other = sessions.begin(owner("user:ann"), None).unwrap();
    said(&mut other, "hello");
    for thief in [inside(&other), owner("user:ann")] {
        assert_eq!(sessions.begin(thief, Some(inner_id)).unwrap_err().code, Code::UnknownSession);
    }
    said(&mut outer, "hello");
    outer.commit();
    other.commit();
    assert_eq!((sessions.size().0, sessions.of(&owner("user:ann")).len()), (4, 2));
    sessions.forget(&owner("user:ann"), outer_id).unwrap();
    assert_eq!(sessions.size().0, 1);
}

#[test]
fn sessions_of_a_new_one_that_fails_go_with_it() {
    let sessions = Arc::new(Sessions::default());
    let outer = sessions.begin(owner("anonymous"), None).unwrap();
    let inside = Owner { within: Some(outer.id()), ..owner("anonymous") };
    let mut done = sessions.begin(inside.clone(), None).unwrap();
    said(&mut done, "hello");
    done.commit();
    let mut running = sessions.begin(inside, None).unwrap();
    said(&mut running, "hello");
    drop(outer);
    assert_eq!(sessions.size().0, 1);
    running.commit();
    assert_eq!(sessions.size(), (0, 0));
}
