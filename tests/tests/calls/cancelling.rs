//! Invocations that are cancelled from outside while they call something.

use pace_tests::http::{self, Answer, Connection};
use pace_tests::process::Runner;
use pace_tests::{Project, until};
use serde_json::{Value, json};

use super::world::World;
use super::{audited, live, project};

fn delete(runner: &Runner, invocation: &str) -> Answer {
    http::ask(runner.address, &format!("DELETE /invocations/{invocation} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
}

/// A project in which everybody may read what `helper` does; without that, nobody who is anonymous has a list.
fn open(project: &Project) {
    let settings = "acl: [{principal: anonymous, role: read}]\nmodels:\n  - {name: recorded, provider: replay, turns: turns.json}\n";
    project.write("paceline.yaml", settings);
}

/// A runner that keeps traces, and writes live.
fn keeping(project: &Project) -> Runner {
    let state = project.path().join("state");
    Runner::start(project, &[("LIVE_WRITES", "all"), ("PACE_STATE_DIR", state.to_str().unwrap())])
}

fn running(runner: &Runner) -> Vec<Value> {
    http::get(runner.address, "/invocations").json()["invocations"].as_array().unwrap().clone()
}

fn begun(runner: &Runner, request: &str) -> Connection {
    let mut client = Connection::to(runner.address);
    client.send(request.as_bytes());
    client_waits(runner);
    client
}

fn client_waits(runner: &Runner) {
    until("it runs", || !running(runner).is_empty());
}

/// The trace of an invocation, which is there a moment after its end.
fn trace(runner: &Runner, id: &Value) -> Value {
    let path = format!("/traces/{}", id.as_str().unwrap());
    until("the trace is there", || http::get(runner.address, &path).status == 200);
    http::get(runner.address, &path).json()
}

#[test]
fn a_plain_request_ends_in_the_middle_of_a_call() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("get", json!({"path": "/held"}))])]);
    open(&project);
    let mut runner = keeping(&project);
    let mut client = begun(&runner, &http::say("go"));
    until("the tool asks", || world.has("begin /held"));
    let listed = running(&runner);
    assert_eq!(listed.len(), 1, "{listed:?}");
    let mut keys: Vec<_> = listed[0].as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    // No session: of who is anonymous, whoever knew it could go on with it.
    assert_eq!(keys, ["agent", "id", "principal", "started", "state"], "and nothing that was said");
    let of = |key: &str| listed[0][key].as_str().unwrap();
    assert_eq!((of("agent"), of("principal"), of("state")), ("helper", "anonymous", "running"));
    let id = of("id");
    let shown = http::get(runner.address, &format!("/invocations/{id}"));
    assert_eq!((shown.status, &shown.json()), (200, &listed[0]));

    let cancelled = delete(&runner, id);
    assert_eq!((cancelled.status, cancelled.header("paceline-invocation")), (204, Some(id)), "{cancelled:?}");
    assert!(running(&runner).is_empty());
    let answer = client.answer().unwrap();
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (499, "cancelled"));
    assert_eq!((&answer.json()["invocation"], answer.header("paceline-invocation")), (&json!(id), Some(id)));
    until("nobody was there", || world.has("lost /held"));
    let trace = trace(&runner, &json!(id));
    assert_eq!((&trace["status"], &trace["error"]["code"]), (&json!("cancelled"), &json!("cancelled")));
    // It is over, as its events would be gone.
    for again in [delete(&runner, id), http::get(runner.address, &format!("/invocations/{id}"))] {
        assert_eq!((again.problem().0, again.problem().1.as_str()), (404, "unknown-invocation"));
    }
    let line = runner.wait_for(|line| line["message"].as_str().is_some_and(|text| text.starts_with("cancels an inv")));
    assert_eq!((&line["invocation"], &line["principal"]), (&json!(id), &json!("anonymous")));
    let line = runner.wait_for(|line| line["method"] == "DELETE" && line["status"] == 204);
    assert_eq!((&line["invocation"], &line["route"]), (&json!(id), &json!("/invocations/{id}")));
    assert_eq!(runner.stop(), Some(0));
}

