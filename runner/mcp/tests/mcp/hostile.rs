//! A program that misbehaves: contained, and told in one sentence.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use libtest_mimic::Trial;
use pace_mcp::{CallOptions, Delivery, Kind, MOST_RESULT, ProgressSink, Root};
use serde_json::{Value, json};

use crate::support::{
    LONG, TOKEN, alone, assert_one_line, call, called, eventually, hostile, log, object, open, refused, resident, text,
};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("hostile::starts_that_fail_say_why", starts_that_fail_say_why),
        trial("hostile::what_is_no_server_is_told_so", what_is_no_server_is_told_so),
        trial("hostile::banners_and_unknown_questions_do_no_harm", banners_and_unknown_questions_do_no_harm),
        trial("hostile::a_slow_start_is_no_older_protocol", a_slow_start_is_no_older_protocol),
        trial("hostile::credentials_are_nowhere", credentials_are_nowhere),
        trial("hostile::variables_are_those_that_were_given", variables_are_those_that_were_given),
        trial("hostile::lists_are_read_to_their_bounds", lists_are_read_to_their_bounds),
        trial("hostile::changes_of_the_list_are_noticed", changes_of_the_list_are_noticed),
        trial("hostile::what_is_too_large_fails_one_call", what_is_too_large_fails_one_call),
        trial("hostile::answers_that_cannot_be_read_fail_one_call", answers_that_cannot_be_read_fail_one_call),
        trial("hostile::who_waits_no_more_says_so", who_waits_no_more_says_so),
        trial("hostile::wrong_ids_are_ignored", wrong_ids_are_ignored),
        trial("hostile::a_death_is_told", a_death_is_told),
        trial("hostile::a_flood_keeps_nobody_else_waiting", a_flood_keeps_nobody_else_waiting),
        trial("hostile::endless_questions_fill_no_memory", endless_questions_fill_no_memory),
        trial("hostile::who_reads_nothing_keeps_nobody_else_waiting", who_reads_nothing_keeps_nobody_else_waiting),
        trial("hostile::progress_and_meta_arrive", progress_and_meta_arrive),
        trial("hostile::what_was_not_offered_is_declined", what_was_not_offered_is_declined),
    ]
}

async fn starts_that_fail_say_why() {
    let Some(server) = hostile(&["exits"]) else { return };
    let error = refused(&server, 20).await;
    assert_eq!(
        error.to_string(),
        "server `hostile`: the program ended with exit code 7 at once; it said `cannot find my configuration / \
         \\u{1b}[31mgiving up on [redacted:TOKEN]`"
    );
    let missing = crate::support::program("x", "no-such-program", &[], std::path::Path::new("/"));
    assert_eq!(refused(&missing, 5).await.to_string(), "server `x`: there is no program `no-such-program`");
    let missing = crate::support::program("x", "/no/such", &[], std::path::Path::new("/"));
    assert!(matches!(refused(&missing, 5).await.kind(), Kind::ProgramNotFound { .. }));
    let text = crate::support::program("x", "/etc/passwd", &[], std::path::Path::new("/"));
    let error = refused(&text, 20).await;
    assert!(error.to_string().contains("`/etc/passwd` cannot be started: Permission denied"), "{error}");
    let nowhere = crate::support::program("x", "/bin/sh", &[], std::path::Path::new("/no/where"));
    assert!(refused(&nowhere, 20).await.to_string().contains("there is no folder `/no/where`"));
}

async fn what_is_no_server_is_told_so() {
    let _alone = alone().await;
    let Some(server) = hostile(&["usage"]) else { return };
    let error = refused(&server, 20).await;
    assert!(error.to_string().contains("usage: something else [options]"), "{error}");
    for (mode, wanted) in [
        ("chatter", "server `hostile`: it does not speak MCP: it answered `Welcome to something else!`"),
        ("silent", "server `hostile`: no answer within SECONDS s; it said `waiting for nothing`"),
    ] {
        // What a program says it says once it has started, which takes a busy machine a while.
        let mut seconds = 2;
        loop {
            let told = refused(&hostile(&[mode]).unwrap(), seconds).await.to_string();
            if told == wanted.replace("SECONDS", &seconds.to_string()) {
                break;
            }
            assert_eq!(told, format!("server `hostile`: no answer within {seconds} s"));
            seconds *= 2;
            assert!(seconds < 100, "{mode}: it never says a word");
        }
    }
    let before = resident();
    let error = refused(&hostile(&["huge-first"]).unwrap(), 20).await;
    assert!(matches!(error.kind(), Kind::TooLarge { .. }), "{error}");
    assert!(resident() < before + (120 << 20), "{} MiB more", (resident() - before) >> 20);
}

