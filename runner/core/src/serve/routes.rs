//! The paths of the HTTP interface, and what all handlers share.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;
use axum::routing::{get, post};
use hyper::http::request::Parts;
use hyper::{Method, Uri};
use pace_ir::program::AgentName;
use pace_ir::text::quoted;

use super::body::Room;
use super::gate::Gate;
use super::mcp::Mcp;
use super::records::Records;
use super::reply::Refusal;
use super::settings::Patience;
use super::{about, chat, mcp, sessions, stream};
use crate::authorize::Identity;
use crate::instantiate::Runner;
use crate::problem::{Code, Problem};

/// What all handlers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) runner: Arc<Runner>,
    pub(super) identity: Identity,
    pub(super) patience: Patience,
    pub(super) records: Records,
    pub(super) gate: Gate,
    pub(super) room: Room,
    pub(super) mcp: Mcp,
}

impl Shared {
    pub(super) fn new(runner: Arc<Runner>, identity: Identity, patience: Patience) -> Self {
        let gate = Gate::of(&runner.bundle().auth.authentication);
        let (records, mcp) = (Records::new(patience.kept), Mcp::new(&runner, patience));
        Self { runner, identity, patience, records, gate, room: Room::default(), mcp }
    }

    /// The served agent of this name.
    ///
    /// # Errors
    /// [`Code::UnknownAgent`] with the names there are.
    pub(super) fn agent(&self, asked: &str) -> Result<AgentName, Problem> {
        let name = asked.parse::<AgentName>().ok().filter(|name| self.runner.agent(name).is_some());
        name.ok_or_else(|| self.runner.unknown_agent(asked))
    }
}

/// All paths.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/agents/{name}/chat", post(chat::chat))
        .route("/agents/{name}/chat/stream", post(stream::chat))
        .route("/agents/{name}/sessions", get(sessions::list))
        .route("/agents/{name}/sessions/{id}", get(sessions::show).delete(sessions::forget))
        .route("/agents/{name}/mcp", get(mcp::serve).post(mcp::serve).delete(mcp::serve))
        .route("/agents/{name}/status", get(about::status))
        .route("/agents", get(about::agents))
        .route("/invocations/{id}/events", get(stream::events))
        .route("/health", get(about::health))
        .route("/ready", get(about::ready))
        .route("/", get(about::root))
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown_path)
        .with_state(shared)
}

async fn unknown_path(uri: Uri) -> Refusal {
    nothing_here(uri.path()).into()
}

async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    let detail = format!("`{}` does not take `{}`", quoted(uri.path()), quoted(method.as_str()));
    Problem::new(Code::WrongMethod, detail).help(format!("send it with {}", methods(uri.path()))).into()
}

/// What the paths take that are there, as [`router`] has them; `HEAD` goes without saying.
fn methods(path: &str) -> &'static str {
    if path.ends_with("/chat") || path.ends_with("/chat/stream") {
        "`POST`"
    } else if path.ends_with("/mcp") {
        "`POST`, `GET` or `DELETE`"
    } else if path.contains("/sessions/") {
        "`GET` or `DELETE`"
    } else {
        "`GET`"
    }
}

fn nothing_here(path: &str) -> Problem {
    let problem = Problem::new(Code::UnknownPath, format!("there is nothing at `{}`", quoted(path)));
    problem.help("the agents are listed at `/agents`")
}

/// The parts of a path in braces.
#[derive(Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: serde::de::DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path: Result<axum::extract::Path<T>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, state).await;
        // Something that is not UTF-8 behind its percent signs: no name here is like that.
        path.map(|axum::extract::Path(parts)| Self(parts)).map_err(|_| nothing_here(parts.uri.path()).into())
    }
}
