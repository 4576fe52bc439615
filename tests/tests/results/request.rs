//! Requests as the servers of these tests read them: enough of HTTP/1.1 for clients that behave well.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `POST /path HTTP/1.1`
    pub(crate) first: String,
    headers: Vec<String>,
    /// Its JSON; null where it has none.
    pub(crate) body: Value,
}

impl Request {
    /// The next one of a connection; none where there is no more.
    pub(crate) fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first).ok().filter(|length| *length > 0)?;
        let mut request = Self { first, headers: Vec::new(), body: Value::Null };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if line.trim().is_empty() {
                break;
            }
            request.headers.push(line);
        }
        let length = request.header("content-length").map_or(Ok(0), str::parse).ok()?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        request.body = serde_json::from_slice(&body).unwrap_or_default();
        Some(request)
    }

    /// What a header says.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let is_it = |line: &&String| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
        self.headers.iter().find(is_it)?.split_once(':').map(|(_, value)| value.trim())
    }
}

/// Serves on a port of this machine for as long as the test runs, each connection on a thread of its own: `serve` answers one
/// request, and says nothing where there is no more.
pub(crate) fn listen(serve: impl Fn(&TcpStream) -> Option<()> + Send + Clone + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = serve.clone();
            std::thread::spawn(move || while serve(&stream).is_some() {});
        }
    });
    port
}
