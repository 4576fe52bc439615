//! `GET /ready` and what it says of the servers of tools: one that is away stops no invocation, and is named until it is back.

use pace_tests::Project;
use pace_tests::http::{self, ask};
use pace_tests::process::{Runner, command};
use serde_json::json;

const SERVER: &str = r#"
import json, sys
def say(id, result):
    print(json.dumps({"jsonrpc": "2.0", "id": id, "result": result}), flush=True)
for line in sys.stdin:
    message = json.loads(line)
    method, id = message.get("method"), message.get("id")
    if method == "initialize":
        say(id, {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "shop", "version": "1"}})
    elif method == "tools/list":
        say(id, {"tools": [{"name": "look", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}]})
    elif method == "tools/call":
        say(id, {"content": [{"type": "text", "text": "seen"}]})
    elif id is not None:
        print(json.dumps({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no such method"}}), flush=True)
"#;

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
        ("server.py", SERVER),
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
    project.write("server.py", SERVER);
    let begun = std::time::Instant::now();
    while !ask(runner.address, &http::stream("look")).body.contains("\"status\":\"done\"") {
        // One that failed to start is not tried again at once.
        assert!(begun.elapsed() < pace_tests::process::PATIENCE, "it is not asked again");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    until(&runner, &json!({"status": "ready"}));
}
