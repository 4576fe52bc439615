//! Who asks, and what they may: the real runner over TCP, with tokens, an identity provider and proxies that are what they should
//! be, and with everything that only looks like it.

#![cfg(unix)]

mod attacks;
mod evaluate;
mod issuer;
mod left;
mod lines;
mod matrix;
mod oracle;
mod random;
mod requests;
mod running;
mod sources;

use std::collections::BTreeSet;

use pace_tests::Project;
use pace_tests::http::{self, Answer};
use pace_tests::process::Runner;

/// Agents that each let in one kind of caller: which of them somebody is shown says who they are taken for.
const DOORS: [(&str, &str); 8] = [
    ("anonymous", "anonymous"),
    ("known", "authenticated"),
    ("ann", "user:idp-ann"),
    ("bob", "user:bob"),
    ("robot", "serviceaccount:ci"),
    ("ops", "group:ops"),
    ("staff", "group:idp-staff"),
    ("proxied", "user:proxy-ann"),
];

/// A project with [`DOORS`] and these sources.
fn doors(authentication: &str) -> Project {
    let project = Project::new(&[
        ("turns.json", r#"[{"user": {"contains": ""}, "model": "come in"}]"#),
        (
            "paceline.yaml",
            &format!(
                "service_accounts: [{{name: ci}}]\nmodels:\n  - {{name: recorded, provider: replay, turns: turns.json}}\n\
                 authentication:\n{authentication}"
            ),
        ),
    ]);
    for (name, principal) in DOORS {
        let spec = format!(
            "name: {name}\nmodel: recorded\ndescription: You open.\nacl:\n  - {{principal: \"{principal}\", role: execute}}\n"
        );
        project.write(&format!("agents/{name}/spec.yaml"), &spec);
    }
    project
}

/// `GET /agents` with these header lines.
fn asked(runner: &Runner, lines: &[&str]) -> Answer {
    http::ask(runner.address, &request("GET", "/agents", lines))
}

/// A request without a body.
fn request(method: &str, path: &str, lines: &[&str]) -> String {
    let first = format!("{method} {path} HTTP/1.1");
    [&[first.as_str(), "host: localhost"], lines, &["", ""]].concat().join("\r\n")
}

/// The doors that are open to who sends these header lines.
#[track_caller]
fn open_to(runner: &Runner, lines: &[&str]) -> BTreeSet<String> {
    let answer = asked(runner, lines);
    assert_eq!(answer.status, 200, "{answer:?}");
    let agents = answer.json()["agents"].as_array().unwrap().clone();
    agents.iter().map(|agent| agent["name"].as_str().unwrap().to_owned()).collect()
}

/// These names.
fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Refused as a wrong credential, on every path that wants something, and with nothing of it repeated.
#[track_caller]
fn assert_refused(runner: &Runner, lines: &[&str], why: &str) {
    let answer = asked(runner, lines);
    let (status, code, detail) = answer.problem();
    assert_eq!((status, code.as_str()), (401, "wrong-credential"), "{lines:?}: {answer:?}");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    assert!(detail.contains(why), "{lines:?}: {detail}");
    for line in lines {
        let value = line.split_once(": ").map_or(*line, |(_, value)| value.trim_start_matches("Bearer "));
        assert!(value.len() < 8 || !answer.body.contains(value), "{answer:?}");
    }
}
