//! What a runner says of itself: its agents, and whether it is alive and takes work. Prompts are private and never here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use pace_ir::program::Access;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::reply::{Refusal, json};
use super::route::Route;
use super::routes::{Asker, Path, Shared};
use crate::authorize::Action;
use crate::instantiate::ServedAgent;
use crate::problem::{Code, Document, Problem};
use crate::request_id::{self, RequestId};
use crate::schema::Schema;
use crate::tool::{AgentTools, Callee, Mode, ServedTool};

/// `GET /`
pub(super) async fn root() -> Response {
    let paths = [Route::Agents, Route::Health, Route::Ready, Route::OpenApi].map(Route::path);
    let [agents, health, ready, openapi] = paths;
    json(StatusCode::OK, &Root { name: "paceline", agents, health, ready, openapi })
}

/// `GET /health`: the process answers. Also while it is shutting down: to be killed then would lose what still runs.
pub(super) async fn health() -> Response {
    json(StatusCode::OK, &Status { status: "ok" })
}

/// `GET /ready`: it takes invocations. A store that fails and servers of tools that are away stop none of them, and are told as what
/// is degraded; by names that agents' models see, and no address.
pub(super) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let reasons = shared.identity.unready();
    let accepts = shared.runner.work().accepts().and_then(|()| match reasons.first() {
        None => Ok(()),
        Some(first) => Err(Problem::new(Code::KeysUnavailable, first)),
    });
    match accepts {
        Ok(()) => {
            let away = shared.runner.servers_away().into_iter();
            let away = away.map(|alias| format!("the MCP server `{alias}` does not answer"));
            let degraded = shared.runner.state().troubles().into_iter().chain(away).collect();
            json(StatusCode::OK, &Ready { status: "ready", degraded })
        }
        Err(problem) => {
            let of_issuers = reasons.iter().map(String::as_str).filter(|reason| *reason != problem.detail);
            let reasons = std::iter::once(problem.detail.as_str()).chain(of_issuers).collect();
            let request = request_id::current();
            let document = problem.document(None).of_request(request.as_ref().map(RequestId::as_str));
            let not_ready = NotReady { document, reasons };
            let mut response = json(StatusCode::SERVICE_UNAVAILABLE, &not_ready);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            response
        }
    }
}

/// `GET /agents`: those that whoever asks may invoke. What the others are called is nobody else's business.
pub(super) async fn agents(State(shared): State<Arc<Shared>>, Asker(subject): Asker) -> Response {
    let agents = shared.runner.doors().filter(|agent| shared.may_execute(&subject, agent.name));
    let agents = agents.map(|agent| Entry::new(&agent)).collect();
    json(StatusCode::OK, &List { agents })
}

/// `GET /agents/{name}/status`
pub(super) async fn status(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    Asker(subject): Asker,
) -> Result<Response, Refusal> {
    let name = shared.agent(&asked, &subject)?;
    if !shared.may(&subject, Action::Read(&name)) {
        shared.may_begin(&subject, &name)?;
    }
    let Some(agent) = shared.runner.agent(&name) else { return Err(shared.runner.unknown_agent(&asked).into()) };
    let status = if shared.runner.work().is_draining() { "shutting-down" } else { "ready" };
    let output = agent.output.map(Schema::value);
    let (version, bundle) = (env!("CARGO_PKG_VERSION"), shared.runner.id().to_string());
    Ok(json(StatusCode::OK, &AgentStatus { entry: Entry::new(&agent), status, version, bundle, output })
        .into_response())
}

/// Where to begin.
#[derive(Serialize, JsonSchema)]
pub(super) struct Root {
    name: &'static str,
    agents: &'static str,
    health: &'static str,
    ready: &'static str,
    openapi: &'static str,
}

/// The agents that whoever asks may execute.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Agents")]
pub(super) struct List<'a> {
    agents: Vec<Entry<'a>>,
}

/// An agent, and whether it takes work.
#[derive(Serialize, JsonSchema)]
pub(super) struct AgentStatus<'a> {
    #[serde(flatten)]
    entry: Entry<'a>,
    /// `ready` or `shutting-down`.
    status: &'static str,
    /// The version of the runner.
    version: &'static str,
    /// The id of the bundle that it serves.
    bundle: String,
    /// The JSON Schema that its replies fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a Value>,
}

/// The process answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health")]
pub(super) struct Status {
    status: &'static str,
}

/// The runner takes invocations.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Readiness")]
pub(super) struct Ready {
    status: &'static str,
    /// What does not work though invocations do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    degraded: Vec<String>,
}

/// The runner takes no invocations, and why.
#[derive(Serialize, JsonSchema)]
pub(super) struct NotReady<'a> {
    #[serde(flatten)]
    document: Document<'a>,
    reasons: Vec<&'a str>,
}

/// An agent as those see it who may invoke it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Agent")]
pub(super) struct Entry<'a> {
    name: &'a str,
    summary: &'a str,
    tools: Vec<ToolEntry<'a>>,
    paths: Paths,
}

/// What an agent may call.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentTool")]
pub(super) struct ToolEntry<'a> {
    name: &'a str,
    kind: ToolKind,
    access: ToolAccess,
    mode: ToolMode,
}

/// What is called: a compiled tool, a tool of an MCP server, or an agent.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToolKind {
    Local,
    Server,
    Agent,
}

/// What a call may do; of an agent, the most that may be done below.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToolAccess {
    Read,
    Write,
}

/// Whether calls are made.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToolMode {
    Live,
    Stubbed,
}

impl<'a> ToolEntry<'a> {
    fn new(tool: &'a ServedTool) -> Self {
        let kind = match tool.callee {
            Callee::Local(_) => ToolKind::Local,
            Callee::Server(_) => ToolKind::Server,
            Callee::Agent(_) => ToolKind::Agent,
        };
        let access = match tool.class {
            Access::Read => ToolAccess::Read,
            Access::Write => ToolAccess::Write,
        };
        let mode = match tool.mode {
            Mode::Live => ToolMode::Live,
            Mode::Stubbed => ToolMode::Stubbed,
        };
        Self { name: &tool.name, kind, access, mode }
    }
}

/// Where an agent is asked for what.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentPaths")]
pub(super) struct Paths {
    chat: String,
    stream: String,
    sessions: String,
    mcp: String,
    status: String,
}

impl<'a> Entry<'a> {
    fn new(agent: &ServedAgent<'a>) -> Self {
        let path = |rest: &str| format!("/agents/{}/{rest}", agent.name);
        let paths = Paths {
            chat: path("chat"),
            stream: path("chat/stream"),
            sessions: path("sessions"),
            mcp: path("mcp"),
            status: path("status"),
        };
        let tools = agent.tools.into_iter().flat_map(AgentTools::iter).map(ToolEntry::new);
        Self { name: agent.name.as_str(), summary: &agent.spec.summary, tools: tools.collect(), paths }
    }
}
