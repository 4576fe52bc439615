//! Clients that let the server wait for their requests, and clients that wait for it.

use std::time::Duration;

use pace_runner::serve::Patience;
use tokio::io::AsyncWriteExt;

use crate::server::{SOON, events, invocation, rest, send, serve, stream, until};

const HELLO: &str = r#"[{"user":"hello","model":"good day"},{"user":"later","wait":"1s","model":"good evening"}]"#;
const SHORT: Duration = Duration::from_millis(500);
const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn a_head_that_does_not_end() {
    let serving = serve(HELLO, Patience { head: SHORT, ..Patience::default() });
    let mut client = send(serving.address, "GET /health HTTP/1.1\r\nx: ").await;
    let trickle = async {
        // A byte now and then is no excuse.
        for _ in 0..2_000 {
            if client.write_all(b"y").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        client
    };
    let mut client = tokio::time::timeout(SOON, trickle).await.unwrap();
    let _reset = rest(&mut client).await;

    let mut silent = send(serving.address, "GET /health HTTP/1.1\r\n").await;
    let told = rest(&mut silent).await;
    assert!(told.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{told}");
    assert!(told.contains("application/problem+json") && told.contains(r#""code":"slow-request""#), "{told}");
    // One that never said a word is not answered either.
    assert_eq!(rest(&mut send(serving.address, "").await).await, "");
}

#[tokio::test]
async fn a_head_that_does_not_end_after_requests_that_did() {
    let serving = serve(HELLO, Patience { head: SHORT, ..Patience::default() });
    let mut client = send(serving.address, HEALTH).await;
    until(&mut client, r#"{"status":"ok"}"#).await;
    // Longer than a head may take: between requests nothing is begun.
    tokio::time::sleep(2 * SHORT).await;
    client.write_all(HEALTH.as_bytes()).await.unwrap();
    until(&mut client, r#"{"status":"ok"}"#).await;
    client.write_all(b"GET /health").await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_connection_that_is_idle() {
    let serving = serve(HELLO, Patience { idle: SHORT, ..Patience::default() });
    let mut client = send(serving.address, HEALTH).await;
    until(&mut client, r#"{"status":"ok"}"#).await;
    assert_eq!(rest(&mut client).await, "");
}

#[tokio::test]
async fn waiting_for_an_answer_is_not_idling() {
    let serving = serve(HELLO, Patience { idle: SHORT, head: SHORT, write: SHORT, ..Patience::default() });
    let mut client = send(serving.address, &stream("later").replace("/stream", "")).await;
    until(&mut client, "good evening").await;
}

#[tokio::test]
async fn a_body_that_does_not_come() {
    let serving = serve(HELLO, Patience { body: SHORT, ..Patience::default() });
    let mut client = send(serving.address, &stream("hello").replace(r#""}"#, "")).await;
    let told = rest(&mut client).await;
    assert!(told.starts_with("HTTP/1.1 408 ") && told.contains(r#""code":"slow-request""#), "{told}");
    assert!(told.contains("connection: close"), "{told}");
}

#[tokio::test]
async fn silence_is_broken_by_comments() {
    let serving = serve(HELLO, Patience { comment: Duration::from_millis(50), ..Patience::default() });
    let mut client = send(serving.address, &stream("later")).await;
    let told = until(&mut client, "event: done").await;
    assert!(told.matches(": waiting\n\n").count() >= 3, "{told}");
}

#[tokio::test]
async fn events_are_kept_for_a_while() {
    let serving = serve(HELLO, Patience { kept: SHORT, ..Patience::default() });
    let mut client = send(serving.address, &stream("hello")).await;
    let invocation = invocation(&until(&mut client, "event: done").await);
    tokio::time::sleep(2 * SHORT).await;
    let told = rest(&mut send(serving.address, &events(&invocation, 0)).await).await;
    assert!(told.starts_with("HTTP/1.1 404 ") && told.contains("unknown-invocation"), "{told}");
}
