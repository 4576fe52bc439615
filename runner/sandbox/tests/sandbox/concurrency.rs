//! Many calls at once, and calls that nobody waits for any more.

use std::time::Duration;

use pace_sandbox::{Call, Engine, EngineSettings, Limits, ToolErrorKind};

use crate::server::Server;
use crate::support::{call, net, tool};

fn to(server: &Server) -> Call {
    Call { arguments: format!("\"{}\"", server.url("/together")), net: net(&["127.0.0.1/32"]), ..call() }
}

/// The server answers none before it has all three, so in turn they would never end.
#[tokio::test]
async fn three_requests_of_one_tool_overlap() {
    let server = Server::start(3).await;
    let three =
        tool("const all = await Promise.all([1, 2, 3].map(() => fetch(args))); return all.map((r) => r.status);");
    assert_eq!(three.call(to(&server)).await.unwrap(), "[200,200,200]");
}

/// The same with 200 tools on one thread.
#[tokio::test]
async fn two_hundred_tools_are_in_flight() {
    let server = Server::start(200).await;
    let one = tool("return (await fetch(args)).status;");
    let calls: Vec<_> = (0..200)
        .map(|_| (one.clone(), to(&server)))
        .map(|(one, call)| tokio::spawn(async move { one.call(call).await }))
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "200");
    }
}

/// Whoever shares a thread with tools that compute gets his turn: here the same single thread answers a hundred times before
/// the first of two hundred endless loops is over.
#[tokio::test]
async fn computing_tools_leave_others_their_turn() {
    let limits = Limits { time: Duration::from_secs(8), ..Limits::default() };
    let endless = tool("for (;;);");
    let calls: Vec<_> = (0..200)
        .map(|_| endless.clone())
        .map(|one| tokio::spawn(async move { one.call(Call { limits, ..call() }).await }))
        .collect();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(calls.iter().all(|call| !call.is_finished()), "the loops were over first");
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().kind, ToolErrorKind::Time);
    }
}

/// An engine with room for one call is free again as soon as the call is dropped, whatever it was doing.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_is_over() {
    let engine = Engine::new(&EngineSettings { concurrent_calls: 1, ..EngineSettings::default() }).unwrap();
    let load = |body: &str| {
        let source = format!("export default {{ execute: async (args) => {{ {body} }} }};");
        engine.load(&engine.compile("tool.js", &source).unwrap().0).unwrap()
    };
    let server = Server::start(2).await;
    for body in ["for (;;);", "await new Promise((r) => setTimeout(r, 1e8));", "await fetch(args);"] {
        let dropped = tokio::time::timeout(Duration::from_millis(100), load(body).call(to(&server))).await;
        assert!(dropped.is_err(), "{body}: {dropped:?}");
        assert_eq!(load("return 1;").call(call()).await.unwrap(), "1", "after {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_room_waits_on_his_own_time() {
    let engine = Engine::new(&EngineSettings { concurrent_calls: 1, ..EngineSettings::default() }).unwrap();
    let source = "export default { execute: (ms) => new Promise((r) => setTimeout(r, ms)) };";
    let sleeps = engine.load(&engine.compile("tool.js", source).unwrap().0).unwrap();
    let arguments = |ms: u32| Call { arguments: ms.to_string(), ..call() };
    let limits = Limits { time: Duration::from_millis(50), ..Limits::default() };
    let (long, short) = tokio::join!(sleeps.call(arguments(1000)), sleeps.call(Call { limits, ..arguments(1) }));
    assert_eq!(long.unwrap(), "null");
    assert_eq!(short.unwrap_err().kind, ToolErrorKind::Time);
}
