//! The official conformance suite of MCP, against this client: the suite starts a server for each scenario, runs this binary as
//! the client, and judges what it was sent.
//!
//! The client does what any caller of this crate does: it asks what there is and calls all of it. Scenarios are listed that pass as
//! a whole. Of the others, each check that fails has to be one of [`NOT_OURS`], with the reason; all their other checks pass: whose
//! metadata is read and where it is looked for, what a token is asked for, and how the secret is shown. Not run are those about
//! skills that servers offer as resources (SEP-2640) and about authorization before 2025-06-18, which are in neither suite.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::Trial;
use pace_mcp::{CallOptions, Connection, Credential, Endpoint, OauthClient, Offered, Secret, Server, Tool, Transport};
use serde_json::{Map, Value, json};

use crate::support::{LONG, block_on, client, counterpart, object};
use crate::trial;

/// The first argument of the client that the suite runs; the last one is the server's address.
pub(crate) const CLIENT: &str = "conformance-client";

/// What is run, and the scenarios of it that pass: the newest version with sessions, the one without, and what belongs to neither.
const RUNS: [(&[&str], &[&str]); 3] = [
    (
        &["--suite", "all", "--spec-version", "2025-11-25"],
        &["auth/pre-registration", "initialize", "json-schema-2020-12-preservation", "sse-retry", "tools_call"],
    ),
    (
        &["--suite", "all", "--spec-version", "2026-07-28"],
        &[
            "auth/iss-not-advertised",
            "auth/iss-supported",
            "auth/metadata-issuer-mismatch",
            "auth/pre-registration",
            "auth/resource-mismatch",
            "http-custom-headers",
            "http-invalid-tool-headers",
            "http-standard-headers",
            "json-schema-2020-12-preservation",
            "json-schema-ref-no-deref",
            "request-metadata",
            "sep-2322-client-request-state",
            "tools_call",
        ],
    ),
    (&["--suite", "extensions"], &["auth/client-credentials-basic"]),
];

/// Checks that do not apply: why, in which scenarios (all that begin so), and how their names begin.
const NOT_OURS: [(&str, &str, &[&str]); 6] = [
    (
        "nobody sits at a browser: a client is registered by an operator, and gets tokens for its id and secret",
        "auth/",
        &[
            "Client ID Metadata Document Usage",
            "Client accumulates previously-granted scopes",
            "Client compares iss without URL normalization: Not testable: client never reached the authorization endpoint",
            "Client compares unadvertised iss and rejects mismatch: Not testable: client never reached the authorization",
            "Client does not request unsupported offline_access: Client did not complete authorization flow",
            "Client initial scope selection for step-up auth: Client did not make an initial authorization request",
            "Client re-registers with the new authorization server",
            "Client rejects mismatched iss: Not testable: client never reached the authorization endpoint",
            "Client rejects missing iss when required: Not testable: client never reached the authorization endpoint",
            "Client requests offline_access scope: Client did not complete authorization flow",
            "Client retry limit for scope escalation: Client did not make any authorization requests",
            "Client scope escalation for step-up auth",
            "Client scope omission when scopes_supported undefined: Client did not complete authorization flow",
            "Client scope selection from WWW-Authenticate header: Client did not complete authorization flow",
            "Client scope selection from scopes_supported: Client did not complete authorization flow",
            "DpopTokenRequestProof: Client never completed an authorization_code token request",
            "Expected Check Missing: authorization-request",
            "Expected Check Missing: client-registration",
            "Resource parameter in authorization request",
        ],
    ),
    (
        "a client without a secret proves nothing",
        "auth/token-endpoint-auth-none",
        &["Token endpoint authentication method"],
    ),
    ("no credential of ours is a key that signs", "auth/client-credentials-jwt", &["ClientCredentials"]),
    ("tokens are bearer tokens", "auth/dpop", &["Dpop"]),
    ("no credential of ours is another's token", "auth/", &["CompleteFlow", "WifGrantType"]),
    (
        "nobody is there to be asked: elicitation is declined",
        "elicitation-sep1034-client-defaults",
        &["ClientElicitationSEP1034General: Expected action 'accept', got 'decline'", "clientelicitationsep1034"],
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("conformance::every_scenario_that_applies_passes", every_scenario_that_applies_passes)]
}

