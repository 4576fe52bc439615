//! More clients than there are places.

use pace_runner::serve::{Patience, ServeSettings};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::server::{Serving, rest, send, serve_with, stream, until};

const TURNS: &str = r#"[{"user":"hello","model":"good day"},{"user":"wait","wait":"1h","model":"never"}]"#;
const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn serve(connections: usize) -> Serving {
    serve_with(TURNS, &ServeSettings { connections, ..ServeSettings::default() })
}

/// One that had an answer and stays.
async fn idle(serving: &Serving) -> TcpStream {
    let mut client = send(serving.address, HEALTH).await;
    until(&mut client, r#"{"status":"ok"}"#).await;
    client
}

#[tokio::test]
async fn a_newcomer_does_not_wait_for_those_who_are_idle() {
    let serving = serve(3);
    let mut first = idle(&serving).await;
    let mut second = idle(&serving).await;
    let mut third = idle(&serving).await;
    // The one that has been idle longest has to go, and no other.
    first.write_all(HEALTH.as_bytes()).await.unwrap();
    until(&mut first, r#"{"status":"ok"}"#).await;
    let mut newcomer = idle(&serving).await;
    assert_eq!(rest(&mut second).await, "");
    for client in [&mut first, &mut third, &mut newcomer] {
        client.write_all(HEALTH.as_bytes()).await.unwrap();
        until(client, r#"{"status":"ok"}"#).await;
    }
}

#[tokio::test]
async fn those_who_never_say_a_word_hold_nobody_up() {
    let serving = serve(8);
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(serving.address).await.unwrap());
    }
    idle(&serving).await;
    let slow = send(serving.address, "GET /health HTTP/1.1\r\nx: ").await;
    for _ in 0..20 {
        idle(&serving).await;
    }
    drop(slow);
}

#[tokio::test]
async fn whoever_is_served_is_left_alone() {
    let serving = serve(2);
    let mut streamed = send(serving.address, &stream("wait")).await;
    until(&mut streamed, "event: start").await;
    for _ in 0..10 {
        let _idle = idle(&serving).await;
    }
    assert_eq!(serving.runner.work().running(), 1);
    // Where all are served, a newcomer waits for the first that leaves.
    let mut second = send(serving.address, &stream("wait")).await;
    until(&mut second, "event: start").await;
    let mut newcomer = send(serving.address, HEALTH).await;
    let patience = Patience::default().comment / 50;
    assert!(tokio::time::timeout(patience, until(&mut newcomer, "HTTP")).await.is_err());
    drop(streamed);
    until(&mut newcomer, r#"{"status":"ok"}"#).await;
}
