//! The invocations that run on this runner: listed for those who may see what they leave, and cancelled for those who may end them. What
//! runs on another runner is not here, and what is over has a trace.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use hyper::StatusCode;
use pace_ir::access::{Chain, Rules, Subject};
use pace_ir::program::Principal;
use pace_ir::text::quoted;
use schemars::JsonSchema;
use serde::Serialize;

use super::reply::{Refusal, json, name_invocation};
use super::routes::{Asker, Path, Shared};
use crate::authorize::{Action, authorize};
use crate::id::{InvocationId, SessionId};
use crate::log::About;
use crate::problem::{Code, Problem};
use crate::work::{Entry, MAX_RUNNING, Stage};

/// How long whoever cancels waits for the end. It comes within milliseconds, because everything that is waited for is let go.
const MOMENT: Duration = Duration::from_secs(5);

/// `GET /invocations`, those that have run longest first: an agent comes before those it called.
pub(super) async fn list(State(shared): State<Arc<Shared>>, Asker(subject): Asker) -> Response {
    let mut running = shared.runner.work().register().all();
    running.retain(|entry| entry.stage().is_running() && may_read(&shared, &subject, entry));
    running.sort_unstable_by_key(|entry| (entry.started, entry.source.invocation));
    let left_out = running.len().saturating_sub(MAX_RUNNING);
    let invocations = running.iter().take(MAX_RUNNING).map(|entry| Invocation::new(entry, &subject)).collect();
    json(StatusCode::OK, &List { invocations, left_out: (left_out > 0).then_some(left_out) })
}

/// `GET /invocations/{id}`
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    Asker(subject): Asker,
) -> Result<Response, Refusal> {
    let entry = running(&shared, &subject, &asked)?;
    Ok(json(StatusCode::OK, &Invocation::new(&entry, &subject)))
}

/// `DELETE /invocations/{id}`: cancels it, and those that it called. What was begun as a live write is finished, and on record.
pub(super) async fn cancel(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    Asker(subject): Asker,
) -> Result<Response, Refusal> {
    let entry = running(&shared, &subject, &asked)?;
    let (agent, invocation) = (&entry.source.agent, entry.source.invocation);
    let (rules, chain) = (Rules::of(shared.runner.bundle()), Chain::direct(subject.clone()));
    let by = authorize(rules, &chain, Action::Cancel(&entry.principal)).map_err(|mut problem| {
        shared.ask_for_credential(&subject, &mut problem);
        let principal = Some(&subject.principal);
        About { principal, agent: Some(agent), invocation: Some(invocation), ..About::default() }
            .denied(&problem.detail);
        problem.help("ask whoever began it, or an admin of the project")
    })?;
    if !entry.cancel() {
        return Err(unknown(&asked).into());
    }
    tracing::info!(%agent, %invocation, principal = %subject.principal, "cancels an invocation: {by}");
    let is_over = tokio::time::timeout(MOMENT, entry.over()).await.is_ok();
    let mut response = if is_over { StatusCode::NO_CONTENT } else { StatusCode::ACCEPTED }.into_response();
    name_invocation(&mut response, invocation);
    Ok(response)
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invocations")]
pub(super) struct List<'a> {
    invocations: Vec<Invocation<'a>>,
    /// How many more there are that began later; absent where all are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<usize>,
}

/// An invocation that runs, with nothing of what is said in it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invocation")]
pub(super) struct Invocation<'a> {
    id: InvocationId,
    /// The invocation that called it, for an agent called by another.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<InvocationId>,
    agent: &'a str,
    /// For whom it runs.
    principal: String,
    /// The session it is a turn of, where that is the caller's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
    /// When it was admitted: RFC 3339.
    started: String,
    state: Running,
}

/// How far an invocation is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvocationState")]
enum Running {
    Running,
    Cancelling,
}

impl<'a> Invocation<'a> {
    fn new(entry: &'a Entry, subject: &Subject) -> Self {
        let Entry { source, principal, session, started, .. } = entry;
        let is_own = *principal == subject.principal && *principal != Principal::Anonymous;
        // A session of a called agent is inside its caller's, and known by that one alone.
        let session = Some(*session).filter(|_| is_own && source.parent.is_none());
        Self {
            id: source.invocation,
            parent: source.parent,
            agent: source.agent.as_str(),
            principal: principal.to_string(),
            session,
            started: DateTime::<Utc>::from(*started).to_rfc3339_opts(SecondsFormat::Millis, true),
            state: if entry.stage() == Stage::Running { Running::Running } else { Running::Cancelling },
        }
    }
}

/// The one of this id that runs, for who may know of it: as a session, it is shown to who reads what the agent does, and to whom
/// it belongs. Where nobody says who they are, the id is all that shows whose it is.
///
/// # Errors
/// [`Code::UnknownInvocation`].
fn running(shared: &Shared, subject: &Subject, asked: &str) -> Result<Arc<Entry>, Problem> {
    let entry = asked.parse().ok().and_then(|id| shared.runner.work().register().get(id));
    let entry = entry.filter(|entry| entry.principal == subject.principal || may_read(shared, subject, entry));
    entry.filter(|entry| entry.stage().is_running()).ok_or_else(|| unknown(asked))
}

/// Whether somebody may see what an invocation leaves. No loop fires any yet.
fn may_read(shared: &Shared, subject: &Subject, entry: &Entry) -> bool {
    let (agent, owner) = (&entry.source.agent, Some(&entry.principal));
    shared.may(subject, Action::ReadOf { agent, scheduled: None, owner })
}

fn unknown(asked: &str) -> Problem {
    let detail = format!("no invocation `{}` that you may see runs here", quoted(asked));
    Problem::new(Code::UnknownInvocation, detail)
        .help("if it is over, its trace says how it ended; one that another runner runs is known to that one alone")
}
