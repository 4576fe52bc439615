//! What a model hears of its calls.

use serde_json::json;

use super::world::World;
use pace_tests::http::get;

use super::{agent, live, project, results, said};

#[test]
fn calls_are_made_side_by_side_and_answered_in_their_order() {
    let world = World::new();
    let both = [("get", json!({"path": "/both/1"})), ("get", json!({"path": "/both/2"}))];
    let project = project(world.port, &[("go", &both)]);
    let runner = live(&project);
    let results = results(&runner, "go");
    // The world answers neither before both have come.
    assert_eq!(results[0]["content"], json!({"path": "/both/1", "enough": true}), "{results:?}");
    assert_eq!(results[1]["content"], json!({"path": "/both/2", "enough": true}));
    assert_eq!((&results[0]["status"], &results[0]["is_error"]), (&json!("done"), &json!(false)));
}

#[test]
fn what_is_wrong_with_a_call_is_told_precisely() {
    let world = World::new();
    let calls = [
        ("get", json!({"path": "relative"})),
        ("get", json!({"way": "/now", "path": 1})),
        ("get", json!("no object")),
        ("gett", json!({})),
        ("delete_everything", json!({})),
    ];
    let project = project(world.port, &[("go", &calls)]);
    let runner = live(&project);
    let results = results(&runner, "go");
    let told: Vec<_> = results.iter().map(|result| result["content"]["error"].as_str().unwrap()).collect();
    let not_called = "`get` was not called, because its arguments do not fit its parameters:\n";
    for (told, wanted) in told.iter().zip([
        "at /path: \"relative\" does not match \"^/\"",
        "at /path: 1 is not of type \"string\"\nAdditional properties are not allowed ('way' was unexpected)",
        "\"no object\" is not of type \"object\"",
        "there is no tool `gett`; did you mean `get`?",
        "there is no tool `delete_everything`; your tools are `get`, `put`",
    ]) {
        assert!(told.contains(wanted), "{told}");
        assert_eq!(told.starts_with(not_called), !wanted.starts_with("there is"), "{told}");
    }
    assert!(results.iter().all(|result| result["status"] == "invalid" && result["is_error"] == true));
    assert_eq!(world.log(), Vec::<String>::new());
}

#[test]
fn a_failure_names_the_line_in_the_tool() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("get", json!({"path": "/now"}))])]);
    project.write("lib/fail.ts", "export function fail(what: string): never {\n  throw new TypeError(what);\n}\n");
    let tool = "import { defineTool } from \"@paceline/runtime\";\nimport { fail } from \"../lib/fail\";\n\n\
                export default defineTool({ name: \"get\", description: \"Fails\", parameters: { path: {} },\n  \
                execute: ({ path }) => fail(`not ${path}`),\n});\n";
    project.write("tools/get.ts", tool);
    let mut runner = live(&project);
    let results = results(&runner, "go");
    let content = &results[0]["content"];
    assert_eq!((&content["error"], &content["kind"]), (&json!("TypeError: not /now"), &json!("threw")));
    let stack: Vec<_> = content["stack"].as_array().unwrap().iter().map(|frame| frame.as_str().unwrap()).collect();
    assert!(stack[0].starts_with("fail (lib/fail.ts:2:"), "{stack:?}");
    assert!(stack[1].starts_with("execute (tools/get.ts:5:"), "{stack:?}");
    assert_eq!(stack.len(), 2, "the sandbox's own frames are nobody's business: {stack:?}");
    assert_eq!(results[0]["status"], "failed");
    // An operator is told which tool, and where; what it threw is between it and the model.
    let line = runner.wait_for(|line| line["message"] == "the tool failed");
    assert_eq!((&line["tool"], &line["kind"], &line["level"]), (&json!("tools/get"), &json!("threw"), &json!("WARN")));
    assert!(line["place"].as_str().unwrap().starts_with("fail (lib/fail.ts:2:"), "{line}");
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("not /now"));
}

#[test]
fn secrets_stay_inside_and_the_console_goes_to_the_log() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("leak", json!({}))])]);
    agent(&project, "  - {name: tools/leak, access: read, net: [], env: {KEY: \"Bearer ${env:KEY_OF_SHOP}\"}}\n");
    let tool = "import { defineTool } from \"@paceline/runtime\";\n\
                export default defineTool({ name: \"leak\", description: \"Leaks\", parameters: {},\n  \
                execute: (_: object, { env }) => { console.error(\"it is\", env.KEY); return { env, none: (globalThis as \
                any).process }; },\n});\n";
    project.write("tools/leak.ts", tool);
    let environment = [("LOG_LEVEL", "debug"), ("KEY_OF_SHOP", "s3cret-0f-shop"), ("OTHER", "other")];
    let mut runner = pace_tests::process::Runner::start(&project, &environment);
    let results = results(&runner, "go");
    assert_eq!(results[0]["content"], json!({"env": {"KEY": "Bearer [redacted:KEY_OF_SHOP]"}}), "{results:?}");
    let line = runner.wait_for(|line| line["tool"] == "tools/leak");
    let line = (&line["wrote"], &line["text"], &line["agent"]);
    assert_eq!(line, (&json!("Error"), &json!("it is Bearer [redacted:KEY_OF_SHOP]"), &json!("helper")));
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("s3cret-0f-shop"));
}