#[test]
fn a_write_that_was_dispatched_is_finished_and_on_record() {
    let world = World::new();
    let calls = [("put", json!({"path": "/held"})), ("put", json!({"path": "/now/second"}))];
    let project = project(world.port, &[("go", &calls)]);
    let mut runner = live(&project);
    let mut client = Connection::to(runner.address);
    client.send(http::stream("go").as_bytes());
    let id = client.head().unwrap().header("paceline-invocation").unwrap().to_owned();
    until("the tool asks", || world.has("begin /held"));
    // It is over at once, and does not wait for the write.
    assert_eq!(delete(&runner, &id).status, 204);
    let last = client.events().pop().unwrap();
    assert_eq!(
        (last.name.as_str(), &last.data["code"], &last.data["status"]),
        ("error", &json!("cancelled"), &json!(499))
    );
    runner.wait_for(|line| line["audit"] == "write-intent");
    assert_eq!(audited(&runner).len(), 1, "the intent alone");
    // A client that comes back is told the same.
    let again = http::get(runner.address, &format!("/invocations/{id}/events"));
    assert!(again.body.contains(r#""code":"cancelled""#), "{again:?}");
    world.release();
    let outcome = runner.wait_for(|line| line["audit"] == "write-outcome");
    assert_eq!((&outcome["status"], &outcome["invocation"]), (&json!("done"), &json!(id)));
    assert_eq!(runner.stop(), Some(0));
    assert_eq!(world.log(), ["begin /held", "end /held"], "the second write was not begun");
    assert_eq!(audited(&runner).len(), 2);
}

/// `helper` has `scout` go and look, and says what came of it.
fn calling(world: &World) -> Project {
    let project = project(world.port, &[]);
    open(&project);
    let turns = json!([
        {"user": "go", "model": {"calls": [{"name": "scout", "arguments": {"message": "look"}}]}},
        {"results": ["scout"], "model": "nobody came back"},
        {"user": "look", "model": {"calls": [{"name": "get", "arguments": {"path": "/held"}}]}},
        {"results": ["get"], "model": "seen"},
    ]);
    project.write("turns.json", &turns.to_string());
    super::agent(&project, "  - {server: paceline://scout, access: read}\n");
    let tool = "  - {name: tools/get, access: read, net: [127.0.0.1]}\n";
    project.write(
        "agents/scout/spec.yaml",
        &format!("name: scout\nmodel: recorded\ndescription: You look.\ntools:\n{tool}"),
    );
    project
}

#[test]
fn what_an_agent_called_ends_with_it() {
    let world = World::new();
    let project = calling(&world);
    let runner = keeping(&project);
    let mut client = begun(&runner, &http::say("go"));
    until("the tool asks", || world.has("begin /held"));
    let listed = running(&runner);
    let [above, below] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((&above["agent"], &below["agent"]), (&json!("helper"), &json!("scout")));
    assert_eq!((&above["parent"], &below["parent"]), (&Value::Null, &above["id"]));
    assert_eq!(delete(&runner, above["id"].as_str().unwrap()).status, 204);
    assert!(running(&runner).is_empty());
    assert_eq!(client.answer().unwrap().problem().1, "cancelled");
    until("nobody was there", || world.has("lost /held"));
    for id in [&above["id"], &below["id"]] {
        assert_eq!(trace(&runner, id)["status"], "cancelled");
    }
}

#[test]
fn who_called_what_was_cancelled_goes_on_without_it() {
    let world = World::new();
    let project = calling(&world);
    let runner = keeping(&project);
    let mut client = begun(&runner, &http::say("go"));
    until("the tool asks", || world.has("begin /held"));
    let listed = running(&runner);
    assert_eq!(delete(&runner, listed[1]["id"].as_str().unwrap()).status, 204);
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, &answer.json()["response"]), (200, &json!("nobody came back")));
    assert_eq!(trace(&runner, &listed[1]["id"])["status"], "cancelled");
    let above = trace(&runner, &listed[0]["id"]);
    let call = above["steps"].as_array().unwrap().iter().find_map(|step| step.get("tool")).unwrap();
    assert_eq!((&above["status"], &call["status"]), (&json!("ok"), &json!("failed")), "{above:#}");
}
