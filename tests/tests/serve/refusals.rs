//! Every refusal, and the words it comes with.

use crate::http::{Connection, ask, get, post, say};
use crate::process::Runner;
use crate::project;

#[test]
fn what_is_not_there() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let answer = get(runner.address, "/agents/nobody/status");
    assert_eq!(answer.problem(), (404, "unknown-agent".to_owned(), "there is no agent `nobody`".to_owned()));
    assert_eq!(answer.json()["help"], "the agents here are `helper`");
    let detail = get(runner.address, "/agents/Helpr/status").problem().2;
    assert_eq!(detail, "there is no agent `Helpr`; did you mean `helper`?");
    for (method, path, code) in [
        ("GET", "/nothing", "unknown-path"),
        ("GET", "/agents/", "unknown-path"),
        ("GET", "/agents/helper/chat/", "unknown-path"),
        ("GET", "/agents/%ff/status", "unknown-path"),
        ("GET", "/agents/%1b%5b2J/status", "unknown-agent"),
        ("POST", "/agents/Helper/chat", "unknown-agent"),
        ("GET", "/invocations/0/events", "unknown-invocation"),
        ("GET", "/invocations/00000000000000000000000000000000/events", "unknown-invocation"),
        ("GET", "/agents/helper/sessions/0", "unknown-session"),
        ("DELETE", "/agents/helper/sessions/00000000000000000000000000000000", "unknown-session"),
    ] {
        let answer = ask(runner.address, &format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        let (status, found, detail) = answer.problem();
        assert_eq!((status, found.as_str()), (404, code), "{method} {path}");
        assert!(!detail.contains('\u{1b}'), "{detail:?}");
    }
}

