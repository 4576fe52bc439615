//! The paths of the HTTP interface, and what all handlers share.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use hyper::header::AUTHORIZATION;
use hyper::http::request::{Parts, Request};
use hyper::{Method, Uri};
use pace_ir::access::{Chain, Rules, Subject};
use pace_ir::program::{AgentName, Principal};
use pace_ir::text::quoted;

use super::body::Room;
use super::cors::Origins;
use super::gate::Gate;
use super::limits::Limits;
use super::mcp::Mcp;
use super::records::Records;
use super::repeat::Keys;
use super::reply::Refusal;
use super::route::Route;
use super::settings::{Patience, ServeSettings};
use super::tls::Tls;
use super::{about, chat, invocations, loops, mcp, measured, openapi, sessions, stream, traces};
use crate::authenticate::Identity;
use crate::authorize::{Action, decide};
use crate::instantiate::Runner;
use crate::invoke::may_begin;
use crate::log::About;
use crate::problem::{Code, Problem};
use crate::setup::SetupError;
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
    pub(super) origins: Origins,
    pub(super) tls: Option<Tls>,
    pub(super) keys: Keys,
    /// Whether any tool of the bundle writes live.
    pub(super) can_write: bool,
    /// Which paths the listener has that is not for operators alone.
    pub(super) face: Face,
    limits: Limits,
}

/// Where a request goes on that was let in.
#[derive(Debug)]
pub(super) enum Admission {
    /// To its route.
    ToRoute,
    /// Nowhere: this is the answer.
    Answered(Response),
}

impl Shared {
    /// # Errors
    /// The certificate cannot be used.
    pub(super) fn new(runner: Arc<Runner>, identity: Identity, settings: &ServeSettings) -> Result<Self, SetupError> {
        let gate = Gate::of(&runner.bundle().auth.authentication);
        let patience = settings.patience;
        let (records, mcp) = (Records::new(patience.kept), Mcp::new(&runner, patience));
        let (origins, limits) = (settings.origins.clone(), Limits::new(settings));
        let tls = settings.tls.clone().map(Tls::read).transpose()?;
        let keys = Keys::new(runner.state().store.as_ref());
        let (room, can_write) = (Room::default(), runner.can_write());
        let face = if settings.admin.is_some() { Face::Public } else { Face::Whole };
        Ok(Self { runner, identity, patience, records, gate, room, mcp, origins, tls, keys, can_write, face, limits })
    }

    /// Lets a request in, and finds out whom it is from: the one place where either is done. From here on it carries an
    /// [`Asker`], and no credential.
    ///
    /// # Errors
    /// What the gate says, [`Code::WrongCredential`], [`Code::KeysUnavailable`], [`Code::TooManyFailures`] and [`Code::RateLimited`].
    pub(super) async fn admit<B>(&self, request: &mut Request<B>, peer: IpAddr) -> Result<Admission, Problem> {
        self.gate.admit(request, &self.origins)?;
        if let Some(response) = self.origins.preflight(request) {
            return Ok(Admission::Answered(response));
        }
        // Who asks whether the runner lives shows nothing, and what a load balancer adds is not judged.
        if is_about_life(request.uri().path()) {
            return Ok(Admission::ToRoute);
        }
        // Behind a proxy that is listed, those who mistype share an address with everybody else.
        let shown = request.headers().get(AUTHORIZATION).cloned();
        let shown = shown.filter(|_| self.identity.has_sources() && !self.identity.is_proxy(peer));
        if let Some(credential) = &shown {
            self.limits.may_show(peer, credential.as_bytes())?;
        }
        let subject = self.identity.subject(request.headers(), peer).await.inspect_err(|problem| {
            if shown.is_some() && problem.code == Code::WrongCredential {
                self.limits.showed_wrong(peer);
            }
            self.refused(request, peer, problem);
        })?;
        if let Some(credential) = &shown {
            self.limits.showed_right(credential.as_bytes());
        }
        let may_ask = self.limits.may_ask(&subject.principal, peer);
        request.headers_mut().remove(AUTHORIZATION);
        // Also of one that is over its rate: the log says whose it was.
        request.extensions_mut().insert(Asker(subject));
        may_ask.map(|()| Admission::ToRoute)
    }

