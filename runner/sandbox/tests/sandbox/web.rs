//! The web APIs, against Node: the same script, run by both, has to say the same.

use std::path::{Path, PathBuf};
use std::process::Command;

use pace_sandbox::{Call, Limits};

use crate::server::Server;
use crate::support::{call, limits, module, net, skip};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sandbox/web")
}

/// Node 20 or later, where there is one: the one that `cargo xtask test` installed, or this machine's.
fn node() -> Option<Command> {
    let program = std::env::var_os("PACE_TEST_NODE").unwrap_or_else(|| "node".into());
    let version = Command::new(&program).arg("--version").output().ok()?;
    let major: u32 = String::from_utf8(version.stdout).ok()?.strip_prefix('v')?.split('.').next()?.parse().ok()?;
    (major >= 20).then(|| Command::new(program))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_script_says_what_node_says() {
    let Some(_) = node() else { return skip("Node 20 or later, to compare the web APIs with") };
    let server = Server::start(1).await;
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    assert!(scripts.len() >= 10, "{scripts:?}");
    let mut differences = Vec::new();
    for script in scripts {
        let (ours, theirs) = (ours(&script, &server.url("")).await, theirs(&script, server.url("")).await);
        let both: Vec<_> = ours.as_array().unwrap().iter().zip(theirs.as_array().unwrap()).collect();
        let name = script.file_name().unwrap().to_string_lossy().into_owned();
        if ours.as_array().unwrap().len() != theirs.as_array().unwrap().len() {
            differences.push(format!("{name}: {ours}\n  node: {theirs}"));
        }
        for (ours, theirs) in both.into_iter().filter(|(ours, theirs)| ours != theirs) {
            differences.push(format!("{name}: {ours}\n  node: {theirs}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

async fn ours(script: &Path, base: &str) -> serde_json::Value {
    let source = std::fs::read_to_string(script).unwrap();
    let limits = Limits { requests: 1000, ..limits() };
    let arguments = serde_json::json!({ "base": base }).to_string();
    let result = module(&source).call(Call { arguments, limits, net: net(&["127.0.0.1/32"]), ..call() }).await;
    serde_json::from_str(&result.unwrap_or_else(|error| panic!("{}: {error:?}", script.display()))).unwrap()
}

async fn theirs(script: &Path, base: String) -> serde_json::Value {
    let run = format!(
        "import tool from {}; console.log(JSON.stringify(await tool.execute({{ base: {} }})));",
        serde_json::Value::from(format!("file://{}", script.display())),
        serde_json::Value::from(base)
    );
    let mut node = node().unwrap();
    node.args(["--no-warnings", "--input-type=module", "-e", &run]).env_remove("NODE_OPTIONS");
    let output = tokio::task::spawn_blocking(move || node.output().unwrap()).await.unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: node: {} {problem}", script.display(), output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}
