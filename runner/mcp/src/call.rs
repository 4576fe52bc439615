//! One call of a tool: what it is given, what comes back, what is told in between.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

/// How a call is made.
#[derive(Debug, Clone)]
pub struct CallOptions {
    /// How long is waited for the result, progress or not. The server is told when it is over.
    pub timeout: Duration,
    /// What is sent beside the arguments, as `_meta`: `traceparent`, and whatever else belongs there.
    pub meta: Map<String, Value>,
    /// Who is told of progress.
    pub progress: Option<ProgressSink>,
}

/// Told of progress, in the order in which the server reports it, from a task of the connection: it must not block. At most a
/// thousand a second.
#[derive(Clone)]
pub struct ProgressSink(Arc<dyn Fn(Progress) + Send + Sync>);

/// How far a call is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// So far, in a unit that only the server knows.
    pub progress: f64,
    /// Of how much.
    pub total: Option<f64>,
    /// For people; of the server.
    pub message: Option<String>,
}

/// What a call came to. A tool that failed says so here: that is no [`crate::Error`], which is for calls without a result.
#[derive(Debug, Clone, PartialEq)]
pub struct CallResult {
    /// For the model.
    pub content: Vec<Content>,
    /// What fits the tool's output schema, if it has one. Not checked here.
    pub structured: Option<Value>,
    /// Whether the tool failed.
    pub is_error: bool,
}

/// A piece of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Words.
    Text(String),
    /// A picture, in base64.
    Image {
        /// In base64.
        data: String,
        /// `image/png` and the like.
        mime_type: String,
    },
    /// A sound, in base64.
    Audio {
        /// In base64.
        data: String,
        /// `audio/wav` and the like.
        mime_type: String,
    },
    /// Where something is that the server could read out.
    Link {
        /// Its address.
        uri: String,
        /// Its name.
        name: String,
        /// A name for people.
        title: Option<String>,
        /// What it is.
        description: Option<String>,
        /// Of what kind.
        mime_type: Option<String>,
    },
    /// Something the server has read out.
    Resource {
        /// Its address.
        uri: String,
        /// Of what kind.
        mime_type: Option<String>,
        /// What it holds.
        contents: Contents,
    },
}

/// What a resource holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// Words.
    Text(String),
    /// Bytes, in base64.
    Blob(String),
}

impl CallOptions {
    /// With nothing but a time-out.
    pub fn within(timeout: Duration) -> Self {
        Self { timeout, meta: Map::new(), progress: None }
    }
}

impl ProgressSink {
    /// What `told` does.
    pub fn new(told: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(crate) fn tell(&self, progress: Progress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for ProgressSink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ProgressSink")
    }
}
