//! What a runner says of itself: its agents, and whether it is alive and takes work. Prompts are private and never here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use pace_ir::access::{Chain, Decision, Rules};
use serde::Serialize;
use serde_json::Value;

use super::reply::{Refusal, json};
use super::routes::{Path, Shared};
use crate::authorize::{Action, decide};
use crate::instantiate::ServedAgent;
use crate::problem::Document;
use crate::schema::Schema;
use crate::tool::AgentTools;

/// `GET /`
pub(super) async fn root() -> Response {
    #[derive(Serialize)]
    struct Root {
        name: &'static str,
        agents: &'static str,
        health: &'static str,
        ready: &'static str,
    }
    json(StatusCode::OK, &Root { name: "paceline", agents: "/agents", health: "/health", ready: "/ready" })
}

/// `GET /health`: the process answers. Also while it is shutting down: to be killed then would lose what still runs.
pub(super) async fn health() -> Response {
    json(StatusCode::OK, &Status { status: "ok" })
}

/// `GET /ready`: it takes invocations.
pub(super) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    match shared.runner.work().accepts() {
        Ok(()) => json(StatusCode::OK, &Status { status: "ready" }),
        Err(problem) => {
            let not_ready = NotReady { document: problem.document(None), reasons: vec![&problem.detail] };
            let mut response = json(StatusCode::SERVICE_UNAVAILABLE, &not_ready);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            response
        }
    }
}

/// `GET /agents`
pub(super) async fn agents(State(shared): State<Arc<Shared>>) -> Response {
    #[derive(Serialize)]
    struct List<'a> {
        agents: Vec<Entry<'a>>,
    }
    let agents = shared.runner.agents().map(|agent| Entry::new(&shared, &agent)).collect();
    json(StatusCode::OK, &List { agents })
}

/// `GET /agents/{name}/status`
pub(super) async fn status(State(shared): State<Arc<Shared>>, Path(asked): Path<String>) -> Result<Response, Refusal> {
    #[derive(Serialize)]
    struct AgentStatus<'a> {
        #[serde(flatten)]
        entry: Entry<'a>,
        status: &'static str,
        /// What its replies fit.
        #[serde(skip_serializing_if = "Option::is_none")]
        output: Option<&'a Value>,
    }
    let name = shared.agent(&asked)?;
    let Some(agent) = shared.runner.agent(&name) else { return Err(shared.runner.unknown_agent(&asked).into()) };
    let status = if shared.runner.work().is_draining() { "shutting-down" } else { "ready" };
    let output = agent.output.map(Schema::value);
    Ok(json(StatusCode::OK, &AgentStatus { entry: Entry::new(&shared, &agent), status, output }).into_response())
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

#[derive(Serialize)]
struct NotReady<'a> {
    #[serde(flatten)]
    document: Document<'a>,
    reasons: Vec<&'a str>,
}

/// An agent as everybody may see it.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    summary: &'a str,
    /// Whether whoever asks may invoke it.
    may_execute: bool,
    tools: Vec<ToolEntry<'a>>,
    paths: Paths,
}

/// What an agent may call.
#[derive(Serialize)]
struct ToolEntry<'a> {
    name: &'a str,
    /// `local` or `agent`.
    kind: &'static str,
    /// `read` or `write`; of an agent, the most that may be done below.
    access: &'static str,
    /// Whether calls are made: `live` or `stubbed`.
    mode: &'static str,
}

#[derive(Serialize)]
struct Paths {
    chat: String,
    stream: String,
    sessions: String,
    mcp: String,
    status: String,
}

impl<'a> Entry<'a> {
    fn new(shared: &Shared, agent: &ServedAgent<'a>) -> Self {
        let (rules, chain) = (Rules::of(shared.runner.bundle()), Chain::direct(shared.identity.subject()));
        let decision = decide(rules, &chain, Action::Execute(agent.name));
        let path = |rest: &str| format!("/agents/{}/{rest}", agent.name);
        let paths = Paths {
            chat: path("chat"),
            stream: path("chat/stream"),
            sessions: path("sessions"),
            mcp: path("mcp"),
            status: path("status"),
        };
        let may_execute = matches!(decision, Decision::Allowed(_));
        let tools = agent.tools.into_iter().flat_map(AgentTools::iter).map(|tool| ToolEntry {
            name: &tool.name,
            kind: tool.callee.kind(),
            access: tool.class.as_str(),
            mode: tool.mode.as_str(),
        });
        Self { name: agent.name.as_str(), summary: &agent.spec.summary, may_execute, tools: tools.collect(), paths }
    }
}
