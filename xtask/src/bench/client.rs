//! One HTTP request, for what is asked once. Load comes from wrk.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Sends a JSON document to a port of this machine and returns all of the answer.
///
/// # Errors
/// No connection, no answer within half a minute, or one that is no success.
pub(super) fn post(port: u16, path: &str, body: &str) -> Result<String> {
    post_as(port, path, body, "")
}

/// As [`post`], with a bearer token unless it is empty.
pub(super) fn post_as(port: u16, path: &str, body: &str, token: &str) -> Result<String> {
    let length = body.len();
    let authorization = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    exchange(
        port,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{authorization}content-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ),
    )
}

/// Asks for what is at `path`, over a new connection as a probe of a cluster does, and returns all of the answer.
///
/// # Errors
/// As [`post`].
pub(super) fn get(port: u16, path: &str) -> Result<String> {
    exchange(port, &format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n"))
}

/// As [`get`], with a bearer token.
pub(super) fn get_as(port: u16, path: &str, token: &str) -> Result<String> {
    exchange(
        port,
        &format!(
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        ),
    )
}

fn exchange(port: u16, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("no connection")?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    // In one piece: a second write might wait for the answer to the first.
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context("no answer")?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if !answer.starts_with("HTTP/1.1 200") {
        bail!("the answer is no success: {answer}");
    }
    Ok(answer)
}
