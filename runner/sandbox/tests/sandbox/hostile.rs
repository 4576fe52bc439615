//! Tools that want to break something. Each ends with a clean error, and the next call is none the worse.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pace_sandbox::{Call, Level, Limits, ToolError, ToolErrorKind};

use crate::support::{Kept, call, limits, module, run, tool};

/// Long enough for what is no attack, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

async fn attack(body: &str, limits: Limits) -> ToolError {
    let started = Instant::now();
    let error = tool(body).call(Call { limits, ..call() }).await.expect_err(body);
    // Not a figure: what runs for ever would show.
    assert!(started.elapsed() < limits.time + Duration::from_mins(2), "{body}: {:?}", started.elapsed());
    assert_eq!(run("return 'still here'").await.unwrap(), "\"still here\"", "after {body}");
    error
}

fn short() -> Limits {
    Limits { time: SHORT, ..Limits::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_ends_is_ended() {
    for body in [
        "for (;;);",
        "while (true) await null;",
        "const f = () => Promise.resolve().then(f); await f();",
        "queueMicrotask(function f() { queueMicrotask(f); }); await new Promise(() => {});",
        "/^(a+)+$/.test('a'.repeat(64) + 'b');",
        "new Promise(() => { for (;;); });",
        "for (;;) { try { for (;;); } catch {} }",
        "try { for (;;); } finally { for (;;); }",
        "await new Promise((resolve) => setTimeout(resolve, 1e9));",
        "setInterval(() => {}, 1); await new Promise(() => {});",
        "JSON.stringify({ toJSON() { for (;;); } });",
        "[3, 1, 2].sort(() => { for (;;); });",
        "'x'.replace(/x/, () => { for (;;); });",
        "return { toJSON() { for (;;); } };",
        "return { then() { for (;;); } };",
    ] {
        // A chain of promises grows for ever; with so much memory its time is up first.
        let error = attack(body, Limits { memory: Limits::MOST_MEMORY, ..short() }).await;
        assert_eq!(error.kind, ToolErrorKind::Time, "{body}: {error:?}");
        assert_eq!(error.message, "the tool did not end within 300ms (its `timeout`)");
    }
}

/// Where the memory ends is where an object, a job, or the error that would say so finds no room: each of them says that
/// the memory is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_promises_fills_its_memory() {
    let chain = tool("const f = () => Promise.resolve().then(f); await f();");
    for pages in 96..160 {
        let limits = Limits { memory: pages << 16, ..limits() };
        let error = chain.call(Call { limits, ..call() }).await.unwrap_err();
        assert_eq!(error.kind, ToolErrorKind::Memory, "{pages} pages: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_never_ends_is_ended() {
    let endless = module("for (;;); export default {};");
    let error = endless.call(Call { limits: short(), ..call() }).await.unwrap_err();
    assert_eq!(error.kind, ToolErrorKind::Time);
    assert_eq!(endless.describe(short()).unwrap_err().kind, ToolErrorKind::Time);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_has_an_end() {
    for body in [
        "const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1));",
        "let s = 'x'; for (;;) s += s;",
        "const all = []; for (let i = 0; ; i++) all.push({ i });",
        "const all = new Map(); for (let i = 0; ; i++) all.set(i, [i]);",
        "return 'x'.repeat(50 << 20) + Math.random();",
        "new ArrayBuffer(1 << 30);",
        "const all = []; for (;;) { try { for (;;) all.push(new Uint8Array(1 << 16)); } catch { throw new Error('caught'); } }",
    ] {
        let error = attack(body, Limits { memory: 32 << 20, ..limits() }).await;
        let kinds = [ToolErrorKind::Memory, ToolErrorKind::Threw, ToolErrorKind::Result];
        assert!(kinds.contains(&error.kind), "{body}: {error:?}");
        if error.kind == ToolErrorKind::Memory {
            assert_eq!(error.message, "the tool needs more than 32MiB (its `memory`)");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn depth_has_an_end() {
    for (body, name) in [
        ("const f = () => f() + 1; return f();", "RangeError"),
        ("const o = { get a() { return this.a; } }; return o.a;", "RangeError"),
        ("const o = { toString() { return `${o}`; } }; return `${o}`;", "RangeError"),
        ("const f = (a) => [2, 1].sort(() => f(a)); f(1);", "RangeError"),
        ("class A { constructor() { new A(); } } new A();", "RangeError"),
        ("let p = new Proxy({}, { get: (_, k) => p[k] }); return p.x;", "RangeError"),
        ("const n = 200_000; return JSON.parse('['.repeat(n) + ']'.repeat(n));", "RangeError"),
        ("let o = {}; for (let i = 0; i < 200_000; i++) o = { o }; return JSON.stringify(o);", "RangeError"),
        ("let o = {}; for (let i = 0; i < 200_000; i++) o = { o }; structuredClone(o);", "RangeError"),
        ("return eval('('.repeat(100_000));", "Error"),
        ("return new RegExp('('.repeat(50_000) + ')'.repeat(50_000)).test('');", "Error"),
    ] {
        let error = attack(body, limits()).await;
        assert!(error.message.contains(name) || error.kind == ToolErrorKind::Result, "{body}: {error:?}");
        assert_ne!(error.kind, ToolErrorKind::Crashed, "{body}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_have_an_end() {
    let error = attack("return 'x'.repeat(50 * 1024 * 1024);", Limits { memory: 512 << 20, ..limits() }).await;
    assert_eq!(error.kind, ToolErrorKind::Result);
    assert_eq!(error.message, "the result is 52428802 bytes long; a result has at most 1048576");
    let deep = "let o = 1; for (let i = 0; i < 500; i++) o = [o]; return o;";
    let error = attack(deep, limits()).await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ToolErrorKind::Result, "the result is nested deeper than 100 levels")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_has_an_end() {
    let kept = Arc::new(Kept::default());
    let limits = Limits { console: 10_000, ..limits() };
    let flood = tool("for (let i = 0; i < 100_000; i++) console.log('flood', i); return 1;");
    let flooded = Call { limits, console: Arc::clone(&kept) as _, ..call() };
    assert_eq!(flood.call(flooded).await.unwrap(), "1");
    let lines = kept.lines();
    assert!(lines.iter().map(|(_, text)| text.len()).sum::<usize>() < 11_000);
    assert_eq!(lines.last().unwrap(), &(Level::Warn, "the console holds 10000 bytes; the rest is dropped".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_thrown_is_told() {
    for (body, message) in [
        ("throw 'words';", "the tool threw \"words\""),
        ("throw { code: 7 };", "the tool threw { code: 7 }"),
        ("throw undefined;", "the tool threw undefined"),
        ("throw new TypeError('not so');", "TypeError: not so"),
        ("class Odd extends Error { name = 'Odd'; } throw new Odd('but true');", "Odd: but true"),
        ("throw new Error('above', { cause: new Error('below') });", "Error: above (cause: Error: below)"),
        ("return 10n;", "the result cannot be written as JSON: "),
        ("const o = {}; o.o = o; return o;", "the result cannot be written as JSON: "),
        ("return () => 1;", "the result cannot be written as JSON: it is a function"),
        ("null.x;", "TypeError: "),
        ("await new Promise(() => {});", "the tool waits for something that can never come"),
        ("throw { get message() { throw 1; }, toJSON() { throw 2; } };", "the tool threw"),
        (
            "throw new Proxy({}, { get() { throw 1; }, ownKeys() { throw 1; }, getPrototypeOf() { throw 1; } });",
            "the tool threw",
        ),
    ] {
        let error = run(body).await.unwrap_err();
        assert!(error.message.starts_with(message), "{body}: {error:?}");
    }
    let error = run("const inner = () => { throw new Error('here'); };\ninner();").await.unwrap_err();
    assert!(error.stack.contains("at inner (tool.js:1:") && error.stack.contains("tool.js:2:"), "{}", error.stack);
    assert_eq!(error.kind, ToolErrorKind::Threw);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_can_break_its_own_world_only() {
    for body in [
        "JSON.stringify = () => '{broken'; return 1;",
        "JSON.parse = () => { throw 1; }; return 1;",
        "Promise.prototype.then = () => { throw 1; }; return 1;",
        "Object.prototype.toJSON = () => 'polluted'; return {};",
        "Map.prototype.get = () => undefined; Map.prototype.delete = () => { throw 1; }; await new Promise((r) => setTimeout(r, 1));",
        "delete globalThis.Object; delete globalThis.Promise; return 1;",
        "Array.prototype[Symbol.iterator] = null; return [1];",
    ] {
        let _ = tool(body).call(Call { limits: short(), ..call() }).await;
        assert_eq!(run("return { a: [1, 2] }").await.unwrap(), r#"{"a":[1,2]}"#, "after {body}");
    }
}

/// Of names, values and methods the host makes its own; none may be more than it can take.
#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_measure_are_refused() {
    for (init, problem) in [
        (
            "{ headers: Array.from({ length: 40_000 }, (_, i) => [`x-${i}`, '1']) }",
            "more headers than a request can have",
        ),
        ("{ headers: { ['x'.repeat(70_000)]: '1' } }", "is no header"),
        ("{ method: 'x'.repeat(1 << 20) }", "`127.0.0.1:1` is not in the tool's `net`"),
    ] {
        let fetches =
            tool(&format!("return fetch('http://127.0.0.1:1/', {init}).then(() => 'sent', (e) => e.message);"));
        let said = fetches.call(call()).await.unwrap();
        assert!(said.contains(problem), "{init}: {}", &said[..said.len().min(300)]);
    }
}
