//! A client that is nothing but a socket, so that what is tested is the runner and not a library that both sides share.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use pace_tests::process::PATIENCE;
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A server-sent event, and when it came.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: Value,
    pub(crate) at: Instant,
}

impl Answer {
    /// The body as data.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn get(port: u16, path: &str) -> Answer {
    let (status, mut body) = send(port, "GET", path, "");
    Answer { status, body: body.rest() }
}

pub(crate) fn post(port: u16, path: &str, document: &Value) -> Answer {
    let (status, mut body) = send(port, "POST", path, &document.to_string());
    Answer { status, body: body.rest() }
}

/// The events of a stream, to its end.
#[track_caller]
pub(crate) fn events(port: u16, path: &str, document: &Value) -> Vec<Event> {
    let (status, mut body) = send(port, "POST", path, &document.to_string());
    assert_eq!(status, 200, "{}", body.rest());
    let (mut events, mut name) = (Vec::new(), String::new());
    while let Some(line) = body.line() {
        if let Some(word) = line.strip_prefix("event: ") {
            word.clone_into(&mut name);
        } else if let Some(data) = line.strip_prefix("data: ") {
            let data = serde_json::from_str(data).expect("events hold JSON");
            events.push(Event { name: name.clone(), data, at: Instant::now() });
        }
    }
    events
}

fn send(port: u16, method: &str, path: &str, body: &str) -> (u16, Body) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server takes connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer right\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut stream = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).expect("the server answers");
        assert!(line.ends_with('\n'), "the head breaks off: {head:?}");
        if line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_ascii_lowercase());
    }
    let status = head[0].split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
    let is_chunked = head.iter().any(|line| line == "transfer-encoding: chunked");
    (status, Body { stream, is_chunked, left: 0, bytes: Vec::new() })
}

/// The body of an answer, with the lengths of its chunks taken out.
struct Body {
    stream: BufReader<TcpStream>,
    is_chunked: bool,
    /// Bytes of this chunk that are still to come.
    left: usize,
    /// What was read of the line that is not whole yet.
    bytes: Vec<u8>,
}

impl Body {
    /// The next line, without its end.
    fn line(&mut self) -> Option<String> {
        while let Some(byte) = self.byte() {
            if byte == b'\n' {
                return Some(self.take());
            }
            self.bytes.push(byte);
        }
        (!self.bytes.is_empty()).then(|| self.take())
    }

    fn rest(&mut self) -> String {
        while let Some(byte) = self.byte() {
            self.bytes.push(byte);
        }
        self.take()
    }

    fn take(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.bytes)).expect("answers are UTF-8")
    }

    fn byte(&mut self) -> Option<u8> {
        if self.is_chunked && self.left == 0 {
            let mut length = String::new();
            while length.trim().is_empty() && self.stream.read_line(&mut length).is_ok_and(|count| count > 0) {}
            self.left = usize::from_str_radix(length.trim(), 16).expect("a chunk has a length");
            if self.left == 0 {
                self.is_chunked = false;
            }
        }
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(1) => {
                self.left = self.left.saturating_sub(1);
                Some(byte[0])
            }
            _ => None,
        }
    }
}
