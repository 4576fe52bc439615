//! HTTP/2 without TLS, as sidecars speak it: by curl, and by clients that are out for harm.

use std::io::Write;

use pace_tests::curl;
use pace_tests::process::Runner;

use super::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, GOAWAY, HEADERS, RST_STREAM, fields, frame, post, stream,
};
use super::{ANN, project, say, start, start_measured};

#[track_caller]
fn assert_serves(runner: &mut Runner) {
    assert_eq!(say(runner, "open", "hello", &[]).status, 200);
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("panicked"), "{:?}", runner.lines());
}

#[test]
fn curl_speaks_it() {
    let mut runner = start(&project(), &[]);
    let url = |path: &str| format!("http://{}{path}", runner.address);
    let version = ["--http2-prior-knowledge", "--write-out", "\n%{http_version} %{http_code}"];
    let said = ["--header", "content-type: application/json", "--header", "x-request-id: two", "--data"];
    let chat = url("/agents/open/chat");
    let Some(answer) = curl(&[&version[..], &said, &[r#"{"message":"hello"}"#, &chat]].concat()) else { return };
    assert!(answer.contains(r#""response":"one two three""#) && answer.ends_with("\n2 200"), "{answer}");
    let line = runner.wait_for(|line| line["request"] == "two" && line["message"] == "request");
    assert_eq!((&line["status"], &line["route"]), (&200.into(), &"/agents/{name}/chat".into()));
    // A stream, and the same again from where it broke off.
    let stream = url("/agents/open/chat/stream");
    let whole = curl(&[&version[..1], &["--no-buffer"], &said, &[r#"{"message":"hello"}"#, &stream]].concat()).unwrap();
    assert!(whole.starts_with("id: 1\nevent: start\n") && whole.contains("event: done\n"), "{whole}");
    let events = url(&format!("/invocations/{}/events", whole.split('"').nth(3).unwrap()));
    let rest = curl(&[&version[..1], &["--header", "Last-Event-ID: 2", &events]].concat()).unwrap();
    assert!(rest.starts_with("id: 3\n") && whole.ends_with(&rest), "{rest}");
    let wrong =
        curl(&[&version[..], &["--header", &super::bearer("another-token-0123"), &url("/agents")]].concat()).unwrap();
    assert!(wrong.ends_with("\n2 401"), "{wrong}");
    assert_serves(&mut runner);
}

#[test]
fn requests_share_a_connection() {
    let mut runner = start(&project(), &[]);
    let mut client = Frames::to(runner.address);
    let block = fields(&[(":method", "GET"), (":scheme", "http"), (":path", "/agents"), (":authority", "localhost")]);
    let numbers: Vec<u32> = (0..50).map(|number| 2 * number + 1).collect();
    for number in &numbers {
        assert!(client.send(HEADERS, END_HEADERS | END_STREAM, *number, &block));
    }
    let mut answered: Vec<_> = std::iter::from_fn(|| client.next())
        .filter(|frame| frame.kind == DATA && String::from_utf8_lossy(&frame.payload).contains("\"open\""))
        .map(|frame| frame.stream)
        .take(numbers.len())
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, numbers);
    assert_serves(&mut runner);
}

#[test]
fn heads_that_are_too_large() {
    let mut runner = start(&project(), &[]);
    let mut client = Frames::to(runner.address);
    let pseudo = [(":method", "GET"), (":scheme", "http"), (":path", "/agents"), (":authority", "localhost")];
    let large = "y".repeat(30_000);
    let block = fields(&[&pseudo[..], &[("x", &large), ("y", &large), ("z", &large)]].concat());
    let pieces: Vec<_> = block.chunks(16_384).collect();
    for (number, piece) in pieces.iter().enumerate() {
        let kind = if number == 0 { HEADERS } else { CONTINUATION };
        let end = if number == pieces.len() - 1 { END_HEADERS } else { 0 };
        client.send(kind, if number == 0 { END_STREAM | end } else { end }, 1, piece);
    }
    let answer = std::iter::from_fn(|| client.next()).find(|frame| frame.kind == HEADERS || frame.kind == GOAWAY);
    // Not `:status: 200`, which stands in the static table.
    assert!(answer.as_ref().is_none_or(|frame| frame.payload.first() != Some(&0x88)), "{answer:?}");
    assert_serves(&mut runner);
}

/// CVE-2023-44487: requests that are taken back at once cost the server, and not the client.
#[test]
fn a_flood_of_resets_ends_the_connection() {
    let mut runner = start(&project(), &[]);
    let mut client = Frames::to(runner.address);
    let block = post("localhost");
    let pair = |stream| {
        [frame(HEADERS, END_HEADERS, stream, &block), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    };
    let sent = (0..20_000_u32).take_while(|number| client.0.write_all(&pair(2 * number + 1)).is_ok()).count();
    let ended = sent < 20_000 || client.wait_for(GOAWAY, 0).is_some();
    assert!(ended, "it took all of them");
    assert_serves(&mut runner);
}

/// CVE-2024-27316: a head that never ends.
#[test]
fn an_endless_head_ends_the_connection() {
    let mut runner = start(&project(), &[]);
    let mut client = Frames::to(runner.address);
    client.send(HEADERS, END_STREAM, 1, &post("localhost"));
    let piece = fields(&[("x", &"y".repeat(8_000))]);
    let sent = (0..20_000).take_while(|_| client.send(CONTINUATION, 0, 1, &piece)).count();
    assert!(sent < 20_000, "160 MB of one head were taken");
    assert_serves(&mut runner);
}

#[test]
fn more_requests_at_once_than_may_be_are_refused() {
    let mut runner = start(&project(), &[]);
    let mut client = Frames::to(runner.address);
    // At once: the server answers none of them before it has read all, however busy the machine is.
    let block = post("localhost");
    let all: Vec<_> = (0..101).map(|number| frame(HEADERS, END_HEADERS, 2 * number + 1, &block)).collect();
    client.0.write_all(&all.concat()).unwrap();
    // REFUSED_STREAM: it was not begun, and may be sent again.
    let refused = client.wait_for(RST_STREAM, 201).unwrap();
    assert_eq!(refused.payload, 7_u32.to_be_bytes());
    drop(client);
    assert_serves(&mut runner);
}

#[test]
fn requests_that_two_readers_would_read_differently() {
    let mut runner = start(&project(), &[]);
    let pseudo = [(":method", "GET"), (":scheme", "http"), (":path", "/agents"), (":authority", "localhost")];
    let smuggled = format!("x\r\nauthorization: Bearer {ANN}");
    for wrong in [
        vec![("transfer-encoding", "chunked")],
        vec![("connection", "close")],
        vec![("te", "gzip")],
        vec![("content-length", "5")],
        vec![("content-length", "0"), ("content-length", "5")],
        vec![("x", smuggled.as_str())],
        vec![("X-Upper", "y")],
        vec![("x y", "z")],
        vec![(":path", "/agents/vault/status")],
        vec![("host", "elsewhere.example")],
        vec![("host", "localhost"), ("host", "elsewhere.example")],
    ] {
        let mut client = Frames::to(runner.address);
        client.send(HEADERS, END_HEADERS | END_STREAM, 1, &fields(&[&pseudo[..], &wrong].concat()));
        let answer = std::iter::from_fn(|| client.next())
            .find(|frame| matches!(frame.kind, RST_STREAM | GOAWAY) || (frame.kind == HEADERS && frame.stream == 1));
        // `:status: 400` stands in the static table (RFC 7541, appendix A).
        let is_refused =
            answer.as_ref().is_none_or(|frame| frame.kind != HEADERS || frame.payload.first() == Some(&0x8c));
        assert!(is_refused, "{wrong:?}: {answer:?}");
    }
    assert_serves(&mut runner);
}

#[test]
fn whoever_takes_a_request_back_ends_it() {
    let mut runner = start_measured(&project(), &[]);
    let mut client = Frames::to(runner.address);
    client.send(HEADERS, END_HEADERS, 1, &post("localhost"));
    client.send(DATA, END_STREAM, 1, br#"{"message":"for ever"}"#);
    runner.until_running(1);
    client.send(RST_STREAM, 0, 1, &8_u32.to_be_bytes());
    let line = runner.wait_for(|line| line["message"] == "request" && line["status"] == 499);
    assert_eq!(line["route"], "/agents/{name}/chat");
    // Nothing is left that a drain would have to cancel.
    assert_eq!(runner.stop(), Some(0));
    assert_eq!(runner.wait_for(|line| line["message"] == "stopped")["cancelled"], 0);
}

#[test]
fn what_runs_may_finish_when_the_runner_ends() {
    let mut runner = start(&project(), &[]);
    let mut client = Frames::to(runner.address);
    client.send(HEADERS, END_HEADERS, 1, &stream("localhost"));
    client.send(DATA, END_STREAM, 1, br#"{"message":"wait"}"#);
    assert!(client.wait_for(HEADERS, 1).is_some());
    runner.signal("TERM");
    let told: Vec<_> = std::iter::from_fn(|| client.next()).filter(|frame| frame.kind == DATA).collect();
    let told: String = told.iter().map(|frame| String::from_utf8_lossy(&frame.payload)).collect();
    assert!(told.contains(r#""response":"waited""#), "{told}");
    assert_eq!(runner.code(), Some(0));
}
