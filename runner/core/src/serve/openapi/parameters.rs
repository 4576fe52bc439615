//! What varies in a request besides its body.

use pace_ir::program::AgentName;
use serde_json::{Value, json};

use crate::id;
use crate::trace::Status;
use crate::trace::query;

/// What a request's id may be.
pub(super) const REQUEST_ID: &str = "^[A-Za-z0-9._:/+=@-]{1,128}$";

/// Parameters that several paths have.
pub(super) fn shared() -> Value {
    json!({
        "agent": {
            "name": "name",
            "in": "path",
            "required": true,
            "description": "An agent.",
            "schema": {"type": "string", "pattern": AgentName::PATTERN},
        },
        "traceparent": {
            "name": "traceparent",
            "in": "header",
            "description": "The span that asks (W3C Trace Context); one that is not valid is ignored.",
            "schema": {"type": "string"},
        },
    })
}

/// A reference to one of them.
pub(super) fn shared_one(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

/// The id in a path.
pub(super) fn id(what: &str) -> Value {
    let schema = json!({"type": "string", "pattern": id::PATTERN});
    json!({"name": "id", "in": "path", "required": true, "description": what, "schema": schema})
}

/// The key of a request that may be repeated.
pub(super) fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes it safe to send the request again: the same key with the same body gets the same answer, for a day. \
                        Whoever is anonymous needs one of at least 16 characters.",
        "schema": {"type": "string", "pattern": "^(\"[!#-\\[\\]-~]{1,255}\"|[!#-\\[\\]-~]{1,255})$"},
    })
}

/// Where an event stream goes on.
pub(super) fn after() -> [Value; 2] {
    let what = "The `id` of the last event that was read";
    let schema = json!({"type": "integer", "minimum": 0});
    [
        json!({"name": "Last-Event-ID", "in": "header", "description": format!("{what}."), "schema": schema}),
        json!({"name": "after", "in": "query", "description": format!("{what}, for clients that cannot set the header."), "schema": schema}),
    ]
}

/// Which traces are meant.
pub(super) fn of_traces() -> Vec<Value> {
    let text = json!({"type": "string"});
    let statuses: Vec<_> = Status::ALL.into_iter().map(Status::as_str).collect();
    let time = json!({"anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "^[1-9][0-9]{0,3}[smhd]$"},
    ]});
    let one = |name: &str, what: &str, schema: &Value| json!({"name": name, "in": "query", "description": what, "schema": schema});
    let [limit, cursor] = page();
    vec![
        one("agent", "Of this agent.", &text),
        one("loop", "Fired by this loop.", &text),
        one("principal", "Asked for by this principal, such as `user:ann`.", &text),
        one("status", "How they ended.", &json!({"type": "string", "enum": statuses})),
        one("since", "Begun at this time or later; or how long ago.", &time),
        one("until", "Begun before this time; or how long ago.", &time),
        limit,
        cursor,
    ]
}

/// Whose sessions are meant.
pub(super) fn of_sessions() -> Vec<Value> {
    let what = "Of this principal, such as `user:ann`, or `*` for all; other than one's own take the role `read` on the agent.";
    let schema = json!({"type": "string"});
    let [limit, cursor] = page();
    vec![
        shared_one("agent"),
        json!({"name": "principal", "in": "query", "description": what, "schema": schema}),
        limit,
        cursor,
    ]
}

/// Which part of a list is meant.
fn page() -> [Value; 2] {
    let schema = json!({"type": "integer", "minimum": 1, "maximum": query::MOST, "default": query::USUAL_LIMIT});
    let goes_on = "Where the list goes on: what the page before had as `next`.";
    [
        json!({"name": "limit", "in": "query", "description": "How many at once.", "schema": schema}),
        json!({"name": "cursor", "in": "query", "description": goes_on, "schema": {"type": "string"}}),
    ]
}