/// Settings are not secrets, and a request that nobody waits for is told.
#[test]
fn short_values_stay_and_forgotten_requests_are_told() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("hasty", json!({}))])]);
    agent(&project, "  - {name: tools/hasty, access: read, net: [127.0.0.1], env: {N: \"${env:N}\"}}\n");
    let tool = format!(
        "import {{ defineTool }} from \"@paceline/runtime\";\nexport default defineTool({{ name: \"hasty\", description: \
         \"Hasty\", parameters: {{}},\n  execute: () => {{ fetch(\"http://127.0.0.1:{}/held\"); return {{ n: 42, text: \
         `${{env.N}} of them` }}; }} }});\n",
        world.port
    );
    project.write("tools/hasty.ts", &tool);
    let runner = pace_tests::process::Runner::start(&project, &[("N", "42"), ("LOG_LEVEL", "debug")]);
    assert_eq!(results(&runner, "go")[0]["content"], json!({"n": 42, "text": "42 of them"}));
    let line = runner.wait_for(|line| line["wrote"] == "Warn");
    assert!(
        line["text"].as_str().unwrap().starts_with("a request was still under way when the tool returned"),
        "{line}"
    );
}

#[test]
fn what_a_tool_needs_is_missed_at_the_start() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("get", json!({}))])]);
    agent(&project, "  - {name: tools/get, access: read, net: [127.0.0.1], env: {KEY: \"${env:KEY_OF_SHOP}\"}}\n");
    let ended = pace_tests::process::ended(&project, &[]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("the variable `KEY` of `tools/get` for the agent `helper` is `${env:KEY_OF_SHOP}`"));
    assert!(ended.err.contains("set `KEY_OF_SHOP`"), "{}", ended.err);
}

/// What a conversation has no room for is left out, and nothing else of the turn.
#[test]
fn results_share_the_room_of_a_conversation() {
    let world = World::new();
    let mut calls = vec![("big", json!({})); 10];
    calls.push(("put", json!({"path": "/now"})));
    calls.push(("get", json!({"path": "/now"})));
    let project = project(world.port, &[("go", &calls)]);
    let entry = |name: &str, access: &str| format!("  - {{name: tools/{name}, access: {access}, net: [127.0.0.1]}}\n");
    agent(&project, &(entry("big", "read") + &entry("put", "write") + &entry("get", "read")));
    let tool = "import { defineTool } from \"@paceline/runtime\";\nexport default defineTool({ name: \"big\", \
                description: \"Big\", parameters: {}, execute: () => \"x\".repeat(1000000) });\n";
    project.write("tools/big.ts", tool);
    let runner = live(&project);
    // A stream forgets its oldest events, so the conversation itself is looked at.
    let answer = said(&runner, "go").json();
    assert_eq!(answer["response"], "done", "{answer}");
    let path = format!("/agents/helper/sessions/{}", answer["session"].as_str().unwrap());
    let session = get(runner.address, &path).json();
    let message = session["messages"].as_array().unwrap().iter().find(|message| message["role"] == "tool");
    let results = message.unwrap_or_else(|| panic!("{}", session.to_string().chars().take(900).collect::<String>()));
    let results = results["results"].as_array().unwrap();
    let is_whole = |result: &&serde_json::Value| result["content"].as_str().is_some_and(|text| text.len() == 1_000_000);
    assert_eq!(results.iter().filter(is_whole).count(), 8, "8 MiB have room for eight");
    let left_out = results[..10]
        .iter()
        .filter(|result| result["content"]["error"].as_str().is_some_and(|why| why.starts_with("left out")));
    assert_eq!(left_out.count(), 2);
    assert_eq!((&results[10]["is_error"], &results[10]["content"]["path"]), (&json!(false), &json!("/now")));
    assert_eq!(results[11]["content"]["path"], "/now");
}

/// Twice as many as are made, and a console that never ends its lines.
#[test]
fn a_turn_of_hundreds_of_calls_is_bounded_and_quiet() {
    let world = World::new();
    let calls = vec![("loud", json!({})); 256];
    let project = project(world.port, &[("go", &calls)]);
    agent(&project, "  - {name: tools/loud, access: read, net: []}\n");
    let tool = "import { defineTool } from \"@paceline/runtime\";\nexport default defineTool({ name: \"loud\", \
                description: \"Loud\", parameters: {}, execute: () => { for (let i = 0; i < 500; i++) console.error(\"x\\n{\\\"audit\\\":\\\"write-intent\\\"}\"); } });\n";
    project.write("tools/loud.ts", tool);
    let mut runner = live(&project);
    let results = results(&runner, "go");
    let count = |status: &str| results.iter().filter(|result| result["status"] == status).count();
    assert_eq!((count("done"), count("invalid")), (128, 128));
    assert!(results[128]["content"]["error"].as_str().unwrap().starts_with("not called: of one turn, the first 128"));
    assert_eq!(runner.stop(), Some(0));
    assert!(runner.lines().len() < 10, "{}", runner.lines().len());
}

#[test]
fn the_limit_of_calls_is_kept_before_any_is_made() {
    let world = World::new();
    let three = [1, 2, 3].map(|number| ("get", json!({"path": format!("/now/{number}")})));
    let project = project(world.port, &[("go", &three), ("two", &three[..2])]);
    let path = project.path().join("agents/helper/spec.yaml");
    let spec = std::fs::read_to_string(&path).unwrap() + "limits: {max_tool_calls: 2}\n";
    std::fs::write(path, spec).unwrap();
    let runner = live(&project);
    let answer = said(&runner, "go");
    assert_eq!(answer.problem().1, "limit-reached", "{answer:?}");
    assert!(answer.problem().2.contains("max_tool_calls: 2"), "{answer:?}");
    assert_eq!(world.log(), Vec::<String>::new());
    assert_eq!(said(&runner, "two").json()["usage"]["tool_calls"], 2);
}
