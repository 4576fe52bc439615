//! `std/json-query` against the compliance tests of JMESPath, which are those of the reference implementation
//! (`jmespath/LICENSE`), and what it says to a model.

use serde_json::{Value, json};

use crate::Test;
use crate::node;
use crate::tool::{call, call_with, fails};

pub(crate) const TESTS: &[Test] = &[
    ("json_query/compliance", compliance),
    ("json_query/another_implementation", another_implementation),
    ("json_query/nothing_found_says_what_is_there", nothing_found_says_what_is_there),
    ("json_query/errors_say_where", errors_say_where),
    ("json_query/names_of_prototypes", names_of_prototypes),
];

fn compliance() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/std/jmespath");
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let suites: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for suite in &suites {
            for case in suite["cases"].as_array().unwrap() {
                count += 1;
                let arguments = json!({"json": suite["given"].to_string(), "expression": case["expression"]});
                let found = call_with(pace_sandbox::NetPolicy::nothing(), "json-query", &arguments);
                let holds = match (&found, case.get("result")) {
                    (Ok(found), Some(wanted)) => same(&found["result"], wanted),
                    (Err(error), None) => error.message.starts_with("Error: ") && case.get("error").is_some(),
                    _ => false,
                };
                if !holds {
                    wrong.push(format!("{}: {case}: {found:?}", path.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(count > 880, "only {count} cases");
}

/// JavaScript has one kind of number: 2.0 is 2.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, one)| b.get(key).is_some_and(|other| same(one, other)))
        }
        _ => found == wanted,
    }
}

/// The package `jmespath` of npm, over questions as a model asks them.
fn another_implementation() {
    let data = json!({"items": [
        {"title": "B", "score": 120, "by": {"name": "ann"}, "tags": ["x", "y"]},
        {"title": "A", "score": 80, "by": {"name": "bob"}, "tags": []},
        {"title": "C", "score": 300, "tags": ["z"]},
    ], "next": "p2"});
    let expressions = [
        "items[0].title",
        "items[-1]",
        "items[:2].title",
        "items[?score > `100`].{title: title, by: by.name}",
        "sort_by(items, &score)[*].title",
        "max_by(items, &score).title",
        "items[].tags[]",
        "length(items)",
        "items[?contains(tags, 'x')] | [0].title",
        "map(&title, items)",
        "join(', ', items[].title)",
        "items[*].by.name",
        "items[::-1].title",
        "{n: length(items), next: next}",
        "[items[0].score, sum(items[].score)]",
        "not_null(previous, next)",
        "items[?by].title",
        "items[?!by].title || 'none'",
        "keys(@)",
        "type(items[0].score)",
        "to_string(items[0].by)",
    ];
    let program = format!(
        "import j from \"jmespath\";\nconst data = {data};\nconsole.log(JSON.stringify({}.map((e) => j.search(data, e))))",
        json!(expressions)
    );
    let Some(wanted) = node::run(&program) else { return };
    for (expression, wanted) in expressions.iter().zip(wanted.as_array().unwrap()) {
        let found = call("json-query", &json!({"json": data.to_string(), "expression": expression}));
        assert_eq!(&found["result"], wanted, "{expression}");
    }
}

fn nothing_found_says_what_is_there() {
    for (data, expression, note) in [
        (
            r#"{"items": [], "next": 1}"#,
            "item",
            "nothing is there: the data is an object with the keys `items` and `next`",
        ),
        ("[1, 2]", "name", "nothing is there: the data is a list of 2; its elements are reached with [0] or []"),
        ("{}", "a", "nothing is there: the data is an empty object"),
        ("7", "a", "nothing is there: the data is 7"),
    ] {
        let found = call("json-query", &json!({"json": data, "expression": expression}));
        assert_eq!(found, json!({"result": null, "note": note}));
    }
}

fn errors_say_where() {
    for (data, expression, wanted) in [
        (
            "{}",
            "foo..bar",
            "the expression is wrong at character 5: unexpected .; after a dot stands a name, *, [ or {",
        ),
        (
            "{}",
            "foo[",
            "the expression is wrong at character 5: it ends too early; in brackets stands a number, a slice such as 0:3, or *",
        ),
        ("{}", "lenght(@)", "the expression is wrong at character 1: unknown function lenght; did you mean length?"),
        ("{}", "a = 'b'", "the expression is wrong at character 3: unexpected =; write == to compare"),
        ("{}", "a - 1", "the expression is wrong at character 3: unexpected -; JMESPath does not calculate"),
        ("{}", "a == 'b", "the expression is wrong at character 6: the ' that begins here has no end"),
        (
            "{}",
            "a == `b`",
            "the expression is wrong at character 6: between backticks stands JSON, and `b` is none; write a string as 'text'",
        ),
        ("{}", "length()", "the expression is wrong at character 1: length takes 1 argument, not 0"),
        (r#"{"a": 1}"#, "length(a)", "length takes string or array or object, not 1"),
        (r#"{"a": [1, "b"]}"#, "sort(a)", "sort takes an array of numbers or an array of strings, not [1,\"b\"]"),
        (
            r#"{"a": [{"n": 1}, {"m": 2}]}"#,
            "sort_by(a, &n)",
            "the expression of sort_by has to give numbers, or strings, for all elements; for {\"m\":2} it gives null",
        ),
    ] {
        let message = fails("json-query", &json!({"json": data, "expression": expression}));
        assert_eq!(message.strip_prefix("Error: "), Some(wanted), "{expression}");
    }
    let message = fails("json-query", &json!({"json": "<html>", "expression": "a"}));
    assert!(
        message.starts_with("Error: this is not JSON: ") && message.ends_with("it begins with \"<html>\""),
        "{message}"
    );
}

fn names_of_prototypes() {
    let ask = |data: &str, expression: &str| {
        call("json-query", &json!({"json": data, "expression": expression}))["result"].clone()
    };
    for name in ["__proto__", "constructor", "toString", "hasOwnProperty"] {
        assert_eq!(ask("{}", name), Value::Null, "{name}");
        assert_eq!(ask("{\"a\": 1}", &format!("{{b: a}}.{name}")), Value::Null, "{name}");
        assert_eq!(ask(&json!({name: 1}).to_string(), name), json!(1), "{name}");
        assert_eq!(ask("{\"a\": 1}", &format!("{{{name}: a}}")), json!({name: 1}), "{name}");
        let message = fails("json-query", &json!({"json": "{}", "expression": format!("{name}(@)")}));
        assert!(message.contains("unknown function"), "{message}");
    }
    assert_eq!(
        ask(r#"[{"__proto__": {"polluted": 1}}, {"a": 2}]"#, "merge([0], [1])"),
        json!({"__proto__": {"polluted": 1}, "a": 2})
    );
}
