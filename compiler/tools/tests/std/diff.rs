//! `std/text-diff`: what the package `diff` says in Node, and bounds.

use serde_json::json;

use crate::Test;
use crate::node;
use crate::tool::{call, fails};

pub(crate) const TESTS: &[Test] = &[
    ("diff/as_git_says_it", as_git_says_it),
    ("diff/hunks_of_one_line", hunks_of_one_line),
    ("diff/as_node_says_it", as_node_says_it),
    ("diff/bounds", bounds),
];

fn as_git_says_it() {
    let answer = call("text-diff", &json!({"before": "a\nb\nc\n", "after": "a\nB\nc\nd", "name": "x.txt"}));
    let wanted = "--- a/x.txt\n+++ b/x.txt\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n c\n+d\n\\ No newline at end of file\n";
    assert_eq!(answer, json!({"same": false, "added": 2, "removed": 1, "diff": wanted}));
    let same = call("text-diff", &json!({"before": "a\n  b\n", "after": "a\nb  \n", "ignore_whitespace": true}));
    assert_eq!(same, json!({"same": true, "added": 0, "removed": 0, "diff": ""}));
    let hostile = call("text-diff", &json!({"before": "a", "after": "b", "name": "x\n+++ b/y"}));
    assert!(hostile["diff"].as_str().unwrap().lines().filter(|line| line.starts_with("+++")).count() == 1);
}

/// As `diff -u` of GNU diffutils writes them.
fn hunks_of_one_line() {
    let diff = |before: &str, after: &str, context: u8| {
        let answer = call("text-diff", &json!({"before": before, "after": after, "context": context, "name": "x"}));
        answer["diff"].as_str().unwrap().strip_prefix("--- a/x\n+++ b/x\n").unwrap().to_owned()
    };
    assert_eq!(diff("a\n", "b\n", 3), "@@ -1 +1 @@\n-a\n+b\n");
    assert_eq!(diff("a\n", "a\nb\n", 3), "@@ -1 +1,2 @@\n a\n+b\n");
    assert_eq!(diff("", "b\n", 3), "@@ -0,0 +1 @@\n+b\n");
    assert_eq!(diff("b\n", "", 3), "@@ -1 +0,0 @@\n-b\n");
    let twice = "@@ -1 +1 @@\n-a\n+x\n@@ -3,0 +4 @@\n+@@ -1,1 +1,1 @@\n";
    assert_eq!(diff("a\nb\nc\nd\n", "x\nb\nc\n@@ -1,1 +1,1 @@\nd\n", 0), twice);
}

fn as_node_says_it() {
    let (mut before, mut after) = (String::new(), String::new());
    for number in 0..400 {
        use std::fmt::Write;
        writeln!(before, "line {}", number * 7 % 50).unwrap();
        if number % 13 != 0 {
            writeln!(after, "line {}", if number % 29 == 0 { 99 } else { number * 7 % 50 }).unwrap();
        }
    }
    let program = format!(
        "import {{ createTwoFilesPatch }} from \"diff\";\nconsole.log(JSON.stringify(createTwoFilesPatch(\"a/text\", \"b/text\", {}, {}, undefined, undefined, {{ context: 2 }}).replace(/^=+\\n/, \"\")))",
        json!(before),
        json!(after)
    );
    let Some(wanted) = node::run(&program) else { return };
    let answer = call("text-diff", &json!({"before": before, "after": after, "context": 2}));
    assert_eq!(answer["diff"], wanted);
}

fn bounds() {
    let lines = |count: u64, line: fn(u64) -> String| (0..count).map(line).collect::<Vec<_>>().join("\n") + "\n";
    let long = lines(3000, |number| format!("{number} {}", "x".repeat(40)));
    let cut = call("text-diff", &json!({"before": "", "after": long}));
    assert_eq!(cut["added"], 3000);
    assert!(cut["diff"].as_str().unwrap().len() <= 50_000 && cut["diff"].as_str().unwrap().ends_with('\n'));
    assert!(cut["note"].as_str().unwrap().starts_with("only the first "));
    let other = lines(5000, |number| (number * 31).to_string());
    let some = lines(5000, |number| format!("b{number}"));
    let message = fails("text-diff", &json!({"before": other, "after": some}));
    assert_eq!(message, "Error: more than 1500 lines differ; compare parts, or texts that are closer to each other");
}
