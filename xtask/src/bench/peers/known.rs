//! The agent servers that are compared: how each is installed, started and asked.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::Missing;
use crate::command::{self, Verdict, program};
use crate::node::{Node, Packages};
use crate::python;

const FOLDER: &str = "tests/bench/peers";

/// A server that is installed.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    /// `PORT` stands for the port to listen on.
    pub(super) arguments: Vec<String>,
    pub(super) folder: PathBuf,
    /// `MODEL` stands for the model's address.
    pub(super) variables: Vec<(&'static str, &'static str)>,
    /// Where a session has to be made before it is used; `SESSION` stands for its name, here and below.
    pub(super) session: Option<&'static str>,
    /// Where a message is sent.
    pub(super) path: &'static str,
    /// The message.
    pub(super) body: &'static str,
}

/// A server, or the name of one that is not there.
type Found = Result<Peer, &'static str>;

/// All of them.
pub(super) fn all(missing: Missing) -> Result<Vec<Found>> {
    let node = match missing {
        Missing::Install => Some(Node::install()?),
        Missing::Skip => Node::installed()?,
    };
    Ok(vec![adk_python(missing)?, adk_typescript(node.as_ref(), missing)?, mastra(node.as_ref(), missing)?])
}

fn adk_python(missing: Missing) -> Result<Found> {
    const NAME: &str = "Google ADK, Python";
    let list = format!("{FOLDER}/adk_python/requirements.txt");
    let environment = match missing {
        Missing::Install => Some(python::environment(&list)?),
        Missing::Skip => python::installed(&list)?,
    };
    let Some(environment) = environment else { return Ok(Err(NAME)) };
    let arguments = "api_server --port PORT --session_service_uri memory:// --artifact_service_uri memory:// \
                     --auto_create_session --log_level critical agents";
    Ok(Ok(Peer {
        name: NAME,
        program: environment.program("adk"),
        arguments: words(arguments),
        folder: command::root()?.join(FOLDER).join("adk_python"),
        variables: vec![("GOOGLE_API_KEY", "mock"), ("MODEL_URL", "MODEL"), ("PYTHONDONTWRITEBYTECODE", "1")],
        session: None,
        path: "/run",
        body: r#"{"app_name":"weather","user_id":"u","session_id":"SESSION","new_message":{"role":"user","parts":[{"text":"what is the weather"}]}}"#,
    }))
}

fn adk_typescript(node: Option<&Node>, missing: Missing) -> Result<Found> {
    const NAME: &str = "Google ADK, TypeScript";
    let Some((node, packages)) = packages(node, "adk_typescript", missing)? else { return Ok(Err(NAME)) };
    let arguments = "node_modules/@google/adk-devtools/dist/esm/cli_entrypoint.js api_server agents -p PORT \
                     -h 127.0.0.1 --log_level error --session_service_uri memory://";
    Ok(Ok(Peer {
        name: NAME,
        program: node.program(),
        arguments: words(arguments),
        folder: packages.folder().to_owned(),
        variables: vec![
            ("GOOGLE_GENAI_API_KEY", "mock"),
            ("GEMINI_API_KEY", "mock"),
            ("GOOGLE_GEMINI_BASE_URL", "MODEL"),
        ],
        session: Some("/apps/weather/users/u/sessions/SESSION"),
        path: "/run",
        body: r#"{"appName":"weather","userId":"u","sessionId":"SESSION","newMessage":{"role":"user","parts":[{"text":"what is the weather"}]}}"#,
    }))
}

fn mastra(node: Option<&Node>, missing: Missing) -> Result<Found> {
    const NAME: &str = "Mastra";
    const BUILT: &str = ".mastra/output/index.mjs";
    let Some((node, packages)) = packages(node, "mastra", missing)? else { return Ok(Err(NAME)) };
    let folder = packages.folder().to_owned();
    if !folder.join(BUILT).exists() {
        let mut build = program(node.program())?;
        build.args(["node_modules/mastra/dist/index.js", "build"]).current_dir(&folder);
        if command::run(build.env("MASTRA_TELEMETRY_DISABLED", "1"))? == Verdict::Failed {
            bail!("Mastra does not build its server");
        }
    }
    Ok(Ok(Peer {
        name: NAME,
        program: node.program(),
        arguments: words(BUILT),
        folder,
        variables: vec![
            ("GOOGLE_GENERATIVE_AI_API_KEY", "mock"),
            ("MODEL_URL", "MODEL"),
            ("HOST", "127.0.0.1"),
            ("MASTRA_TELEMETRY_DISABLED", "1"),
        ],
        session: None,
        path: "/api/agents/weather/generate",
        body: r#"{"runId":"SESSION","messages":[{"role":"user","content":"what is the weather"}]}"#,
    }))
}

/// Installed packages, with the agent beside them: modules are looked for upwards from the file that names them.
fn packages<'n>(node: Option<&'n Node>, name: &str, missing: Missing) -> Result<Option<(&'n Node, Packages)>> {
    let Some(node) = node else { return Ok(None) };
    let from = format!("{FOLDER}/{name}");
    let packages = match missing {
        Missing::Install => Some(node.packages(&from)?),
        Missing::Skip => node.packages_installed(&from)?,
    };
    let Some(packages) = packages else { return Ok(None) };
    copy(&from, packages.folder())?;
    Ok(Some((node, packages)))
}

fn copy(from: &str, to: &Path) -> Result<()> {
    command::capture(program("cp")?.arg("-R").arg(format!("{from}/.")).arg(to)).map(drop)
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}