async fn banners_and_unknown_questions_do_no_harm() {
    for mode in ["banner", "ignores", "fragile"] {
        let Some(server) = hostile(&[mode]) else { return };
        let connection = open(&server).await;
        assert_eq!(connection.info().protocol, "2025-11-25");
        assert_eq!(connection.info().name.as_deref(), Some("hostile"));
        assert_eq!(called(&connection, "echo", json!({"a": 1})).await.content.len(), 1);
        connection.close().await;
    }
}

async fn a_slow_start_is_no_older_protocol() {
    let Some(mut server) = hostile(&["late"]) else { return };
    server.roots = vec![Root { uri: "file:///project".to_owned(), name: None }];
    let connection = open(&server).await;
    assert_eq!((connection.info().protocol.as_str(), connection.info().name.as_deref()), ("2026-07-28", None));
    let meta: Value = serde_json::from_str(text(&called(&connection, "meta", json!({})).await)).unwrap();
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    // Questions in the place of a result, which is how it is done there.
    let result = called(&connection, "input", json!({})).await;
    let told: Value = serde_json::from_str(text(&result)).unwrap();
    let roots = json!({"roots": [{"uri": "file:///project"}]});
    assert_eq!(told, json!({"answers": {"who": {"action": "decline"}, "where": roots}, "state": "s"}));
    connection.close().await;
}

async fn credentials_are_nowhere() {
    let logged = log();
    let Some(server) = hostile(&["plain"]) else { return };
    assert!(!format!("{server:?}").contains(TOKEN));
    let connection = open(&server).await;
    let offered = connection.offered(LONG).await.unwrap();
    assert_eq!(offered.tools[0].description.as_deref(), Some("says [redacted:TOKEN]"));
    let result = called(&connection, "echo", json!({"given": TOKEN})).await;
    assert_eq!(text(&result), "my token: [redacted:TOKEN]");
    let wanted = json!({"[redacted:TOKEN]": ["[redacted:TOKEN]"], "arguments": {"given": "[redacted:TOKEN]"}});
    assert_eq!(result.structured, Some(wanted));
    let error = call(&connection, "error", json!({})).await.unwrap_err();
    assert_one_line(&error);
    assert_eq!(
        error.to_string(),
        "server `hostile`: it answered with error -32050: no: [redacted:TOKEN]\\u{a}second line"
    );
    called(&connection, "log", json!({})).await;
    connection.close().await;
    let logged = String::from_utf8_lossy(&logged.lock().unwrap()).into_owned();
    let ours: Vec<_> = logged.lines().filter(|line| line.contains("pace_mcp")).collect();
    assert!(ours.iter().any(|line| line.contains("the token is [redacted:TOKEN]")), "{ours:#?}");
    assert!(ours.iter().all(|line| !line.contains(TOKEN) && line.len() < 8 << 10));
    assert!(logged.contains("line 0 \\u{1b}[31m red") && !logged.contains("line 4000 "), "not all is logged");
}

async fn variables_are_those_that_were_given() {
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let all: Value = serde_json::from_str(text(&called(&connection, "environment", json!({})).await)).unwrap();
    let mut names: Vec<_> = object(all).into_iter().map(|(name, _)| name).collect();
    // Python sets the last one itself where there is no locale.
    names.retain(|name| name != "LC_CTYPE");
    names.sort();
    assert_eq!(names, ["HOME", "PATH", "TOKEN"]);
    connection.close().await;
}

async fn lists_are_read_to_their_bounds() {
    let _alone = alone().await;
    let Some(server) = hostile(&["pages"]) else { return };
    let offered = open(&server).await.offered(LONG).await.unwrap();
    assert_eq!(offered.tools.len(), 15);
    assert_eq!(offered.tools[14].name, "t4_2");
    for (mode, wanted) in [
        ("endless-pages", "server `hostile`: it offers more than 100 pages of tools"),
        ("many", "server `hostile`: it offers more than 1000 tools"),
        ("fat", "server `hostile`: it sent a list of tools of more than 16 MiB"),
        ("circle", "server `hostile`: it broke the protocol: its list of tools goes round in circles"),
    ] {
        let error = open(&hostile(&[mode]).unwrap()).await.offered(LONG).await.unwrap_err();
        assert_eq!(error.to_string(), wanted);
    }
}

