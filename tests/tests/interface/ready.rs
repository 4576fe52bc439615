//! `GET /ready` and what it says of the servers of tools: one that is away stops no invocation, and is named until it is back.

use pace_tests::http::{self, ask};
use pace_tests::process::{Runner, command};
use pace_tests::{Project, SHOP, until, until_found};
use serde_json::json;

#[track_caller]
fn until_ready(runner: &Runner, wanted: &serde_json::Value) {
    until_found("it says so", || {
        let found = http::get(runner.address, "/ready");
        assert_eq!(found.status, 200);
        if found.json() == *wanted { Ok(()) } else { Err(found) }
    });
}

#[test]
fn a_server_that_is_away_is_named_until_it_is_back() {
    let project = Project::new(&[
        (
            "agents/helper/spec.yaml",
            "name: helper\nmodel: recorded\ndescription: You sell.\ntools:\n  - {server: mcp://exec/python3, alias: shop, access: read, args: [server.py]}\n",
        ),
        ("paceline.yaml", "models: [{name: recorded, provider: replay, turns: turns.json}]\n"),
        (
            "turns.json",
            r#"[{"user": "look", "turn": 1, "model": {"calls": [{"name": "shop_look", "arguments": {}}]}}, {"results": ["shop_look"], "model": "seen"}]"#,
        ),
        ("server.py", SHOP),
    ]);
    let path = std::env::var("PATH").unwrap();
    // Built while the server was there, served while it is not.
    let mut command = command(&project, &[("PATH", &path)]);
    std::fs::remove_file(project.path().join("server.py")).unwrap();
    let runner = Runner::of({
        command.current_dir(project.path());
        command
    });
    until_ready(&runner, &json!({"status": "ready", "degraded": ["the MCP server `shop` does not answer"]}));
    project.write("server.py", SHOP);
    // One that failed to start is not tried again at once.
    until("the server is asked again", || {
        ask(runner.address, &http::stream("look")).body.contains("\"status\":\"done\"")
    });
    until_ready(&runner, &json!({"status": "ready"}));
}
