//! The paths of the HTTP interface, and what all handlers share.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;
use axum::routing::{get, post};
use hyper::header::AUTHORIZATION;
use hyper::http::request::{Parts, Request};
use hyper::{Method, Uri};
use pace_ir::access::{Chain, Rules, Subject};
use pace_ir::program::{AgentName, Principal};
use pace_ir::text::quoted;

use super::body::Room;
use super::gate::Gate;
use super::mcp::Mcp;
use super::records::Records;
use super::reply::Refusal;
use super::settings::Patience;
use super::{about, chat, loops, mcp, sessions, stream, traces};
use crate::authenticate::Identity;
use crate::authorize::{Action, decide};
use crate::instantiate::Runner;
use crate::invoke::may_begin;
use crate::problem::{Code, Problem};
use crate::trace::Refused;
use crate::trace_context::TraceContext;

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

    /// Lets a request in, and finds out whom it is from: the one place where either is done. From here on it carries an
    /// [`Asker`], and no credential.
    ///
    /// # Errors
    /// What the gate says, [`Code::WrongCredential`] and [`Code::KeysUnavailable`].
    pub(super) async fn admit<B>(&self, request: &mut Request<B>, peer: IpAddr) -> Result<(), Problem> {
        self.gate.admit(request)?;
        // Who asks whether the runner lives shows nothing, and what a load balancer adds is not judged.
        if is_about_life(request.uri().path()) {
            return Ok(());
        }
        let subject = self.identity.subject(request.headers(), peer).await;
        let subject = subject.inspect_err(|problem| self.refused(request, peer, problem))?;
        request.headers_mut().remove(AUTHORIZATION);
        request.extensions_mut().insert(Asker(subject));
        Ok(())
    }

    /// A credential that is none, or cannot be judged for now: a line of the log, and where it is none a record.
    fn refused<B>(&self, request: &Request<B>, peer: IpAddr, problem: &Problem) {
        tracing::info!(%peer, code = problem.code.as_str(), "refused a credential: {}", problem.detail);
        if problem.code != Code::WrongCredential {
            return;
        }
        let path = request.uri().path();
        let named = path.strip_prefix("/agents/").and_then(|rest| rest.split('/').next());
        let agent = named.and_then(|name| name.parse::<AgentName>().ok());
        let agent = agent.filter(|agent| self.runner.door(agent).is_some());
        let (method, above) = (request.method().as_str(), TraceContext::of_headers(request.headers()));
        Refused { agent: agent.as_ref(), method, path, peer, above, problem }.record(&self.runner);
    }

    /// Lets somebody go on who may invoke an agent, for what is no invocation itself. A denial is on record.
    ///
    /// # Errors
    /// [`Code::NotAllowed`].
    pub(super) fn may_begin(&self, subject: &Subject, agent: &AgentName) -> Result<(), Problem> {
        let allowed = may_begin(&self.runner, agent, &Chain::direct(subject.clone()));
        allowed.map_err(|problem| self.denied(subject, agent, problem))
    }

    /// The served agent of this name.
    ///
    /// # Errors
    /// [`Code::UnknownAgent`] with the names of those that whoever asks may know.
    pub(super) fn agent(&self, asked: &str, subject: &Subject) -> Result<AgentName, Problem> {
        let name = asked.parse::<AgentName>().ok().filter(|name| self.runner.door(name).is_some());
        name.ok_or_else(|| self.runner.unknown_agent_to(asked, |agent| self.may_execute(subject, agent)))
    }

    /// A denial on its way to whoever asked, with what to do about it; also a line of the log.
    pub(super) fn denied(&self, subject: &Subject, agent: &AgentName, problem: Problem) -> Problem {
        tracing::info!(%agent, subject = %subject.principal, "denied: {}", problem.detail);
        problem.help(match (&self.identity, &subject.principal) {
            (Identity::Sources(_), Principal::Anonymous) => {
                "send the credential of somebody who may, as `Authorization: Bearer <token>`".to_owned()
            }
            (Identity::Sources(_), _) => {
                format!("ask for the role `execute` in the `acl` of `{agent}`; `pace who-can {agent}` says who has it")
            }
            (Identity::Anonymous | Identity::Local(_), _) => format!(
                "talk to it on its operator's machine, `pace chat {agent} --as user:<name>`, add `anonymous` to its `acl`, or list \
                 sources under `authentication` in `paceline.yaml`: without them everybody who asks over HTTP is `anonymous`"
            ),
        })
    }

    /// Whether somebody may invoke an agent.
    pub(super) fn may_execute(&self, subject: &Subject, agent: &AgentName) -> bool {
        self.may(subject, Action::Execute(agent))
    }

    /// Whether the rules let somebody do this.
    pub(super) fn may(&self, subject: &Subject, action: Action<'_>) -> bool {
        decide(Rules::of(self.runner.bundle()), &Chain::direct(subject.clone()), action).is_allowed()
    }
}

/// Whether a path is for who asks if the runner lives, and not for who wants something of it.
pub(super) fn is_about_life(path: &str) -> bool {
    matches!(path, "/health" | "/ready")
}

/// Who a request is from.
#[derive(Debug, Clone)]
pub(super) struct Asker(pub(super) Subject);

impl Asker {
    /// Whom [`Shared::admit`] found.
    ///
    /// # Errors
    /// [`Code::Internal`] if the request never passed it.
    pub(super) fn of(extensions: &hyper::http::Extensions) -> Result<Self, Problem> {
        let asker = extensions.get::<Self>().cloned();
        asker.ok_or_else(|| Problem::new(Code::Internal, "nobody knows who asks"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Self::of(&parts.extensions).map_err(Refusal::from)
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
        .route("/loops", get(loops::list))
        .route("/traces", get(traces::list))
        .route("/traces/{id}", get(traces::show))
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
