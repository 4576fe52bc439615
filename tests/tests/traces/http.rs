//! Traces over HTTP: everybody sees their own, readers those of their agents, and nobody else's are there at all.

use pace_tests::http::{self, Answer};
use pace_tests::process::Runner;
use pace_tests::until_found;
use serde_json::{Value, json};

use super::{project, serving};

const TOKENS: &str = "authentication:\n  - type: tokens\n    tokens:\n      - {value: \"${env:ANN}\", principal: \"user:ann\"}\n      - {value: \
                      \"${env:BOB}\", principal: \"user:bob\"}\n      - {value: \"${env:EVE}\", principal: \"user:eve\", groups: [ops]}\n";
const PEOPLE: [(&str, &str); 3] =
    [("ANN", "token-of-ann-0123456"), ("BOB", "token-of-bob-0123456"), ("EVE", "token-of-eve-0123456")];

fn asked(runner: &Runner, who: &str, method: &str, path: &str, body: &str) -> Answer {
    let token =
        PEOPLE.iter().find(|(name, _)| *name == who).map(|(_, token)| format!("authorization: Bearer {token}\r\n"));
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{}", token.unwrap_or_default());
    let length = if body.is_empty() {
        String::new()
    } else {
        format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
    };
    http::ask(runner.address, &format!("{head}{length}\r\n{body}"))
}

