//! `pace tool run` and `pace tool list`, as authors use them.

use std::io::Write as _;
use std::process::Stdio;

use pace_tests::{Project, Run, terminal::Terminal};
use serde_json::{Value, json};

const LOOK: &str = r#"import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "look_up",
  description: "Looks a city up.",
  parameters: { city: { type: "string" }, unit: { type: "string", enum: ["C", "F"], optional: true } },
  execute: async ({ city }) => {
    console.warn("looking at", city);
    if (city === "none") {
      throw new Error("no such city\u001b[2J");
    }
    return { city, place: env.PLACE ?? null };
  },
});
"#;

const PAY: &str = r#"import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "pay",
  description: "Pays.",
  parameters: { amount: { type: "number" } },
  execute: async ({ amount }) => ({ paid: amount }),
});
"#;

/// What a model would cost: a key, which nothing here has.
const HELPER: &str = "name: helper
model: gemini-2.5-flash
description: You help.
tools:
  - {name: tools/look-up, access: read, net: [], env: {PLACE: plain}}
  - {name: tools/pay, access: write, net: [], env: {SHOP: \"${env:NO_SUCH_SHOP}\"}}
";

fn project() -> Project {
    Project::new(&[
        ("agents/helper/spec.yaml", HELPER),
        ("tools/look-up.ts", LOOK),
        ("tools/pay.ts", PAY),
        ("tools/draft.ts", &PAY.replace("\"pay\"", "\"draft\"")),
        ("tools/types.d.ts", "declare const nothing: string;\n"),
    ])
}

fn run(project: &Project, arguments: &[&str]) -> Run {
    let output = project.pace(arguments).env("USER", "ann").env_remove("GOOGLE_API_KEY").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[track_caller]
fn assert_run(run: &Run, code: i32, out: &str, err: &str) {
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(code), out, err));
}

#[test]
fn a_tool_runs_with_its_agents_entry_and_nothing_else_has_to_be_there() {
    let project = project();
    let call = &["tool", "run", "tools/look-up", r#"{"city":"Rome"}"#];
    assert_run(&run(&project, call), 0, "{\"city\":\"Rome\",\"place\":\"plain\"}\n", "warn: looking at Rome\n");
    let mut piped = project.pace(&["tool", "run", "tools/look-up", "-", "--agent", "helper"]);
    let mut child = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(br#"{"city":"Oslo"}"#).unwrap();
    assert_eq!(pace_tests::program::output_of(child).stdout, b"{\"city\":\"Oslo\",\"place\":\"plain\"}\n");
    // What the tool itself needs is missed by name.
    let missing = run(&project, &["tool", "run", "tools/pay", r#"{"amount":1}"#, "--live-writes"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(2), ""));
    assert!(missing.err.contains("NO_SUCH_SHOP"), "{}", missing.err);
}

#[test]
fn a_failure_has_its_place() {
    let failed = run(&project(), &["tool", "run", "tools/look-up", r#"{"city":"none"}"#]);
    let err = "warn: looking at none\nerror: look_up failed: Error: no such city\\u{1b}[2J\n  \
               at execute (tools/look-up.ts:9:17)\n";
    assert_run(&failed, 1, "", err);
}

#[test]
fn arguments_that_do_not_fit_are_wrong_usage() {
    let project = project();
    let parameters = "  help: the parameters are city: string, unit?: C|F\n";
    let err = format!("error: the arguments do not fit: \"city\" is a required property\n{parameters}");
    assert_run(&run(&project, &["tool", "run", "tools/look-up"]), 2, "", &err);
    let err = format!("error: the arguments do not fit: at /city: 1 is not of type \"string\"\n{parameters}");
    assert_run(&run(&project, &["tool", "run", "tools/look-up", r#"{"city": 1}"#]), 2, "", &err);
    let wrong = run(&project, &["tool", "run", "tools/look-up", "{city: Rome}"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(2), ""));
    assert!(wrong.err.starts_with("error: the arguments are no JSON: "), "{}", wrong.err);
}

#[test]
fn writes_are_stubbed_unless_they_are_wanted() {
    let project = project();
    let call = ["tool", "run", "tools/pay", r#"{"amount":1}"#];
    let pay = |more: &[&str], key: &str, value: &str| {
        let arguments = [&call[..], more].concat();
        let output = project.pace(&arguments).env("NO_SUCH_SHOP", "x").env(key, value).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (out, err) = pay(&[], "X", "");
    assert_eq!(out, "{\"executed\":false,\"would_have\":{\"called\":\"pay\",\"arguments\":{\"amount\":1}}}\n");
    assert_eq!(
        err,
        "note: not called, because it writes\n  help: `--live-writes` makes the calls of tools that write\n"
    );
    for (flags, value) in [(&["--live-writes"][..], ""), (&["--live-writes=tools/pay"], ""), (&[], "all")] {
        let key = if value.is_empty() { "X" } else { "LIVE_WRITES" };
        let (out, err) = pay(flags, key, value);
        assert_eq!(out, "{\"paid\":1}\n", "{err}");
        let records: Vec<Value> = err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&records[0]["audit"], &records[1]["audit"]), (&json!("write-intent"), &json!("write-outcome")));
    }
}

#[test]
fn a_write_that_nobody_records_is_not_made() {
    let project = project();
    let mut command = project.pace(&["tool", "run", "tools/pay", r#"{"amount":1}"#, "--live-writes"]);
    let output = command.env("NO_SUCH_SHOP", "x").stderr(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
}

#[test]
fn places_on_the_console_are_those_of_the_source() {
    let project = project();
    let lose = r#"execute: async () => {
    console.log(new Error("seen"));
    Promise.reject(new Error("lost"));
    await new Promise((resolve) => setTimeout(resolve, 1));
    return 1;
  }"#;
    let look = LOOK.split("execute:").next().unwrap().to_owned() + lose + ",\n});\n";
    project.write("tools/look-up.ts", &look);
    let told = run(&project, &["tool", "run", "tools/look-up", r#"{"city":"Rome"}"#]);
    assert_eq!((told.code, told.out.as_str()), (Some(0), "1\n"), "{}", told.err);
    assert!(told.err.contains("(tools/look-up.ts:7:") && told.err.contains("(tools/look-up.ts:8:"), "{}", told.err);
    assert!(!told.err.contains("tool.js"), "{}", told.err);
}

#[test]
fn what_the_environment_says_of_other_tools_is_no_matter() {
    let project = project();
    let run = |arguments: &[&str], value: &str| {
        let output = project.pace(arguments).env("NO_SUCH_SHOP", "x").env("LIVE_WRITES", value).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    };
    let look = ["tool", "run", "tools/look-up", r#"{"city":"Rome"}"#];
    let pay = ["tool", "run", "tools/pay", r#"{"amount":1}"#];
    let looked = run(&look, "tools/pay");
    assert_eq!((looked.code, looked.err.as_str()), (Some(0), "warn: looking at Rome\n"));
    let stubbed = run(&pay, "tools/send,tools/look-up");
    assert!(stubbed.code == Some(0) && stubbed.out.contains("\"executed\":false"), "{stubbed:?}");
    let made = run(&pay, "tools/send,tools/pay");
    assert_eq!((made.code, made.out.as_str()), (Some(0), "{\"paid\":1}\n"), "{}", made.err);
    // What is no name at all, and what was typed for this call, is told.
    let wrong = run(&look, "true");
    assert!(wrong.code == Some(2) && wrong.err.contains("does not say which tools write live"), "{wrong:?}");
    let wrong = run(&[&pay[..], &["--live-writes=tools/payy"]].concat(), "tools/pay");
    let told = "error: `tools/payy` is to write live, and `tools/pay` is called, which is another\n  \
                help: name `tools/pay`, or nothing: `--live-writes`\n";
    assert_run(&wrong, 2, "", told);
    let wrong = run(&[&look[..], &["--live-writes=tools/pay"]].concat(), "");
    let told = "error: `tools/pay` is to write live, and `tools/look-up` is called, which is another\n  \
                help: leave the choice out: what is called does not write\n";
    assert_run(&wrong, 2, "", told);
}

#[test]
fn the_rules_decide_as_in_a_conversation() {
    let project = project();
    project.write(
        "paceline.yaml",
        "tool_grants:
  - {tool: tools/look-up, grants: [{principal: group:ops, access: read}]}
  - {tool: tools/pay, grants: [{principal: group:ops, access: write}]}\n",
    );
    let call = ["tool", "run", "tools/look-up", r#"{"city":"Rome"}"#];
    let err = "error: `tool_grants` closes `tools/look-up` to all it does not name, and gives `user:ann` nothing\n  \
               help: ask as somebody else: `--as user:<name>,group:<name>`\n";
    assert_run(&run(&project, &call), 1, "", err);
    assert_eq!(run(&project, &[&call[..], &["--as", "group:ops"]].concat()).code, Some(0));
    // Whoever may not talk to the agent does not call its tools either.
    project.write("agents/helper/spec.yaml", &format!("{HELPER}acl: [{{principal: user:ben, role: execute}}]\n"));
    let err = "error: no `acl` gives `user:ann` or `group:ops` the role `execute` on the agent `helper`\n  \
               help: ask as somebody else: `--as user:<name>,group:<name>`\n        the agent admits `user:ben`\n";
    assert_run(&run(&project, &[&call[..], &["--as", "user:ann,group:ops"]].concat()), 1, "", err);
}

#[test]
fn a_tool_that_no_agent_lists_gets_nothing() {
    let project = project();
    let note = "note: no agent lists `tools/draft`, so it runs without network and variables\n";
    let call = ["tool", "run", "tools/draft", r#"{"amount":1}"#];
    assert_run(&run(&project, &call), 0, "{\"paid\":1}\n", note);
    let reach = r#"execute: async () => (await fetch("http://127.0.0.1:9/")).text()"#;
    project.write(
        "tools/draft.ts",
        &PAY.replace("\"pay\"", "\"draft\"").replace("execute: async ({ amount }) => ({ paid: amount })", reach),
    );
    let failed = run(&project, &call);
    assert_eq!((failed.code, failed.out.as_str()), (Some(1), ""));
    assert!(failed.err.contains("`127.0.0.1:9` is not in the tool's `net`"), "{}", failed.err);
    assert!(failed.err.ends_with("  help: add `127.0.0.1:9` to `net` of the tool's entry\n"), "{}", failed.err);
    assert!(!project.path().join("agents/pace-tool-run").exists());
    // Also where there are no agents at all.
    std::fs::remove_dir_all(project.path().join("agents")).unwrap();
    project.write("paceline.yaml", "version: 1\n");
    project.write("tools/draft.ts", &PAY.replace("\"pay\"", "\"draft\""));
    let alone = run(&project, &call);
    assert_eq!((alone.code, alone.out.as_str()), (Some(0), "{\"paid\":1}\n"), "{}", alone.err);
}

#[test]
fn a_link_out_of_the_project_is_told_without_a_spec() {
    let (project, elsewhere) = (project(), Project::new(&[("pay.ts", PAY)]));
    std::os::unix::fs::symlink(elsewhere.path().join("pay.ts"), project.path().join("tools/far.ts")).unwrap();
    let err = "error: cannot read `tools/far.ts`: it is a link that leads out of the project\n  \
               help: put the file itself into the project\n";
    assert_run(&run(&project, &["tool", "run", "tools/far"]), 2, "", err);
}

#[test]
fn whose_entry_counts_is_asked_where_it_is_not_clear() {
    let project = project();
    project.write("agents/other/spec.yaml", &HELPER.replace("name: helper", "name: other"));
    let call = ["tool", "run", "tools/look-up", r#"{"city":"Rome"}"#];
    let err = "error: several agents list `tools/look-up`\n  help: say whose entry counts with `--agent`: `helper` and `other`\n";
    assert_run(&run(&project, &call), 2, "", err);
    assert_eq!(run(&project, &[&call[..], &["--agent", "other"]].concat()).code, Some(0));
    let err = "error: there is no agent `othr`\n  help: name an agent that lists it: `helper` and `other`\n";
    assert_run(&run(&project, &[&call[..], &["--agent", "othr"]].concat()), 2, "", err);
    for (typed, meant) in
        [("tools/look-up.ts", "tools/look-up"), ("look_up", "tools/look-up"), ("tools/pai", "tools/pay")]
    {
        let err = format!("error: there is no tool `{typed}`\n  help: did you mean `{meant}`?\n");
        assert_run(&run(&project, &["tool", "run", typed]), 2, "", &err);
        // Whoever's entry would count.
        assert_run(&run(&project, &["tool", "run", typed, "--agent", "helper"]), 2, "", &err);
    }
}

#[test]
fn a_person_gets_a_result_to_read() {
    let project = project();
    let Some(terminal) = Terminal::open(project.path(), 80, 20, &[("USER", "ann"), ("TERM", "screen")]) else { return };
    let pace = pace_tests::binary("pace");
    terminal.run(&format!("clear; {} tool run tools/look-up '{{\"city\":\"Rome\"}}' 2> /dev/null", pace.display()));
    terminal.await_end("{\n  \"city\": \"Rome\",\n  \"place\": \"plain\"\n}\n$");
}

#[test]
fn tools_are_listed_with_who_may_do_what() {
    let project = project();
    let table = "\
tools/draft                                 no agent lists it
tools/look-up  look_up(city: string, unit?: C|F)  helper: read
tools/pay      pay(amount: number)                helper: write
";
    let listed = run(&project, &["tool", "list"]);
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!((listed.code, squeezed(&listed.out), listed.err.as_str()), (Some(0), squeezed(table), ""));
    let listed: Value = serde_json::from_str(&run(&project, &["tool", "list", "--json"]).out).unwrap();
    assert_eq!(listed[0], json!({"tool": "tools/draft", "agents": {}}));
    assert_eq!((&listed[1]["name"], &listed[1]["agents"]), (&json!("look_up"), &json!({"helper": "read"})));
    assert_eq!(listed[1]["parameters"]["required"], json!(["city"]));
}

#[test]
fn neither_other_tools_nor_servers_have_to_work_for_one() {
    let project = project();
    // Nobody listens there.
    let spec = HELPER.to_owned() + "  - {server: \"http://127.0.0.1:9/mcp\", alias: shop, access: read}\n";
    project.write("agents/helper/spec.yaml", &spec);
    let listed = run(&project, &["tool", "list"]);
    assert!(listed.code == Some(0) && listed.out.contains("tools/look-up"), "{listed:?}");
    project.write("tools/pay.ts", "export default oh no");
    let looked = run(&project, &["tool", "run", "tools/look-up", r#"{"city": "Ulm"}"#]);
    assert!(looked.code == Some(0) && looked.out.contains("Ulm"), "{looked:?}");
    let paid = run(&project, &["tool", "run", "tools/pay", r#"{"amount": 1}"#]);
    assert!(paid.code == Some(1) && paid.err.contains("tools/pay.ts"), "{paid:?}");
    let listed = run(&project, &["tool", "list"]);
    assert!(listed.code == Some(1) && listed.err.contains("tools/pay.ts"), "{listed:?}");
}

/// Its source is in the program that compiled it, and the author can read it there: a place in what was made of it says nothing.
#[test]
fn a_tool_that_comes_with_paceline_fails_at_a_line_of_its_source() {
    let spec =
        "name: helper\nmodel: gemini-2.5-flash\ndescription: You help.\ntools: [{name: std/calc, access: read}]\n";
    let project = Project::new(&[("agents/helper/spec.yaml", spec)]);
    let ran = run(&project, &["tool", "run", "std/calc", r#"{"expression": "2*(3"}"#]);
    let places: Vec<_> = ran.err.lines().filter(|line| line.starts_with("  at ")).collect();
    assert!(places.len() > 2, "{}", ran.err);
    assert!(places.iter().all(|place| place.contains("(std/calc/") && place.contains(".ts:")), "{}", ran.err);
}
