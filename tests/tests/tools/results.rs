//! Results that JSON would make something else of without a word, and names that a tool does not have: it is said what to do.

use pace_tests::Run;

use crate::{project, tool};

fn run(imports: &str, expression: &str) -> Run {
    project(&[("first", &tool("first", imports, expression))]).run(&["tool", "run", "tools/first", "{}"])
}

#[test]
fn what_json_has_no_form_for_is_no_result() {
    let cases = [
        ("{ error: new TypeError(\"a\") }", "`error` is an Error; use `error.message`, or throw it"),
        ("[new Headers()]", "`0` is a Headers; use `Object.fromEntries(headers)`"),
        ("{ hash: new Uint8Array(2).buffer }", "`hash` is an ArrayBuffer; use `[...new Uint8Array(…)]`"),
        ("{ query: new URLSearchParams(\"a=1\") }", "`query` is a URLSearchParams; use `String(…)`"),
        ("new Response(\"a\")", "it is a Response; use `await response.json()` or `await response.text()`"),
        ("{ page: { body: new Response(\"a\") } }", "`page.body` is a Response;"),
        ("[1, 2].map(async (one) => one)", "`0` is a Promise; `await` it, or a list of them with `Promise.all`"),
        ("{ rows: [{ id: 1 }, { id: 2n }] }", "`rows.1.id` is a BigInt; use `String(…)`"),
        ("{ counts: new Map([[\"a\", 1]]) }", "`counts` is a Map; use `Object.fromEntries(…)`"),
        ("new Set([1])", "it is a Set; use `[...set]`"),
    ];
    for (expression, wanted) in cases {
        let run = run("", expression);
        let told = format!("the result cannot be written as JSON: {wanted}");
        assert!(run.code == Some(1) && run.err.contains(&told), "{expression}: {}", run.err);
    }
}

#[test]
fn what_a_tool_writes_as_json_itself_is_its_own_affair() {
    let cases = [
        (
            "",
            "JSON.stringify({ a: new Map(), b: Promise.resolve(1), c: new Set() })",
            r#""{\"a\":{},\"b\":{},\"c\":{}}""#,
        ),
        ("Object.assign(BigInt.prototype, { toJSON() { return String(this); } });", "({ a: 12n })", r#"{"a":"12"}"#),
        ("BigInt.prototype.toJSON ??= function () { return String(this); };", "[2n]", r#"["2"]"#),
        ("class Own extends Map { toJSON() { return [...this]; } }", "new Own([[1, 2]])", "[[1,2]]"),
        (
            "const inner = defineTool({ name: \"b\", description: \"b\", parameters: {}, execute: async () => 1 });",
            "[await inner.execute({}, { env }), JSON.stringify(new Map())]",
            r#"[1,"{}"]"#,
        ),
    ];
    for (imports, expression, wanted) in cases {
        let run = run(imports, expression);
        assert_eq!((run.code, run.out.trim()), (Some(0), wanted), "{expression}: {}", run.err);
    }
}

#[test]
fn what_node_alone_has_is_said_with_what_to_use() {
    let run = run("", "process.env.HOME");
    let told = "ReferenceError: process is not defined; a tool reads `env.NAME`";
    assert!(run.code == Some(1) && run.err.contains(told), "{}", run.err);
}
