//! What a runner says of itself: its agents, and whether it is alive and takes work. Prompts are private and never here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::Value;

use super::reply::{Refusal, json};
use super::routes::{Asker, Path, Shared};
use crate::authorize::Action;
use crate::instantiate::ServedAgent;
use crate::problem::{Code, Document, Problem};
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

/// `GET /ready`: it takes invocations. A store that fails stops none of them, and is told as what is degraded.
pub(super) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let reasons = shared.identity.unready();
    let accepts = shared.runner.work().accepts().and_then(|()| match reasons.first() {
        None => Ok(()),
        Some(first) => Err(Problem::new(Code::KeysUnavailable, first)),
    });
    match accepts {
        Ok(()) => json(StatusCode::OK, &Ready { status: "ready", degraded: shared.runner.state().troubles() }),
        Err(problem) => {
            let of_issuers = reasons.iter().map(String::as_str).filter(|reason| *reason != problem.detail);
            let reasons = std::iter::once(problem.detail.as_str()).chain(of_issuers).collect();
            let not_ready = NotReady { document: problem.document(None), reasons };
            let mut response = json(StatusCode::SERVICE_UNAVAILABLE, &not_ready);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            response
        }
    }
}

/// `GET /agents`: those that whoever asks may invoke. What the others are called is nobody else's business.
pub(super) async fn agents(State(shared): State<Arc<Shared>>, Asker(subject): Asker) -> Response {
    #[derive(Serialize)]
    struct List<'a> {
        agents: Vec<Entry<'a>>,
    }
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
    #[derive(Serialize)]
    struct AgentStatus<'a> {
        #[serde(flatten)]
        entry: Entry<'a>,
        status: &'static str,
        /// What its replies fit.
        #[serde(skip_serializing_if = "Option::is_none")]
        output: Option<&'a Value>,
    }
    let name = shared.agent(&asked, &subject)?;
    if !shared.may(&subject, Action::Read(&name)) {
        shared.may_begin(&subject, &name)?;
    }
    let Some(agent) = shared.runner.agent(&name) else { return Err(shared.runner.unknown_agent(&asked).into()) };
    let status = if shared.runner.work().is_draining() { "shutting-down" } else { "ready" };
    let output = agent.output.map(Schema::value);
    Ok(json(StatusCode::OK, &AgentStatus { entry: Entry::new(&agent), status, output }).into_response())
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    /// What does not work though invocations do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    degraded: Vec<String>,
}

#[derive(Serialize)]
struct NotReady<'a> {
    #[serde(flatten)]
    document: Document<'a>,
    reasons: Vec<&'a str>,
}

/// An agent as those see it who may invoke it.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    summary: &'a str,
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
    fn new(agent: &ServedAgent<'a>) -> Self {
        let path = |rest: &str| format!("/agents/{}/{rest}", agent.name);
        let paths = Paths {
            chat: path("chat"),
            stream: path("chat/stream"),
            sessions: path("sessions"),
            mcp: path("mcp"),
            status: path("status"),
        };
        let tools = agent.tools.into_iter().flat_map(AgentTools::iter).map(|tool| ToolEntry {
            name: &tool.name,
            kind: tool.callee.kind(),
            access: tool.class.as_str(),
            mode: tool.mode.as_str(),
        });
        Self { name: agent.name.as_str(), summary: &agent.spec.summary, tools: tools.collect(), paths }
    }
}
