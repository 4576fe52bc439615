//! Live writes on record: before they are made, and so that a change of the record is found.

use pace_tests::http::{self, Connection};
use pace_tests::until;
use serde_json::{Value, json};

use super::{exported, pace, project, serving};

#[test]
fn live_writes_are_on_record_and_a_change_of_it_is_found() {
    let project = project("");
    let mut runner = serving(&project, &[("LIVE_WRITES", "all")]);
    let pay = http::ask(runner.address, &http::post("/agents/lead/chat", r#"{"message": "pay"}"#));
    assert_eq!(pay.status, 200, "{pay:?}");
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().iter().any(|line| line.contains("write-intent")), "{:?}", runner.lines());
    let verify =
        |more: &[&str]| pace(&project, &[&["trace", "verify", "--environment", "production"], more].concat(), "");
    let sound = verify(&[]);
    assert!(sound.code == Some(0) && sound.out.starts_with("✓ ") && sound.out.contains("2 rows, head "), "{sound:?}");
    let chains: Value = serde_json::from_str(&verify(&["--json"]).out).unwrap();
    assert_eq!(
        (&chains[0]["is_sound"], &chains[0]["rows"], &chains[0]["open"]),
        (&json!(true), &json!(2), &Value::Null)
    );
    let traces = exported(&project, "production", &[]);
    assert_eq!(traces[0]["steps"][1]["tool"]["status"], "done");

    // Somebody with the file in their hands says that another was paid.
    let file = project.path().join(".pace/state/state.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let (own, other) = (b"\"arguments\":{\"to\":\"the piper\"}", b"\"arguments\":{\"to\":\"the pipe!\"}");
    let places: Vec<_> = (0..bytes.len() - own.len()).filter(|at| bytes[*at..].starts_with(own)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + own.len()].copy_from_slice(other);
    }
    std::fs::write(&file, bytes).unwrap();
    let broken = verify(&[]);
    assert!(broken.code == Some(1) && broken.out.contains("broken at row 1: the row was changed"), "{broken:?}");
    assert!(broken.out.contains("1 of 2 rows are as they were written"), "{broken:?}");
}

#[test]
fn a_write_in_a_conversation_is_on_record_too() {
    let project = project("");
    let run = pace(&project, &["chat", "lead", "--live-writes"], "pay");
    assert!(run.code == Some(0) && !run.err.contains("write-intent"), "{run:?}");
    let sound = pace(&project, &["trace", "verify"], "");
    assert!(sound.code == Some(0) && sound.out.contains("2 rows, head "), "{sound:?}");
}

#[test]
fn a_write_that_was_lost_with_its_runner_is_told_with_what_it_was() {
    let project = project("");
    project.write("tools/pay.ts", &super::PAY.replace("({ paid: to })", "{ while (to) {} }"));
    let mut runner = serving(&project, &[("LIVE_WRITES", "all")]);
    let mut asking = Connection::to(runner.address);
    asking.send(http::post("/agents/lead/chat", r#"{"message": "pay"}"#).as_bytes());
    let verify =
        |more: &[&str]| pace(&project, &[&["trace", "verify", "--environment", "production"], more].concat(), "");
    until("the write is on record", || verify(&[]).out.contains("tools/pay"));
    runner.signal("KILL");
    assert_eq!(runner.code(), None);
    assert!(exported(&project, "production", &[]).is_empty());
    let told = verify(&[]);
    assert_eq!(told.code, Some(0), "{told:?}");
    for part in [
        "  without an outcome, so under way, lost or refused:\n  row 1  ",
        "  tools/pay  lead  anonymous  invocation ",
        "\n    arguments: {\"to\":\"the piper\"}\n",
    ] {
        assert!(told.out.contains(part), "{told:?}");
    }
    let chains: Value = serde_json::from_str(&verify(&["--json"]).out).unwrap();
    let open = &chains[0]["open"][0];
    assert_eq!(
        (&open["row"], &open["tool"], &open["subject"], &open["arguments"]),
        (&json!(1), &json!("tools/pay"), &json!("anonymous"), &json!({"to": "the piper"}))
    );
    assert!(open["invocation"].as_str().is_some_and(|id| told.out.contains(id)), "{open}");
}
