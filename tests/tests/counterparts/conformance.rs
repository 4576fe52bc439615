//! The official conformance suite of MCP, and its inspector, against an agent as a server. The client that calls servers is judged
//! where it is, in `runner/mcp/tests/mcp/conformance.rs`.
//!
//! Of the suite's scenarios those are run that a server of one tool can pass. All others ask for a fixture tool of the suite's
//! own (`test_simple_text` and the like; an agent's name has no `_`), for prompts, resources, completions, logging, sampling,
//! elicitation or tasks, none of which an agent offers. Of `server-stateless` and `caching`, the checks that fail are those that
//! the suite itself calls not testable without its fixture tools, and those of prompts and resources.

use std::process::{Command, Output};

use pace_tests::process::Runner;
use pace_tests::{Project, installed};
use serde_json::Value;

/// The newest version with sessions, and the one without.
const SCENARIOS: [(&str, &[&str]); 2] = [
    (
        "2025-11-25",
        &[
            "server-initialize",
            "server-session-lifecycle",
            "ping",
            "tools-list",
            "server-sse-polling",
            "server-sse-multiple-streams",
            "dns-rebinding-protection",
        ],
    ),
    (
        "2026-07-28",
        &["tools-list", "server-sse-multiple-streams", "http-header-validation", "dns-rebinding-protection"],
    ),
];

fn agent() -> Runner {
    let turns = r#"[{"user": {"contains": ""}, "model": "hello there"}]"#;
    let project = Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n"),
        ("turns.json", turns),
        ("agents/helper/spec.yaml", "name: helper\nmodel: recorded\ndescription: You help.\n"),
    ]);
    Runner::start(&project, &[])
}

fn run(node: &std::path::Path, script: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(node).arg(script).args(arguments).output().expect("Node runs")
}

#[test]
fn every_scenario_that_applies_passes() {
    let Some(node) = installed("PACE_TEST_NEWER_NODE", "a newer Node.js") else { return };
    let Some(suite) = installed("PACE_TEST_CONFORMANCE", "the conformance suite of MCP") else { return };
    let runner = agent();
    let url = format!("http://{}/agents/helper/mcp", runner.address);
    for (version, scenarios) in SCENARIOS {
        for scenario in scenarios {
            let arguments = ["server", "--url", &url, "--scenario", scenario, "--spec-version", version];
            let ended = run(node.as_ref(), suite.as_ref(), &arguments);
            let said = String::from_utf8_lossy(&ended.stdout);
            assert!(ended.status.success() && said.contains("0 failed"), "{scenario} {version}: {said}");
        }
    }
}

#[test]
fn the_inspector_lists_and_calls() {
    let Some(node) = installed("PACE_TEST_NEWER_NODE", "a newer Node.js") else { return };
    let Some(inspector) = installed("PACE_TEST_INSPECTOR", "the inspector of MCP") else { return };
    let runner = agent();
    let url = format!("http://{}/agents/helper/mcp", runner.address);
    let ask = |rest: &[&str]| -> Value {
        let ended = run(node.as_ref(), inspector.as_ref(), &[&["--cli", &url, "--transport", "http"], rest].concat());
        serde_json::from_slice(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    };
    assert_eq!(ask(&["--method", "tools/list"])["tools"][0]["name"], "helper");
    let called = ask(&["--method", "tools/call", "--tool-name", "helper", "--tool-arg", "message=hi"]);
    assert_eq!(called["structuredContent"]["response"], "hello there");
}
