//! What a server offers.

use std::sync::Arc;

use serde_json::{Map, Value};

/// Everything a server offers, as it said it, without what credentials it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Who it is.
    pub server: ServerInfo,
    /// Its tools, in its order. Names need not be unique: the server is foreign.
    pub tools: Vec<Tool>,
    /// Of which state of the list this is; [`crate::Connection::generation`] is another as soon as the server says that its
    /// list has changed.
    pub generation: u64,
}

/// Who a server says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The protocol that is spoken with it: `2025-11-25` and the like.
    pub protocol: String,
    /// Its name; a server need not say.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

/// A tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// What it is called by.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// For the model.
    pub description: Option<String>,
    /// What its arguments have to fit, as JSON Schema. Not checked here.
    pub input_schema: Arc<Map<String, Value>>,
    /// What its structured results fit, as JSON Schema.
    pub output_schema: Option<Arc<Map<String, Value>>>,
    /// What the server says of it.
    pub annotations: Annotations,
}

/// Hints of a server about its own tool. They are no promise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    /// A name for people; older than the tool's own.
    pub title: Option<String>,
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// What it changes may be lost.
    pub destructive: Option<bool>,
    /// Twice is as once.
    pub idempotent: Option<bool>,
    /// It reaches what is outside of the server.
    pub open_world: Option<bool>,
}
