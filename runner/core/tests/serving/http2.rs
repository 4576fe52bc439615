//! Clients of HTTP/2 that let the server wait: with the rest of the preface, with a next request, with the window for an answer. And
//! of TLS, with the handshake. Frames are written by hand (RFC 9113, section 4.1).

use std::time::Duration;

use pace_runner::serve::{Patience, ServeSettings, TlsFiles};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::leaving::flood;
use crate::server::{SOON, eventually, send, serve, serve_with};

const HELLO: &str = r#"[{"user":"hello","model":"one two three four five"}]"#;
const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SHORT: Duration = Duration::from_millis(500);

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn settings(payload: &[u8]) -> Vec<u8> {
    frame(4, 0, 0, payload)
}

/// A request with a body, its header fields written out (RFC 7541, section 6.2.2).
fn post(path: &str, body: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/json"),
    ];
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        }
    }
    [frame(1, 4, 1, &block), frame(0, 1, 1, body.as_bytes())].concat()
}

/// Everything until the other side closes, within the patience of tests.
async fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _reset = tokio::time::timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("it is not closed");
    bytes
}

/// Whether something is still open after this time.
async fn is_open_after(stream: &mut TcpStream, time: Duration) -> bool {
    let mut piece = [0; 1_024];
    let closing = async { while stream.read(&mut piece).await.is_ok_and(|length| length > 0) {} };
    tokio::time::timeout(time, closing).await.is_err()
}

#[tokio::test]
async fn a_preface_that_does_not_end() {
    let serving = serve(HELLO, Patience { head: SHORT, ..Patience::default() });
    for beginning in ["P", "PRI", &PREFACE[..23]] {
        let told = until_closed(&mut send(serving.address, beginning).await).await;
        assert!(told.is_empty() || told.starts_with(b"HTTP/1.1 408 "), "{beginning}");
    }
    // What only begins like it is HTTP/1.1.
    let told =
        until_closed(&mut send(serving.address, "PRINT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await)
            .await;
    assert!(told.starts_with(b"HTTP/1.1 40"), "{}", String::from_utf8_lossy(&told));
}

#[tokio::test]
async fn a_connection_without_requests_is_idle_whatever_it_says() {
    let serving = serve(HELLO, Patience { head: SHORT, idle: 10 * SHORT, ..Patience::default() });
    let mut client = send(serving.address, PREFACE).await;
    client.write_all(&settings(&[])).await.unwrap();
    // Longer than a head may take: no request was begun.
    assert!(is_open_after(&mut client, 3 * SHORT).await);
    let pings = async {
        // The other side has closed when nothing more can be written.
        while client.write_all(&frame(6, 0, 0, &[0; 8])).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, pings).await.expect("pings keep it open");
}

/// A window of one byte: the socket goes on, and the answer does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_taken_costs_the_connection() {
    let one_byte = [&4_u16.to_be_bytes()[..], &1_u32.to_be_bytes()].concat();
    let stream = post("/agents/helper/chat/stream", r#"{"message":"hello"}"#);
    let serving = serve(flood(), Patience { write: 3 * SHORT, ..Patience::default() });
    let mut client = send(serving.address, PREFACE).await;
    client.write_all(&[settings(&one_byte), stream.clone()].concat()).await.unwrap();
    until_closed(&mut client).await;
    eventually(|| serving.runner.work().running() == 0).await;
    // What is short is handed over whole; then the connection is idle, whatever lies in it.
    let serving = serve(HELLO, Patience { idle: 3 * SHORT, ..Patience::default() });
    for request in [stream, post("/agents/helper/chat", r#"{"message":"hello"}"#)] {
        let mut client = send(serving.address, PREFACE).await;
        client.write_all(&[settings(&one_byte), request].concat()).await.unwrap();
        until_closed(&mut client).await;
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end() {
    let folder = tempfile::tempdir().unwrap();
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    std::fs::write(&certificate, issued.cert.pem()).unwrap();
    std::fs::write(&key, issued.signing_key.serialize_pem()).unwrap();
    let patience = Patience { head: SHORT, ..Patience::default() };
    let settings = ServeSettings { tls: Some(TlsFiles { certificate, key }), patience, ..ServeSettings::default() };
    let serving = serve_with(HELLO, &settings);
    for beginning in ["", "\u{16}\u{3}\u{1}\u{0}"] {
        until_closed(&mut send(serving.address, beginning).await).await;
    }
}
