//! Sessions over HTTP: over restarts and new bundles, in pages, and for whom.

use pace_tests::http::{ask, get};
use serde_json::{Value, json};

use super::{answered, project, say, serving};

#[test]
fn a_session_goes_on_after_a_restart_with_the_next_bundles_prompt_and_tools() {
    let project = project(1);
    let mut runner = serving(&project, &[]);
    let session = answered(runner.address, "hello", None);
    assert_eq!(runner.stop(), Some(0));
    let mut runner = serving(&project, &[]);
    assert_eq!(say(runner.address, "again", Some(&session)).json()["response"], "the second turn");
    assert_eq!(runner.stop(), Some(0));
    // Another prompt, and no tools any more.
    project.write("agents/lead/spec.yaml", "name: lead\nmodel: recorded\ndescription: You follow.\n");
    std::fs::remove_file(project.path().join("x.pace")).unwrap();
    let mut runner = serving(&project, &[]);
    assert_eq!(say(runner.address, "again", Some(&session)).json()["response"], "the third turn");
    let found = get(runner.address, &format!("/agents/lead/sessions/{session}")).json();
    assert_eq!((&found["turns"], found["messages"].as_array().unwrap().len()), (&json!(3), 6));
    // Sessions are an agent's own, and a project's and deployment's.
    let other = pace_tests::http::post("/agents/guide/chat", &json!({"message": "x", "session": session}).to_string());
    assert_eq!(ask(runner.address, &other).problem().1, "unknown-session");
    assert_eq!(runner.stop(), Some(0));
    let mut runner = serving(&project, &[("PACE_ENVIRONMENT", "staging")]);
    assert_eq!(say(runner.address, "again", Some(&session)).problem().1, "unknown-session");
    assert_eq!(runner.stop(), Some(0));
}

/// A request of somebody with a token.
fn as_whom(method: &str, path: &str, token: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n")
}

#[test]
fn lists_are_ones_own_unless_one_may_read() {
    let project = project(1);
    project.write(
        "paceline.yaml",
        "models:\n  - {name: recorded, provider: replay, turns: turns.json}\nauthentication:\n  - type: tokens\n    tokens:\n      \
         - {value: \"${env:ANN}\", principal: \"user:ann\"}\n      - {value: \"${env:BOB}\", principal: \"user:bob\"}\n      \
         - {value: \"${env:EVE}\", principal: \"user:eve\"}\n      - {value: \"${env:ROOT}\", principal: \"user:root\"}\n\
         acl:\n  - {principal: \"user:root\", role: read}\n",
    );
    project.write("agents/lead/spec.yaml", "name: lead\nmodel: recorded\ndescription: You lead.\nacl:\n  - {principal: authenticated, role: execute}\n  - {principal: \"user:eve\", role: read}\n");
    let tokens = [
        ("ANN", "ann-token-0000000"),
        ("BOB", "bob-token-0000000"),
        ("EVE", "eve-token-0000000"),
        ("ROOT", "root-token-000000"),
    ];
    let runner = serving(&project, &tokens);
    let request = |method, path: &str, token| ask(runner.address, &as_whom(method, path, token));
    let mut ids = Vec::new();
    for token in ["ann-token-0000000", "ann-token-0000000", "ann-token-0000000", "bob-token-0000000"] {
        let body = r#"{"message": "hello"}"#;
        let head = format!(
            "POST /agents/lead/chat HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        ids.push(ask(runner.address, &head).json()["session"].as_str().unwrap().to_owned());
    }
    let list = |query: &str, token| {
        let answer = request("GET", &format!("/agents/lead/sessions{query}"), token);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let sorted = |list: &Value| {
        let mut found: Vec<_> =
            list["sessions"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect();
        found.sort_unstable();
        found
    };
    let wanted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(&list("", "ann-token-0000000")), wanted(&ids[..3]));
    assert_eq!(sorted(&list("?principal=user:ann", "ann-token-0000000")), wanted(&ids[..3]));
    for reader in ["eve-token-0000000", "root-token-000000"] {
        assert_eq!(sorted(&list("", reader)), Vec::<String>::new());
        assert_eq!(sorted(&list("?principal=*", reader)), wanted(&ids));
        assert_eq!(sorted(&list("?principal=user:bob", reader)), wanted(&ids[3..]));
        assert_eq!(
            request("GET", &format!("/agents/lead/sessions/{}", ids[0]), reader).json()["principal"],
            "user:ann"
        );
        // To see is not to take away.
        assert_eq!(
            request("DELETE", &format!("/agents/lead/sessions/{}", ids[0]), reader).problem().1,
            "unknown-session"
        );
    }
    for path in ["?principal=*", "?principal=user:bob"] {
        assert_eq!(
            request("GET", &format!("/agents/lead/sessions{path}"), "ann-token-0000000").problem().1,
            "not-allowed"
        );
    }
    for method in ["GET", "DELETE"] {
        assert_eq!(
            request(method, &format!("/agents/lead/sessions/{}", ids[3]), "ann-token-0000000").problem().1,
            "unknown-session"
        );
    }
    let first = list("?limit=2", "ann-token-0000000");
    let rest = list(&format!("?limit=2&cursor={}", first["next"].as_str().unwrap()), "ann-token-0000000");
    assert_eq!((first["sessions"].as_array().unwrap().len(), rest["sessions"].as_array().unwrap().len()), (2, 1));
    assert_eq!(rest["next"], Value::Null);
    for wrong in ["?limit=0", "?cursor=x", "?principal=ann", "?who=x", "?limit=1&limit=2"] {
        assert_eq!(
            request("GET", &format!("/agents/lead/sessions{wrong}"), "ann-token-0000000").problem().1,
            "malformed-request",
            "{wrong}"
        );
    }
    assert_eq!(request("DELETE", &format!("/agents/lead/sessions/{}", ids[0]), "ann-token-0000000").status, 204);
    assert_eq!(sorted(&list("", "ann-token-0000000")), wanted(&ids[1..3]));
}
