//! An installed server as a process, asked over its standard input.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use pace_mcp::installed::Installed;
use serde_json::Value;

/// What a client says first.
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;

/// Starts a server with no network at all, and asks who it is.
pub(crate) fn name_of(installed: &Installed, path: &OsString, arguments: &[&str]) -> String {
    let mut command = without_network(installed);
    command.args(arguments).env_clear().env("PATH", path);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{INITIALIZE}").unwrap();
    input.flush().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    drop(input);
    let _ended = child.kill();
    let _reaped = child.wait();
    let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    answer["result"]["serverInfo"]["name"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// What a program prints that ends by itself, in an environment of nothing but a `PATH`.
pub(crate) fn output_of(installed: &Installed, path: &OsString) -> String {
    let (program, arguments) = installed.program.split_first().unwrap();
    let output = Command::new(program).args(arguments).env_clear().env("PATH", path).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// The command, in a network of its own that leads nowhere where the system gives one.
fn without_network(installed: &Installed) -> Command {
    let (program, arguments) = installed.program.split_first().unwrap();
    let possible = Command::new("unshare").args(["--map-root-user", "--net", "true"]).output();
    if possible.is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net"]).arg(program).args(arguments);
        return command;
    }
    pace_tests::skip("servers without a network (`unshare --net`)");
    let mut command = Command::new(program);
    command.args(arguments);
    command
}