/// Asks the server at the last argument what it offers, and calls it.
#[expect(clippy::print_stderr, reason = "the suite shows what its client said")]
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let url = arguments.last().unwrap();
    let context =
        std::env::var("MCP_CONFORMANCE_CONTEXT").map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
    block_on(async move {
        let transport = Transport::Http(Endpoint { url: url.parse().unwrap(), credential: credential(&context) });
        let server = Server { name: "suite".to_owned(), transport, roots: Vec::new(), hidden: Vec::new() };
        let connection = Connection::open(&client(), &server, LONG).await.unwrap_or_else(|error| panic!("{error}"));
        let offered = connection.offered(LONG).await.unwrap_or_else(|error| panic!("{error}"));
        for (tool, arguments) in calls(&context, &offered) {
            // A server may refuse what it offers; the suite judges what it was sent.
            if let Err(error) = connection.call(&tool, arguments, CallOptions::within(LONG)).await {
                eprintln!("{tool}: {error}");
            }
        }
        connection.close().await;
    });
    ExitCode::SUCCESS
}

/// What the scenario gives the client; where it is about authorization and gives nothing, what an operator would have configured.
fn credential(context: &Value) -> Credential {
    let scenario = std::env::var("MCP_CONFORMANCE_SCENARIO").unwrap();
    if !scenario.starts_with("auth/") {
        return Credential::None;
    }
    let word = |name: &str| context[name].as_str().unwrap_or("configured").to_owned();
    Credential::OauthClient(OauthClient {
        client_id: word("client_id"),
        client_secret: Secret::new(word("client_secret")),
        token_url: None,
        scopes: Vec::new(),
    })
}

/// The calls that the scenario names; without any, one of each tool.
fn calls(context: &Value, offered: &Offered) -> Vec<(String, Map<String, Value>)> {
    if let Some(named) = context["toolCalls"].as_array() {
        let name = |call: &Value| call["name"].as_str().unwrap().to_owned();
        return named.iter().map(|call| (name(call), object(call["arguments"].clone()))).collect();
    }
    offered.tools.iter().map(|tool| (tool.name.clone(), arguments(tool, offered))).collect()
}

/// Arguments that fit: what is wanted is given by its type. A tool that wants a schema gets the one of the first tool, as it was
/// read.
fn arguments(tool: &Tool, offered: &Offered) -> Map<String, Value> {
    let properties = tool.input_schema.get("properties").and_then(Value::as_object);
    let value = |name: &str, schema: &Value| match schema["type"].as_str() {
        Some("object") if name == "schema" => json!(offered.tools[0].input_schema),
        Some("number" | "integer") => json!(3),
        Some("boolean") => json!(true),
        Some("object") => json!({}),
        Some("array") => json!([]),
        Some("null") => Value::Null,
        _ => json!("word"),
    };
    properties.into_iter().flatten().map(|(name, schema)| (name.clone(), value(name, schema))).collect()
}

/// What the suite says of its scenarios: those that passed, and of the others which checks did not.
fn judged(node: &Path, suite: &Path, which: &[&str]) -> (Vec<String>, Vec<(String, String)>) {
    let this = std::env::current_exe().unwrap();
    let ran = Command::new(node)
        .arg(suite)
        .args(["client", "--command", &format!("{} {CLIENT}", this.display()), "--timeout", "120000", "--verbose"])
        .args(which)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let (_, summary) = said.split_once("=== SUITE SUMMARY ===").unwrap_or_else(|| panic!("{said}"));
    let (mut passed, mut failed, mut scenario) = (Vec::new(), Vec::new(), "");
    for line in summary.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("Total: ")) {
        if let Some(name) = line.strip_prefix("✓ ").and_then(|line| line.split(": ").next()) {
            passed.push(name.to_owned());
        } else if let Some(name) = line.strip_prefix("✗ ").and_then(|line| line.split(": ").next()) {
            scenario = name;
        } else {
            failed.push((scenario.to_owned(), line.trim_start_matches("    - ").to_owned()));
        }
    }
    passed.sort();
    (passed, failed)
}

async fn every_scenario_that_applies_passes() {
    let Some(node) = counterpart("PACE_TEST_NEWER_NODE") else { return };
    let Some(suite) = counterpart("PACE_TEST_CONFORMANCE") else { return };
    let names = NOT_OURS.iter().flat_map(|(_, scenarios, checks)| checks.iter().map(move |check| (*scenarios, *check)));
    let mut unseen: BTreeSet<(&str, &str)> = names.clone().collect();
    for (which, wanted) in RUNS {
        let (passed, failed) = judged(&node, &suite, which);
        assert_eq!(passed, wanted, "{failed:#?}");
        for (scenario, check) in failed {
            let excuse = names
                .clone()
                .find(|(scenarios, start)| scenario.starts_with(scenarios) && check.starts_with(start))
                .unwrap_or_else(|| panic!("{scenario}: {check}"));
            unseen.remove(&excuse);
        }
    }
    assert!(unseen.is_empty(), "what passes is no exception: {unseen:#?}");
}
