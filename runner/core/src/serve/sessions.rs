//! Conversations, for those who hold them: what was said, without the prompt and without what only the model's provider
//! understands.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::{StatusCode, Uri};
use pace_ir::access::{Chain, Rules, Subject};
use pace_ir::program::{AgentName, Principal};
use pace_ir::text::quoted;
use pace_state::{Cursor, Page};
use schemars::JsonSchema;
use serde::Serialize;
use url::form_urlencoded;

use super::reply::{Refusal, json};
use super::routes::{Asker, Path, Shared};
use crate::authorize::{Action, authorize};
use crate::conversation::{Message, ToolCall, ToolResult};
use crate::id::SessionId;
use crate::log::About;
use crate::problem::{Code, Problem};
use crate::session::{Overview, Owner, unknown};
use crate::trace::query::{USUAL_LIMIT, limit, principal};
use crate::trace::stored::written;

/// `GET /agents/{name}/sessions`, newest first. Where nobody says who they are, nobody has a list: an id is all that shows whose a
/// conversation is.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    uri: Uri,
    Asker(subject): Asker,
) -> Result<Response, Refusal> {
    let agent = shared.agent(&asked, &subject)?;
    let Query { whose, limit, after } = Query::read(uri.query().unwrap_or_default())?;
    let principal = match whose {
        Whose::Own if subject.principal == Principal::Anonymous => {
            return Ok(json(StatusCode::OK, &List::of(&Page { rows: Vec::new(), next: None })));
        }
        Whose::Own => Some(subject.principal),
        Whose::One(principal) if principal == subject.principal && principal != Principal::Anonymous => Some(principal),
        Whose::One(principal) => {
            ensure_reader(&shared, &subject, &agent)?;
            Some(principal)
        }
        Whose::Anybody => {
            ensure_reader(&shared, &subject, &agent)?;
            None
        }
    };
    let page = shared.runner.sessions().list(&agent, principal.as_ref(), after, limit).await?;
    Ok(json(StatusCode::OK, &List::of(&page)))
}

/// `GET /agents/{name}/sessions/{id}`, for its owner and for those who may read the agent's sessions.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((asked, id)): Path<(String, String)>,
    Asker(subject): Asker,
) -> Result<Response, Refusal> {
    let agent = shared.agent(&asked, &subject)?;
    let id = session(&agent, &id)?;
    let found = shared.runner.sessions().find(id).await?;
    let own = own(&agent, &subject);
    let found = found.filter(|found| {
        let action = Action::ReadOf { agent: &agent, scheduled: None, owner: Some(&found.owner.principal) };
        found.owner == own || (found.owner.agent == agent && shared.may(&subject, action))
    });
    let found = found.ok_or_else(|| unknown(id, &agent).help(listed(&agent)))?;
    let messages = found.messages.iter().map(Line::new).collect();
    Ok(json(StatusCode::OK, &Conversation { entry: Entry::new(&found.overview), messages }))
}

