//! What becomes of calls when whoever asked has gone, or the runner is told to stop.

use pace_tests::http::{Connection, say};
use pace_tests::until;
use serde_json::json;

use super::world::World;
use super::{audited, live, project};

#[test]
fn a_read_ends_with_whoever_asked() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("get", json!({"path": "/held"}))])]);
    let mut runner = live(&project);
    let mut client = Connection::to(runner.address);
    client.send(say("go").as_bytes());
    until("the tool asks", || world.has("begin /held"));
    drop(client);
    // The tool's connection goes with it, though the world has not answered.
    until("nobody was there", || world.has("lost /held"));
    assert_eq!(runner.stop(), Some(0));
}

#[test]
fn a_live_write_is_finished_though_whoever_asked_has_gone() {
    let world = World::new();
    let calls = [("get", json!({"path": "/held/read"})), ("put", json!({"path": "/held"}))];
    let project = project(world.port, &[("go", &calls)]);
    let runner = live(&project);
    let mut client = Connection::to(runner.address);
    client.send(say("go").as_bytes());
    until("the tools ask", || world.has("begin /held") && world.has("begin /held/read"));
    drop(client);
    // The read beside it shows that the runner has noticed.
    until("the read has ended", || world.has("lost /held/read"));
    world.release();
    let outcome = runner.wait_for(|line| line["audit"] == "write-outcome");
    assert_eq!(outcome["status"], "done");
    assert!(world.has("end /held"), "{:?}", world.log());
}

#[test]
fn a_runner_that_stops_waits_for_the_writes_it_began() {
    let world = World::new();
    let project = project(world.port, &[("go", &[("put", json!({"path": "/held"}))])]);
    let mut runner =
        pace_tests::process::Runner::start(&project, &[("LIVE_WRITES", "all"), ("DRAIN_TIMEOUT", "100ms")]);
    let mut client = Connection::to(runner.address);
    client.send(say("go").as_bytes());
    until("the tool asks", || world.has("begin /held"));
    runner.signal("TERM");
    runner.wait_for(|line| line["message"].as_str().is_some_and(|text| text.starts_with("waiting for live writes")));
    assert_eq!(client.answer().unwrap().problem().1, "shutting-down");
    world.release();
    assert_eq!(runner.code(), Some(0));
    let audited = audited(&runner);
    assert_eq!(audited.len(), 2, "{audited:?}");
    assert_eq!(audited[1]["status"], "done");
}
