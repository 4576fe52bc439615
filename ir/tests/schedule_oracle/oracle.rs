//! The other side: one Python process that answers JSON lines.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the bans keep the crate pure; its test starts the counterpart that its environment names"
)]

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, Command, Stdio};

use serde_json::{Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/oracles/croniter/oracle.py");

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) expression: String,
    pub(crate) zone: &'static str,
    /// Seconds since 1970.
    pub(crate) after: i64,
    /// How many firings; 0 to ask for acceptance only.
    pub(crate) count: usize,
}

#[derive(Debug)]
pub(crate) enum Answer {
    /// In croniter's words.
    Refused(String),
    /// Accepted, but no date in 50 years.
    NoDate,
    /// All in seconds since 1970, local ones as if UTC; see the script.
    Firings { calendar: Vec<i64>, instants: Vec<i64>, croniter: Vec<i64>, whole_day_field: bool },
}

/// An answer to each request, or `None` if there is no croniter here, said aloud.
pub(crate) fn ask(requests: &[Request]) -> Option<Vec<Answer>> {
    let python = python()?;
    let mut child =
        Command::new(python).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
    let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let answers = std::thread::scope(|scope| {
        // Both pipes are finite: one side writes while the other reads.
        scope.spawn(move || send(input, requests));
        output.lines().map(|line| read(&line.unwrap())).collect::<Vec<_>>()
    });
    assert!(child.wait().unwrap().success(), "the oracle failed after {} answers", answers.len());
    assert_eq!(answers.len(), requests.len());
    Some(answers)
}

/// The Python of `PACE_TEST_PYTHON`, if it can import what the script needs.
fn python() -> Option<String> {
    let (python, ci) = (std::env::var("PACE_TEST_PYTHON").ok(), std::env::var("CI").is_ok_and(|ci| ci == "true"));
    let usable = python.filter(|python| {
        let imports = Command::new(python).args(["-c", "import croniter, tzdata"]).stderr(Stdio::null()).status();
        imports.is_ok_and(|status| status.success())
    });
    if usable.is_none() {
        assert!(!ci, "CI has to have croniter: PACE_TEST_PYTHON is unset or cannot import croniter and tzdata");
        skip("croniter (PACE_TEST_PYTHON is unset or cannot import croniter and tzdata)");
    }
    usable
}

/// Aloud, and in the file in which `cargo xtask test` counts the skipped.
fn skip(missing: &str) {
    say(&format!("skipped: {missing}"));
    if let Ok(log) = std::env::var("PACE_SKIP_LOG") {
        let mut log = OpenOptions::new().append(true).create(true).open(log).expect("the skip log opens");
        // One write a line, so that tests that skip at once do not mix theirs.
        log.write_all(format!("{missing}\n").as_bytes()).expect("the skip log takes a line");
    }
}

/// The seed of `PACE_TEST_SEED`, so that a run that failed elsewhere can be had again.
pub(crate) fn seed() -> Option<u64> {
    let given = std::env::var("PACE_TEST_SEED").ok()?;
    Some(given.parse().expect("PACE_TEST_SEED is a number"))
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so, and one of random input what it saw")]
pub(crate) fn say(words: &str) {
    println!("{words}");
}

fn send(mut input: ChildStdin, requests: &[Request]) {
    for Request { expression, zone, after, count } in requests {
        let request = json!({"expression": expression, "zone": zone, "after": after, "count": count});
        // A script that died has its own say; the reader notices the missing answers.
        if writeln!(input, "{request}").is_err() {
            return;
        }
    }
}

fn read(line: &str) -> Answer {
    let answer: Value = serde_json::from_str(line).expect("one JSON answer a line");
    let times = |key: &str| -> Vec<i64> {
        answer[key].as_array().into_iter().flatten().map(|time| time.as_i64().unwrap()).collect()
    };
    match (&answer["refused"], &answer["calendar"]) {
        (Value::String(words), _) => Answer::Refused(words.clone()),
        (_, Value::Array(_)) => Answer::Firings {
            calendar: times("calendar"),
            instants: times("instants"),
            croniter: times("croniter"),
            whole_day_field: answer["whole_day_field"] == true,
        },
        _ => Answer::NoDate,
    }
}