    /// A credential that is none, or cannot be judged for now: a line of the log, and where it is none a record.
    fn refused<B>(&self, request: &Request<B>, peer: IpAddr, problem: &Problem) {
        let path = request.uri().path();
        let named = path.strip_prefix("/agents/").and_then(|rest| rest.split('/').next());
        let agent = named.and_then(|name| name.parse::<AgentName>().ok());
        let agent = agent.filter(|agent| self.runner.door(agent).is_some());
        About { agent: agent.as_ref(), ..About::default() }.no_credential(problem);
        if problem.code != Code::WrongCredential {
            return;
        }
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
    pub(super) fn denied(&self, subject: &Subject, agent: &AgentName, mut problem: Problem) -> Problem {
        About { principal: Some(&subject.principal), agent: Some(agent), ..About::default() }.denied(&problem.detail);
        let help = match (&self.identity, &subject.principal) {
            (Identity::Sources(_), Principal::Anonymous) => {
                self.ask_for_credential(subject, &mut problem);
                "send the credential of somebody who may, as `Authorization: Bearer <token>`".to_owned()
            }
            (Identity::Sources(_), _) => {
                format!("ask for the role `execute` in the `acl` of `{agent}`; `pace who-can {agent}` says who has it")
            }
            (Identity::Anonymous | Identity::Local(_), _) => format!(
                "talk to it on its operator's machine, `pace chat {agent} --as user:<name>`, add `anonymous` to its `acl`, or list \
                 sources under `authentication` in `paceline.yaml`: without them everybody who asks over HTTP is `anonymous`"
            ),
        };
        problem.help(help)
    }

    /// A denial of nobody in particular, where a credential may change it (RFC 9110, section 15.5.2).
    pub(super) fn ask_for_credential(&self, subject: &Subject, problem: &mut Problem) {
        if subject.principal == Principal::Anonymous && self.identity.takes_bearer_tokens() {
            problem.code = Code::CredentialNeeded;
        }
    }

    /// Whether somebody may invoke an agent.
    pub(super) fn may_execute(&self, subject: &Subject, agent: &AgentName) -> bool {
        self.may(subject, Action::Execute(agent))
    }

    /// Whether somebody may know that there is an agent: who may invoke it, or see what it did.
    pub(super) fn may_know(&self, subject: &Subject, agent: &AgentName) -> bool {
        self.may_execute(subject, agent) || self.may(subject, Action::Read(agent))
    }

    /// Whether the rules let somebody do this.
    pub(super) fn may(&self, subject: &Subject, action: Action<'_>) -> bool {
        decide(Rules::of(self.runner.bundle()), &Chain::direct(subject.clone()), action).is_allowed()
    }
}

/// Whether a path is for who asks if the runner lives, and not for who wants something of it.
pub(super) fn is_about_life(path: &str) -> bool {
    // Asked for every request: cheaper than to look for its route.
    Route::ALL.into_iter().any(|route| route.is_about_life() && route.path() == path)
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

/// Which paths a listener has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// All of them.
    Whole,
    /// All but those that have a port of their own.
    Public,
    /// Those: metrics and traces, and whether the runner is alive.
    Admin,
}

impl Face {
    /// Whether a listener has this path.
    pub(super) fn has(self, route: Route) -> bool {
        match self {
            Self::Whole => true,
            Self::Public => !route.is_about_work(),
            Self::Admin => route.is_about_work() || route.is_about_life(),
        }
    }
}

/// All paths of a listener.
pub(super) fn router(shared: Arc<Shared>, face: Face) -> Router {
    let routes = Route::ALL.into_iter().filter(|route| face.has(*route));
    let paths = routes.fold(Router::new(), |router, route| router.route(route.path(), handlers(route, face)));
    paths.method_not_allowed_fallback(wrong_method).fallback(unknown_path).with_state(shared)
}

/// Who answers at a path; for the verbs that [`Route::verbs`] says.
fn handlers(route: Route, face: Face) -> MethodRouter<Arc<Shared>> {
    match route {
        Route::Root => get(about::root),
        Route::Health => get(about::health),
        Route::Ready => get(about::ready),
        Route::OpenApi => get(openapi::show),
        Route::Agents => get(about::agents),
        Route::AgentStatus => get(about::status),
        Route::Chat => post(chat::chat),
        Route::ChatStream => post(stream::chat),
        Route::Sessions => get(sessions::list),
        Route::Session => get(sessions::show).delete(sessions::forget),
        Route::Mcp => get(mcp::serve).post(mcp::serve).delete(mcp::serve),
        Route::Invocations => get(invocations::list),
        Route::Invocation => get(invocations::show).delete(invocations::cancel),
        Route::Events => get(stream::events),
        Route::Loops => get(loops::list),
        Route::Traces => get(traces::list),
        Route::Trace => get(traces::show),
        Route::Metrics if face == Face::Admin => get(measured::open),
        Route::Metrics => get(measured::guarded),
    }
}

async fn unknown_path(uri: Uri) -> Refusal {
    nothing_here(uri.path()).into()
}

async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    let detail = format!("`{}` does not take `{}`", quoted(uri.path()), quoted(method.as_str()));
    Problem::new(Code::WrongMethod, detail).help(format!("send it with {}", methods(uri.path()))).into()
}

/// What a path takes, in words; `HEAD` goes without saying.
fn methods(path: &str) -> String {
    let verbs: Vec<_> =
        Route::of(path).map_or(&[][..], Route::verbs).iter().map(|verb| format!("`{}`", verb.as_str())).collect();
    match verbs.as_slice() {
        [several @ .., last] if !several.is_empty() => format!("{} or {last}", several.join(", ")),
        verbs => verbs.concat(),
    }
}

fn nothing_here(path: &str) -> Problem {
    let problem = Problem::new(Code::UnknownPath, format!("there is nothing at `{}`", quoted(path)));
    problem.help(match Route::of(path) {
        Some(route) if route.is_about_work() => "it is at the port that the runner's `ADMIN_PORT` names",
        Some(_) => "it is at the runner's other port; `ADMIN_PORT` has metrics and traces alone",
        None => "the agents are listed at `/agents`",
    })
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
