//! What a request is called, and the line that the log has of it.

use pace_tests::http::{Connection, ask};
use pace_tests::process::Runner;
use pace_tests::program::output_of;
use pace_tests::{until, until_found};
use serde_json::{Value, json};

use super::{ANN, bearer, failing, get, project, said, say, start, start_measured, with};

fn line_of(runner: &Runner, request: &str) -> Value {
    runner.wait_for(|line| line["message"] == "request" && line["request"] == request)
}

#[test]
fn a_sound_id_is_kept_and_any_other_is_replaced() {
    let runner = start(&project(), &[]);
    for path in ["/health", "/agents", "/nothing", "/traces"] {
        assert_eq!(
            get(&runner, path, &["x-request-id: from-the-proxy/1"]).header("x-request-id"),
            Some("from-the-proxy/1")
        );
    }
    let long = format!("x-request-id: {}", "x".repeat(129));
    for lines in [&[][..], &["x-request-id: a b"], &[&long], &["x-request-id: a", "x-request-id: b"]] {
        let answer = get(&runner, "/agents", lines);
        let id = answer.header("x-request-id").unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{lines:?}: {id}");
    }
}

#[test]
fn a_problem_and_its_lines_have_the_id_of_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let runner = start(&failing(), &[("PACE_STATE_DIR", folder.path().to_str().unwrap())]);
    let answer = say(&runner, "desk", "fail", &[&bearer(ANN), "x-request-id: r-1"]);
    assert_eq!((answer.problem().0, &answer.json()["request"]), (502, &json!("r-1")));
    let failed = runner.wait_for(|line| line["message"] == "an invocation failed");
    assert_eq!(failed["request"], "r-1");
    assert_eq!(get(&runner, "/nothing", &["x-request-id: r-2"]).json()["request"], "r-2");
    // The same for one that is streamed, and in traces.
    let stream = said("desk", "fail").replacen("/chat ", "/chat/stream ", 1);
    let mut connection = Connection::to(runner.address);
    connection.send(with(&stream, &[&bearer(ANN), "x-request-id: r-3"]).as_bytes());
    assert_eq!(connection.head().unwrap().header("x-request-id"), Some("r-3"));
    let events = connection.events();
    let invocation = events[0].data["invocation"].as_str().unwrap().to_owned();
    let last = events.last().unwrap();
    assert_eq!((last.name.as_str(), &last.data["request"]), ("error", &json!("r-3")), "{last:?}");
    // Whoever follows later asks under another name, and gets the same event.
    let followed = get(&runner, &format!("/invocations/{invocation}/events"), &[&bearer(ANN), "x-request-id: r-4"]);
    assert!(followed.body.contains(r#""request":"r-3""#) && !followed.body.contains("r-4"), "{followed:?}");
    runner.wait_for(|line| line["message"] == "an invocation failed" && line["request"] == "r-3");
    let trace = until_found("the trace is stored", || {
        let answer = get(&runner, &format!("/traces/{invocation}"), &[&bearer(ANN)]);
        if answer.status == 200 { Ok(answer) } else { Err(answer) }
    });
    assert_eq!(trace.json()["request"], "r-3");
}

#[test]
fn each_request_is_a_line() {
    let mut runner = start_measured(&project(), &[("LOG_LEVEL", "debug")]);
    let answer = say(&runner, "desk", "hello", &[&bearer(ANN), "x-request-id: said"]);
    let line = line_of(&runner, "said");
    assert_eq!(line["level"], "INFO");
    let wanted = json!({
        "method": "POST", "route": "/agents/{name}/chat", "status": 200, "bytes": answer.body.len(), "principal": "user:ann",
        "agent": "desk", "invocation": answer.header("paceline-invocation").unwrap(), "request": "said",
    });
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&line[key], value, "{key}: {line}");
    }
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0 && line["cut"].is_null(), "{line}");
    get(&runner, "/agents/desk/status?token=in-the-query", &[&bearer("another-token-0123"), "x-request-id: wrong"]);
    assert_eq!(
        (&line_of(&runner, "wrong")["status"], &line_of(&runner, "wrong")["principal"]),
        (&json!(401), &Value::Null)
    );
    get(&runner, "/in-the-path", &["x-request-id: nowhere"]);
    let line = line_of(&runner, "nowhere");
    assert_eq!((&line["status"], &line["route"], &line["principal"]), (&json!(404), &Value::Null, &json!("anonymous")));
    let session = answer.json()["session"].as_str().unwrap().to_owned();
    get(&runner, &format!("/agents/desk/sessions/{session}"), &[&bearer(ANN), "x-request-id: session"]);
    assert_eq!(line_of(&runner, "session")["route"], "/agents/{name}/sessions/{id}");
    // An answer without a body is whole.
    for (method, path, id) in
        [("HEAD", "/agents".to_owned(), "head"), ("DELETE", format!("/agents/desk/sessions/{session}"), "gone")]
    {
        let mut connection = Connection::to(runner.address);
        let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        connection.send(with(&request, &[&bearer(ANN), &format!("x-request-id: {id}")]).as_bytes());
        connection.head().unwrap();
        let line = line_of(&runner, id);
        assert_eq!(
            (&line["method"], &line["bytes"], &line["cut"]),
            (&json!(method), &json!(0), &Value::Null),
            "{line}"
        );
    }
    get(&runner, "/health", &["x-request-id: probe"]);
    assert_eq!(line_of(&runner, "probe")["level"], "DEBUG", "probes are no news");
    // Who hangs up is a line, too.
    let mut connection = Connection::to(runner.address);
    connection.send(with(&said("desk", "for ever"), &[&bearer(ANN), "x-request-id: hung-up"]).as_bytes());
    runner.until_running(1);
    drop(connection);
    assert_eq!(
        (&line_of(&runner, "hung-up")["status"], &line_of(&runner, "hung-up")["cut"]),
        (&json!(499), &json!(true))
    );
    assert_eq!(runner.stop(), Some(0));
    let log = runner.lines().concat();
    for secret in [ANN, "another-token-0123", "in-the-query", "in-the-path", &session] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[test]
fn the_log_is_as_loud_as_it_is_told_to_be() {
    let mut runner = start(&project(), &[]);
    get(&runner, "/health", &["x-request-id: probe"]);
    say(&runner, "open", "hello", &["x-request-id: said"]);
    line_of(&runner, "said");
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("probe"));
    // As text, and quieter.
    let project = project();
    for (level, is_told) in [("info", true), ("warn", false)] {
        let variables = [("ANN", ANN), ("BOB", super::BOB), ("LOG_FORMAT", "text"), ("LOG_LEVEL", level)];
        let number = pace_tests::port::free();
        let port = (std::net::Ipv4Addr::LOCALHOST, number).into();
        let number = number.to_string();
        let mut command = pace_tests::process::command(&project, &[&variables[..], &[("PORT", &number)]].concat());
        let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        until("it listens", || std::net::TcpStream::connect(port).is_ok());
        assert_eq!(ask(port, &with(&said("open", "hello"), &["x-request-id: told"])).status, 200);
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
        let log = String::from_utf8(output_of(child).stderr).unwrap();
        let line = log.lines().find(|line| line.contains("told"));
        assert_eq!(line.is_some(), is_told, "{log}");
        assert!(
            line.is_none_or(|line| line
                .contains("INFO request request=\"told\" peer=127.0.0.1 principal=\"anonymous\" agent=\"open\" ")
                && line.contains(" method=\"POST\" route=\"/agents/{name}/chat\" status=200")),
            "{log}"
        );
    }
}
