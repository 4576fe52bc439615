//! The paths of the HTTP interface, and what all handlers share.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;
use axum::routing::{get, post};
use hyper::header::{HeaderMap, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, Uri};
use pace_ir::program::{AgentName, Authentication};
use pace_ir::text::quoted;

use super::records::Records;
use super::reply::Refusal;
use super::settings::Patience;
use super::{about, chat, sessions, stream};
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
    pages: Pages,
}

/// Which web pages may make a browser send requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pages {
    /// Those of this machine. The bundle names nobody and is served on loopback because only this machine gets there; a page
    /// from elsewhere whose name was pointed at 127.0.0.1 (DNS rebinding) is not of this machine.
    OfThisMachine,
    /// The bundle says who may ask.
    Any,
}

impl Shared {
    pub(super) fn new(runner: Arc<Runner>, identity: Identity, patience: Patience) -> Self {
        let pages = match runner.bundle().auth.authentication {
            Authentication::Unset => Pages::OfThisMachine,
            Authentication::Nobody | Authentication::Sources(_) => Pages::Any,
        };
        Self { runner, identity, patience, records: Records::new(patience.kept), pages }
    }

    /// The served agent of this name.
    ///
    /// # Errors
    /// [`Code::UnknownAgent`] with the names there are.
    pub(super) fn agent(&self, asked: &str) -> Result<AgentName, Problem> {
        let name = asked.parse::<AgentName>().ok().filter(|name| self.runner.agent(name).is_some());
        name.ok_or_else(|| self.runner.unknown_agent(asked))
    }

    /// Refuses what a foreign page makes a browser send.
    ///
    /// # Errors
    /// [`Code::NotAllowed`].
    pub(super) fn refuse_foreign_pages(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match headers.get(ORIGIN) {
            Some(origin) if self.pages == Pages::OfThisMachine && !is_loopback(origin) => {
                let shown = quoted(&String::from_utf8_lossy(origin.as_bytes()));
                let detail = format!("this runner serves its machine alone, and the page `{shown}` is from elsewhere");
                Err(Problem::new(Code::NotAllowed, detail)
                    .help("write `authentication` in `paceline.yaml` to say who may ask"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether an origin such as `http://localhost:3000` is of this machine.
fn is_loopback(origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let Some(authority) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else {
        return false;
    };
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _port)) => host,
        None => authority.split(':').next().unwrap_or_default(),
    };
    let address = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    address || host == "localhost" || host.ends_with(".localhost")
}

/// All paths.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/agents/{name}/chat", post(chat::chat))
        .route("/agents/{name}/chat/stream", post(stream::chat))
        .route("/agents/{name}/sessions", get(sessions::list))
        .route("/agents/{name}/sessions/{id}", get(sessions::show).delete(sessions::forget))
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
    Problem::new(Code::WrongMethod, detail).help("the header `Allow` of this answer lists what it takes").into()
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
