//! What happened, for those who may see it: everybody what they asked for themselves, and who has `read` on an agent all of its
//! invocations. Somebody else's is as if it were not there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::response::Response;
use hyper::{StatusCode, Uri};
use pace_ir::access::Subject;
use pace_ir::program::{AgentName, Principal};
use pace_ir::text::quoted;
use pace_state::{Key, Readable, Store, StoreError};
use schemars::JsonSchema;
use serde::Serialize;
use url::form_urlencoded;

use super::reply::{Refusal, json};
use super::routes::{Asker, Path, Shared};
use crate::authorize::Action;
use crate::id::InvocationId;
use crate::problem::{Code, Problem};
use crate::trace::Trace;
use crate::trace::query::Query;
use crate::trace::stored::{self, MOST_BELOW, Summary};

/// `GET /traces`, newest first.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    Asker(subject): Asker,
) -> Result<Response, Refusal> {
    let mut query = query(uri.query().unwrap_or_default())?;
    let store = store(&shared)?;
    query.filter.readable = match readable(&shared, &subject) {
        Reads::All => None,
        Reads::Some(readable) => Some(readable),
        Reads::Nothing => return Ok(json(StatusCode::OK, &List { traces: Vec::new(), next: None })),
    };
    let page = store.traces(&query.filter, query.after, query.limit).await.map_err(|error| failed(&error))?;
    let list =
        List { traces: page.rows.iter().map(Summary::from).collect(), next: page.next.map(|next| next.to_string()) };
    Ok(json(StatusCode::OK, &list))
}

/// `GET /traces/{id}`: the record, and the invocations below it that whoever asks may see, too.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    Asker(subject): Asker,
) -> Result<Response, Refusal> {
    let store = store(&shared)?;
    let unknown =
        || Problem::new(Code::UnknownTrace, format!("there is no trace `{}` that you may see", quoted(&asked)));
    let id: InvocationId = asked.parse().map_err(|_| unknown())?;
    let trace = stored::read(store, stored::key(id)).await.map_err(|error| failed(&error))?;
    let trace = trace
        .filter(|trace| may_see(&shared, &subject, (&trace.agent, trace.scheduled.as_deref()), &trace.subject))
        .ok_or_else(unknown)?;
    let tree = store.traces_below(stored::key(trace.root), MOST_BELOW).await.map_err(|error| failed(&error))?;
    let children = below(stored::key(id), &tree)
        .filter(|row| may_see(&shared, &subject, (&row.agent, row.loop_name.as_deref()), &row.subject));
    let children = children.map(Summary::from).collect();
    Ok(json(StatusCode::OK, &Whole { trace: &trace, children }))
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Traces")]
pub(super) struct List {
    traces: Vec<Summary>,
    /// Sent as `cursor`, the list goes on here; absent at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TraceAndChildren")]
pub(super) struct Whole<'a> {
    #[serde(flatten)]
    trace: &'a Trace,
    children: Vec<Summary>,
}

/// What is asked for. A key that is given twice contradicts itself.
fn query(text: &str) -> Result<Query, Problem> {
    let (mut query, mut given) = (Query::default(), BTreeSet::new());
    for (key, value) in form_urlencoded::parse(text.as_bytes()) {
        let malformed = |why: String| Problem::new(Code::MalformedRequest, why);
        if !given.insert(key.clone()) {
            return Err(malformed(format!("`{}` is given twice", quoted(&key))));
        }
        query.set(&key, &value, SystemTime::now().into()).map_err(malformed)?;
    }
    Ok(query)
}

fn store(shared: &Shared) -> Result<&Store, Problem> {
    shared.runner.state().traces_store().ok_or_else(|| {
        let problem = Problem::new(Code::UnknownTrace, "this runner keeps no traces");
        problem.help(
            "start it with a folder as `PACE_STATE_DIR` or with `DATABASE_URL`, and with `store` in `TRACE_BACKEND` where that is set",
        )
    })
}

fn failed(error: &StoreError) -> Problem {
    tracing::warn!("traces cannot be read: {error}");
    // What the database says is for whoever operates it.
    Problem::new(Code::StoreFailed, "the store of traces does not answer").help("try again in a moment")
}

/// What somebody may see.
enum Reads {
    /// All there is.
    All,
    /// Their own, and those of some agents and loops.
    Some(Readable),
    /// Where nobody says who they are, nobody has a list.
    Nothing,
}

/// The traces that somebody may see. An anonymous subject has nothing of its own.
fn readable(shared: &Shared, subject: &Subject) -> Reads {
    if shared.may(subject, Action::ReadProject) {
        return Reads::All;
    }
    let own = (subject.principal != Principal::Anonymous).then(|| subject.principal.to_string());
    let program = &shared.runner.bundle().program;
    let agents = program.agents.keys().filter(|agent| shared.may(subject, Action::Read(agent)));
    let loops = program.loops.keys().filter(|name| shared.may(subject, Action::ReadLoop(name)));
    let agents: Vec<_> = agents.map(ToString::to_string).collect();
    let loops: Vec<_> = loops.map(ToString::to_string).collect();
    if own.is_none() && agents.is_empty() && loops.is_empty() {
        return Reads::Nothing;
    }
    Reads::Some(Readable { subject: own, agents, loops })
}

/// Whether somebody may see an invocation of an agent, which a loop may have fired, for a subject. What belongs to no principal
/// is nobody's own.
fn may_see(shared: &Shared, subject: &Subject, (agent, scheduled): (&str, Option<&str>), owner: &str) -> bool {
    // Also what is of no agent, or of one that the bundle does not have any more.
    if shared.may(subject, Action::ReadProject) {
        return true;
    }
    let Ok(agent) = agent.parse::<AgentName>() else { return false };
    let (scheduled, owner) = (scheduled.and_then(|name| name.parse().ok()), owner.parse::<Principal>().ok());
    let action = Action::ReadOf { agent: &agent, scheduled: scheduled.as_ref(), owner: owner.as_ref() };
    shared.may(subject, action)
}

/// The rows of a tree below one of its invocations.
fn below(top: Key, tree: &[pace_state::Trace]) -> impl Iterator<Item = &pace_state::Trace> {
    let mut known = BTreeSet::from([top]);
    loop {
        let new: Vec<_> = tree
            .iter()
            .filter(|row| !known.contains(&row.id) && row.parent.is_some_and(|parent| known.contains(&parent)))
            .map(|row| row.id)
            .collect();
        if new.is_empty() {
            break;
        }
        known.extend(new);
    }
    tree.iter().filter(move |row| row.id != top && known.contains(&row.id))
}
