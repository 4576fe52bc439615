//! Requests that try to be somebody else's, or to get around the list of an agent by how they are written.

use std::io::{Read, Write};
use std::net::TcpStream;

use pace_tests::Project;
use pace_tests::http::{self, Connection};
use pace_tests::process::{PATIENCE, Runner};
use serde_json::json;

use super::issuer::{Issuer, Key};
use super::sources::ready;
use super::{doors, request};

const TOKENS: &str = r#"  - type: tokens
    tokens:
      - {value: "${env:ANN}", principal: user:ann}
      - {value: "${env:BOB}", principal: user:bob}
      - {value: "${env:EVE}", principal: user:eve}
"#;
const ANN: &str = "token-of-ann-0123";
const BOB: &str = "token-of-bob-0123";
const EVE: &str = "token-of-eve-0123";

/// Two people, an agent for everybody with a credential, and one for nobody but `ann`.
fn runner() -> Runner {
    let agent = |name: &str, principal: &str| {
        format!(
            "name: {name}\nmodel: recorded\ndescription: You help.\nacl:\n  - {{principal: {principal}, role: execute}}\n"
        )
    };
    let project = Project::new(&[
        ("turns.json", r#"[{"user": {"contains": ""}, "model": "yes"}]"#),
        (
            "paceline.yaml",
            &format!("models:\n  - {{name: recorded, provider: replay, turns: turns.json}}\nauthentication:\n{TOKENS}"),
        ),
        ("agents/desk/spec.yaml", &(agent("desk", "authenticated") + "  - {principal: user:eve, role: read}\n")),
        ("agents/vault/spec.yaml", &agent("vault", "user:ann")),
    ]);
    Runner::start(&project, &[("ANN", ANN), ("BOB", BOB), ("EVE", EVE)])
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

fn say(path: &str, token: &str, body: &serde_json::Value) -> String {
    http::post(path, &body.to_string()).replacen("\r\n", &format!("\r\n{}\r\n", bearer(token)), 1)
}

#[test]
fn what_is_somebody_elses_is_not_there() {
    let runner = runner();
    let ask = |request: &str| http::ask(runner.address, request);
    let answer = ask(&say("/agents/desk/chat", ANN, &json!({"message": "hello"})));
    assert_eq!(answer.status, 200, "{answer:?}");
    let session = answer.json()["session"].as_str().unwrap().to_owned();
    let mut stream = Connection::to(runner.address);
    stream.send(say("/agents/desk/chat/stream", ANN, &json!({"message": "hello", "session": session})).as_bytes());
    stream.head().unwrap();
    let invocation = stream.events()[0].data["invocation"].as_str().unwrap().to_owned();

    let of = |token: &str, method: &str, path: &str| ask(&request(method, path, &[&bearer(token)])).status;
    let (conversation, events) =
        (format!("/agents/desk/sessions/{session}"), format!("/invocations/{invocation}/events"));
    for (method, path) in [("GET", &conversation), ("DELETE", &conversation), ("GET", &events)] {
        assert_eq!(of(BOB, method, path), 404, "{method} {path}");
        assert_eq!(ask(&request(method, path, &[])).status, 404, "{method} {path}");
        assert_eq!(of("another-token-0123", method, path), 401, "{method} {path}");
    }
    let go_on = |token| ask(&say("/agents/desk/chat", token, &json!({"message": "go on", "session": session})));
    assert_eq!(go_on(BOB).problem().1, "unknown-session");
    let list = |token| ask(&request("GET", "/agents/desk/sessions", &[&bearer(token)])).json()["sessions"].clone();
    assert_eq!((list(BOB), list(ANN).as_array().unwrap().len()), (json!([]), 1));
    // Whoever may read sessions reads them, and no more.
    assert_eq!(
        (of(EVE, "GET", &conversation), of(EVE, "DELETE", &conversation), of(EVE, "GET", &events)),
        (200, 404, 404)
    );
    assert_eq!(go_on(EVE).status, 404);
    assert_eq!((of(ANN, "GET", &events), of(ANN, "GET", &conversation), go_on(ANN).status), (200, 200, 200));
}

#[test]
fn who_asks_is_not_what_the_request_says_of_itself() {
    let runner = runner();
    for body in [
        json!({"message": "x", "principal": "user:ann"}),
        json!({"message": "x", "subject": "user:ann"}),
        json!({"message": "x", "actors": ["serviceaccount:vault"]}),
        json!({"message": "x", "access_token": ANN}),
    ] {
        let answer = http::ask(runner.address, &say("/agents/desk/chat", BOB, &body));
        assert_eq!(answer.problem().1, "malformed-request", "{body}");
    }
    for line in ["X-Forwarded-Email: ann", "X-Forwarded-User: ann", "Remote-User: ann", "Paceline-Principal: user:ann"]
    {
        let request =
            http::post("/agents/vault/chat", r#"{"message":"x"}"#).replacen("\r\n", &format!("\r\n{line}\r\n"), 1);
        let answer = http::ask(runner.address, &request);
        assert_eq!((answer.status, answer.problem().1.as_str()), (401, "credential-needed"), "{line}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"paceline\""));
    }
    for path in
        [format!("/agents/vault/chat?access_token={ANN}"), format!("/agents/vault/chat?token={ANN}&principal=user:ann")]
    {
        assert_eq!(http::ask(runner.address, &http::post(&path, r#"{"message":"x"}"#)).status, 401, "{path}");
    }
    let line = runner.wait_for(|line| line["principal"] == "anonymous" && line["agent"] == "vault");
    assert!(line["message"].as_str().unwrap().starts_with("denied: "), "{line}");
}

#[test]
fn agents_are_known_to_those_who_may_invoke_them() {
    let runner = runner();
    for (token, vault) in [(ANN, 200), (BOB, 403)] {
        let listed = http::ask(runner.address, &request("GET", "/agents", &[&bearer(token)])).body;
        assert_eq!(listed.contains("vault"), vault == 200, "{listed}");
        let status = |path: &str| http::ask(runner.address, &request("GET", path, &[&bearer(token)]));
        assert_eq!(status("/agents/vault/status").status, vault);
        let near = status("/agents/vaul/status");
        assert_eq!((near.status, near.body.contains("vault")), (404, vault == 200), "{near:?}");
        let said = http::ask(runner.address, &say("/agents/vault/chat", token, &json!({"message": "x"})));
        assert_eq!(said.status, vault, "{said:?}");
        let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18",
            "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
        let mcp = say("/agents/vault/mcp", token, &initialize).replacen(
            "\r\n",
            "\r\naccept: application/json, text/event-stream\r\n",
            1,
        );
        let mut connection = Connection::to(runner.address);
        connection.send(mcp.as_bytes());
        assert_eq!(connection.head().unwrap().status, vault);
    }
    let wrong = http::ask(runner.address, &say("/agents/vault/mcp", "another-token-0123", &json!({})));
    assert_eq!(wrong.status, 401);
}

#[test]
fn names_of_agents_are_read_one_way() {
    let runner = runner();
    for name in [
        "%2e%2e/agents/vault",
        "desk/../vault",
        "desk/%2e%2e/vault",
        "vault%00",
        "vault%2500",
        "va%2575lt",
        "vault.",
        "vault%20",
        "%20vault",
        "VAULT",
        "Vault",
        "vault;desk",
        "vault%2fchat%2f..",
        "vault%5c..%5cdesk",
        "ｖault",
        "%ef%bd%96ault",
        "vаult",
        "vault%0d%0a",
        "v%C0%AFault",
        "%76%61%75%6c%74%00",
        "vault%ff",
        "desk%2f..%2fvault",
        "./vault",
        "vault/.",
        "%2fvault",
    ] {
        let answer = http::ask(runner.address, &say(&format!("/agents/{name}/chat"), BOB, &json!({"message": "x"})));
        assert!(matches!(answer.status, 400 | 404 | 405), "{name}: {answer:?}");
    }
    // Percent signs for letters are the same path, and the same list.
    for (token, status) in [(ANN, 200), (BOB, 403)] {
        let answer = http::ask(runner.address, &say("/agents/%76%61ult/chat", token, &json!({"message": "x"})));
        assert_eq!(answer.status, status, "{answer:?}");
    }
    for path in [
        "//agents/vault/chat",
        "/agents//vault/chat",
        "/Agents/vault/chat",
        "/agents/vault/chat/",
        "/x/../agents/vault/chat",
    ] {
        let answer = http::ask(runner.address, &say(path, ANN, &json!({"message": "x"})));
        assert!(matches!(answer.status, 404 | 405), "{path}: {answer:?}");
    }
}

/// All that comes back until the runner closes the connection.
fn raw(runner: &Runner, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(runner.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may have heard enough before the end. If it has not, this is the last request.
    let _early = stream.write_all(bytes);
    let _early = stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let (mut answer, mut piece) = (Vec::new(), [0; 4_096]);
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..length]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Every way of hiding one request in another: whatever is answered, the hidden one with the token of `ann` never is.
#[test]
fn no_request_hides_in_another() {
    let runner = runner();
    let hidden = format!("GET /agents/vault/status HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ANN}\r\n\r\n");
    let length = hidden.len();
    let chunk = format!("{length:x}\r\n{hidden}\r\n0\r\n\r\n");
    for head in [
        format!("content-length: {length}\r\ntransfer-encoding : chunked"),
        format!("content-length: {length}\r\ncontent-length: 0"),
        format!("content-length: 0\r\ncontent-length: {length}"),
        format!("content-length: +{length}"),
        format!("content-length: {length}, 0"),
        "content-length: 0x0".to_owned(),
        "transfer-encoding: xchunked".to_owned(),
        "transfer-encoding: chunked, identity".to_owned(),
        "transfer-encoding: \u{b}chunked".to_owned(),
        format!("x: y\rcontent-length: {length}\r\ncontent-length: 0"),
        "x\r\n\r\ny: z".to_owned(),
        " folded: x\r\ncontent-length: 0".to_owned(),
        "x: y\0z\r\ncontent-length: 0".to_owned(),
    ] {
        for body in [&hidden, &chunk] {
            let request = format!(
                "POST /agents/desk/chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{head}\r\n\r\n{body}"
            );
            let answer = raw(&runner, request.as_bytes());
            assert!(!answer.contains("\"vault\""), "{head:?}: {answer}");
        }
    }
    // Both framings at once: RFC 9112, section 6.1, has the connection closed after at most one answer.
    for both in [
        format!("content-length: {length}\r\ntransfer-encoding: chunked"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}"),
    ] {
        let request = format!(
            "POST /agents/desk/chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{both}\r\n\r\n0\r\n\r\n{hidden}"
        );
        let answer = raw(&runner, request.as_bytes());
        assert!(!answer.contains("\"vault\"") && answer.matches("HTTP/1.1 ").count() <= 1, "{both:?}: {answer}");
    }
}

#[test]
fn heads_without_end_end() {
    let runner = runner();
    let many = "x: y\r\n".repeat(100_000);
    let long = format!("x: {}\r\n", "y".repeat(1 << 20));
    let token = format!("authorization: Bearer {}\r\n", "y".repeat(1 << 20));
    let tokens = format!("authorization: Bearer {ANN}\r\n").repeat(90);
    for (head, status) in [(many, "431"), (long, "431"), (token, "431"), (tokens, "401")] {
        let answer = raw(&runner, format!("GET /agents HTTP/1.1\r\nhost: x\r\n{head}\r\n").as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) || (answer.is_empty() && status == "431"),
            "{answer:.300}"
        );
    }
    assert_eq!(http::ask(runner.address, &request("GET", "/agents", &[&bearer(ANN)])).status, 200, "it goes on");
}

/// Through the whole road with a signed token: what it is a token of is whose the session is.
#[test]
fn sessions_belong_to_the_principal_and_not_to_the_token() {
    let key = Key::new("one");
    let issuer = Issuer::new(&[key.public()]);
    let runner = ready(&doors(&issuer.source()));
    let token = |subject: &str, until: i64| {
        let mut claims = issuer.claims();
        claims["sub"] = json!(subject);
        claims["exp"] = json!(super::issuer::now(until));
        key.token(&claims)
    };
    let answer = http::ask(runner.address, &say("/agents/known/chat", &token("ann", 300), &json!({"message": "x"})));
    let session = answer.json()["session"].clone();
    let go_on = json!({"message": "x", "session": session});
    assert_eq!(http::ask(runner.address, &say("/agents/known/chat", &token("ann", 900), &go_on)).status, 200);
    assert_eq!(http::ask(runner.address, &say("/agents/known/chat", &token("eve", 300), &go_on)).status, 404);
    assert_eq!(http::ask(runner.address, &say("/agents/known/chat", &token("ann", -300), &go_on)).status, 401);
}