#[test]
fn what_a_path_does_not_take() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    for (method, path, allowed) in [
        ("GET", "/agents/helper/chat", "POST"),
        ("PUT", "/agents/helper/chat/stream", "POST"),
        ("POST", "/agents", "GET,HEAD"),
        ("POST", "/health", "GET,HEAD"),
        ("OPTIONS", "/agents/helper/chat", "POST"),
        ("PATCH", "/agents/helper/sessions/0", "GET,HEAD,DELETE"),
    ] {
        let answer = ask(runner.address, &format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        assert_eq!((answer.problem().0, answer.problem().1.as_str()), (405, "wrong-method"), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
        let named: Vec<_> = allowed.split(',').filter(|method| *method != "HEAD").map(|it| format!("`{it}`")).collect();
        assert_eq!(answer.json()["help"], format!("send it with {}", named.join(" or ")), "{method} {path}");
    }
}

#[test]
fn who_is_not_let_in_is_told_the_way() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    for path in ["/agents/closed/chat", "/agents/closed/chat/stream"] {
        let answer = ask(runner.address, &post(path, r#"{"message":"hello"}"#));
        let wanted = "no `acl` gives `anonymous` the role `execute` on the agent `closed`";
        assert_eq!(answer.problem(), (403, "not-allowed".to_owned(), wanted.to_owned()));
        assert_eq!(
            answer.json()["help"],
            "talk to it on its operator's machine, `pace chat closed --as user:<name>`, add `anonymous` to its `acl`, or list \
             sources under `authentication` in `paceline.yaml`: without them everybody who asks over HTTP is `anonymous`"
        );
    }
}

#[test]
fn a_request_names_one_host() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    for hosts in ["host: localhost\r\nhost: localhost\r\n", "host: localhost\r\nHost: elsewhere.example\r\n"] {
        let answer = ask(runner.address, &format!("GET /health HTTP/1.1\r\n{hosts}\r\n"));
        assert_eq!(answer.problem().2, "the request has more than one header `Host`");
        assert_eq!(answer.status, 400);
    }
}

#[test]
fn what_is_malformed() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let nested = format!(r#"{{"message":{}1{}}}"#, "[".repeat(20), "]".repeat(20));
    for path in ["/agents/helper/chat", "/agents/helper/chat/stream"] {
        for (body, words) in [
            ("", "the body is empty"),
            ("hello", "the body is malformed: expected value at line 1 column 1"),
            ("{}", "the key `message` is missing"),
            (r#"{"message":1}"#, "the key `message`: invalid type: integer `1`, expected a string"),
            (r#"{"message":"a","mode":1}"#, "there is no key `mode`"),
            (r#"{"message":"a","session":"b"}"#, "the key `session`: an id is 32 hexadecimal digits in lower case"),
            (r#"{"message":" "}"#, "the message is empty"),
            (nested.as_str(), "the key `message`: invalid type: sequence, expected a string"),
        ] {
            let (status, code, detail) = ask(runner.address, &post(path, body)).problem();
            assert_eq!((status, code.as_str()), (400, "malformed-request"), "{body}");
            assert!(detail.contains(words), "{detail}");
        }
    }
    let mut connection = Connection::to(runner.address);
    connection.send(post("/agents/helper/chat", "0123456789").replace("0123456789", "").as_bytes());
    connection.send(b"{\"mes\xff\":1}");
    let (status, _, detail) = connection.answer().unwrap().problem();
    assert_eq!((status, detail.as_str()), (400, "the body is not UTF-8: byte 6"));
}

#[test]
fn what_is_no_json_by_its_own_account() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let request = say("hello");
    for (header, words) in [
        ("content-type: text/plain", "the body is `text/plain`, and this path takes JSON"),
        ("content-type: application/jsonp", "the body is `application/jsonp`, and this path takes JSON"),
        ("x: y", "the request does not say what its body is"),
        ("content-type: application/json\r\ncontent-encoding: gzip", "the body is encoded as `gzip`"),
    ] {
        let answer = ask(runner.address, &request.replace("content-type: application/json", header));
        let (status, code, detail) = answer.problem();
        assert_eq!((status, code.as_str()), (415, "wrong-media-type"), "{header}");
        assert!(detail.contains(words), "{detail}");
    }
    let answer = ask(runner.address, &request.replace("/json", "/JSON; charset=utf-8"));
    assert_eq!(answer.status, 200);
}

#[test]
fn who_may_not() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let (status, code, detail) = ask(runner.address, &say("hello").replace("helper", "closed")).problem();
    assert_eq!((status, code.as_str()), (403, "not-allowed"));
    assert!(detail.contains("`closed`"), "{detail}");
    // A page from elsewhere that made a browser believe that it is of this machine.
    for (origin, wanted) in [
        ("http://attacker.example:8080", 403),
        ("null", 403),
        ("http://localhost.attacker.example", 403),
        ("http://localhost:3000", 200),
        ("http://127.0.0.1:8080", 200),
        ("https://[::1]", 200),
    ] {
        let answer = ask(
            runner.address,
            &say("hello").replace("host: localhost", &format!("host: localhost\r\norigin: {origin}")),
        );
        assert_eq!(answer.status, wanted, "{origin}");
    }
}

#[test]
fn what_an_invocation_fails_with_is_told_and_logged_without_its_words() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let answer = ask(runner.address, &say("my secret diary"));
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (502, "no-recorded-turn"));
    let invocation = answer.json()["invocation"].clone();
    assert_eq!(Some(answer.header("paceline-invocation").unwrap()), invocation.as_str());
    let line = runner.wait_for(|line| line["message"] == "an invocation failed");
    assert_eq!((&line["code"], &line["agent"]), (&"no-recorded-turn".into(), &"helper".into()));
    assert_eq!(line["invocation"], invocation);
    assert_eq!((&line["model"], line.get("detail")), (&"recorded".into(), None));
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("diary"));
}

#[test]
fn a_session_takes_one_turn_at_a_time() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let mut first = Connection::to(runner.address);
    first.send(crate::http::stream("for ever").as_bytes());
    first.head().unwrap();
    let session = first.event().unwrap().data["session"].as_str().unwrap().to_owned();
    let body = serde_json::json!({"message": "hello", "session": session}).to_string();
    let (status, code, _) = ask(runner.address, &post("/agents/helper/chat", &body)).problem();
    assert_eq!((status, code.as_str()), (409, "session-busy"));
    let shown = get(runner.address, &format!("/agents/helper/sessions/{session}")).json();
    assert_eq!((&shown["is_busy"], &shown["messages"]), (&true.into(), &serde_json::json!([])));
}
