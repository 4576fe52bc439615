//! Limits of requests and of what is no attack.

use std::sync::Arc;
use std::time::Duration;

use pace_sandbox::{Call, Console, Limits, ToolErrorKind};

use crate::server::Server;
use crate::support::{Kept, call, engine, limits, net, run, tool};

async fn fetching(body: &str, limits: Limits) -> String {
    let server = Server::start(1).await;
    let arguments = format!("\"{}\"", server.url(""));
    tool(body).call(Call { arguments, limits, net: net(&["127.0.0.1/32"]), ..call() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted() {
    let limits = Limits { requests: 3, ..limits() };
    let body = "const all = await Promise.allSettled([1, 2, 3, 4, 5].map(() => fetch(args))); \
         return all.map((r) => r.value?.status ?? r.reason.message);";
    let told = fetching(body, limits).await;
    let refused = "fetch failed: more than 3 requests in one call";
    assert_eq!(told, format!(r#"[200,200,200,"{refused}","{refused}"]"#));
    let redirected =
        "return await fetch(`${args}/redirect?/redirect?/redirect`).then((r) => r.status, (e) => e.message);";
    assert_eq!(
        fetching(redirected, Limits { requests: 1, ..limits }).await,
        r#""fetch failed: more than 1 requests in one call""#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_an_end() {
    let limits = Limits { response: 1000, ..limits() };
    let body = |path: &str| {
        format!("return fetch(args + '{path}').then(async (r) => (await r.text()).length, (e) => e.cause.code);")
    };
    assert_eq!(fetching(&body("/long?1000"), limits).await, "1000");
    assert_eq!(fetching(&body("/long?1001"), limits).await, r#""ERR_BODY_TOO_LONG""#);
    // Packed it is far shorter than the bound.
    assert_eq!(fetching(&body("/gzip?1000"), limits).await, "1000");
    assert_eq!(fetching(&body("/gzip?50000000"), limits).await, r#""ERR_BODY_TOO_LONG""#);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_together_have_an_end() {
    let limits = Limits { response: 8 << 20, memory: 32 << 20, ..limits() };
    let body = "const all = await Promise.allSettled(Array.from({ length: 12 }, () => fetch(args + '/long?8000000'))); \
         return all.filter((r) => r.status === 'rejected').length > 0;";
    let server = Server::start(1).await;
    let arguments = format!("\"{}\"", server.url(""));
    match tool(body).call(Call { arguments, limits, net: net(&["127.0.0.1/32"]), ..call() }).await {
        Ok(refused) => assert_eq!(refused, "true"),
        Err(error) => assert_eq!(error.kind, ToolErrorKind::Memory, "{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_may_compute_and_wait_as_long_as_it_has_time() {
    let body = "let s = 0; for (let i = 0; i < 3e6; i++) s += i % 7; \
         for (let i = 0; i < 20; i++) await new Promise((r) => setTimeout(r, 1)); return s;";
    assert_eq!(run(body).await.unwrap(), "8999994");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_result_within_its_bound_is_whole() {
    let length = run("return 'x'.repeat(1_000_000);").await.unwrap().len();
    assert_eq!(length, 1_000_002);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_json_and_nothing_else() {
    let echo = tool("return args;");
    for arguments in ["{}", "[1,2]", "null", r#"{"a":"\u0000 é"}"#] {
        echo.call(Call { arguments: arguments.into(), ..call() }).await.unwrap();
    }
    for arguments in ["", "{", r#"{},"mode":"describe""#, "1 2", "undefined"] {
        let error = echo.call(Call { arguments: arguments.into(), ..call() }).await.unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ToolErrorKind::Arguments, "the arguments are not JSON"),
            "{arguments}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exports_no_tool_cannot_be_called() {
    for (source, words) in [
        ("export const a = 1;", "the module has no default export"),
        ("export default 1;", "the module exports number without a function `execute`"),
        ("export default { execute: 1 };", "the module exports object without a function `execute`"),
    ] {
        let bytecode = engine().compile("tool.js", source).unwrap();
        let error = engine().load(&bytecode.0).unwrap().call(call()).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (ToolErrorKind::Module, words));
    }
}

/// What was used comes back: a thousand calls that each touch megabytes do not grow the process by what they touched.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn memory_returns() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    };
    let touches = tool("const a = new Uint8Array(24 << 20).fill(7); return a.length;");
    for _ in 0..5 {
        touches.call(call()).await.unwrap();
    }
    let before = resident();
    for _ in 0..200 {
        touches.call(call()).await.unwrap();
    }
    assert!(resident() < before + 300, "{} MiB, then {} MiB", before, resident());
}

/// Whom its time ends while it waits for an answer has forgotten no `await`.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_no_forgotten_await() {
    // Two would be answered; one never is.
    let server = Server::start(2).await;
    let kept = Arc::new(Kept::default());
    let limits = Limits { time: Duration::from_millis(300), ..limits() };
    let arguments = format!("\"{}\"", server.url("/together"));
    let console: Arc<dyn Console> = Arc::<Kept>::clone(&kept);
    let call = Call { arguments, limits, console, net: net(&["127.0.0.1/32"]), ..call() };
    let error = tool("await fetch(args); return 1;").call(call).await.unwrap_err();
    assert_eq!(error.kind, ToolErrorKind::Time);
    assert_eq!(kept.lines(), Vec::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_memory_does_not_hold_says_so() {
    let limits = Limits { memory: 32 << 20, ..limits() };
    let error = tool("return 'x'.repeat(24 << 20);").call(Call { limits, ..call() }).await.unwrap_err();
    assert_eq!(error.message, "the tool needs more than 32MiB (its `memory`)");
}
