//! An HTTP server of the tests, written on the socket so that it can also misbehave.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

/// A server that runs as long as the test's runtime.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers as [`answer`] says; requests for `/together` wait until so many of them are there.
    pub(crate) async fn start(together: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (log, barrier) = (Arc::clone(&seen), Arc::new(Barrier::new(together)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&log), Arc::clone(&barrier)));
            }
        });
        Self { port, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Vec<String>>>, barrier: Arc<Barrier>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let length = text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    while bytes.len() < head + length.unwrap_or(0) {
        stream.read_buf(&mut bytes).await?;
    }
    let body = String::from_utf8_lossy(&bytes[head..]).into_owned();
    log.lock().unwrap().push(format!("{text}{body}"));
    let target = text.split(' ').nth(1).unwrap_or_default().to_owned();
    if target == "/together" {
        barrier.wait().await;
    }
    let mut answer = answer(&target, &text, &body);
    if text.starts_with("HEAD ") {
        // What follows the head of such an answer is no part of it, and Node fails when it has come by then.
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
        answer.truncate(end.map_or(answer.len(), |at| at + 4));
    }
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

fn plain(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn answer(target: &str, head: &str, body: &str) -> Vec<u8> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match path {
        "/echo" => {
            let method = head.split(' ').next().unwrap_or_default();
            let header = |name: &str| {
                let found = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
                found.map(|line| line.split_once(": ").unwrap().1.to_owned())
            };
            let echo = serde_json::json!({
                "method": method, "query": query, "body": body, "type": header("content-type"), "length": header("content-length"),
                "x": header("x-test"), "authorization": header("authorization"),
            });
            plain("200 OK", "content-type: application/json\r\nx-answer: yes\r\n", echo.to_string().as_bytes())
        }
        "/redirect" => plain("302 Found", &format!("location: {}\r\n", decoded(query)), b"moved"),
        "/redirect307" => plain("307 Temporary Redirect", &format!("location: {}\r\n", decoded(query)), b""),
        "/status" => plain(&format!("{query} Whatever"), "", b"sorry"),
        "/empty" => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        "/cookies" => plain("200 OK", "set-cookie: a=1\r\nset-cookie: b=2\r\nx-two: 1\r\nx-two: 2\r\n", b""),
        "/latin" => plain("200 OK", "content-type: text/plain; charset=iso-8859-1\r\n", b"\xef\xbb\xbfcaf\xc3\xa9"),
        "/gzip" => {
            use std::io::Write;
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            let length: usize = query.parse().unwrap_or(11);
            encoder.write_all(&b"hello gzip ".repeat(length.div_ceil(11))[..length]).unwrap();
            plain("200 OK", "content-encoding: gzip\r\n", &encoder.finish().unwrap())
        }
        "/long" => plain("200 OK", "", &vec![b'x'; query.parse().unwrap_or(0)]),
        "/cut" => b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this".to_vec(),
        "/nonsense" => b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(),
        "/closed" => Vec::new(),
        _ => plain("200 OK", "", b"ok"),
    }
}

fn decoded(query: &str) -> String {
    url::form_urlencoded::parse(format!("q={query}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