fn say(runner: &Runner, who: &str, agent: &str, message: &str) {
    let answer =
        asked(runner, who, "POST", &format!("/agents/{agent}/chat"), &json!({ "message": message }).to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn list(runner: &Runner, who: &str, query: &str) -> Value {
    let answer = asked(runner, who, "GET", &format!("/traces{query}"), "");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Traces are there a moment after their answers.
fn listed(runner: &Runner, who: &str, count: usize) -> Vec<Value> {
    until_found("the traces are stored", || {
        let traces = list(runner, who, "")["traces"].as_array().unwrap().clone();
        if traces.len() >= count { Ok(traces) } else { Err(traces) }
    })
}

#[test]
fn everybody_sees_what_is_theirs() {
    let project = project(&format!("acl:\n  - {{principal: \"group:ops\", role: read}}\n{TOKENS}"));
    let runner = serving(&project, &PEOPLE);
    say(&runner, "ANN", "lead", "ask");
    say(&runner, "BOB", "guide", "where to?");
    say(&runner, "", "guide", "where to?");
    let all = listed(&runner, "EVE", 4);
    // Those that began in the same millisecond are in no order.
    let of = |agent: &str, who: &str| {
        let mut found = all.iter().filter(|trace| trace["agent"] == agent && trace["subject"] == who);
        let id = &found.next().unwrap()["id"];
        assert!(found.next().is_none(), "{all:?}");
        id
    };
    let (bob, anonymous) = (of("guide", "user:bob"), of("guide", "anonymous"));
    let (guide, lead) = (of("guide", "user:ann"), of("lead", "user:ann"));
    let own = list(&runner, "ANN", "");
    let own: Vec<_> = own["traces"].as_array().unwrap().iter().map(|trace| &trace["id"]).collect();
    assert!(own.len() == 2 && own.contains(&guide) && own.contains(&lead), "{own:?}");
    assert_eq!(list(&runner, "", "")["traces"], json!([]));
    assert_eq!(list(&runner, "BOB", "?principal=user:ann")["traces"], json!([]));

    let path = |id: &Value| format!("/traces/{}", id.as_str().unwrap());
    for (who, id, status) in [
        ("ANN", lead, 200),
        ("EVE", lead, 200),
        ("BOB", lead, 404),
        ("", lead, 404),
        ("ANN", bob, 404),
        ("", anonymous, 404),
    ] {
        assert_eq!(asked(&runner, who, "GET", &path(id), "").status, status, "{who} {id}");
    }
    let shown = asked(&runner, "ANN", "GET", &path(lead), "").json();
    assert_eq!((&shown["children"][0]["id"], &shown["children"][0]["parent"]), (guide, lead));
    assert_eq!(shown["steps"][1]["tool"]["tool"], "paceline://guide");
    assert_eq!(asked(&runner, "ANN", "GET", &path(guide), "").json()["children"], json!([]));
    let foreign = asked(&runner, "BOB", "GET", &path(lead), "").problem().1;
    assert_eq!(foreign, asked(&runner, "BOB", "GET", &format!("/traces/{}", "0".repeat(32)), "").problem().1);
    for wrong in ["x", "%00", &"0".repeat(33)] {
        assert_eq!(asked(&runner, "ANN", "GET", &format!("/traces/{wrong}"), "").problem().1, "unknown-trace");
    }
}

/// Whoever knows the session of nobody in particular may go on with it; who may read traces is not to.
#[test]
fn a_trace_of_an_anonymous_caller_opens_no_session() {
    let project = project(&format!("acl:\n  - {{principal: \"group:ops\", role: read}}\n{TOKENS}"));
    let runner = serving(&project, &PEOPLE);
    let chat = |who: &str, body: Value| asked(&runner, who, "POST", "/agents/guide/chat", &body.to_string());
    let session = |who: &str| {
        let begun = chat(who, json!({"message": "where to?"})).json()["session"].clone();
        assert_eq!(chat(who, json!({"message": "where to?", "session": begun})).json()["session"], begun);
        begun
    };
    let (anonymous, ann) = (session(""), session("ANN"));
    let shown: Vec<_> = listed(&runner, "EVE", 4)
        .iter()
        .map(|trace| asked(&runner, "EVE", "GET", &format!("/traces/{}", trace["id"].as_str().unwrap()), "").json())
        .collect();
    let of = |subject: &str| -> Vec<_> {
        let of = shown.iter().filter(|trace| trace["subject"] == subject);
        of.map(|trace| trace["session"].clone()).collect()
    };
    assert_eq!(of("user:ann"), [ann.clone(), ann]);
    let told = of("anonymous");
    assert!(told.len() == 2 && told[0] == told[1] && told[0] != anonymous, "{told:?}");
    assert_eq!(chat("", json!({"message": "where to?", "session": told[0]})).problem().1, "unknown-session");
    assert_eq!(chat("", json!({"message": "where to?", "session": anonymous})).status, 200);
}

#[test]
fn lists_go_on_where_they_ended() {
    let project = project(TOKENS);
    let runner = serving(&project, &PEOPLE);
    for _ in 0..7 {
        say(&runner, "ANN", "guide", "where to?");
    }
    let all = listed(&runner, "ANN", 7);
    let (mut found, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let page = list(&runner, "ANN", &query);
        found.extend(page["traces"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=3&cursor={next}");
    }
    assert_eq!(found, all);
    for (query, words) in [
        ("?limit=0", "from 1 to 500"),
        ("?status=bad", "there are `ok`"),
        ("?agent=a&agent=b", "given twice"),
        ("?agents=a", "there is no `agents`"),
        ("?cursor=x", "`cursor`"),
        ("?since=soon", "how long ago"),
    ] {
        let (status, code, detail) = asked(&runner, "ANN", "GET", &format!("/traces{query}"), "").problem();
        assert_eq!((status, code.as_str()), (400, "malformed-request"));
        assert!(detail.contains(words), "{detail}");
    }
}

#[test]
fn a_runner_that_keeps_none_says_so() {
    let project = project("");
    for variables in [&[("PACE_STATE_DIR", "memory")][..], &[("TRACE_BACKEND", "none")]] {
        let runner = serving(&project, variables);
        let (status, code, detail) = http::get(runner.address, "/traces").problem();
        assert_eq!((status, code.as_str(), detail.as_str()), (404, "unknown-trace", "this runner keeps no traces"));
        let help = http::get(runner.address, "/traces").json()["help"].as_str().unwrap().to_owned();
        assert!(["PACE_STATE_DIR", "TRACE_BACKEND"].iter().all(|name| help.contains(name)), "{help}");
    }
}
