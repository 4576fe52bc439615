//! What is told of a tool's mistakes: the place of each, and promises that fail without anybody to hear of it.

use std::sync::Arc;

use pace_ir::program::tool_map::frame;
use pace_sandbox::{Call, Level};

use crate::support::{Kept, call, module, run};

/// The line of the innermost frame in the tool, as seen by `execute`, whose body begins on line 2.
async fn line(body: &str) -> Option<u32> {
    let source = format!(
        "const id = (x) => x, empty = {{}}; export default {{ name: 't', execute: async (args) => {{ id(1);\n{body}\n}} }};"
    );
    let error = module(&source).call(call()).await.unwrap_err();
    error.stack.lines().find_map(frame).map(|(line, _)| line)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_where_it_happened() {
    for body in [
        "const x = empty.a.b;",
        "const x = empty.a[0];",
        "const f = (list) => { id(2);\nconst x = list[0];\n return x; }; f();",
        "const x = empty?.a.b;",
        "const { x } = empty.a;",
        "const [x] = empty.a;",
        "const { x: { y } } = empty;",
        "for (const x of empty.a.b) id(x);",
        "id([...empty.a.b]);",
        "empty.a.b = id(2);",
        "empty.a.b();",
        "empty.b();",
        "new empty.a();",
        "class Box { #x = 1; static read(it) { id(2);\nreturn it.#x; } } Box.read(empty);",
        "throw new Error('here');",
        "await fetch('http://nowhere.test/');",
        "await new Response('{').json();",
    ] {
        let expected = if body.contains('\n') { 3 } else { 2 };
        assert_eq!(line(body).await, Some(expected), "{body}");
    }
    // Across lines, it is the property that counts and not where the expression begins.
    assert_eq!(line("const x = empty\n.a\n.b;").await, Some(4));
}

/// The result, and what was written to the console.
async fn console(body: &str) -> (Result<String, String>, Vec<(Level, String)>) {
    let kept = Arc::new(Kept::default());
    let source = format!("export default {{ name: 't', execute: async (args) => {{ {body} }} }};");
    let result = module(&source).call(Call { console: kept.clone(), ..call() }).await;
    (result.map_err(|error| error.message), kept.lines())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_fails_unheard_is_told_on_the_console() {
    let (result, lines) = console("Promise.reject(new Error('unheard')); return 1;").await;
    assert_eq!(result.unwrap(), "1");
    let [(Level::Warn, line)] = lines.as_slice() else { panic!("{lines:?}") };
    let said = "a promise was rejected and nobody awaits it: Error: unheard";
    assert!(line.starts_with(said) && line.contains("tool.js:1:"), "{line}");

    let (_, lines) = console("Promise.reject(); return 1;").await;
    assert_eq!(lines, [(Level::Warn, "a promise was rejected and nobody awaits it: undefined".to_owned())]);

    for body in [
        "try { await Promise.reject(new Error('heard')); } catch {} return 1;",
        "Promise.reject(1).catch(() => {}); return 1;",
        // Late, and heard nevertheless.
        "const p = Promise.reject(1); await new Promise((done) => setTimeout(done, 1)); try { await p; } catch {} return 1;",
        "await Promise.allSettled([Promise.reject(1), Promise.reject(2)]); return 1;",
        // What the call itself fails with is told by its error.
        "throw new Error('loud');",
        "const e = new Error('loud'); const p = Promise.reject(e); await p;",
    ] {
        assert_eq!(console(body).await.1, [], "{body}");
    }

    let (_, lines) = console("for (let i = 0; i < 100_000; i++) Promise.reject(i); return 1;").await;
    assert!((1..=20).contains(&lines.len()), "{} lines", lines.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_unheard_can_do_no_harm() {
    for body in [
        "Map.prototype.set = () => { throw 1; }; Promise.reject(1); return 1;",
        "Map.prototype.values = () => { throw 1; }; Promise.reject(1); return 1;",
        "console.warn = () => { throw 1; }; Promise.reject(1); return 1;",
        "Promise.reject({ get message() { throw 1; }, toJSON() { throw 2; } }); return 1;",
        "Promise.reject(new Proxy({}, { get() { throw 1; }, ownKeys() { throw 1; } })); return 1;",
    ] {
        assert_eq!(run(body).await.unwrap(), "1", "{body}");
    }
}

/// QuickJS-ng takes the flag `v` and reads the pattern as if it had none: what matched would be wrong without a word.
#[tokio::test]
async fn a_flag_that_the_engine_does_not_read_is_refused() {
    let made = r#"return ["v", "gv", "u"].map((flags) => {
        try { return new RegExp("^\\p{L}$", flags).test("ë"); } catch (error) { return error.name; }
    });"#;
    assert_eq!(run(made).await.unwrap(), r#"["SyntaxError","SyntaxError",true]"#);
}
