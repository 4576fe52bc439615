//! How often anybody may ask.

use pace_tests::http;

use super::{ANN, BOB, bearer, get, project, start, with};

#[test]
fn each_principal_has_a_bucket_of_its_own() {
    let runner = start(&project(), &[("RATE_LIMIT", "5/h")]);
    let statuses = |lines: &[&str], count: usize| -> Vec<_> {
        (0..count).map(|_| get(&runner, "/agents", lines).status).collect()
    };
    let (ann, bob) = (bearer(ANN), bearer(BOB));
    assert_eq!(statuses(&[&ann], 7), [200, 200, 200, 200, 200, 429, 429]);
    assert_eq!(statuses(&[&bob], 6), [200, 200, 200, 200, 200, 429]);
    assert_eq!(statuses(&[], 6), [200, 200, 200, 200, 200, 429]);
    let answer = get(&runner, "/agents/desk/status", &[&ann]);
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (429, "rate-limited"));
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=720).contains(&wait), "{wait}");
    assert_eq!(answer.json()["retry_after"], wait);
    // Who asks whether it lives is always told.
    assert_eq!((get(&runner, "/health", &[]).status, get(&runner, "/ready", &[]).status), (200, 200));
}

/// Deep and long: refused by its length, or where it stops being what the path takes, and never read to the bottom.
#[test]
fn bodies_that_are_deep() {
    let mut runner = start(&project(), &[]);
    let (deep, deeper) = ("[".repeat(1_000_000), "[".repeat(10 << 20));
    let objects = r#"{"message":"#.repeat(90_000);
    for path in ["/agents/open/chat", "/agents/open/chat/stream", "/agents/open/mcp"] {
        for (body, status) in [
            (deep.clone(), 400),
            (format!(r#"{{"message":{deep}"#), 400),
            (objects.clone(), 400),
            (format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{deep}"#), 400),
            (deeper.clone(), 413),
        ] {
            let request = with(&http::post(path, &body), &["accept: application/json, text/event-stream"]);
            let answer = http::ask(runner.address, &request);
            assert_eq!(answer.status, status, "{path}: {answer:?}");
            assert!(answer.body.len() < 1_000, "{answer:?}");
        }
    }
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("panicked"));
}

#[test]
fn who_shows_too_many_wrong_credentials_has_to_wait() {
    let runner = start(&project(), &[("FAILED_CREDENTIALS", "3/h")]);
    assert_eq!(get(&runner, "/agents", &[&bearer(BOB)]).status, 200);
    let wrong = bearer("another-token-0123");
    let statuses: Vec<_> = (0..5).map(|_| get(&runner, "/agents", &[&wrong]).status).collect();
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    // A right one is not found out any more by guessing on; who shows none is not in it, and who was let in before is not kept out.
    let right = get(&runner, "/agents", &[&bearer(ANN)]);
    assert_eq!((right.problem().0, right.problem().1.as_str()), (429, "too-many-failures"));
    assert!(right.header("retry-after").is_some());
    assert_eq!((get(&runner, "/agents", &[]).status, get(&runner, "/agents", &[&bearer(BOB)]).status), (200, 200));
}
