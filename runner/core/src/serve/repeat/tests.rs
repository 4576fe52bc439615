//! Keys that are none, requests that are the same, and runners that die over one.

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
        claimed.map(|claim| matches!(claim, Claim::Mine(_))).map_err(|problem| problem.code)
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
