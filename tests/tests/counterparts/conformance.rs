//! The official conformance suite of MCP, and its inspector, against an agent as a server. The client that calls servers is judged
//! where it is, in `runner/mcp/tests/mcp/conformance.rs`.
//!
//! All scenarios of the suite for servers are run, or named with why they are not. Those that fail are named one by one, with the
//! reason, so that a scenario of a newer suite that does not pass is noticed; so is one that is named and passes, or is gone.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use pace_tests::process::Runner;
use pace_tests::{Project, installed};
use serde_json::Value;

/// The newest version with sessions, and the one without.
const VERSIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// Why scenarios do not apply, and which.
const NOT_OURS: [(&str, &[&str]); 9] = [
    (
        "it calls a tool of the suite's own, such as `test_simple_text`: an agent is a server of one tool, its own name has no `_`, and \
         what it answers is a model's",
        &[
            "tools-call-simple-text",
            "tools-call-image",
            "tools-call-audio",
            "tools-call-embedded-resource",
            "tools-call-mixed-content",
            "tools-call-error",
            "tools-call-with-progress",
            "json-schema-2020-12",
        ],
    ),
    ("no argument of an agent is a header (`x-mcp-header`)", &["http-custom-header-server-validation"]),
    (
        "an agent logs nothing to its client: its log is the operator's",
        &["logging-set-level", "tools-call-with-logging"],
    ),
    (
        "an agent asks its client for nothing while it answers: no sampling, no elicitation, no roots",
        &[
            "tools-call-sampling",
            "tools-call-elicitation",
            "elicitation-sep1034-defaults",
            "elicitation-sep1330-enums",
            "input-required-result-basic-elicitation",
            "input-required-result-basic-sampling",
            "input-required-result-basic-list-roots",
            "input-required-result-request-state",
            "input-required-result-multiple-input-requests",
            "input-required-result-multi-round",
            "input-required-result-result-type",
            "input-required-result-tampered-state",
            "input-required-result-capability-check",
        ],
    ),
    (
        "an agent has no prompts: what it is told to be is nobody's business, and there is nothing to complete",
        &[
            "prompts-list",
            "prompts-get-simple",
            "prompts-get-with-args",
            "prompts-get-embedded-resource",
            "prompts-get-with-image",
            "completion-complete",
            "input-required-result-non-tool-request",
        ],
    ),
    (
        "an agent has no resources",
        &[
            "resources-list",
            "resources-read-text",
            "resources-read-binary",
            "resources-templates-read",
            "resources-subscribe",
            "resources-unsubscribe",
        ],
    ),
    (
        "an extension: skills are compiled into a bundle, and offered to nobody (SEP-2640)",
        &["sep-2640-skills-directory", "sep-2640-skills-enumeration", "sep-2640-skills-manifest"],
    ),
    (
        "an extension: a call is answered while it is waited for, and is no task",
        &[
            "tasks-lifecycle",
            "tasks-capability-negotiation",
            "tasks-wire-fields",
            "tasks-request-state-removal",
            "tasks-mrtr-input",
            "tasks-request-headers",
            "tasks-dispatch-and-envelope",
            "tasks-status-notifications",
            "tasks-required-task-error",
            "tasks-mrtr-composition",
        ],
    ),
    ("some of its checks apply: see `PARTLY_OURS`", &["server-stateless", "caching"]),
];

