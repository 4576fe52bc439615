//! Servers of other hands, as programs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use libtest_mimic::Trial;
use pace_mcp::{CallOptions, Connection, Content, Contents, ProgressSink, Root, Server};
use serde_json::{Value, json};

use crate::support::{LONG, call, called, counterpart, object, open, program, text};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("servers::everything", everything),
        trial("servers::filesystem", filesystem),
        trial("servers::filesystem_goes_by_roots", filesystem_goes_by_roots),
        trial("servers::memory_keeps_what_it_was_told", memory_keeps_what_it_was_told),
        trial("servers::sequential_thinking", sequential_thinking),
        trial("servers::time", time),
        trial("servers::fetch", fetch),
        trial("servers::git", git),
        trial("servers::growing", growing_is_noticed),
    ]
}

/// A package of npm.
pub(crate) fn on_node(package: &str, arguments: &[&str], home: &Path) -> Option<Server> {
    let (node, packages) = (counterpart("PACE_TEST_NODE")?, counterpart("PACE_TEST_MCP_NODE")?);
    let script = packages.join("node_modules/@modelcontextprotocol").join(package).join("dist/index.js");
    let script = script.to_str().unwrap().to_owned();
    Some(program(package, node, &[&[script.as_str()], arguments].concat(), home))
}

/// A package of PyPI.
fn on_python(module: &str, arguments: &[&str], home: &Path) -> Option<Server> {
    let python = counterpart("PACE_TEST_MCP_PYTHON")?;
    Some(program(module, python, &[&["-m", module], arguments].concat(), home))
}

async fn names(connection: &Connection) -> Vec<String> {
    let mut names: Vec<_> = connection.offered(LONG).await.unwrap().tools.into_iter().map(|tool| tool.name).collect();
    names.sort();
    names
}

fn has(names: &[String], wanted: &[&str]) {
    for &name in wanted {
        assert!(names.iter().any(|other| other == name), "no {name} in {names:?}");
    }
}

async fn everything() {
    let home = tempfile::tempdir().unwrap();
    let Some(server) = on_node("server-everything", &["stdio"], home.path()) else { return };
    let connection = open(&server).await;
    assert_eq!(connection.info().protocol, "2025-11-25");
    assert_eq!(connection.info().version.as_deref().map(str::is_empty), Some(false));
    everything_is_there(&connection).await;
    connection.close().await;
}

/// The same over any transport.
pub(crate) async fn everything_is_there(connection: &Connection) {
    has(&names(connection).await, &["echo", "get-sum", "get-tiny-image", "get-structured-content"]);
    assert_eq!(text(&called(connection, "echo", json!({"message": "grüße"})).await), "Echo: grüße");
    let result = called(connection, "get-tiny-image", json!({})).await;
    let image = result.content.iter().find_map(|content| match content {
        Content::Image { data, mime_type } => Some((data.len(), mime_type.as_str())),
        _ => None,
    });
    assert!(matches!(image, Some((1_000.., "image/png"))), "{image:?}");
    let result = called(connection, "get-structured-content", json!({"location": "New York"})).await;
    assert!(result.structured.unwrap()["temperature"].is_number());
    let result = called(connection, "get-resource-links", json!({"count": 2})).await;
    assert!(result.content.iter().any(|content| matches!(content, Content::Link { .. })), "{result:?}");
    let result = called(connection, "get-resource-reference", json!({"resourceType": "Blob", "resourceId": 1})).await;
    let is_blob = |content: &Content| matches!(content, Content::Resource { contents: Contents::Blob(_), .. });
    assert!(result.content.iter().any(is_blob), "{result:?}");

    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let sink = ProgressSink::new(move |progress| kept.lock().unwrap().push(progress.progress));
    let options = CallOptions { progress: Some(sink), ..CallOptions::within(LONG) };
    let arguments = object(json!({"duration": 1, "steps": 4}));
    connection.call("trigger-long-running-operation", arguments, options).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [1.0, 2.0, 3.0, 4.0]);

    // A tool that fails, and one that is not there: some servers say the latter as a result, some as an error.
    let wrong = call(connection, "get-sum", json!({"a": "one"})).await;
    assert!(wrong.as_ref().map_or(true, |result| result.is_error), "{wrong:?}");
    let missing = call(connection, "no-such-tool", json!({})).await;
    assert!(missing.as_ref().map_or(true, |result| result.is_error), "{missing:?}");
}

async fn filesystem() {
    let folder = tempfile::tempdir().unwrap();
    let allowed = folder.path().canonicalize().unwrap();
    std::fs::write(allowed.join("note.txt"), "hello").unwrap();
    let Some(server) = on_node("server-filesystem", &[allowed.to_str().unwrap()], &allowed) else { return };
    let connection = open(&server).await;
    let offered = connection.offered(LONG).await.unwrap();
    let tool = |name: &str| offered.tools.iter().find(|tool| tool.name == name).unwrap();
    assert_eq!(tool("read_text_file").annotations.read_only, Some(true));
    assert_eq!(tool("write_file").annotations.read_only, Some(false));
    assert!(tool("read_text_file").output_schema.is_some());
    let read = called(&connection, "read_text_file", json!({"path": allowed.join("note.txt")})).await;
    assert_eq!((text(&read), read.is_error), ("hello", false));
    let read = called(&connection, "read_text_file", json!({"path": "/etc/passwd"})).await;
    assert!(read.is_error && text(&read).contains("Access denied"), "{read:?}");
    connection.close().await;
}

