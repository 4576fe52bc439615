//! Conversations, for those who hold them: what was said, without the prompt and without what only the model's provider
//! understands.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use hyper::StatusCode;
use pace_ir::text::quoted;
use schemars::JsonSchema;
use serde::Serialize;

use super::reply::{Refusal, json};
use super::routes::{Asker, Path, Shared};
use crate::authorize::Action;
use crate::conversation::{Message, ToolCall, ToolResult};
use crate::id::SessionId;
use crate::problem::{Code, Problem};
use crate::session::{Overview, Owner};

/// `GET /agents/{name}/sessions`. Where nobody says who they are, nobody has a list: an id is all that shows whose a
/// conversation is.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    who: Asker,
) -> Result<Response, Refusal> {
    let owner = owner(&shared, &asked, who)?;
    let sessions = shared.runner.sessions();
    // A session may go between the two looks; then it is not listed.
    let entries = sessions.of(&owner).into_iter().filter_map(|id| sessions.overview(&owner, id).ok());
    let entries: Vec<_> = entries.map(|overview| Entry::new(&overview)).collect();
    Ok(json(StatusCode::OK, &List { sessions: entries }))
}

/// `GET /agents/{name}/sessions/{id}`, for its owner and for those who may read the agent's sessions.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((asked, id)): Path<(String, String)>,
    who: Asker,
) -> Result<Response, Refusal> {
    let subject = who.0.clone();
    let own = owner(&shared, &asked, who)?;
    let (sessions, id) = (shared.runner.sessions(), session(&own, &id)?);
    let others = sessions.owner(id).filter(|owner| {
        let action = Action::ReadOf { agent: &own.agent, scheduled: None, owner: Some(&owner.principal) };
        owner.agent == own.agent && shared.may(&subject, action)
    });
    let owner = others.unwrap_or(own);
    let (overview, messages) = (sessions.overview(&owner, id)?, sessions.messages(&owner, id)?);
    let messages = messages.iter().map(Line::new).collect();
    Ok(json(StatusCode::OK, &Conversation { entry: Entry::new(&overview), messages }))
}

/// `DELETE /agents/{name}/sessions/{id}`
pub(super) async fn forget(
    State(shared): State<Arc<Shared>>,
    Path((asked, id)): Path<(String, String)>,
    who: Asker,
) -> Result<Response, Refusal> {
    let owner = owner(&shared, &asked, who)?;
    shared.runner.sessions().forget(&owner, session(&owner, &id)?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn owner(shared: &Shared, asked: &str, Asker(subject): Asker) -> Result<Owner, Problem> {
    Ok(Owner { agent: shared.agent(asked, &subject)?, principal: subject.principal, within: None })
}

/// A text that is no id is the id of no session.
fn session(owner: &Owner, asked: &str) -> Result<SessionId, Problem> {
    asked.parse().map_err(|_| {
        let detail = format!("the agent `{}` has no session `{}` of yours", owner.agent, quoted(asked));
        Problem::new(Code::UnknownSession, detail)
    })
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sessions")]
pub(super) struct List {
    sessions: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionEntry")]
pub(super) struct Entry {
    id: SessionId,
    created: String,
    used: String,
    is_busy: bool,
}

impl Entry {
    fn new(overview: &Overview) -> Self {
        let Overview { id, created, used, is_busy, .. } = *overview;
        Self { id, created: written(created), used: written(used), is_busy }
    }
}

fn written(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true)
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
