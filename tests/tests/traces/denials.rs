//! What is not allowed is on record: an agent that is not talked to, a call that is not made, a credential that is none. With the
//! reason, and never with the credential.

use pace_tests::http::{self, Answer};
use pace_tests::process::Runner;
use pace_tests::until_found;
use serde_json::{Value, json};

use super::{exported, holds, kept, pace, project, serving};

/// `pay` takes a grant that nobody here has, `closed` lets in nobody here.
const RULES: &str = "acl:\n  - {principal: \"user:eve\", role: read}\ntool_grants:\n  - {tool: tools/pay, grants: [{principal: \
                     \"user:zoe\", access: write}]}\nauthentication:\n  - type: tokens\n    tokens:\n      - {value: \"${env:ANN}\", \
                     principal: \"user:ann\"}\n      - {value: \"${env:EVE}\", principal: \"user:eve\"}\n";
const PEOPLE: [(&str, &str); 2] = [("ANN", "token-of-ann-0123456"), ("EVE", "token-of-eve-0123456")];
/// Not a token of anybody.
const WRONG: &str = "wrong-credential-6f1d-not-kept";

fn ask(runner: &Runner, token: &str, method: &str, path: &str, message: &str) -> Answer {
    let body = json!({ "message": message }).to_string();
    let (kind, body) = if method == "GET" { (String::new(), "") } else { (typed(&body), body.as_str()) };
    let bearer = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    http::ask(runner.address, &format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{bearer}{kind}\r\n{body}"))
}

fn typed(body: &str) -> String {
    format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
}

/// What `eve`, who reads everything, is shown of what was denied, when there is as much as that.
fn denied(runner: &Runner, count: usize) -> Vec<Value> {
    until_found("the traces are stored", || {
        let answer = ask(runner, PEOPLE[1].1, "GET", "/traces?status=denied&limit=500", "");
        let traces = answer.json()["traces"].as_array().unwrap().clone();
        if traces.len() >= count { Ok(traces) } else { Err(traces) }
    })
}

#[test]
fn what_a_rule_does_not_allow_is_on_record_with_its_reason() {
    let project = project(RULES);
    let mut runner = serving(&project, &PEOPLE);
    let ann = PEOPLE[0].1;
    assert_eq!(ask(&runner, ann, "POST", "/agents/closed/chat", "hello").status, 403);
    assert_eq!(ask(&runner, ann, "GET", "/agents/closed/status", "").status, 403);
    assert_eq!(ask(&runner, "", "POST", "/agents/closed/mcp", "hello").status, 401);
    assert_eq!(ask(&runner, ann, "POST", "/agents/lead/chat", "pay").json()["response"], "paid");
    assert_eq!(ask(&runner, ann, "POST", "/agents/lead/chat", "look").status, 200);
    let traces = denied(&runner, 4);
    let told: Vec<_> = traces.iter().map(|trace| (&trace["agent"], &trace["subject"], &trace["status"])).collect();
    let row = |agent: &str, subject: &str, status: &str| (json!(agent), json!(subject), json!(status));
    for (agent, subject, status) in
        [row("lead", "user:ann", "ok"), row("closed", "anonymous", "denied"), row("closed", "user:ann", "denied")]
    {
        assert!(told.contains(&(&agent, &subject, &status)), "{agent} {subject} {status}: {told:?}");
    }
    assert_eq!(traces.len(), 4, "{traces:?}");
    let lead = traces.iter().find(|trace| trace["agent"] == "lead").unwrap();
    assert_eq!((&lead["denied_calls"], lead["id"].as_str().map(str::len)), (&json!(1), Some(32)));
    assert_eq!(runner.stop(), Some(0));

    let reason = "no `acl` gives `user:ann` the role `execute` on the agent `closed`";
    let records = exported(&project, "production", &["--status", "denied", "--agent", "closed"]);
    let of_ann: Vec<_> = records.iter().filter(|record| record["subject"] == "user:ann").collect();
    assert_eq!(of_ann.len(), 2, "{records:?}");
    for record in of_ann {
        let error = &record["error"];
        assert_eq!((&error["code"], &error["detail"]), (&json!("not-allowed"), &json!(reason)));
        assert!(error["place"].as_str().is_some_and(|place| place.contains("agents/closed/spec.yaml")), "{error}");
    }
    let closed = "`tool_grants` closes `tools/pay` to all it does not name, and gives `user:ann` nothing";
    let calls = exported(&project, "production", &["--status", "denied", "--agent", "lead"]);
    assert_eq!(calls.len(), 1, "{calls:?}");
    let step = &calls[0]["steps"][1]["tool"];
    assert_eq!((&step["status"], &step["result"]["json"]["error"]), (&json!("denied"), &json!(closed)));
    let list = pace(&project, &["trace", "list", "--status", "denied", "--environment", "production"], "").out;
    assert!(list.contains(&format!("denied `pay`: {closed}\n")) && list.contains(&format!(" {reason}\n")), "{list}");
    assert_eq!(list.lines().count(), 8, "{list}");
}

#[test]
fn a_credential_that_is_none_leaves_a_bounded_record_without_it() {
    let project = project(RULES);
    let mut runner = serving(&project, &PEOPLE);
    for _ in 0..60 {
        assert_eq!(ask(&runner, WRONG, "POST", &format!("/agents/closed/chat?token={WRONG}"), "hello").status, 401);
        assert_eq!(ask(&runner, WRONG, "GET", "/traces", "").status, 401);
    }
    let traces = denied(&runner, 20);
    assert_eq!(runner.stop(), Some(0));
    // One more every ten seconds, on a machine that is that slow.
    assert!(traces.len() < 40, "{}", traces.len());
    let agents: Vec<_> = traces.iter().map(|trace| trace["agent"].as_str().unwrap()).collect();
    assert!(agents.contains(&"closed"), "{agents:?}");
    assert!(traces.iter().all(|trace| trace["subject"] == "unauthenticated" && trace["error"] == "wrong-credential"));
    let records = exported(&project, "production", &["--status", "denied"]);
    for (message, agent) in [("POST /agents/closed/chat", "closed"), ("GET /traces", "")] {
        let record = records.iter().find(|record| record["message"]["text"] == message).unwrap();
        assert_eq!(record["agent"], agent, "{record}");
        let detail = record["error"]["detail"].as_str().unwrap();
        assert!(detail.starts_with("from 127.0.0.1: the bearer token is none that is known here"), "{detail}");
    }
    let list = pace(&project, &["trace", "list", "--status", "denied", "--environment", "production"], "").out;
    assert!(list.contains(" -       unauthenticated  denied"), "{list}");
    assert!(!holds(&kept(&project.path().join(".pace/state")), WRONG));
}

#[test]
fn whoever_reads_an_agent_sees_who_was_kept_from_it_and_nobody_else_does() {
    let readers = RULES.replace("acl:\n  - {principal: \"user:eve\", role: read}\n", "");
    let project = project(&readers);
    let spec = std::fs::read_to_string(project.path().join("agents/closed/spec.yaml")).unwrap();
    project.write("agents/closed/spec.yaml", &(spec + "  - {principal: \"user:eve\", role: read}\n"));
    let runner = serving(&project, &PEOPLE);
    for path in ["/agents/closed/status", "/agents/lead/status", "/agents"] {
        assert_eq!(ask(&runner, WRONG, "GET", path, "").status, 401);
    }
    let traces = denied(&runner, 1);
    assert_eq!((traces.len(), &traces[0]["agent"]), (1, &json!("closed")), "{traces:?}");
    let path = format!("/traces/{}", traces[0]["id"].as_str().unwrap());
    let status = |token: &str| ask(&runner, token, "GET", &path, "").status;
    assert_eq!((status(PEOPLE[1].1), status(PEOPLE[0].1), status("")), (200, 404, 404));
    let of_ann = ask(&runner, PEOPLE[0].1, "GET", "/traces?status=denied", "").json();
    assert_eq!(of_ann["traces"], json!([]));
}
