//! Who may have a tool called: capability and grants, at every call.

use serde_json::json;

use pace_tests::process::Runner;

use super::world::World;
use super::{live, project, results};

#[test]
fn a_tool_that_a_grant_closes_is_denied_in_one_sentence() {
    let world = World::new();
    let calls = [("get", json!({"path": "/now"})), ("put", json!({"path": "/now"}))];
    let project = project(world.port, &[("go", &calls)]);
    let paceline = std::fs::read_to_string(project.path().join("paceline.yaml")).unwrap();
    let grants = "tool_grants:\n  - {tool: tools/put, grants: [{principal: user:ann, access: write}]}\n";
    project.write("paceline.yaml", &(paceline + grants));
    let runner = live(&project);
    let results = results(&runner, "go");
    assert_eq!(results[0]["status"], "done", "of a tool that no grant mentions, reads are open");
    assert_eq!((&results[1]["status"], &results[1]["content"]["denied"]), (&json!("denied"), &json!(true)));
    let told = results[1]["content"]["error"].as_str().unwrap();
    assert!(told.contains("anonymous") && told.contains("tools/put") && !told.contains('\n'), "{told}");
    assert_eq!(world.log(), ["begin /now", "end /now"]);
    let line = runner.wait_for(|line| line["tool"] == "tools/put");
    assert_eq!(line["message"], format!("denied: {told}"));
    let who = (&line["peer"], &line["principal"], &line["agent"]);
    assert_eq!(who, (&json!("127.0.0.1"), &json!("anonymous"), &json!("helper")));
    assert!(line["call"].is_string(), "{line}");
    let request = runner.wait_for(|line| line["message"] == "request" && line["route"] == "/agents/{name}/chat/stream");
    assert_eq!((&line["request"], &line["invocation"]), (&request["request"], &request["invocation"]));

    // The one who is granted may.
    let chat = project.pace(&["chat", "--as", "user:ann", "--live-writes", "--json"]);
    let run = said_to(chat, "go");
    assert!(run.1, "{run:?}");
    let changed = world.log().into_iter().filter(|line| line == "end /now").count();
    assert_eq!(changed, 3, "both tools, after the one: {:?}", world.log());
}

/// Whether a call would be made is nobody's business who may not have it made.
#[test]
fn a_denial_goes_before_a_stub() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("put", json!({"path": 1}))])]);
    let paceline = std::fs::read_to_string(project.path().join("paceline.yaml")).unwrap();
    let grants = "tool_grants:\n  - {tool: tools/put, grants: [{principal: user:ann, access: write}]}\n";
    project.write("paceline.yaml", &(paceline + grants));
    let runner = Runner::start(&project, &[("LIVE_WRITES", "none")]);
    assert_eq!(results(&runner, "go")[0]["status"], "denied");
}

fn said_to(mut command: std::process::Command, message: &str) -> (String, bool) {
    use std::io::Write;
    use std::process::Stdio;

    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    let output = pace_tests::program::output_of(child);
    (String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(), output.status.success())
}
