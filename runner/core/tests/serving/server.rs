//! A server in this process, and a client that reads and writes no more than it is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pace_runner::Runner;
use pace_runner::authenticate::Identity;
use pace_runner::serve::{Patience, ServeSettings, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::Fixture;

/// What has to come comes within this time, on a machine that is busy.
pub(crate) const SOON: Duration = Duration::from_mins(1);

pub(crate) struct Serving {
    pub(crate) runner: Arc<Runner>,
    pub(crate) address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves recorded turns with this patience.
pub(crate) fn serve(turns: &'static str, patience: Patience) -> Serving {
    serve_with(turns, &ServeSettings { patience, ..ServeSettings::default() })
}

/// Serves recorded turns with these settings, at any port.
pub(crate) fn serve_with(turns: &'static str, settings: &ServeSettings) -> Serving {
    let runner = Fixture::of(turns).runner();
    let settings = ServeSettings { port: 0, ..settings.clone() };
    let server = Server::bind(Arc::clone(&runner), Identity::Anonymous, &settings).unwrap();
    let address = server.address();
    let task = tokio::spawn(async move {
        server.run(std::future::pending()).await.unwrap();
    });
    Serving { runner, address, task }
}

pub(crate) async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Everything until the other side closes.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset is closed, too.
    let _closed = tokio::time::timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("it is not closed");
    String::from_utf8(bytes).unwrap()
}

/// Reads until this text has come.
pub(crate) async fn until(stream: &mut TcpStream, text: &str) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&bytes).contains(text) {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "{}", String::from_utf8_lossy(&bytes));
        }
    };
    tokio::time::timeout(SOON, reading).await.expect("it does not come");
    String::from_utf8(bytes).unwrap()
}

/// A request for a stream of events.
pub(crate) fn stream(message: &str) -> String {
    let body = format!(r#"{{"message":"{message}"}}"#);
    let head = "POST /agents/helper/chat/stream HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A request for the events of an invocation from one on; the connection is closed after them.
pub(crate) fn events(invocation: &str, after: u64) -> String {
    format!(
        "GET /invocations/{invocation}/events?after={after} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    )
}

/// The invocation in the head of an answer.
pub(crate) fn invocation(head: &str) -> String {
    let line = head.lines().find_map(|line| line.strip_prefix("paceline-invocation: "));
    line.unwrap_or_else(|| panic!("{head}")).to_owned()
}

/// Waits until something is so.
pub(crate) async fn eventually(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.expect("it does not come about");
}
