//! What nobody means: five megabytes, a hundred thousand levels, patterns that explode. Each tool answers or says why not,
//! within its time and memory.

use pace_sandbox::{NetPolicy, ToolErrorKind};
use serde_json::{Value, json};

use crate::Test;
use crate::tool::{call, call_with};

pub(crate) const TESTS: &[Test] = &[
    ("hostile/calc", calc),
    ("hostile/csv", csv),
    ("hostile/hash", hash),
    ("hostile/html", html),
    ("hostile/json_query", json_query),
    ("hostile/rss", rss),
    ("hostile/text_diff", text_diff),
    ("hostile/time", time),
];

const MEGABYTE: usize = 1_000_000;

/// Five megabytes of a text.
fn five(text: &str) -> String {
    text.repeat(5 * MEGABYTE / text.len())
}

/// Ends with a result or an error of the tool's own, which a model can act on.
fn answers(name: &'static str, arguments: &Value) -> Result<Value, String> {
    let shown: String = arguments.to_string().chars().take(80).collect();
    match call_with(NetPolicy::nothing(), name, arguments) {
        Ok(value) => Ok(value),
        Err(error) if error.kind == ToolErrorKind::Threw && error.message.starts_with("Error: ") => {
            assert!(error.message.len() < 1000, "{name} {shown}: {}", error.message);
            Err(error.message)
        }
        Err(error) => panic!("{name} {shown}: {:?} {}", error.kind, error.message),
    }
}

fn calc() {
    for expression in [
        "(".repeat(9000),
        "-".repeat(9000) + "1",
        "2^".repeat(4000) + "2",
        "9".repeat(9999),
        "1+".repeat(4999) + "1",
        "factorial(1000)*".repeat(600) + "1",
        "exp(exp(exp(9)))".to_owned(),
        "sin(1e15)+tan(1.57079632679489661923)".to_owned(),
        "0.5^99999^9".to_owned(),
        "log(1e-99999, 1.0000000000001)".to_owned(),
        "sqrt(".repeat(99) + "2" + &")".repeat(99),
        "ln(".repeat(30) + "9" + &")".repeat(30),
        "__proto__".to_owned(),
        "constructor(1)".to_owned(),
        five("1"),
        "gcd(1e99+1, 3)".to_owned(),
        "1e99999*1e99999".to_owned(),
        format!("max({})", vec!["pi"; 1500].join(",")),
        "1".to_owned() + &" ".repeat(9000) + "x",
    ] {
        let _either = answers("calc", &json!({"expression": expression}));
    }
}

fn csv() {
    for text in [
        five("a,b\n"),
        five("\""),
        five(","),
        five("a\"b,\n"),
        five("x"),
        five(";,\t|"),
        "a,".repeat(100_000) + "\n1",
        five("\n"),
    ] {
        let _either = answers("csv", &json!({"csv": text}));
    }
    let rows: Vec<Value> = (0..2000).map(|number| json!({(format!("c{number}")): "x"})).collect();
    let message = answers("csv", &json!({"rows": rows})).unwrap_err();
    assert_eq!(message, "Error: 2000 rows of 2000 columns are more than 100000 values; write fewer rows at a time");
}

fn hash() {
    let digest = call("hash", &json!({"text": five("x")}))["bytes"].clone();
    assert_eq!(digest, 5 * MEGABYTE);
}

fn html() {
    let deep = answers("html-to-markdown", &json!({"html": "<div>".repeat(100_000) + "x"})).unwrap();
    assert_eq!(deep["notes"][0], "elements are nested more than 4000 deep; only what came before was read");
    for page in [
        "<b>".repeat(3900) + "x",
        "<ul><li>x".repeat(1900),
        "<blockquote>x".repeat(3900),
        "<table><tr><td>".repeat(1300) + "x",
        five("<"),
        five("&"),
        five("*"),
        five("`"),
        five("_ "),
        five("["),
        five("<a href=\""),
        five("<!--"),
        five("<p "),
        five("<b>x</b>"),
        five("<p>hello <a href='/x'>world</a></p>"),
        five("<td colspan=50>x"),
        five("<br>x"),
        "<p style=\"".to_owned() + &five("display ") + "\">x",
        "<pre>".to_owned() + &five("```\n"),
        five("<li>x"),
        "<div>".repeat(3900) + &"</p>".repeat(200_000),
        "<a ".to_owned() + &five("x=y "),
        five("<h1>x"),
        five("&#x41;"),
    ] {
        answers("html-to-markdown", &json!({"html": page})).unwrap();
    }
}