async fn changes_of_the_list_are_noticed() {
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let before = connection.offered(LONG).await.unwrap();
    let mut changes = connection.changes();
    called(&connection, "change", json!({})).await;
    changes.changed().await.unwrap();
    assert_ne!(connection.generation(), before.generation);
    let after = connection.offered(LONG).await.unwrap();
    assert_eq!((after.tools[0].name.as_str(), after.generation), ("renamed", connection.generation()));
    connection.close().await;
}

async fn what_is_too_large_fails_one_call() {
    let _alone = alone().await;
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let error = call(&connection, "large", json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "server `hostile`: it sent a result of more than 8 MiB");
    assert!(matches!(error.kind(), Kind::TooLarge { limit: MOST_RESULT, .. }));
    assert_eq!(error.delivery(), Delivery::Possible);
    // The connection is as good as before.
    called(&connection, "echo", json!({})).await;
    let before = resident();
    // A line of 100 MB is not waited for to its end.
    let error = call(&connection, "huge", json!({})).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::TooLarge { .. }), "{error}");
    let connection = open(&server).await;
    let error = call(&connection, "endless", json!({})).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::TooLarge { .. }), "{error}");
    assert!(resident() < before + (120 << 20), "{} MiB more", (resident() - before) >> 20);
    let error = call(&connection, "echo", json!({})).await.unwrap_err();
    assert_one_line(&error);
    assert!(connection.is_closed());
    connection.close().await;
}

async fn answers_that_cannot_be_read_fail_one_call() {
    let _alone = alone().await;
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    for tool in ["deep", "malformed"] {
        let error = call(&connection, tool, json!({})).await.unwrap_err();
        assert!(matches!(error.kind(), Kind::Protocol { .. }), "{tool}: {error}");
        called(&connection, "echo", json!({})).await;
    }
    connection.close().await;
}

async fn who_waits_no_more_says_so() {
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let options = CallOptions::within(Duration::from_millis(300));
    let error = connection.call("never", object(json!({})), options).await.unwrap_err();
    assert_eq!(error.to_string(), "server `hostile`: no result within 0.3 s");
    assert_eq!(error.delivery(), Delivery::Possible);
    // Only what has arrived can be taken back.
    let arrived = async {
        while text(&called(&connection, "waiting", json!({})).await) != "2" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        answer = call(&connection, "never", json!({})) => panic!("{answer:?}"),
        arrived = tokio::time::timeout(LONG, arrived) => arrived.expect("it never arrives"),
    }
    let mut cancelled = Vec::new();
    for _try in 0..3_000 {
        cancelled = serde_json::from_str(text(&called(&connection, "cancelled", json!({})).await)).unwrap();
        if cancelled.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ids: Vec<_> = cancelled.iter().map(|params: &Value| params["requestId"].as_i64().unwrap()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{cancelled:?}");
    assert_eq!(cancelled[0]["reason"], "nobody waits for the result any more");
    connection.close().await;
}

async fn wrong_ids_are_ignored() {
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    for tool in ["wrong", "string_id", "wrong"] {
        assert_eq!(text(&called(&connection, tool, json!({})).await), "right");
    }
    connection.close().await;
}

async fn a_death_is_told() {
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let error = call(&connection, "dies", json!({})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "server `hostile`: the connection was lost: the program ended with exit code 3; it said `dying of [redacted:TOKEN]`"
    );
    assert_eq!(error.delivery(), Delivery::Possible);
    eventually("closed", || connection.is_closed()).await;
    let error = call(&connection, "echo", json!({})).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Lost { .. }), "{error}");
}

async fn a_flood_keeps_nobody_else_waiting() {
    let _alone = alone().await;
    let Some(server) = hostile(&["plain"]) else { return };
    let (connection, other) = (open(&server).await, open(&server).await);
    let told = Arc::new(Mutex::new(0_u32));
    let counted = Arc::clone(&told);
    let sink = ProgressSink::new(move |_| *counted.lock().unwrap() += 1);
    let before = resident();
    let flood = tokio::spawn(async move {
        let options =
            CallOptions { progress: Some(sink), timeout: Duration::from_secs(5), ..CallOptions::within(LONG) };
        let result = connection.call("flood", object(json!({})), options).await;
        connection.close().await;
        result
    });
    for _call in 0..50 {
        called(&other, "echo", json!({})).await;
    }
    // It comes to its end, or to ours; either way few of them were read.
    let _ended_or_not = flood.await.unwrap();
    let told = *told.lock().unwrap();
    assert!(told > 0 && told < 15_000, "{told}");
    assert!(resident() < before + (50 << 20), "{} MiB more", (resident() - before) >> 20);
    other.close().await;
}

