//! A server of a few lines: one reply for each request, in order; the last one again and again.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is done with a request.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Bytes.
    Send(Vec<u8>),
    /// A pause.
    Pause(Duration),
    /// The connection is closed.
    Close,
}

pub(super) type Reply = Vec<Step>;

/// The server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    /// Hears of each connection that the other side closed.
    pub(super) closed: Receiver<()>,
}

impl Server {
    pub(super) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (sender, closed) = channel();
        let seen = Arc::clone(&requests);
        // Ends with the process: a test's server is idle when the test is over.
        std::thread::spawn(move || {
            let replies = Arc::new(replies);
            for stream in listener.incoming().map_while(Result::ok) {
                let (replies, seen, sender) = (Arc::clone(&replies), Arc::clone(&seen), sender.clone());
                std::thread::spawn(move || serve(stream, &replies, &seen, &sender));
            }
        });
        Self { port, requests, closed }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, replies: &[Reply], seen: &Mutex<Vec<String>>, closed: &Sender<()>) {
    while let Some(request) = request(&mut stream) {
        let at = {
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            seen.len() - 1
        };
        for step in &replies[at.min(replies.len() - 1)] {
            match step {
                Step::Send(bytes) => {
                    if stream.write_all(bytes).is_err() {
                        let _gone = closed.send(());
                        return;
                    }
                }
                Step::Pause(pause) => std::thread::sleep(*pause),
                Step::Close => return,
            }
        }
    }
    let _gone = closed.send(());
}

/// Head and body; `None` when there is no further request.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// A whole answer that is no stream.
pub(super) fn plain(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    vec![Step::Send(text.into_bytes())]
}

/// The head of a stream, and its first piece.
pub(super) fn begun(events: &str) -> Reply {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    vec![Step::Send([head.as_bytes(), &chunk(events)].concat())]
}

/// A whole stream, its end in the same piece.
pub(super) fn stream(events: &str) -> Reply {
    let mut reply = begun(events);
    if let Some(Step::Send(bytes)) = reply.last_mut() {
        bytes.extend_from_slice(b"0\r\n\r\n");
    }
    reply
}

/// A chunk of a stream; none for nothing, which would end it.
pub(super) fn chunk(events: &str) -> Vec<u8> {
    if events.is_empty() { Vec::new() } else { format!("{:x}\r\n{events}\r\n", events.len()).into_bytes() }
}

/// Events of Gemini that say a text in two pieces.
pub(super) const GOOD: &str = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Good \"}]}}]}\r\n\r\n\
    data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"day.\"}]},\"finishReason\":\"STOP\"}]}\r\n\r\n";

/// The first of them.
pub(super) const HALF: &str = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Good \"}]}}]}\r\n\r\n";
