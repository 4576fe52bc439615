//! What the log says of requests that are refused: one set of fields, whatever the reason, in both formats.

use std::net::SocketAddr;
use std::process::Stdio;

use pace_tests::Project;
use pace_tests::http;
use pace_tests::process::{Runner, command};
use pace_tests::program::Said;
use serde_json::{Value, json};

use super::request;

const ANN: &str = "token-of-ann-0123";

/// Somebody who is known, and an agent that lets in nobody.
fn project() -> Project {
    Project::new(&[
        ("turns.json", r#"[{"user": {"contains": "hello"}, "model": "yes"}]"#),
        (
            "paceline.yaml",
            "models:\n  - {name: recorded, provider: replay, turns: turns.json}\nauthentication:\n  - type: tokens\n    \
             tokens:\n      - {value: \"${env:ANN}\", principal: user:ann}\n",
        ),
        ("agents/desk/spec.yaml", "name: desk\nmodel: recorded\ndescription: You help.\n"),
        (
            "agents/vault/spec.yaml",
            "name: vault\nmodel: recorded\ndescription: You help.\nacl:\n  - {principal: user:zoe, role: execute}\n",
        ),
    ])
}

/// A request of `token` that is called `id`.
fn named(id: &str, token: &str, method: &str, path: &str, body: Option<&str>) -> String {
    let (id, bearer) = (format!("X-Request-Id: {id}"), format!("Authorization: Bearer {token}"));
    let lines: &[&str] = if token.is_empty() { &[&id] } else { &[&id, &bearer] };
    match body {
        None => request(method, path, lines),
        Some(body) => http::post(path, body).replacen("\r\n", &format!("\r\n{}\r\n", lines.join("\r\n")), 1),
    }
}

/// What is refused, by the id of its request: how it is asked for, and the status, the code and the principal that the log has of it.
fn refusals() -> Vec<(&'static str, String, u16, &'static str, Option<&'static str>)> {
    let (hello, large) = (r#"{"message":"hello"}"#, json!({ "message": "x".repeat(1 << 20) }).to_string());
    let (anonymous, ann) = (Some("anonymous"), Some("user:ann"));
    let chat = |id: &str, token: &str, agent: &str, body: &str| {
        named(id, token, "POST", &format!("/agents/{agent}/chat"), Some(body))
    };
    vec![
        ("denied", chat("denied", ANN, "vault", hello), 403, "not-allowed", ann),
        ("unknown", chat("unknown", "", "vault", hello), 401, "credential-needed", anonymous),
        ("wrong", chat("wrong", "another-token-0123", "desk", hello), 401, "wrong-credential", None),
        ("sessions", named("sessions", ANN, "GET", "/agents/desk/sessions?principal=*", None), 403, "not-allowed", ann),
        ("metrics", named("metrics", ANN, "GET", "/metrics", None), 403, "not-allowed", ann),
        ("large", chat("large", ANN, "desk", &large), 413, "too-large", ann),
        ("nowhere", named("nowhere", ANN, "GET", "/nowhere", None), 404, "unknown-path", ann),
        (
            "host",
            named("host", ANN, "GET", "/agents", None).replace("host: localhost\r\n", ""),
            400,
            "malformed-request",
            None,
        ),
        ("failed", chat("failed", ANN, "desk", r#"{"message":"what?"}"#), 502, "no-recorded-turn", ann),
    ]
}

/// Those of them that have another line besides, which says why.
const REASONS: [(&str, &str, Option<&str>); 6] = [
    ("denied", "denied: ", Some("vault")),
    ("unknown", "denied: ", Some("vault")),
    ("wrong", "refused a credential: ", Some("desk")),
    ("sessions", "denied: ", Some("desk")),
    ("metrics", "denied: ", None),
    ("failed", "an invocation failed", Some("desk")),
];

#[test]
fn each_refusal_says_which_request_it_was_and_whose() {
    let project = project();
    let mut runner = Runner::start(&project, &[("ANN", ANN)]);
    for (id, request, status, code, principal) in refusals() {
        let answer = http::ask(runner.address, &request);
        assert_eq!(answer.status, status, "{id}: {answer:?}");
        let line = runner.wait_for(|line| line["message"] == "request" && line["request"] == id);
        let found = (&line["status"], &line["code"], &line["peer"], line["principal"].as_str());
        assert_eq!(found, (&json!(status), &json!(code), &json!("127.0.0.1"), principal), "{line}");
        let Some((_, message, agent)) = REASONS.iter().find(|(of, ..)| *of == id) else { continue };
        let is_it = |line: &Value| line["message"].as_str().is_some_and(|text| text.starts_with(message));
        let line = runner.wait_for(|line| line["request"] == id && is_it(line));
        let found = (&line["peer"], line["principal"].as_str(), line["agent"].as_str());
        assert_eq!(found, (&json!("127.0.0.1"), principal, *agent), "{line}");
    }
    let failed = |message: &str| runner.wait_for(|line| line["request"] == "failed" && line["message"] == message);
    assert_eq!(failed("request")["invocation"], failed("an invocation failed")["invocation"]);
    let fine =
        http::ask(runner.address, &named("fine", ANN, "POST", "/agents/desk/chat", Some(r#"{"message":"hello"}"#)));
    assert_eq!(fine.status, 200);
    let line = runner.wait_for(|line| line["request"] == "fine");
    assert_eq!((line.get("code"), &line["peer"]), (None, &json!("127.0.0.1")), "{line}");
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains(ANN));
}

#[test]
fn who_asks_too_often_is_named() {
    let project = project();
    let runner = Runner::start(&project, &[("ANN", ANN), ("RATE_LIMIT", "1/h"), ("FAILED_CREDENTIALS", "1/h")]);
    let ask = |id: &str, token: &str| http::ask(runner.address, &named(id, token, "GET", "/agents", None)).status;
    assert_eq!([ask("one", ANN), ask("rate", ANN)], [200, 429]);
    assert_eq!([ask("two", "wrong-token-0123"), ask("guessed", "wrong-token-0124")], [401, 429]);
    for (id, code, principal) in [("rate", "rate-limited", Some("user:ann")), ("guessed", "too-many-failures", None)] {
        let line = runner.wait_for(|line| line["request"] == id);
        let found = (&line["code"], &line["peer"], line["principal"].as_str());
        assert_eq!(found, (&json!(code), &json!("127.0.0.1"), principal), "{line}");
    }
}

#[test]
fn lines_for_people_have_the_same_fields() {
    let project = project();
    let mut command = command(&project, &[("ANN", ANN), ("LOG_FORMAT", "text")]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = Said::on(child.stderr.take());
    // Of a line that is not whole yet, an address may be a part.
    let whole = |said: &str| said.rsplit_once('\n').map(|(whole, _)| whole.to_owned()).unwrap_or_default();
    let begin = "  Listening on http://";
    let address = said.until_found(begin, |said| {
        whole(said).lines().find_map(|line| line.strip_prefix(begin)?.parse::<SocketAddr>().ok())
    });
    for (id, request, status, code, principal) in refusals() {
        assert_eq!(http::ask(address, &request).status, status);
        let mut fields = vec![format!("request=\"{id}\""), "peer=127.0.0.1".to_owned()];
        fields.extend(principal.map(|principal| format!("principal={principal}")));
        let mut wanted = vec![("request", [fields.clone(), vec![format!("code=\"{code}\"")]].concat())];
        if let Some((_, message, agent)) = REASONS.iter().find(|(of, ..)| *of == id) {
            fields.extend(agent.map(|agent| format!("agent={agent}")));
            wanted.push((message, fields));
        }
        // The reason is told first, and the request when its answer was given.
        wanted.reverse();
        let of_it = format!("request=\"{id}\"");
        for (number, (message, fields)) in wanted.into_iter().enumerate() {
            let line = said.until_found(&of_it, |said| {
                whole(said).lines().filter(|line| line.contains(&of_it)).nth(number).map(str::to_owned)
            });
            let plain = line.replace("principal=\"user:ann\"", "principal=user:ann");
            let plain = plain.replace("principal=\"anonymous\"", "principal=anonymous");
            assert!(line.contains(message) && fields.iter().all(|field| plain.contains(field)), "{fields:?}: {line}");
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