async fn endless_questions_fill_no_memory() {
    let _alone = alone().await;
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let before = resident();
    let options = CallOptions::within(Duration::from_secs(3));
    // Few of so many lines are read in that time; the rest waits in the pipe.
    let error = connection.call("garbage", object(json!({})), options).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::TimedOut { .. }), "{error}");
    connection.close().await;
    let connection = open(&server).await;
    let options = CallOptions::within(Duration::from_secs(3));
    let error = connection.call("asks", object(json!({})), options).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::TimedOut { .. }), "{error}");
    assert!(resident() < before + (50 << 20), "{} MiB more", (resident() - before) >> 20);
    connection.close().await;
}

async fn who_reads_nothing_keeps_nobody_else_waiting() {
    let _alone = alone().await;
    let Some(server) = hostile(&["plain"]) else { return };
    let (connection, other) = (open(&server).await, open(&server).await);
    assert_eq!(text(&called(&connection, "deaf", json!({})).await), "deaf from now on");
    let large = json!({"large": "x".repeat(1 << 20)});
    let options = || CallOptions::within(Duration::from_millis(500));
    let stuck = (0..100).map(|_| connection.call("echo", object(large.clone()), options()));
    let (stuck, ()) = tokio::join!(futures_util::future::join_all(stuck), async {
        for _call in 0..50 {
            called(&other, "echo", json!({})).await;
        }
    });
    for result in stuck {
        assert!(matches!(result.unwrap_err().kind(), Kind::TimedOut { .. }));
    }
    connection.close().await;
    other.close().await;
}

async fn progress_and_meta_arrive() {
    let Some(server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let sink = ProgressSink::new(move |progress| kept.lock().unwrap().push(progress));
    let options = CallOptions { progress: Some(sink), ..CallOptions::within(LONG) };
    connection.call("progress", object(json!({})), options).await.unwrap();
    let told = told.lock().unwrap().clone();
    let steps: Vec<_> =
        told.iter().map(|progress| (progress.progress, progress.total, progress.message.as_deref())).collect();
    let all = Some(3.0);
    assert_eq!(steps, [(1.0, all, Some("step 1")), (2.5, all, Some("step 2.5")), (3.0, all, Some("step 3"))]);
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let meta = object(json!({"traceparent": traceparent}));
    let options = CallOptions { meta, ..CallOptions::within(LONG) };
    let result = connection.call("meta", object(json!({})), options).await.unwrap();
    let meta: Value = serde_json::from_str(text(&result)).unwrap();
    assert_eq!(meta["traceparent"], traceparent);
    connection.close().await;
}

async fn what_was_not_offered_is_declined() {
    let Some(mut server) = hostile(&["plain"]) else { return };
    let connection = open(&server).await;
    let said: Value = serde_json::from_str(text(&called(&connection, "client", json!({})).await)).unwrap();
    assert_eq!(said["capabilities"], json!({}));
    assert_eq!(said["clientInfo"], json!({"name": "paceline", "version": "0.0.1"}));
    connection.close().await;

    server.roots = vec![Root { uri: "file:///project".to_owned(), name: Some("project".to_owned()) }];
    let connection = open(&server).await;
    let said: Value = serde_json::from_str(text(&called(&connection, "client", json!({})).await)).unwrap();
    assert_eq!(said["capabilities"], json!({"roots": {}}));
    let replies = called(&connection, "asks_back", json!({})).await;
    let replies: Vec<Value> = serde_json::from_str(text(&replies)).unwrap();
    assert_eq!(replies.len(), 4, "{replies:?}");
    assert_eq!(replies[0]["result"], json!({}));
    assert_eq!(replies[1]["result"]["roots"], json!([{"uri": "file:///project", "name": "project"}]));
    assert_eq!(replies[2]["result"]["action"], "decline");
    assert_eq!(replies[3]["error"]["code"], -32601);
    connection.close().await;
}
