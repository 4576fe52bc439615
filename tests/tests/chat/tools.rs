//! What `pace chat` shows of tools.

use std::process::{Command, Stdio};

use pace_tests::Project;
use pace_tests::program::{Said, output_of};
use serde_json::Value;

use crate::{assert_run, pace, say};

const LOOK: &str = r#"import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "look",
  description: "Looks a city up.",
  parameters: { city: { type: "string" } },
  execute: async ({ city }) => {
    console.log("looking at", city);
    if (city === "none") {
      throw new Error("no such city\u001b[2J");
    }
    return { city, degrees: 12 };
  },
});
"#;

/// Takes long enough to be interrupted on the way.
const PAY: &str = r#"import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "pay",
  description: "Pays.",
  parameters: { amount: { type: "number" } },
  execute: async ({ amount }) => {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return { paid: amount };
  },
});
"#;

const TURNS: &str = r#"[
  {"user": "pay", "model": {"calls": [{"name": "pay", "arguments": {"amount": 3}}]}},
  {"results": ["pay"], "model": "So it is."},
  {"user": "look", "model": {"calls": [{"name": "look", "arguments": {"city": "Rome"}}]}},
  {"results": ["look"], "model": "12 degrees."},
  {"user": "all", "model": {"text": "Let me see.", "calls": [
    {"name": "look", "arguments": {"city": "Rome"}},
    {"name": "look", "arguments": {"city": "none"}},
    {"name": "look", "arguments": {"cty": "Rome"}},
    {"name": "pay", "arguments": {"amount": 3}},
    {"name": "lok", "arguments": {}}
  ]}},
  {"results": ["look", "look", "look", "pay", "lok"], "model": "Some of it."}
]"#;

const SETTINGS: &str = "models: [{name: recorded, provider: replay, turns: turns.json}]\n";

/// Whoever is in `group:ops` may pay.
const GRANTS: &str = "tool_grants: [{tool: tools/pay, grants: [{principal: group:ops, access: write}]}]\n";

pub(crate) fn project() -> Project {
    Project::new(&[
        (
            "agents/helper/spec.yaml",
            "name: helper\nmodel: recorded\ndescription: You help.\ntools:\n  \
             - {name: tools/look, access: read, net: []}\n  - {name: tools/pay, access: write, net: []}\n",
        ),
        ("tools/look.ts", LOOK),
        ("tools/pay.ts", PAY),
        ("paceline.yaml", SETTINGS),
        ("turns.json", TURNS),
    ])
}

#[test]
fn through_a_pipe_calls_that_were_not_made_are_told_aside() {
    let project = project();
    assert_run(&say(&project, &["chat", "helper"], "look"), 0, "12 degrees.\n", "");
    let note =
        "note: would have called pay {\"amount\":3}\n  help: `--live-writes` makes the calls of tools that write\n";
    assert_run(&say(&project, &["chat", "helper"], "pay"), 0, "So it is.\n", note);
    project.write("paceline.yaml", &format!("{SETTINGS}{GRANTS}"));
    let note = "note: pay {\"amount\":3} denied: `tool_grants` closes `tools/pay` to all it does not name, and gives \
                `user:ann` nothing\n  \
                help: ask as somebody else: `--as user:<name>,group:<name>`\n";
    assert_run(&say(&project, &["chat", "helper"], "pay"), 0, "So it is.\n", note);
    let run = say(&project, &["chat", "helper", "--as", "group:ops"], "pay");
    assert!(run.err.starts_with("note: would have called pay"), "{}", run.err);
}

/// Of what the model got wrong, a tool that there is not alone: its author may have forgotten to list it.
#[test]
fn through_a_pipe_calls_that_fit_no_tool_are_told_aside() {
    let run = say(&project(), &["chat", "helper"], "all");
    let about_lok: Vec<_> = run.err.lines().filter(|line| line.contains("lok")).collect();
    assert_eq!(about_lok, ["note: lok was not called: there is no tool `lok`; did you mean `look`?"], "{}", run.err);
    assert!(run.err.contains("note: look {\"cty\":\"Rome\"} was not called: "), "{}", run.err);
}

#[test]
fn json_counts_the_calls() {
    let run = say(&project(), &["chat", "helper", "--json"], "all");
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((answer["response"].as_str(), answer["usage"]["tool_calls"].as_u64()), (Some("Some of it."), Some(5)));
}

#[test]
fn a_live_write_is_on_record_before_and_after() {
    let run = say(&project(), &["chat", "helper", "--live-writes"], "pay");
    assert_eq!((run.code, run.out.as_str()), (Some(0), "So it is.\n"));
    let records: Vec<Value> = run.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&records[0]["audit"], &records[0]["arguments"]["amount"]), (&"write-intent".into(), &3.into()));
    assert_eq!((&records[0]["subject"], &records[0]["tool"]), (&"user:ann".into(), &"tools/pay".into()));
    assert_eq!((&records[1]["audit"], &records[1]["status"]), (&"write-outcome".into(), &"done".into()));
    assert_eq!((records[0]["call"].as_str(), records.len()), (records[1]["call"].as_str(), 2));
    // A tool that is not among them stays stubbed, and one that only reads is no choice.
    let run = say(&project(), &["chat", "helper", "--live-writes=tools/look"], "pay");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with("error: `tools/look` is to write live, and only reads\n"), "{}", run.err);
}

#[test]
fn a_live_write_is_finished_whatever_ends_the_command() {
    for signal in ["INT", "TERM"] {
        let project = project();
        let mut command = pace(project.path(), &["chat", "helper", "--live-writes"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"pay").unwrap();
        let stderr = Said::on(child.stderr.take());
        let told = stderr.lines(1).remove(0);
        assert!(told.contains("write-intent"), "{told}");
        let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let all = stderr.to_the_end();
        let (_, rest) = all.split_once('\n').unwrap();
        let output = output_of(child);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(130), &b""[..]), "{signal}: {rest}");
        let (note, record) = rest.split_once('\n').unwrap();
        assert_eq!(note, "note: a write that was begun is finished first; Ctrl-C leaves it");
        let record: Value = serde_json::from_str(record).unwrap();
        assert_eq!((&record["audit"], &record["status"]), (&"write-outcome".into(), &"done".into()));
    }
}
