//! Every key of every spec arrives in the bundle: changing one changes the program, changing a comment does not.

use std::collections::BTreeSet;

use pace_compiler::schema::schema;
use pace_ir::VerifiedBundle;

use crate::project;
use crate::schema::KINDS;
use crate::world::Strings;

const PROJECT: &str = "paceline.yaml";
const WRITER: &str = "agents/writer/spec.yaml";
const PLAIN: &str = "agents/plain/spec.yaml";
const DAILY: &str = "loops/daily.yaml";

/// A key by the definition it stands in, and the edits that give it another value.
type Row = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

const ROWS: &[Row] = &[
    ("Agent.name", &[(PLAIN, "name: plain", "name: flat")]),
    ("Agent.model", &[(PLAIN, "model: recorded", "model: house")]),
    ("Agent.description", &[(PLAIN, "You are plain.", "You are flat.")]),
    ("Agent.summary", &[(WRITER, "Writes the digest", "Writes digests")]),
    ("Agent.acl", &[(WRITER, "  - {principal: group:readers, role: execute}\n", "")]),
    ("Agent.run_as", &[(WRITER, "run_as: serviceaccount:writer-bot\n", "")]),
    ("Agent.generation", &[(WRITER, "generation:", "#")]),
    ("Agent.output", &[(WRITER, "title: {type", "name: {type")]),
    ("Agent.limits", &[(WRITER, "limits:", "#")]),
    ("AclEntry.principal", &[(WRITER, "group:readers", "group:writers")]),
    ("AclEntry.role", &[(WRITER, "group:readers, role: execute", "group:readers, role: read")]),
    ("Generation.temperature", &[(WRITER, "temperature: 0.25", "temperature: 0.5")]),
    ("Generation.top_p", &[(WRITER, "top_p: 0.75", "top_p: 0.5")]),
    ("Generation.max_output_tokens", &[(WRITER, "max_output_tokens: 500", "max_output_tokens: 501")]),
    ("Generation.stop", &[(WRITER, "END", "STOP")]),
    ("Generation.thinking_budget", &[(WRITER, "thinking_budget: 100", "thinking_budget: -1")]),
    ("Limits.max_turns", &[(WRITER, "max_turns: 5", "max_turns: 6")]),
    ("Limits.timeout", &[(WRITER, "timeout: 30s", "timeout: 31s")]),
    ("Limits.max_tokens", &[(WRITER, "max_tokens: 1000", "max_tokens: 1001")]),
    ("Limits.max_cost_usd", &[(WRITER, "max_cost_usd: 0.5", "max_cost_usd: 0.6")]),
    ("Limits.max_tool_calls", &[(WRITER, "max_tool_calls: 3", "max_tool_calls: 4")]),
    // The same keys in `paceline.yaml` hold for the agent without its own.
    ("Limits.max_turns", &[(PROJECT, "max_turns: 20", "max_turns: 21")]),
    ("Limits.timeout", &[(PROJECT, "timeout: 5m", "timeout: 6m")]),
    ("Limits.max_tokens", &[(PROJECT, "max_tokens: 100000", "max_tokens: 100001")]),
    ("Limits.max_cost_usd", &[(PROJECT, "max_cost_usd: 2.5", "max_cost_usd: 2.6")]),
    ("Limits.max_tool_calls", &[(PROJECT, "max_tool_calls: 50", "max_tool_calls: 51")]),
    ("Loop.name", &[(DAILY, "name: daily", "name: nightly")]),
    ("Loop.schedule", &[(DAILY, "0 8 * * 1-5", "0 9 * * 1-5")]),
    ("Loop.agent", &[(DAILY, "agent: writer", "agent: plain")]),
    ("Loop.run_as", &[(DAILY, "serviceaccount:digest-bot", "serviceaccount:ci")]),
    ("Loop.instruction", &[(DAILY, "of today", "of the day")]),
    ("Loop.acl", &[(DAILY, "acl:\n  - {principal: group:editors, role: execute}\n", "")]),
    ("AclEntry.principal", &[(DAILY, "group:editors", "group:authors")]),
    ("AclEntry.role", &[(DAILY, "group:editors, role: execute", "group:editors, role: read")]),
    ("Loop.timezone", &[(DAILY, "Europe/Berlin", "Europe/Paris")]),
    ("Loop.concurrency", &[(DAILY, "concurrency: replace", "concurrency: allow")]),
    ("Loop.catch_up", &[(DAILY, "catch_up:", "#")]),
    ("CatchUp.window", &[(DAILY, "window: 2h", "window: 3h")]),
    ("CatchUp.max", &[(DAILY, "max: 3", "max: 4")]),
    ("Loop.timeout", &[(DAILY, "timeout: 20m", "timeout: 21m")]),
    ("Loop.enabled", &[(DAILY, "enabled: true", "enabled: false")]),
    ("Project.service_accounts", &[(PROJECT, "  - name: spare\n", "")]),
    ("Account.name", &[(PROJECT, "name: spare", "name: reserve")]),
    ("Project.acl", &[(PROJECT, "  - {principal: group:ops, role: read}\n", "")]),
    ("ProjectAclEntry.principal", &[(PROJECT, "{principal: group:ops, role", "{principal: group:dev, role")]),
    ("ProjectAclEntry.role", &[(PROJECT, "group:ops, role: read", "group:ops, role: admin")]),
    (
        "Project.tool_grants",
        &[(
            PROJECT,
            "tool_grants:\n  - tool: std/calc\n    grants:\n      - {principal: group:calc, access: read}\n",
            "",
        )],
    ),
    ("ToolGrant.tool", &[(PROJECT, "std/calc", "std/time")]),
    (
        "ToolGrant.grants",
        &[(PROJECT, "    grants:\n      - {principal: group:calc, access: read}\n", "    grants: []\n")],
    ),
    ("Grant.principal", &[(PROJECT, "group:calc", "group:math")]),
    ("Grant.access", &[(PROJECT, "access: read", "access: write")]),
    ("Project.mcp_credentials", &[(PROJECT, "mcp.example.com/slack", "mcp.example.com/mail")]),
    ("Bearer.token", &[(PROJECT, "${env:SLACK}", "${env:MAIL}")]),
    ("HeaderCredential.name", &[(PROJECT, "X-Key", "X-Token")]),
    ("HeaderCredential.value", &[(PROJECT, "k-${credential:slack}", "${credential:slack}")]),
    ("OauthClient.token_url", &[(PROJECT, "id.example.com/token", "id.example.com/oauth/token")]),
    ("OauthClient.client_id", &[(PROJECT, "client_id: pace-client", "client_id: other-client")]),
    ("OauthClient.client_secret", &[(PROJECT, "${env:CLIENT_SECRET}", "${env:OTHER_SECRET}")]),
    ("OauthClient.scopes", &[(PROJECT, "client-scope", "other-scope")]),
    ("OauthUser.client_id", &[(PROJECT, "client_id: pace-user", "client_id: other-user")]),
    ("OauthUser.scopes", &[(PROJECT, "user-scope", "other-scope")]),
    ("EnvCredential.env", &[(PROJECT, "{TOKEN:", "{SECRET:")]),
    ("Project.models", &[(PROJECT, "house-1", "house-3")]),
    ("Model.name", &[(PROJECT, "name: house", "name: home"), (WRITER, "model: house", "model: home")]),
    ("Model.provider", &[(PROJECT, "provider: anthropic", "provider: gemini")]),
    ("Model.model", &[(PROJECT, "model: house-1", "model: house-2")]),
    ("Model.base_url", &[(PROJECT, "localhost:11434", "localhost:11435")]),
    ("Model.api_key", &[(PROJECT, "${env:HOUSE_KEY}", "${env:HOME_KEY}")]),
    ("Model.price", &[(PROJECT, "    price: {input: 0, output: 0}", "    price: {input: 1, output: 0}")]),
    ("Model.turns", &[("tests/turns.json", "good day", "good morning")]),
    ("Price.input", &[(PROJECT, "input: 1.5", "input: 1.6")]),
    ("Price.output", &[(PROJECT, "output: 2.5", "output: 2.6")]),
    ("Price.cached_input", &[(PROJECT, "cached_input: 0.25", "cached_input: 0.26")]),
    (
        "Project.authentication",
        &[(
            PROJECT,
            "  - type: header\n    principal: X-Forwarded-Email\n    prefix: \"proxy-\"\n    groups: X-Forwarded-Groups\n    \
             groups_prefix: \"pg-\"\n    from: [10.0.0.0/8]\n",
            "",
        )],
    ),
    ("Jwt.issuer", &[(PROJECT, "issuer: https://id.example.com", "issuer: https://id.example.org")]),
    ("Jwt.audience", &[(PROJECT, "audience: paceline", "audience: [paceline, other]")]),
    ("Jwt.jwks", &[(PROJECT, "id.example.com/keys", "id.example.com/jwks")]),
    ("Jwt.algorithms", &[(PROJECT, "[RS256, EdDSA]", "[RS256]")]),
    ("Jwt.principal", &[(PROJECT, "claim: email", "claim: sub")]),
    ("Jwt.groups", &[(PROJECT, "    groups: {claim: roles, prefix: \"idp-\"}\n", "")]),
    ("Claim.claim", &[(PROJECT, "claim: roles", "claim: groups")]),
    ("Claim.prefix", &[(PROJECT, "idp-", "idq-")]),
    ("Claim.service_accounts", &[(PROJECT, "{robot: ci}", "{machine: ci}")]),
    ("Tokens.tokens", &[(PROJECT, "groups: [ops-team]", "groups: []")]),
    ("Token.sha256", &[(PROJECT, "sha256: 9f86", "sha256: 9f87")]),
    ("Token.value", &[(PROJECT, "${env:OPS_TOKEN}", "${env:DEV_TOKEN}")]),
    ("Token.principal", &[(PROJECT, "principal: user:ops", "principal: user:dev")]),
    ("Token.groups", &[(PROJECT, "[ops-team]", "[dev-team]")]),
    ("Header.principal", &[(PROJECT, "X-Forwarded-Email", "X-Forwarded-User")]),
    ("Header.prefix", &[(PROJECT, "proxy-", "front-")]),
    ("Header.groups", &[(PROJECT, "X-Forwarded-Groups", "X-Forwarded-Roles")]),
    ("Header.groups_prefix", &[(PROJECT, "pg-", "fg-")]),
    ("Header.from", &[(PROJECT, "10.0.0.0/8", "10.1.0.0/16")]),
];

