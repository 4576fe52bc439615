//! Pages of other origins.

use pace_tests::http::{Answer, ask};
use pace_tests::process::Runner;

use super::{ANN, bearer, get, project, say, start};

const APP: &str = "https://app.example.com";

fn preflight(runner: &Runner, path: &str, origin: &str) -> Answer {
    let lines = format!(
        "origin: {origin}\r\naccess-control-request-method: POST\r\naccess-control-request-headers: authorization"
    );
    ask(runner.address, &format!("OPTIONS {path} HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n\r\n"))
}

#[test]
fn nobody_may_ask_unless_they_are_listed() {
    let runner = start(&project(), &[]);
    assert_eq!(preflight(&runner, "/agents/open/chat", APP).status, 405);
    let answer = say(&runner, "open", "hello", &[&format!("origin: {APP}")]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin"), answer.header("vary")), (200, None, None));
}

#[test]
fn pages_of_a_listed_origin_may_ask() {
    let runner = start(&project(), &[("CORS_ORIGINS", "https://app.example.com, http://localhost:3000")]);
    // Asked before anybody says who they are, and with the limits of nobody.
    let answer = preflight(&runner, "/agents/open/chat", APP);
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("access-control-allow-origin"), Some(APP));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("idempotency-key"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    for (path, methods) in [("/agents/open/sessions/0", "GET, DELETE"), ("/agents", "GET")] {
        assert_eq!(preflight(&runner, path, APP).header("access-control-allow-methods"), Some(methods));
    }
    let origin = format!("origin: {APP}");
    for answer in [
        say(&runner, "open", "hello", &[&origin]),
        get(&runner, "/agents", &[&origin, &bearer(ANN)]),
        // A page has to be able to read why it was refused.
        get(&runner, "/agents", &[&origin, &bearer("another-token-0123")]),
        get(&runner, "/nothing", &[&origin]),
    ] {
        assert_eq!(answer.header("access-control-allow-origin"), Some(APP), "{answer:?}");
        assert!(answer.header("access-control-expose-headers").unwrap().contains("paceline-session"));
        assert_eq!(answer.header("vary"), Some("origin"));
    }
    for other in
        ["https://app.example.com.evil.example", "https://APP.example.com", "http://app.example.com", "null", "*"]
    {
        assert_eq!(preflight(&runner, "/agents/open/chat", other).status, 405, "{other}");
        let answer = get(&runner, "/agents", &[&format!("origin: {other}")]);
        assert_eq!(
            (answer.header("access-control-allow-origin"), answer.header("vary")),
            (None, Some("origin")),
            "{other}"
        );
    }
}

/// Where the bundle says nothing of who asks, a listed page is let in as those of this machine are.
#[test]
fn a_listed_origin_passes_the_gate_of_this_machine() {
    let project = project();
    project.write("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n");
    let runner = start(&project, &[("CORS_ORIGINS", APP)]);
    assert_eq!(say(&runner, "open", "hello", &[&format!("origin: {APP}")]).status, 200);
    assert_eq!(say(&runner, "open", "hello", &["origin: https://other.example"]).status, 403);
}