/// `DELETE /agents/{name}/sessions/{id}`
pub(super) async fn forget(
    State(shared): State<Arc<Shared>>,
    Path((asked, id)): Path<(String, String)>,
    Asker(subject): Asker,
) -> Result<Response, Refusal> {
    let agent = shared.agent(&asked, &subject)?;
    let forgotten = shared.runner.sessions().forget(&own(&agent, &subject), session(&agent, &id)?).await;
    forgotten.map_err(|problem| match problem.code {
        Code::UnknownSession => problem.help(listed(&agent)),
        _ => problem,
    })?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The owner of sessions that somebody began.
fn own(agent: &AgentName, subject: &Subject) -> Owner {
    Owner { agent: agent.clone(), principal: subject.principal.clone(), within: None }
}

/// Whether somebody may see the sessions of others with an agent.
fn ensure_reader(shared: &Shared, subject: &Subject, agent: &AgentName) -> Result<(), Problem> {
    let (rules, chain) = (Rules::of(shared.runner.bundle()), Chain::direct(subject.clone()));
    authorize(rules, &chain, Action::Read(agent)).map(drop).map_err(|mut problem| {
        shared.ask_for_credential(subject, &mut problem);
        About { principal: Some(&subject.principal), agent: Some(agent), ..About::default() }.denied(&problem.detail);
        problem.help("leave `principal` out to list your own sessions")
    })
}

/// A text that is no id is the id of no session.
fn session(agent: &AgentName, asked: &str) -> Result<SessionId, Problem> {
    asked.parse().map_err(|_| {
        let detail = format!("the agent `{agent}` has no session `{}` of yours", quoted(asked));
        Problem::new(Code::UnknownSession, detail).help(listed(agent))
    })
}

/// What helps whoever asks for one that is not there, and wants to begin none.
fn listed(agent: &AgentName) -> String {
    format!("`GET /agents/{agent}/sessions` lists yours")
}

/// What is asked of a list.
struct Query {
    whose: Whose,
    limit: u32,
    after: Option<Cursor>,
}

/// Whose sessions are meant.
enum Whose {
    Own,
    One(Principal),
    Anybody,
}

impl Query {
    /// Reads it. A key that is given twice contradicts itself.
    fn read(text: &str) -> Result<Self, Problem> {
        let mut query = Self { whose: Whose::Own, limit: USUAL_LIMIT, after: None };
        let mut given = BTreeSet::new();
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            let malformed = |why: String| Problem::new(Code::MalformedRequest, why);
            if !given.insert(key.clone()) {
                return Err(malformed(format!("`{}` is given twice", quoted(&key))));
            }
            match &*key {
                "principal" if value == "*" => query.whose = Whose::Anybody,
                "principal" => query.whose = Whose::One(principal(&value).map_err(malformed)?),
                "limit" => query.limit = limit(&value).map_err(malformed)?,
                "cursor" => {
                    let wrong = |error| malformed(format!("`cursor` is wrong: {error}"));
                    query.after = Some(value.parse().map_err(wrong)?);
                }
                _ => {
                    let known = "there are `principal`, `limit` and `cursor`";
                    return Err(malformed(format!("there is no `{}`; {known}", quoted(&key))));
                }
            }
        }
        Ok(query)
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sessions")]
pub(super) struct List {
    sessions: Vec<Entry>,
    /// Sent as `cursor`, the list goes on here; absent at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl List {
    fn of(page: &Page<Overview>) -> Self {
        Self { sessions: page.rows.iter().map(Entry::new).collect(), next: page.next.map(|next| next.to_string()) }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionEntry")]
pub(super) struct Entry {
    id: SessionId,
    principal: String,
    created: String,
    used: String,
    turns: u64,
    is_busy: bool,
}

impl Entry {
    fn new(overview: &Overview) -> Self {
        let Overview { id, principal, created, used, turns, is_busy } = overview;
        let (created, used) = (written(*created), written(*used));
        Self { id: *id, principal: principal.to_string(), created, used, turns: *turns, is_busy: *is_busy }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(super) struct Conversation<'a> {
    #[serde(flatten)]
    entry: Entry,
    messages: Vec<Line<'a>>,
}

/// A message as its owner sees it.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
#[schemars(rename = "SessionMessage")]
pub(super) enum Line<'a> {
    User {
        text: &'a str,
    },
    Model {
        text: &'a str,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        tool_calls: &'a [ToolCall],
    },
    Tool {
        results: &'a [ToolResult],
    },
}

impl<'a> Line<'a> {
    fn new(message: &'a Message) -> Self {
        match message {
            Message::User(text) => Self::User { text },
            Message::Model(turn) => Self::Model { text: &turn.text, tool_calls: &turn.calls },
            Message::ToolResults(results) => Self::Tool { results },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conversation::{ModelTurn, RawTurn};

    #[test]
    fn what_only_the_provider_understands_is_not_shown() {
        let raw =
            Some(RawTurn { provider: "gemini".to_owned(), content: json!([{"thoughtSignature": "c2VjcmV0"}]).into() });
        let turn = ModelTurn { text: "Hello!".to_owned(), raw, ..ModelTurn::default() };
        let line = serde_json::to_value(Line::new(&Message::Model(turn))).unwrap();
        assert_eq!(line, json!({"role": "model", "text": "Hello!"}));
    }
}