/// Keys that change no program, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("Project.version", "there is one version"),
    ("Project.project", "in META, which names the bundle and is no part of the program"),
    ("Project.lints", "decides what is said, not what is done"),
    ("Project.registries", "used while linking: a bundle holds what was fetched"),
    ("Registry.name", "as above"),
    ("Registry.url", "as above"),
    ("Registry.token", "as above"),
    ("Project.limits", "each of its keys has a row"),
    // Compiled tools, servers and skills are refused by `link` for now, see `P0510`.
    ("Agent.tools", "not built yet"),
    ("Agent.skills", "not built yet"),
];

/// The definitions of tool entries, which are not built yet.
const NOT_BUILT: &[&str] = &["ToolEntryKeys", "NetRuleKeys"];

fn verified(world: &Strings) -> VerifiedBundle {
    world.built().emitted.verified
}

fn edited(edits: &[(&str, &str, &str)]) -> Strings {
    let mut world = project::every_key();
    for (path, from, to) in edits {
        world.edit(path, from, to);
    }
    world
}

#[test]
fn every_key_arrives() {
    let before = verified(&project::every_key());
    for (key, edits) in ROWS {
        let after = verified(&edited(edits));
        assert_ne!(after.program_digest(), before.program_digest(), "{key} {edits:?}");
        assert_ne!(after.id(), before.id(), "{key}");
    }
}

