//! Clients that send too much, too little, or nothing that makes sense. Whatever they do, the runner goes on serving others.

use std::io::Write;

use pace_tests::until;

use crate::http::{Answer, Connection, ask, get, post, say};
use crate::process::Runner;
use crate::project;

/// Sends bytes and closes its side, as a client that has no more to say; an answer, or none: who closes may have left.
fn raw(runner: &Runner, bytes: &[u8]) -> Option<Answer> {
    let mut connection = Connection::to(runner.address);
    // The runner may close while this is still being sent.
    let _cut_short = connection.stream.get_mut().write_all(bytes);
    let _closed = connection.stream.get_mut().shutdown(std::net::Shutdown::Write);
    connection.answer()
}

#[track_caller]
fn assert_serves(runner: &mut Runner) {
    assert_eq!(ask(runner.address, &say("hello")).status, 200);
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("panicked"), "{:?}", runner.lines());
}

#[test]
fn bodies_that_are_too_large() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let fits = say(&"x".repeat((1 << 20) - 20));
    assert_eq!(ask(runner.address, &fits).problem().1, "no-recorded-turn");
    let large = say(&"x".repeat(1 << 20));
    let answer = ask(runner.address, &large);
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (413, "too-large"));
    assert_eq!(answer.header("connection"), Some("close"));
    // In chunks, without a length.
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let head = "POST /agents/helper/chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked";
    let chunked = format!("{head}\r\n\r\n{}0\r\n\r\n", chunk.repeat(17));
    assert_eq!(ask(runner.address, &chunked).problem().0, 413);
    // One that asks first is told before it sends, and the one that may send is told to go on.
    let head = "POST /agents/helper/chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nexpect: 100-continue";
    assert_eq!(ask(runner.address, &format!("{head}\r\ncontent-length: 9999999\r\n\r\n")).problem().0, 413);
    let mut polite = Connection::to(runner.address);
    assert_eq!(polite.ask(&format!("{head}\r\ncontent-length: 19\r\n\r\n")).status, 100);
    assert_eq!(polite.ask(r#"{"message":"hello"}"#).status, 200);
    assert_serves(&mut runner);
}

#[test]
fn heads_that_are_too_large() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let with = |headers: &str| format!("GET /health HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    assert_eq!(ask(runner.address, &with(&"x: y\r\n".repeat(90))).status, 200);
    let over = format!("x: {}\r\n", "y".repeat(70_000));
    assert_eq!(ask(runner.address, &with(&over)).status, 431);
    for headers in ["x: y\r\n".repeat(200), "x: y\r\n".repeat(100_000), format!("x: {}\r\n", "y".repeat(1 << 20))] {
        let answer = raw(&runner, with(&headers).as_bytes());
        assert!(answer.is_none_or(|answer| answer.status == 431), "{}", headers.len());
    }
    assert_serves(&mut runner);
}

#[test]
fn bytes_that_are_no_http() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let noise: Vec<u8> = (0_u32..100_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for bytes in [
        &noise[..],
        b"\0",
        b"\r\n\r\n\r\n",
        b"GET",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n",
    ] {
        let answer = raw(&runner, bytes);
        assert!(answer.as_ref().is_none_or(|answer| (400..500).contains(&answer.status)), "{bytes:?}: {answer:?}");
    }
    for request in
        ["CONNECT example.com:443 HTTP/1.1\r\nhost: localhost\r\n\r\n", "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n"]
    {
        let answer = ask(runner.address, request);
        assert!((400..500).contains(&answer.status), "{request}: {answer:?}");
    }
    // An address in the request's first line, as proxies get it, leads to its path.
    let absolute = "GET http://elsewhere.example/health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert_eq!(ask(runner.address, absolute).status, 200);
    assert_serves(&mut runner);
}

#[test]
fn requests_that_two_readers_would_read_differently() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let smuggled = "GET /agents HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let head = "POST /agents/helper/chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
    for framing in [
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5, 6",
        "content-length: +5",
        "content-length: 0x5",
        "content-length: -1",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: xchunked",
        "transfer-encoding: identity",
        "transfer-encoding : chunked",
        "transfer-encoding: \x0bchunked",
    ] {
        let bytes = format!("{head}\r\n{framing}\r\n\r\n0\r\n\r\n{smuggled}");
        let mut connection = Connection::to(runner.address);
        connection.send(bytes.as_bytes());
        let answer = connection.answer();
        assert!(answer.as_ref().is_none_or(|answer| answer.status == 400), "{framing}: {answer:?}");
        assert!(connection.is_closed(), "{framing}: the rest was read as a request");
    }
    // Both framings: the chunks count, and the connection is not used again or the rest is the next request.
    let both = format!("{head}\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
    assert_eq!(ask(runner.address, &both).problem().2, "the body is empty");
    for chunks in ["5;\n\r\nhello\r\n0\r\n\r\n", "-1\r\n\r\n", "ffffffffffffffffff\r\n", "5\r\nhelloX\r\n0\r\n\r\n"] {
        let mut connection = Connection::to(runner.address);
        connection.send(format!("{head}\r\ntransfer-encoding: chunked\r\n\r\n{chunks}").as_bytes());
        let answer = connection.answer();
        assert!(answer.as_ref().is_none_or(|answer| answer.status == 400), "{chunks}: {answer:?}");
        assert!(connection.is_closed(), "{chunks}");
    }
    assert_serves(&mut runner);
}

#[test]
fn clients_that_break_off() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let request = post("/agents/helper/chat", r#"{"message":"hello"}"#);
    for length in 0..request.len() {
        let mut connection = Connection::to(runner.address);
        connection.send(&request.as_bytes()[..length]);
        drop(connection);
    }
    assert_eq!(get(runner.address, "/health").status, 200);
    assert_serves(&mut runner);
}

#[test]
fn as_many_at_once_as_there_are_places() {
    let project = project();
    let mut runner = Runner::start(&project, &[("DRAIN_TIMEOUT", "1s"), ("ADMIN_PORT", "0")]);
    // Each keeps a place until it is told to stop; as many connections as fit into the files a process may have open.
    let waiting: Vec<_> = (0..1_024)
        .map(|_| {
            let mut connection = Connection::to(runner.address);
            connection.send(say("for ever").as_bytes());
            connection
        })
        .collect();
    // One that asks before the last of them was read would take its place.
    runner.until_running(waiting.len());
    let answer = ask(runner.address, &say("hello"));
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (429, "too-many-invocations"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    drop(waiting);
    until("clients that left give back their places", || ask(runner.address, &say("hello")).status == 200);
    assert_serves(&mut runner);
}
