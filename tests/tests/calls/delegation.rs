//! Agents that call agents, from outside: what a stream tells of it, and what is on record of a write below.

use serde_json::{Value, json};

use super::world::World;
use super::{audited, events, live, project};
use pace_tests::{Project, until};

/// Makes `helper` one that calls `payer`, who may write, through an entry with this access.
fn delegating(world: &World, access: &str) -> Project {
    let project = project(world.port, &[]);
    let turns = json!([
        {"user": "go", "model": {"calls": [{"name": "payer", "arguments": {"message": "pay"}}]}},
        {"results": ["payer"], "model": "it is paid"},
        {"user": "pay", "model": {"calls": [{"name": "put", "arguments": {"path": "/now/pay"}}]}},
        {"results": ["put"], "model": "paid"},
    ]);
    project.write("turns.json", &turns.to_string());
    super::agent(&project, &format!("  - {{server: paceline://payer, access: {access}}}\n"));
    let tool = "  - {name: tools/put, access: write, net: [127.0.0.1]}\n";
    let spec = format!("name: payer\nmodel: recorded\ndescription: You pay.\ntools:\n{tool}");
    project.write("agents/payer/spec.yaml", &spec);
    project
}

#[test]
fn a_write_below_is_on_record_with_its_chain() {
    let world = World::new();
    let runner = live(&delegating(&world, "write"));
    let events = events(&runner, "go");
    assert_eq!(events.last().map(|event| event.data["response"].clone()), Some(json!("it is paid")));
    until("all is on record", || audited(&runner).len() >= 2);
    let intent = &audited(&runner)[0];
    assert_eq!((&intent["agent"], &intent["subject"]), (&json!("payer"), &json!("anonymous")));
    assert_eq!(intent["actors"], json!(["serviceaccount:helper"]));
    let below: Vec<_> = events.iter().filter(|event| event.name == "agent").map(|event| &event.data).collect();
    let words: Vec<_> = below.iter().map(|data| data["event"].as_str().unwrap()).collect();
    assert_eq!(words, ["start", "tool_call", "tool_result", "text", "done"]);
    for data in below {
        assert_eq!((&data["agent"], &data["parent"]), (&json!("payer"), &events[0].data["invocation"]));
        assert_eq!(data["invocation"], intent["invocation"]);
    }
    let result = events.iter().find(|event| event.name == "tool_result").unwrap();
    assert_eq!((&result.data["name"], &result.data["content"]["response"]), (&json!("payer"), &json!("paid")));
    assert!(world.has("end /now/pay"), "{:?}", world.log());
}

#[test]
fn nothing_is_written_below_an_entry_that_reads() {
    let world = World::new();
    let runner = live(&delegating(&world, "read"));
    let events = events(&runner, "go");
    let is_denied = |data: &Value| data["event"] == "tool_result" && data["data"]["status"] == "denied";
    let denied = events.iter().find(|event| is_denied(&event.data)).expect("a call that was denied");
    let wanted = "the calling agent asked for reading only, and this call of `tools/put` would write";
    assert_eq!(denied.data["data"]["content"]["error"], wanted);
    assert!(audited(&runner).is_empty() && world.log().is_empty(), "{:?}", world.log());
}