#[test]
fn every_key_of_the_schemas_has_a_row() {
    let mut keys = BTreeSet::new();
    for (kind, _) in KINDS {
        let schema = schema(kind);
        for (name, definition) in schema["$defs"].as_object().unwrap() {
            let properties = definition["properties"].as_object().unwrap();
            // `type` only tells the forms apart, each of which has its rows.
            let named = properties.keys().filter(|key| *key != "type").map(|key| format!("{name}.{key}"));
            keys.extend(named.filter(|_| !NOT_BUILT.contains(&name.as_str())));
        }
    }
    let rows = ROWS.iter().map(|(key, _)| *key).chain(ELSEWHERE.iter().map(|(key, _)| *key));
    assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), keys, "left: rows; right: the schemas");
}

#[test]
fn a_comment_changes_the_inputs_and_not_the_program() {
    let before = verified(&project::every_key());
    for path in [PROJECT, WRITER, PLAIN, DAILY] {
        let world = project::every_key();
        let text = format!("# a comment\n{}", world.text(path));
        let after = verified(&world.with(path, text));
        assert_ne!(after.id(), before.id(), "{path}");
        assert_eq!(after.program_digest(), before.program_digest(), "{path}");
        assert_ne!(after.bundle().lock.inputs[path], before.bundle().lock.inputs[path]);
    }
}

#[test]
fn a_file_that_is_not_read_changes_nothing() {
    let before = project::every_key().built().emitted.bytes;
    for path in ["README.md", "agents/writer/notes.md", ".pace/build/latest", "tests/a.yaml", "loops/.hidden.yaml"] {
        assert_eq!(project::every_key().with(path, "x").built().emitted.bytes, before, "{path}");
    }
}

#[test]
fn the_project_names_the_bundle() {
    let world = edited(&[(PROJECT, "project: digest", "project: other")]);
    let (before, after) = (verified(&project::every_key()), verified(&world));
    assert_eq!(after.bundle().meta.project.as_str(), "other");
    assert_eq!(after.program_digest(), before.program_digest());
    assert_ne!(after.id(), before.id());
}

#[test]
fn equal_values_in_other_words_are_the_same_program() {
    let before = verified(&project::every_key());
    let same: &[&[(&str, &str, &str)]] = &[
        &[(WRITER, "timeout: 30s", "timeout: 30000ms")],
        &[(WRITER, "temperature: 0.25", "temperature: 25e-2")],
        &[(WRITER, "description: You write the digest.", "description: >-\n  You write\n  the digest.")],
        &[(PROJECT, "https://mcp.example.com/slack", "mcp://MCP.example.com:443/slack")],
        &[(PROJECT, "X-Forwarded-Email", "x-forwarded-email")],
        &[(PROJECT, "algorithms: [RS256, EdDSA]", "algorithms: [EdDSA, RS256]")],
        &[(DAILY, "enabled: true\n", "")],
    ];
    for edits in same {
        assert_eq!(verified(&edited(edits)).program_digest(), before.program_digest(), "{edits:?}");
    }
}

/// The schema of a definition that is not a mapping would pass `every_key_of_the_schemas_has_a_row` unseen.
#[test]
fn every_definition_is_a_mapping() {
    for (kind, _) in KINDS {
        let schema = schema(kind);
        let definitions = schema["$defs"].as_object().unwrap();
        assert!(definitions.values().all(|definition| definition["type"] == "object"));
    }
}