fn json_query() {
    let list = format!("[{}1]", "1,".repeat(MEGABYTE));
    for (data, expression) in [
        (list.clone(), "length(@)".to_owned()),
        (list, "[?@ > `1`] | sort(@)".to_owned()),
        ("[".repeat(100_000), "a".to_owned()),
        ("[".repeat(2000) + &"]".repeat(2000), "[]".repeat(2000)),
        ("{}".to_owned(), "(".repeat(9000)),
        ("{}".to_owned(), "a.".repeat(4900) + "a"),
        ("{}".to_owned(), "!".repeat(9999)),
        ("{}".to_owned(), "a|".repeat(4900) + "a"),
        ("{}".to_owned(), "'".to_owned() + &"\\".repeat(9000)),
        ("{}".to_owned(), "[".repeat(9000)),
        ("1".to_owned(), "[@,@]|".repeat(18) + "@"),
    ] {
        let _either = answers("json-query", &json!({"json": data, "expression": expression}));
    }
    // Each step doubles the result: it ends at a bound of the sandbox, and hurts nobody.
    let doubled = json!({"json": "1", "expression": "[@,@]|".repeat(60) + "@"});
    assert!(call_with(NetPolicy::nothing(), "json-query", &doubled).is_err());
}

fn rss() {
    for feed in [
        five("<"),
        five("{"),
        five("["),
        "<rss>".to_owned() + &"<a>".repeat(100_000),
        "<rss><channel>".to_owned() + &five("<item><title>x</title></item>"),
        "<rss><channel><item><description>".to_owned() + &five("&lt;p&gt;"),
        "<rss><channel><title>".to_owned() + &five("x "),
        "<feed>".to_owned() + &five("<link href='x'/>"),
        "<rss><channel>".to_owned() + &five("<item>"),
        five("<link "),
        "{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": ".to_owned() + &"[".repeat(100_000),
        "<rss><channel><item><pubDate>".to_owned() + &five("1 "),
        "<html>".to_owned() + &five("<link rel=x type=application/rss+xml>"),
    ] {
        let _either = answers("rss", &json!({"feed": feed, "limit": 100}));
    }
}

fn text_diff() {
    answers("text-diff", &json!({"before": five("x"), "after": ""})).unwrap_err();
    answers("text-diff", &json!({"before": five("a\n"), "after": five("b\n")})).unwrap_err();
    answers("text-diff", &json!({"before": "a\n".repeat(MEGABYTE / 2), "after": "b"})).unwrap_err();
    let (a, b) = ("a\n".repeat(50_000), "b\n".repeat(50_000));
    answers("text-diff", &json!({"before": a, "after": b})).unwrap_err();
    answers("text-diff", &json!({"before": a, "after": a.clone() + "c"})).unwrap();
    answers("text-diff", &json!({"before": "", "after": b})).unwrap();
    answers("text-diff", &json!({"before": "x".repeat(MEGABYTE), "after": "y".repeat(MEGABYTE)})).unwrap();
}

fn time() {
    for text in [
        "9".repeat(1000),
        "2026-".repeat(1000),
        five("1"),
        "-99999999999999".to_owned(),
        "0000-01-01".to_owned(),
        "2026-01-01T00:00[../../etc]".to_owned(),
    ] {
        for key in ["time", "zone", "add", "until"] {
            let _either = answers("time", &json!({key: text}));
        }
    }
    let message = answers("time", &json!({"zone": "__proto__"})).unwrap_err();
    assert!(message.starts_with("Error: unknown time zone `__proto__`"), "{message}");
    answers("time", &json!({"to": vec!["Europe/Berlin"; 20]})).unwrap();
}
