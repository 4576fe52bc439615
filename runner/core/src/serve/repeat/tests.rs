//! Keys that are none, requests that are the same, and runners that die over one.

use hyper::header::HeaderValue;
use pace_state::{Location, Scope, Settings};

use super::*;

fn key(values: &[&str], principal: &str) -> Result<Option<Key>, Problem> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(HEADER, HeaderValue::from_str(value).unwrap());
    }
    Key::of(&headers, &principal.parse().unwrap())
}

#[test]
fn keys_are_bare_or_quoted_and_bounded() {
    let of_ann = |values: &[&str]| key(values, "user:ann").map(|key| key.map(|Key(name)| name));
    assert_eq!(of_ann(&[]), Ok(None));
    for (value, wanted) in [("k", "k"), ("\"8e03978e\"", "8e03978e"), (" a/b+c== ", "a/b+c==")] {
        assert_eq!(of_ann(&[value]), Ok(Some(wanted.to_owned())), "{value}");
    }
    let long = "k".repeat(LONGEST + 1);
    for values in [&[""][..], &["\"\""], &["a b"], &["\"a"], &["a\\b"], &["a", "a"], &[&long]] {
        assert_eq!(of_ann(values).unwrap_err().code, Code::MalformedRequest, "{values:?}");
    }
    assert!(key(&["0123456789abcde"], "anonymous").unwrap_err().detail.contains("at least 16 characters"));
    assert!(key(&["0123456789abcdef"], "anonymous").unwrap().is_some());
}

#[test]
fn a_request_is_its_agent_and_its_body() {
    let digest = |agent: &str, body: &str| digest(&agent.parse().unwrap(), body.as_bytes());
    assert_eq!(digest("a", "x"), digest("a", "x"));
    assert_ne!(digest("a", "x"), digest("b", "x"));
    assert_ne!(digest("a", "x"), digest("a", "x "));
}

/// Whoever asks for what is under way is told when to come back and what it is: soon where this runner works on it, and when the lease is
/// over where another does, or did.
#[tokio::test]
async fn what_is_under_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let scope = Scope { project: "shop".to_owned(), environment: "test".to_owned() };
    let store = Store::open(Location::Sqlite(folder.path().to_owned()), scope, Settings::default()).await.unwrap();
    let (here, there, ann) = (Keys::new(Some(&store)), Keys::new(Some(&store)), "user:ann".parse().unwrap());
    let (begun, invocation) = (now(), InvocationId::new().unwrap());
    let claim = async |keys: &Keys, after| keys.claim_at(begun.after(after), &ann, "one", [7; 32], true).await;
    let refused = async |keys: &Keys, after| {
        let Unclaimed { problem, invocation } = claim(keys, after).await.unwrap_err();
        (problem.code, problem.retry_after, invocation)
    };
    let Ok(Claim::Mine(held)) = claim(&here, Duration::ZERO).await else { panic!("nobody else has it") };
    let in_flight = |rest, invocation| (Code::KeyInFlight, Some(rest), invocation);
    assert_eq!(refused(&here, Duration::ZERO).await, in_flight(MOMENT, None), "what it is nobody knows yet");
    held.is_for(invocation).await;
    assert_eq!(refused(&here, LEASE / 2).await, in_flight(MOMENT, Some(invocation)));
    assert_eq!(refused(&there, LEASE / 2).await, in_flight(LEASE / 2, Some(invocation)));
    let almost = LEASE.saturating_sub(Duration::from_millis(1));
    assert_eq!(refused(&there, almost).await, in_flight(MOMENT, Some(invocation)));
    for after in [LEASE, LEASE * 2] {
        assert_eq!(refused(&there, after).await, (Code::AnswerLost, None, Some(invocation)));
    }
}

/// What an older runner has left is as good as nothing: which invocation it was, it did not say.
#[test]
fn what_is_kept_can_be_read() {
    let invocation = Some(InvocationId::new().unwrap());
    assert_eq!(Kept::read(&Kept::Lost { invocation }.written()), Kept::Lost { invocation });
    for bytes in [&b"\"lost\""[..], b"", b"{\"later\":1}"] {
        assert_eq!(Kept::read(bytes), Kept::Lost { invocation: None });
        assert_eq!(UnderWay::read(bytes), None);
    }
}

/// A runner that was killed over a key says nothing more of it: when its lease is over, another may begin anew where nothing can have
/// been written, and says that nobody knows where something can.
#[tokio::test]
async fn what_a_killed_runner_began_is_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let scope = Scope { project: "shop".to_owned(), environment: "test".to_owned() };
    let store = Store::open(Location::Sqlite(folder.path().to_owned()), scope, Settings::default()).await.unwrap();
    let (keys, ann, begun) = (Keys::new(Some(&store)), "user:ann".parse().unwrap(), now());
    let claim = async |name: &str, after: Duration, may_write| {
        let claimed = keys.claim_at(begun.after(after), &ann, name, [7; 32], may_write).await;
        claimed.map(|claim| matches!(claim, Claim::Mine(_))).map_err(|refused| refused.problem.code)
    };
    for name in ["reads", "writes"] {
        assert_eq!(claim(name, Duration::ZERO, true).await, Ok(true));
        assert_eq!(claim(name, LEASE / 2, true).await, Err(Code::KeyInFlight));
    }
    assert_eq!(claim("reads", LEASE * 2, false).await, Ok(true));
    assert_eq!(claim("writes", LEASE * 2, true).await, Err(Code::AnswerLost));
    // Also for those who ask later, and until the key is forgotten.
    assert_eq!(claim("writes", LEASE * 3, false).await, Err(Code::AnswerLost));
    assert_eq!(claim("writes", KNOWN + LEASE * 3, true).await, Ok(true));
}
