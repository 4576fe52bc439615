//! Agents as MCP servers over HTTP. Here a request passes what every request passes, rules and bounds; what is inside of it is
//! [`crate::mcp`]'s. Clients of the protocol up to 2025-11-25 have a session of the transport, which is theirs alone and knows
//! nothing of what is said; those of 2026-07-28 have none.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Method};
use pace_ir::access::{Chain, Rules};
use pace_ir::program::{AgentName, Principal};
use pace_ir::text::quoted;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::body::{MAX_BODY, received};
use super::reply::Refusal;
use super::routes::{Asker, Path, Shared};
use super::settings::Patience;
use crate::authorize::{Action, authorize};
use crate::instantiate::Runner;
use crate::mcp::{AgentServer, Caller};
use crate::problem::{Code, Problem};

/// The header that names a session of the transport.
const SESSION: &str = "mcp-session-id";
/// The most sessions of the transport at once; one that is not used ends after five minutes. Each is a task and some
/// buffers, about 20 KiB.
const MAX_SESSIONS: usize = 1_024;

/// All agents as servers.
pub(super) struct Mcp {
    services: BTreeMap<AgentName, StreamableHttpService<AgentServer, LocalSessionManager>>,
    sessions: Arc<LocalSessionManager>,
    /// Whose each session is: those of all agents are kept in one place, and knowing an id is not being allowed to use it.
    owners: Mutex<HashMap<String, Owner>>,
    end: CancellationToken,
}

/// Whose a session of the transport is.
type Owner = (AgentName, Principal);

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
        let services = runner.agents().map(|agent| (agent.name.clone(), service(agent.name))).collect();
        Self { services, sessions, owners: Mutex::default(), end }
    }

    /// Ends every stream that is open, a moment from now: the last answers are on their way.
    pub(super) async fn end(&self) {
        const MOMENT: Duration = Duration::from_millis(100);
        tokio::time::sleep(MOMENT).await;
        self.end.cancel();
    }

    /// Room for one more session.
    ///
    /// # Errors
    /// [`Code::TooMany`].
    async fn room(&self) -> Result<(), Problem> {
        let sessions = self.sessions.sessions.read().await;
        if sessions.len() >= MAX_SESSIONS {
            let detail = format!("the runner has {MAX_SESSIONS} sessions of MCP clients already");
            let problem = Problem::new(Code::TooMany, detail).retry_after(Duration::from_mins(1));
            return Err(problem.help("end sessions that are not used, or try again later"));
        }
        let mut owners = self.owners();
        if owners.len() >= 2 * MAX_SESSIONS {
            owners.retain(|id, _| sessions.contains_key(id.as_str()));
        }
        Ok(())
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<String, Owner>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
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
    let allowed =
        authorize(Rules::of(shared.runner.bundle()), &Chain::direct(subject.clone()), Action::Execute(&agent));
    allowed.map_err(|problem| shared.denied(&subject, &agent, problem))?;
    let owner = (agent, subject.principal.clone());
    let Some(service) = shared.mcp.services.get(&owner.0) else {
        return Err(shared.runner.unknown_agent(&asked).into());
    };
    let session = named(request.headers());
    match &session {
        Some(session) if shared.mcp.owners().get(session) != Some(&owner) => return Err(unknown(session).into()),
        Some(_) => {}
        None => shared.runner.work().accepts()?,
    }
    let mut request = whole(&shared, request).await?;
    request.extensions_mut().insert(subject);
    let response = service.handle(request).await;
    if let (None, Some(begun)) = (session, named(response.headers())) {
        shared.mcp.owners().insert(begun, owner);
    }
    Ok(response.map(Body::new))
}

/// The request with its body in one piece, within the bounds of all bodies.
async fn whole(shared: &Shared, request: Request) -> Result<Request, Problem> {
    if request.method() != Method::POST {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = received(&parts.headers, body, &shared.patience, &shared.room, Ok).await?;
    if begins_a_session(&body) {
        shared.mcp.room().await?;
    }
    Ok(Request::from_parts(parts, Body::from(body)))
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