async fn filesystem_goes_by_roots() {
    let folder = tempfile::tempdir().unwrap();
    let (start, root) =
        (folder.path().canonicalize().unwrap().join("a"), folder.path().canonicalize().unwrap().join("b"));
    for folder in [&start, &root] {
        std::fs::create_dir(folder).unwrap();
    }
    std::fs::write(root.join("note.txt"), "from the root").unwrap();
    let Some(mut server) = on_node("server-filesystem", &[start.to_str().unwrap()], &start) else { return };
    server.roots = vec![Root { uri: format!("file://{}", root.display()), name: Some("b".to_owned()) }];
    let connection = open(&server).await;
    // It asks for them after the handshake, in its own time.
    let mut last = String::new();
    for _try in 0..3_000 {
        text(&called(&connection, "list_allowed_directories", json!({})).await).clone_into(&mut last);
        if last.contains(root.to_str().unwrap()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(last.contains(root.to_str().unwrap()), "{last}");
    let read = called(&connection, "read_text_file", json!({"path": root.join("note.txt")})).await;
    assert_eq!(text(&read), "from the root");
    connection.close().await;
}

async fn memory_keeps_what_it_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut server) = on_node("server-memory", &[], folder.path()) else { return };
    if let pace_mcp::Transport::Program(program) = &mut server.transport {
        let file = folder.path().join("memory.jsonl").display().to_string();
        program.variables.insert("MEMORY_FILE_PATH".to_owned(), file);
    }
    let connection = open(&server).await;
    let entities = json!({"entities": [{"name": "pace", "entityType": "tool", "observations": ["is fast"]}]});
    called(&connection, "create_entities", entities).await;
    connection.close().await;
    // Another process of it.
    let connection = open(&server).await;
    assert!(text(&called(&connection, "read_graph", json!({})).await).contains("is fast"));
    connection.close().await;
}

async fn sequential_thinking() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = on_node("server-sequential-thinking", &[], folder.path()) else { return };
    let connection = open(&server).await;
    let thought = json!({"thought": "begin", "nextThoughtNeeded": true, "thoughtNumber": 1, "totalThoughts": 2});
    let result = called(&connection, "sequentialthinking", thought).await;
    assert!(text(&result).contains("\"thoughtNumber\": 1"), "{result:?}");
    connection.close().await;
}

async fn time() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = on_python("mcp_server_time", &["--local-timezone", "Europe/Berlin"], folder.path()) else {
        return;
    };
    let connection = open(&server).await;
    // The newer of the two protocols.
    assert_eq!(connection.info().protocol, "2026-07-28");
    has(&names(&connection).await, &["get_current_time", "convert_time"]);
    let arguments = json!({"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"});
    let result = called(&connection, "convert_time", arguments).await;
    let value: Value = serde_json::from_str(text(&result)).unwrap();
    assert_eq!(value["time_difference"], "+9.0h");
    let wrong = call(&connection, "get_current_time", json!({"timezone": "Mars/Olympus"})).await;
    assert!(wrong.as_ref().map_or(true, |result| result.is_error), "{wrong:?}");
    connection.close().await;
}

async fn fetch() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = on_python("mcp_server_fetch", &["--ignore-robots-txt", "--allow-private-ips"], folder.path())
    else {
        return;
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let web = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = listener.accept().await {
            let _request = stream.read(&mut [0; 4096]).await;
            let page = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nfetched text";
            stream.write_all(page.as_bytes()).await.unwrap();
        }
    });
    let connection = open(&server).await;
    has(&names(&connection).await, &["fetch"]);
    let result = called(&connection, "fetch", json!({"url": format!("http://{address}/")})).await;
    assert!(text(&result).contains("fetched text"), "{result:?}");
    connection.close().await;
    web.abort();
}

async fn git() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().canonicalize().unwrap();
    let init = std::process::Command::new("git").args(["init", "-q"]).arg(&path).status();
    if !init.is_ok_and(|status| status.success()) {
        pace_tests::skip("git");
        return;
    }
    let Some(server) = on_python("mcp_server_git", &["--repository", path.to_str().unwrap()], &path) else { return };
    let connection = open(&server).await;
    has(&names(&connection).await, &["git_status", "git_log", "git_commit"]);
    let result = called(&connection, "git_status", json!({"repo_path": path})).await;
    assert!(text(&result).contains("No commits yet"), "{result:?}");
    connection.close().await;
}

/// A server of the official library for Python.
pub(crate) fn growing() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp/growing.py")
}

/// It tells of its new tool to those who have asked for it.
pub(crate) async fn it_grows(connection: &Connection) {
    assert_eq!(names(connection).await, ["add", "grow"]);
    let before = connection.generation();
    // The question may still be on its way.
    for _try in 0..2_000 {
        called(connection, "grow", json!({})).await;
        if connection.generation() != before {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_ne!(connection.generation(), before);
    has(&names(connection).await, &["add", "grow", "grown"]);
}

async fn growing_is_noticed() {
    let Some(python) = counterpart("PACE_TEST_MCP_PYTHON") else { return };
    let folder = tempfile::tempdir().unwrap();
    let connection = open(&program("growing", python, &[growing()], folder.path())).await;
    assert_eq!(connection.info().protocol, "2026-07-28");
    it_grows(&connection).await;
    connection.close().await;
}
