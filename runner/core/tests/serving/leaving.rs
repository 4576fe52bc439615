//! Readers of event streams that leave, come back, or stay and do not read.

use std::time::Duration;

use pace_runner::serve::Patience;
use tokio::net::TcpSocket;

use crate::server::{events, eventually, invocation, rest, send, serve, stream, until};

const FOR_EVER: &str = r#"[{"user":"hello","wait":"1h","model":"never"}]"#;
const SLOW: &str = r#"[{"user":"hello","pace":"50ms","model":"one two three four five six seven eight"}]"#;

fn grace(milliseconds: u64) -> Patience {
    Patience { grace: Duration::from_millis(milliseconds), ..Patience::default() }
}

#[tokio::test]
async fn an_invocation_that_everybody_left_is_cancelled_after_the_grace() {
    let serving = serve(FOR_EVER, grace(300));
    let mut reader = send(serving.address, &stream("hello")).await;
    let invocation = invocation(&until(&mut reader, "event: start").await);
    assert_eq!(serving.runner.work().running(), 1);
    drop(reader);
    eventually(|| serving.runner.work().running() == 0).await;
    // How it ended is kept.
    let told = rest(&mut send(serving.address, &events(&invocation, 1)).await).await;
    assert!(told.contains("event: error") && told.contains(r#""code":"cancelled""#), "{told}");
    assert_eq!(serving.runner.sessions().size(), (0, 0));
}

#[tokio::test]
async fn whoever_comes_back_in_time_keeps_it_alive() {
    let serving = serve(SLOW, grace(60_000));
    let mut reader = send(serving.address, &stream("hello")).await;
    let invocation = invocation(&until(&mut reader, "event: start").await);
    drop(reader);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let told = rest(&mut send(serving.address, &events(&invocation, 1)).await).await;
    assert!(told.contains("one ") && told.contains("event: done"), "{told}");
}

#[tokio::test]
async fn an_invocation_that_is_followed_outlives_any_grace() {
    let serving = serve(SLOW, grace(20));
    let mut reader = send(serving.address, &stream("hello")).await;
    until(&mut reader, "event: done").await;
}

/// About 24 MiB of events, far more than sockets and records hold.
pub(crate) fn flood() -> &'static str {
    let words =
        "a-word-that-is-as-long-as-a-line-of-text-in-a-terminal-is-and-a-little-longer-than-that ".repeat(160_000);
    Box::leak(format!(r#"[{{"user":"hello","model":"{}"}}]"#, words.trim_end()).into_boxed_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_read_is_dropped_and_may_come_back() {
    // Long enough that the beginning is read here before the reset, which takes back what was not read.
    let patience = Patience { write: Duration::from_secs(3), ..grace(60_000) };
    let serving = serve(flood(), patience);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut reader = socket.connect(serving.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut reader, stream("hello").as_bytes()).await.unwrap();
    // The head alone: in such a flood, the first events may be dropped before they can be written.
    let invocation = invocation(&until(&mut reader, "\r\n\r\n").await);
    eventually(|| serving.runner.work().running() == 0).await;
    // It does not read, and after a while there is nobody to read for: what comes then is the rest that was on its way.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let late = rest(&mut reader).await;
    assert!(!late.ends_with("0\r\n\r\n"), "it was served to the end");
    // What was not kept for it is missed aloud, and the whole answer is there.
    let told = rest(&mut send(serving.address, &events(&invocation, 2)).await).await;
    assert_eq!(told.matches(r#""code":"events-lost""#).count(), 1);
    assert!(told.contains("the events 3 to ") && told.contains("event: done"));
}
