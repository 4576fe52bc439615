//! `GET /ready` and what it says of the servers of tools: one that is away stops no invocation, and is named until it is back.

use pace_tests::http::{self, ask};
use pace_tests::process::{Runner, command};
use pace_tests::{Project, SHOP};
use serde_json::json;

fn until(runner: &Runner, wanted: &serde_json::Value) {
    let begun = std::time::Instant::now();
    loop {
        let found = http::get(runner.address, "/ready");
        assert_eq!(found.status, 200);
        if found.json() == *wanted {
            return;
        }
        assert!(begun.elapsed() < pace_tests::process::PATIENCE, "{found:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
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
    until(&runner, &json!({"status": "ready", "degraded": ["the MCP server `shop` does not answer"]}));
    project.write("server.py", SHOP);
    let begun = std::time::Instant::now();
    while !ask(runner.address, &http::stream("look")).body.contains("\"status\":\"done\"") {
        // One that failed to start is not tried again at once.
        assert!(begun.elapsed() < pace_tests::process::PATIENCE, "it is not asked again");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    until(&runner, &json!({"status": "ready"}));
}
