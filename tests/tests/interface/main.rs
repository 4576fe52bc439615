//! The HTTP interface as others meet it: described by OpenAPI and judged by it, repeated, named, limited, asked by pages of other
//! origins, over HTTP/2 and TLS, and behind nginx. The real `pace-runner`, on bundles that `pace` built.

#![cfg(unix)]

mod described;
mod frames;
mod http2;
mod limited;
mod named;
mod nginx;
mod origins;
mod ready;
mod repeated;
mod running;
mod schemathesis;
mod tls;

use pace_tests::Project;
use pace_tests::http::{self, Answer};
use pace_tests::process::Runner;

const ANN: &str = "token-of-ann-0123";
const BOB: &str = "token-of-bob-0123";

/// An agent for everybody with a credential, one for everybody, and one for nobody but `ann`. They answer all that is said to them.
fn project() -> Project {
    let turns = r#"[
        {"user": "wait", "wait": "1s", "model": "waited"},
        {"user": "for ever", "wait": "1h", "model": "never"},
        {"user": {"contains": ""}, "model": "one two three"}
    ]"#;
    let agent = |name: &str, acl: &str| {
        (format!("agents/{name}/spec.yaml"), format!("name: {name}\nmodel: recorded\ndescription: You help.\n{acl}"))
    };
    let project = Project::new(&[
        ("turns.json", turns),
        (
            "paceline.yaml",
            "project: shop\nmodels:\n  - {name: recorded, provider: replay, turns: turns.json}\nauthentication:\n  - type: tokens\n    \
             tokens:\n      - {value: \"${env:ANN}\", principal: user:ann}\n      - {value: \"${env:BOB}\", principal: user:bob}\n",
        ),
    ]);
    for (path, text) in [
        agent("desk", "acl:\n  - {principal: authenticated, role: execute}\n"),
        agent("open", ""),
        agent("vault", "acl:\n  - {principal: user:ann, role: execute}\n"),
    ] {
        project.write(&path, &text);
    }
    project
}

/// The same, whose agents fail at all that is not greeting.
fn failing() -> Project {
    let project = project();
    project.write("turns.json", r#"[{"user": "hello", "model": "one two three"}]"#);
    project
}

fn start(project: &Project, variables: &[(&str, &str)]) -> Runner {
    Runner::start(project, &[&[("ANN", ANN), ("BOB", BOB)], variables].concat())
}

/// The same, which shows its metrics to everybody at a port of their own.
fn start_measured(project: &Project, variables: &[(&str, &str)]) -> Runner {
    start(project, &[&[("ADMIN_PORT", "0")], variables].concat())
}

/// A request with these header lines more.
fn with(request: &str, lines: &[&str]) -> String {
    let lines = lines.iter().flat_map(|line| [line, "\r\n"]).collect::<String>();
    request.replacen("\r\n", &format!("\r\n{lines}"), 1)
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

/// `GET` of a path with these header lines.
fn get(runner: &Runner, path: &str, lines: &[&str]) -> Answer {
    http::ask(runner.address, &with(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"), lines))
}

/// Says something to an agent.
fn say(runner: &Runner, agent: &str, message: &str, lines: &[&str]) -> Answer {
    http::ask(runner.address, &with(&said(agent, message), lines))
}

fn said(agent: &str, message: &str) -> String {
    http::post(&format!("/agents/{agent}/chat"), &serde_json::json!({ "message": message }).to_string())
}
