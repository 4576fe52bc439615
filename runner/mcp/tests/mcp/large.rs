//! Answers that are large, or of many values, or wanted by nobody: they fail one call, keep nobody else waiting, and fill no
//! memory, whatever they come over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use libtest_mimic::Trial;
use pace_mcp::{CallOptions, Connection, Content, Credential, Kind, MOST_VALUES, Secret, Transport};
use serde_json::json;

use crate::http::at;
use crate::http::fake::{Answer, Fake, answer, event_answer, mcp};
use crate::support::{LONG, TOKEN, alone, call, called, hostile, object, open, resident, text};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("large::many_values_fail_one_call_and_take_no_memory", many_values_fail_one_call_and_take_no_memory),
        trial("large::what_many_servers_send_at_once_fills_no_memory", what_many_servers_send_at_once_fills_no_memory),
        trial("large::answers_that_nobody_wants_are_not_built", answers_that_nobody_wants_are_not_built),
        trial("large::many_values_over_http_fail_one_call", many_values_over_http_fail_one_call),
        trial("large::what_is_unknown_is_named_and_the_rest_is_kept", what_is_unknown_is_named_and_the_rest_is_kept),
        trial("large::what_is_hidden_in_arguments_is_not_told", what_is_hidden_in_arguments_is_not_told),
    ]
}

/// The most memory that is in use while this is kept.
struct Peak {
    most: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Peak {
    fn watch() -> Self {
        let (most, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (told, over) = (Arc::clone(&most), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                told.fetch_max(resident(), Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        Self { most, is_over, thread: Some(thread) }
    }

    fn end(mut self) -> usize {
        self.is_over.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        self.most.load(Ordering::SeqCst)
    }
}

async fn many_values_fail_one_call_and_take_no_memory() {
    let _alone = alone().await;
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let (before, peak) = (resident(), Peak::watch());
    for (tool, count) in [("pieces", 290_000), ("lists", 0)] {
        let error = call(&connection, tool, json!({"count": count})).await.unwrap_err();
        assert!(matches!(error.kind(), Kind::TooManyValues { limit: MOST_VALUES }), "{tool}: {error}");
        assert_eq!(error.to_string(), "server `hostile`: it sent a message of more than 200000 values");
        called(&connection, "echo", json!({})).await;
    }
    let most = peak.end();
    assert!(most < before + (60 << 20), "{} MiB more", (most - before) >> 20);
    // What is just within the bound arrives.
    let result = called(&connection, "pieces", json!({"count": 39_990})).await;
    assert_eq!(result.content.len(), 39_990);
    connection.close().await;
}

async fn what_many_servers_send_at_once_fills_no_memory() {
    let _alone = alone().await;
    let Some(server) = hostile(&["plain"]) else { return };
    let mut connections = Vec::new();
    for _server in 0..16 {
        connections.push(open(&server).await);
    }
    let (before, peak) = (resident(), Peak::watch());
    let calls = connections.iter().map(|connection| async {
        // What comes of it is dropped: it is the caller's.
        called(connection, "pieces", json!({"count": 39_990})).await.content.len()
    });
    let lengths = futures_util::future::join_all(calls).await;
    assert_eq!(lengths, [39_990; 16]);
    let most = peak.end();
    assert!(most < before + (320 << 20), "{} MiB more", (most - before) >> 20);
    for connection in connections {
        connection.close().await;
    }
}

async fn answers_that_nobody_wants_are_not_built() {
    let _alone = alone().await;
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    assert_eq!(text(&called(&connection, "late", json!({"count": 3})).await), "right");
    let error = call(&connection, "late", json!({"count": 30})).await.unwrap_err();
    let wanted = "server `hostile`: it broke the protocol: it sent 64 MiB of answers to calls that were over";
    assert_eq!(error.to_string(), wanted);
    assert!(connection.is_closed());
    connection.close().await;
}

/// A server that answers calls by `result`, as a body or as an event.
async fn answering(result: String, is_event: bool) -> (Fake, Connection) {
    let fake = Fake::start(move |seen| {
        mcp(seen, |id| {
            let message = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}");
            Some(if is_event { event_answer(&message) } else { answer(200, "application/json", message) })
                as Option<Answer>
        })
    })
    .await;
    let connection = open(&at(&format!("{}/mcp", fake.origin), Credential::None)).await;
    (fake, connection)
}

async fn many_values_over_http_fail_one_call() {
    let _alone = alone().await;
    let piece = |count: usize| {
        let pieces = vec![r#"{"type":"text","text":"a"}"#; count].join(",");
        format!("{{\"content\":[{pieces}]}}")
    };
    for is_event in [false, true] {
        let (_fake, connection) = answering(piece(290_000), is_event).await;
        let before = resident();
        let peak = Peak::watch();
        let error = call(&connection, "echo", json!({})).await.unwrap_err();
        assert!(matches!(error.kind(), Kind::TooManyValues { .. }), "{is_event}: {error}");
        let most = peak.end();
        // The server's own texts are among it.
        assert!(most < before + (100 << 20), "{is_event}: {} MiB more", (most - before) >> 20);
        connection.close().await;
        let (_fake, connection) = answering(piece(10_000), is_event).await;
        assert_eq!(called(&connection, "echo", json!({})).await.content.len(), 10_000, "{is_event}");
        connection.close().await;
    }
}

async fn what_is_unknown_is_named_and_the_rest_is_kept() {
    let words = "left out: a piece of the type `hologram`, which cannot be read";
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let result = called(&connection, "unknown", json!({})).await;
    let wanted = [Content::Text(words.to_owned()), Content::Text("after".to_owned())];
    assert_eq!((result.content.as_slice(), result.structured), (&wanted[..], Some(json!({"a": 1}))));
    let result = called(&connection, "nothing", json!({})).await;
    assert_eq!((result.content.len(), result.is_error), (0, false));
    connection.close().await;
    let unknown =
        json!({"resultType": "complete", "content": [{"type": "hologram"}, {"type": "text", "text": "after"}]});
    for is_event in [false, true] {
        let (_fake, connection) = answering(unknown.to_string(), is_event).await;
        assert_eq!(called(&connection, "echo", json!({})).await.content, wanted, "{is_event}");
        connection.close().await;
    }
}

async fn what_is_hidden_in_arguments_is_not_told() {
    let Some(mut server) = hostile(&["plain", "--key=key-of-somebody"]) else { return };
    if let Transport::Program(program) = &mut server.transport {
        program.secrets.clear();
    }
    server.hidden = vec![("KEY".to_owned(), Secret::new("key-of-somebody"))];
    let connection = open(&server).await;
    let options = CallOptions::within(LONG);
    let result = connection.call("arguments", object(json!({})), options).await.unwrap();
    assert!(text(&result).ends_with("plain --key=[redacted:KEY]"), "{}", text(&result));
    assert!(!text(&result).contains(TOKEN));
    connection.close().await;
}
