//! Two projects that between them use every key of the language: one that can be built, and one with tools and skills,
//! which can be checked.

use pace_compiler::schema::SpecKind;

use crate::world::Strings;

const PROJECT: &str = r#"version: 1
project: digest
service_accounts:
  - name: digest-bot
  - name: writer-bot
  - name: ci
  - name: spare
acl:
  - {principal: group:ops, role: read}
  - {principal: user:root@example.com, role: admin}
tool_grants:
  - tool: std/calc
    grants:
      - {principal: group:calc, access: read}
mcp_credentials:
  https://mcp.example.com/slack:
    user:bearer: {type: bearer, token: "${env:SLACK}"}
    user:header: {type: header, name: X-Key, value: "k-${credential:slack}"}
    serviceaccount:ci:
      type: oauth_client
      token_url: https://id.example.com/token
      client_id: pace-client
      client_secret: "${env:CLIENT_SECRET}"
      scopes: [client-scope]
    group:ops: {type: oauth_user, client_id: pace-user, scopes: [user-scope]}
  mcp://exec/slack:
    authenticated: {type: env, env: {TOKEN: "${env:TOKEN_OF_THE_SERVER}"}}
models:
  - name: house
    provider: anthropic
    model: house-1
    base_url: http://localhost:11434/v1
    api_key: "${env:HOUSE_KEY}"
    price: {input: 1.5, output: 2.5, cached_input: 0.25}
  - name: recorded
    provider: replay
    turns: tests/turns.json
    price: {input: 0, output: 0}
authentication:
  - type: jwt
    issuer: https://id.example.com
    audience: paceline
    jwks: https://id.example.com/keys
    algorithms: [RS256, EdDSA]
    principal: {claim: email, prefix: "id-", service_accounts: {robot: ci}}
    groups: {claim: roles, prefix: "idp-"}
  - type: tokens
    tokens:
      - sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        principal: serviceaccount:ci
      - {value: "${env:OPS_TOKEN}", principal: user:ops, groups: [ops-team]}
  - type: header
    principal: X-Forwarded-Email
    prefix: "proxy-"
    groups: X-Forwarded-Groups
    groups_prefix: "pg-"
    from: [10.0.0.0/8]
registries:
  - {name: skills.example.com, url: "https://skills.example.com", token: "${env:REGISTRY}"}
lints: {unused-credential: allow, unused-grant: allow}
limits: {max_turns: 20, timeout: 5m, max_tokens: 100000, max_cost_usd: 2.5, max_tool_calls: 50}
"#;

const WRITER: &str = r#"name: writer
model: house
description: You write the digest.
summary: Writes the digest
acl:
  - {principal: group:readers, role: execute}
  - {principal: serviceaccount:digest-bot, role: execute}
  - {principal: serviceaccount:ci, role: execute}
run_as: serviceaccount:writer-bot
generation: {temperature: 0.25, top_p: 0.75, max_output_tokens: 500, stop: ["END"], thinking_budget: 100}
output: {type: object, properties: {title: {type: string}}}
limits: {max_turns: 5, timeout: 30s, max_tokens: 1000, max_cost_usd: 0.5, max_tool_calls: 3}
"#;

const PLAIN: &str = "name: plain\nmodel: recorded\ndescription: You are plain.\n";

const DAILY: &str = r#"name: daily
schedule: "0 8 * * 1-5"
agent: writer
run_as: serviceaccount:digest-bot
instruction: Write the digest of today.
acl:
  - {principal: group:editors, role: execute}
timezone: Europe/Berlin
concurrency: replace
catch_up: {window: 2h, max: 3}
timeout: 20m
enabled: true
"#;

const TURNS: &str = r#"[{"user":"hello","model":"good day"}]"#;

/// Every key but those of tool entries and skills; it can be built.
pub(crate) fn every_key() -> Strings {
    Strings::new(&[
        ("paceline.yaml", PROJECT),
        ("agents/writer/spec.yaml", WRITER),
        ("agents/plain/spec.yaml", PLAIN),
        ("loops/daily.yaml", DAILY),
        ("tests/turns.json", TURNS),
    ])
}

/// The keys of tool entries and skills; it can be checked.
pub(crate) fn with_tools() -> Strings {
    let agent = r#"name: tooled
model: gemini-2.5-flash
description: You use tools.
skills: [./skills/brief, "skills.sh/owner/repo@1.2.3"]
tools:
  - server: mcp://npx/@modelcontextprotocol/server-filesystem
    access: read
    tools: [read_file]
    read_only: [list_directory]
    alias: files
    args: [".", "${env:ROOT}"]
    env: {KEY: "${credential:key}"}
    roots: [data]
    timeout: 10s
  - name: tools/fetch-page
    access: write
    net: [api.example.com, "*.example.org:443", 10.0.0.0/8, {host: intranet, private: true}]
    env: {TOKEN: "${env:TOKEN}"}
    timeout: 5s
    memory: 128MiB
  - {name: std/time, access: read}
  - {name: of-a-skill, access: read}
  - {server: "paceline://other", access: write, alias: ask}
  - {server: "${env:WHERE}/mcp", access: read, alias: elsewhere}
"#;
    let skill = "---\nname: brief\ndescription: Short answers.\n---\nAnswer in one sentence.\n";
    let grants = "tool_grants:\n  - tool: tools/fetch-page\n    grants: [{principal: group:ops, access: write}]\n  \
                  - tool: mcp://npx/@modelcontextprotocol/server-filesystem#read_file\n    grants: [{principal: \
                  authenticated, access: read}]\n";
    Strings::new(&[
        ("paceline.yaml", grants),
        ("agents/tooled/spec.yaml", agent),
        ("agents/other/spec.yaml", "name: other\nmodel: gemini-2.5-pro\ndescription: You help.\n"),
        ("tools/fetch-page.ts", "export default defineTool({})"),
        ("skills/brief/SKILL.md", skill),
    ])
}

/// The specs of a world and their kinds.
pub(crate) fn specs(world: &Strings) -> Vec<(SpecKind, String)> {
    let kind = |path: &str| match path {
        "paceline.yaml" => Some(SpecKind::Project),
        _ if path.starts_with("agents/") => Some(SpecKind::Agent),
        _ if path.starts_with("loops/") => Some(SpecKind::Loop),
        _ => None,
    };
    world.files.keys().filter_map(|path| Some((kind(path)?, path.clone()))).collect()
}

#[test]
fn both_are_sound() {
    every_key().built();
    let outcome = with_tools().check();
    let said: Vec<_> = outcome.diagnostics.iter().map(pace_diag::Diagnostic::concise).collect();
    assert!(outcome.result.is_ok(), "{said:#?}");
    let outcome = with_tools().build();
    // Nobody was asked what its servers offer; without them, what is left cannot be built yet.
    let not_pinned = outcome.diagnostics.iter().filter(|one| one.code.id == "P0803").count();
    assert_eq!(not_pinned, 2, "{said:#?}");
}