/// Scenarios of which all checks pass but those that say this.
const PARTLY_OURS: [(&str, &[&str]); 2] = [
    ("server-stateless", &["Not testable: server does not list the diagnostic tool 'test_"]),
    (
        "caching",
        &[
            "prompts/list returned JSON-RPC error -32601",
            "resources/list returned JSON-RPC error -32601",
            "resources/templates/list returned JSON-RPC error -32601",
        ],
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

/// The suite as a program.
struct Suite {
    node: PathBuf,
    script: PathBuf,
}

impl Suite {
    fn said(&self, arguments: &[&str]) -> String {
        let ended = Command::new(&self.node).arg(&self.script).args(arguments).output().expect("Node runs");
        String::from_utf8_lossy(&ended.stdout).into_owned()
    }

    /// The names of all of its scenarios for servers, those of extensions and of older versions too.
    fn listed(&self) -> BTreeSet<String> {
        let said = self.said(&["list", "--server"]);
        let names = said.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split(' ').next());
        names.map(str::to_owned).collect()
    }

    /// The scenarios of a version that passed, and those that did not.
    fn judged(&self, url: &str, version: &str) -> [BTreeSet<String>; 2] {
        let arguments = ["server", "--url", url, "--suite", "all", "--spec-version", version, "--timeout", "120000"];
        let said = self.said(&arguments);
        let (_, summary) = said.split_once("=== SUMMARY ===").unwrap_or_else(|| panic!("{said}"));
        ["✓ ", "✗ "].map(|mark| {
            let names = summary.lines().filter_map(|line| line.strip_prefix(mark)?.split(": ").next());
            names.map(str::to_owned).collect()
        })
    }

    /// What the checks of one scenario say that failed.
    fn errors(&self, url: &str, version: &str, scenario: &str) -> Vec<String> {
        let arguments =
            ["server", "--url", url, "--scenario", scenario, "--spec-version", version, "--timeout", "120000"];
        let said = self.said(&arguments);
        let errors = said.lines().filter_map(|line| line.trim().strip_prefix("Error: "));
        errors.map(str::to_owned).collect()
    }
}

#[test]
fn every_scenario_that_applies_passes() {
    let Some(node) = installed("PACE_TEST_NEWER_NODE", "a newer Node.js") else { return };
    let Some(script) = installed("PACE_TEST_CONFORMANCE", "the conformance suite of MCP") else { return };
    let (suite, runner) = (Suite { node, script }, agent());
    let url = format!("http://{}/agents/helper/mcp", runner.address);
    let named: BTreeSet<&str> = NOT_OURS.iter().flat_map(|(_, scenarios)| *scenarios).copied().collect();
    let (mut passed, mut other) = (BTreeSet::new(), suite.listed());
    for version in VERSIONS {
        let [these, failed] = suite.judged(&url, version);
        assert!(these.len() > 5, "{version}: {these:?} {failed:?}");
        let unnamed: Vec<_> = failed.iter().filter(|scenario| !named.contains(scenario.as_str())).collect();
        assert!(unnamed.is_empty(), "{version}: these fail: {unnamed:?}");
        passed.extend(these);
        other.extend(failed);
    }
    // What was not run at all has to be named as well.
    let other: BTreeSet<&str> = other.difference(&passed).map(String::as_str).collect();
    assert_eq!(other, named, "those that do not pass, and those that are named");
    for (scenario, words) in PARTLY_OURS {
        let errors = suite.errors(&url, "2026-07-28", scenario);
        let unknown: Vec<_> =
            errors.iter().filter(|error| !words.iter().any(|words| error.starts_with(words))).collect();
        assert!(!errors.is_empty() && unknown.is_empty(), "{scenario}: {unknown:#?} of {errors:#?}");
    }
}

#[test]
fn the_inspector_lists_and_calls() {
    let Some(node) = installed("PACE_TEST_NEWER_NODE", "a newer Node.js") else { return };
    let Some(inspector) = installed("PACE_TEST_INSPECTOR", "the inspector of MCP") else { return };
    let runner = agent();
    let url = format!("http://{}/agents/helper/mcp", runner.address);
    let ask = |rest: &[&str]| -> Value {
        let arguments = [&["--cli", &url, "--transport", "http"], rest].concat();
        let ended = Command::new(&node).arg(&inspector).args(arguments).output().expect("Node runs");
        serde_json::from_slice(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    };
    assert_eq!(ask(&["--method", "tools/list"])["tools"][0]["name"], "helper");
    let called = ask(&["--method", "tools/call", "--tool-name", "helper", "--tool-arg", "message=hi"]);
    assert_eq!(called["structuredContent"]["response"], "hello there");
}
