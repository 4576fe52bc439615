//! What is outside: a server that writes down each request, and answers when the test lets it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use pace_tests::process::PATIENCE;

/// A server on a port of this machine.
///
/// `/now…` is answered at once, `/both…` when two of them are there, `/held…` when the test says so.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// What happened, in order: `begin /a`, `end /a`, `lost /a`.
    pub(crate) log: Vec<String>,
    both: usize,
    is_released: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { port, state }
    }

    /// Answers what is held.
    pub(crate) fn release(&self) {
        self.state.seen.lock().unwrap().is_released = true;
        self.state.changed.notify_all();
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.state.seen.lock().unwrap().log.clone()
    }

    pub(crate) fn has(&self, line: &str) -> bool {
        self.log().iter().any(|there| there == line)
    }
}

impl State {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        let _ = reader.read_line(&mut first);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
            line.clear();
        }
        let Some(path) = first.split(' ').nth(1).map(str::to_owned) else { return };
        self.note("begin", &path);
        let mut stream = reader.into_inner();
        let enough = self.wait(&path, &stream);
        if is_gone(&stream) {
            self.note("lost", &path);
            return;
        }
        self.note("end", &path);
        let body = format!(r#"{{"path":"{path}","enough":{enough}}}"#);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
        let _gone = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
    }

    /// Whether what was waited for came.
    fn wait(&self, path: &str, stream: &TcpStream) -> bool {
        let mut seen = self.seen.lock().unwrap();
        if path.starts_with("/both") {
            seen.both += 1;
            self.changed.notify_all();
            return !self.changed.wait_timeout_while(seen, PATIENCE, |seen| seen.both < 2).unwrap().1.timed_out();
        }
        if path.starts_with("/held") {
            let begin = Instant::now();
            while !seen.is_released && !is_gone(stream) && begin.elapsed() < PATIENCE {
                seen = self.changed.wait_timeout(seen, Duration::from_millis(10)).unwrap().0;
            }
            return seen.is_released;
        }
        true
    }

    fn note(&self, what: &str, path: &str) {
        self.seen.lock().unwrap().log.push(format!("{what} {path}"));
        self.changed.notify_all();
    }
}

/// Whether the other side has closed the connection.
fn is_gone(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let gone = matches!(stream.peek(&mut [0]), Ok(0));
    stream.set_nonblocking(false).unwrap();
    gone
}
