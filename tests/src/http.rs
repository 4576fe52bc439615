//! A small HTTP/1.1 client that does what it is told and nothing of its own accord.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::process::PATIENCE;

/// A connection.
#[derive(Debug)]
pub struct Connection {
    /// Its socket.
    pub stream: BufReader<TcpStream>,
    /// What of an event stream was read and not yet taken.
    pending: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// Its body, whole.
    pub body: String,
}

/// A server-sent event.
#[derive(Debug, PartialEq)]
pub struct Event {
    /// Its number, from 1.
    pub id: u64,
    /// Its kind.
    pub name: String,
    /// What it says.
    pub data: Value,
}

/// One request on a connection of its own.
pub fn ask(address: SocketAddr, request: &str) -> Answer {
    Connection::to(address).ask(request)
}

/// `GET` of a path.
pub fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
}

/// `POST` of JSON.
pub fn post(path: &str, body: &str) -> String {
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json");
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// `POST` of a message to the agent `helper`.
pub fn say(message: &str) -> String {
    post("/agents/helper/chat", &serde_json::json!({ "message": message }).to_string())
}

/// The same, for a stream of events.
pub fn stream(message: &str) -> String {
    post("/agents/helper/chat/stream", &serde_json::json!({ "message": message }).to_string())
}

impl Connection {
    /// A new one.
    pub fn to(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// One that is there.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream: BufReader::new(stream), pending: String::new() }
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// Sends a request, and waits for its answer.
    pub fn ask(&mut self, request: &str) -> Answer {
        self.send(request.as_bytes());
        self.answer().expect("an answer")
    }

    /// A whole answer; none if the connection was closed instead.
    pub fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.head()?;
        if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk() {
                answer.body.push_str(&chunk);
            }
        } else if let Some(length) = answer.header("content-length") {
            let mut body = vec![0; length.parse().unwrap()];
            self.stream.read_exact(&mut body).unwrap();
            answer.body = String::from_utf8(body).unwrap();
        }
        Some(answer)
    }

    /// The head of an answer.
    pub fn head(&mut self) -> Option<Answer> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).unwrap_or_else(|| panic!("{first:?}")).parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Some(Answer { status, headers, body: String::new() });
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// The next event of a stream whose head was read; none at its end.
    pub fn event(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.pending.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.pending = rest;
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                let Some(name) = field("event: ") else { continue };
                let data = serde_json::from_str(field("data: ").unwrap()).unwrap();
                return Some(Event { id: field("id: ").unwrap().parse().unwrap(), name: name.to_owned(), data });
            }
            let chunk = self.chunk()?;
            self.pending.push_str(&chunk);
        }
    }

    /// All events to the end.
    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.event()).collect()
    }

    fn chunk(&mut self) -> Option<String> {
        let length = usize::from_str_radix(&self.line()?, 16).unwrap();
        let mut chunk = vec![0; length + 2];
        self.stream.read_exact(&mut chunk).ok()?;
        chunk.truncate(length);
        (length > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        // A connection that was reset has no more lines, as one that was closed.
        let length = self.stream.read_line(&mut line).unwrap_or_default();
        (length > 0).then(|| line.trim_end().to_owned())
    }

    /// Whether the other side has closed it and said no more.
    pub fn is_closed(&mut self) -> bool {
        self.line().is_none()
    }
}

impl Answer {
    /// A header field by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A problem document, whole and in agreement with its status.
    #[track_caller]
    pub fn problem(&self) -> (u16, String, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let document = self.json();
        let text = |key: &str| document[key].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned();
        assert_eq!(document["status"], self.status, "{self:?}");
        assert_eq!(text("type"), format!("urn:paceline:problem:{}", text("code")));
        assert!(!text("title").is_empty());
        (self.status, text("code"), text("detail"))
    }
}
