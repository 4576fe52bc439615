//! Agents as MCP servers over HTTP. Here a request passes what every request passes, rules and bounds; what is inside of it is
//! [`crate::mcp`]'s. Clients of the protocol up to 2025-11-25 have a session of the transport, which is theirs alone and knows
//! nothing of what is said; those of 2026-07-28 have none.

mod faults;
mod ledger;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Method};
use pace_ir::program::AgentName;
use pace_ir::text::quoted;
use rmcp::transport::streamable_http_server::session::SessionManager as _;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use self::ledger::{Beginning, Ledger, Owner, Running};
use super::body::{MAX_BODY, received};
use super::repeat::Key;
use super::reply::Refusal;
use super::routes::{Asker, Path, Shared};
use super::settings::Patience;
use crate::instantiate::Runner;
use crate::mcp::{AgentServer, Caller};
use crate::problem::{Code, Problem};
use crate::request_id;

/// The header that names a session of the transport.
const SESSION: &str = "mcp-session-id";
/// All agents as servers.
pub(super) struct Mcp {
    services: BTreeMap<AgentName, StreamableHttpService<AgentServer, LocalSessionManager>>,
    sessions: Arc<LocalSessionManager>,
    /// Whose each session is: those of all agents are kept in one place, and knowing an id is not being allowed to use it.
    ledger: Arc<Ledger>,
    end: CancellationToken,
}

impl Mcp {
    pub(super) fn new(runner: &Arc<Runner>, patience: Patience) -> Self {
        let (sessions, end) = (Arc::<LocalSessionManager>::default(), CancellationToken::new());
        // Hosts and origins are judged by the gate, for all paths alike.
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_sse_keep_alive(Some(patience.comment))
            .with_max_request_body_bytes(MAX_BODY)
            .with_cancellation_token(end.clone());
        let service = |agent: &AgentName| {
            let server = AgentServer::new(runner, agent, Caller::OfRequest);
            StreamableHttpService::new(move || Ok(server.clone()), Arc::clone(&sessions), config.clone())
        };
        let services = runner.doors().map(|agent| (agent.name.clone(), service(agent.name))).collect();
        Self { services, sessions, ledger: Arc::default(), end }
    }

    /// Ends every stream that is open, a moment from now: the last answers are on their way.
    pub(super) async fn end(&self) {
        const MOMENT: Duration = Duration::from_millis(100);
        tokio::time::sleep(MOMENT).await;
        self.end.cancel();
    }

    /// Room for one more session, which may end idle ones.
    ///
    /// # Errors
    /// [`Code::TooMany`].
    async fn room(&self, owner: &Owner) -> Result<Beginning, Problem> {
        let (beginning, ended) = {
            let sessions = self.sessions.sessions.read().await;
            self.ledger.begin(owner, |id| sessions.contains_key(id))?
        };
        for session in ended {
            // One that is gone already is what is wanted.
            let _gone = self.sessions.close_session(&session.into()).await;
        }
        Ok(beginning)
    }
}

impl fmt::Debug for Mcp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Mcp").field(&self.services.len()).finish()
    }
}

/// `POST`, `GET` and `DELETE /agents/{name}/mcp`
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let Asker(subject) = Asker::of(request.extensions())?;
    let agent = shared.agent(&asked, &subject)?;
    shared.may_begin(&subject, &agent)?;
    Key::refuse(request.headers())?;
    let owner = (agent, subject.principal.clone());
    let Some(service) = shared.mcp.services.get(&owner.0) else {
        return Err(shared.runner.unknown_agent(&asked).into());
    };
    let session = named(request.headers());
    match &session {
        Some(session) if !shared.mcp.ledger.is_of(session, &owner) => return Err(unknown(session).into()),
        Some(_) => {}
        None => shared.runner.work().accepts()?,
    }
    let method = request.method().clone();
    faults::acceptable(&method, request.headers())?;
    let mut request = whole(&shared, request).await?;
    if method == Method::POST
        && let Some(broken) = faults::broken(request.body())
    {
        return Ok(broken);
    }
    let beginning = if begins_a_session(request.body()) { Some(shared.mcp.room(&owner).await?) } else { None };
    let running = session.as_deref().and_then(|session| shared.mcp.ledger.runs(session));
    request.extensions_mut().insert(subject);
    if let Some(id) = request_id::current() {
        request.extensions_mut().insert(id);
    }
    let response = service.handle(request.map(Body::from)).await;
    if let (Some(beginning), Some(begun)) = (beginning, named(response.headers())) {
        beginning.named(begun);
    }
    Ok(faults::told(&method, answered(response.map(Body::new), &method, running)))
}

/// An answer that keeps its session from being idle until its last byte. Who only listens is idle.
fn answered(response: Response, method: &Method, running: Option<Running>) -> Response {
    let Some(running) = running.filter(|_| *method == Method::POST) else { return response };
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _until_the_end = &running;
            frame
        }))
    })
}

/// The request with its body in one piece, within the bounds of all bodies.
async fn whole(shared: &Shared, request: Request) -> Result<hyper::Request<Bytes>, Problem> {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return Ok(hyper::Request::from_parts(parts, Bytes::new()));
    }
    let body = received(&parts.headers, body, &shared.patience, &shared.room, Ok).await?;
    Ok(hyper::Request::from_parts(parts, body))
}

fn begins_a_session(body: &Bytes) -> bool {
    #[derive(Deserialize)]
    struct Asked<'a> {
        #[serde(borrow)]
        method: std::borrow::Cow<'a, str>,
    }
    serde_json::from_slice::<Asked<'_>>(body).is_ok_and(|asked| asked.method == "initialize")
}

fn named(headers: &HeaderMap) -> Option<String> {
    headers.get(SESSION).map(HeaderValue::as_bytes).map(|id| String::from_utf8_lossy(id).into_owned())
}

fn unknown(session: &str) -> Problem {
    let detail = format!("there is no session `{}` of yours with this server", quoted(session));
    Problem::new(Code::UnknownSession, detail).help("begin one with `initialize`")
}
