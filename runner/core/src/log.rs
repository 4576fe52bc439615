//! The runner's log, on standard error: lines for a person, or one JSON object a line for whatever collects them. It does
//! not hold what people and agents say to each other, below the level `debug`. The records of live writes are not of the log,
//! though they stand beside it: they say with which arguments.

use std::io;

use pace_ir::program::AgentName;
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt;

use crate::config::StandardError;
use crate::id::InvocationId;
use crate::instantiate::Runner;
use crate::problem::Problem;
use crate::request_id::{self, RequestId};

/// Notes that an invocation failed; never what was said.
pub(crate) fn failed(runner: &Runner, agent: &AgentName, invocation: InvocationId, problem: &Problem) {
    let model = runner.agent(agent).map(|agent| agent.spec.model.to_string());
    let (code, model) = (problem.code.as_str(), model.as_deref());
    let detail = problem.code.is_detail_for_logs().then_some(problem.detail.as_str());
    let request = request_id::current();
    let request = request.as_ref().map(RequestId::as_str);
    tracing::warn!(code, %agent, model, %invocation, request, detail, "an invocation failed");
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// The least important that is.
    pub level: Level,
    /// For whom.
    pub format: Format,
    /// Colours are for terminals.
    pub standard_error: StandardError,
}

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// The runner cannot do what it is there for.
    Error,
    /// Something failed, or will.
    Warn,
    /// What an operator wants to have on record.
    #[default]
    Info,
    /// For finding faults.
    Debug,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Text,
    /// One JSON object a line.
    Json,
}

impl Level {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Error, Self::Warn, Self::Info, Self::Debug];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// Sends the log of this process to standard error. A second call changes nothing.
pub fn start(settings: &LogSettings) {
    let level = match settings.level {
        Level::Error => tracing::Level::ERROR,
        Level::Warn => tracing::Level::WARN,
        Level::Info => tracing::Level::INFO,
        Level::Debug => tracing::Level::DEBUG,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_timer(SystemTime)
        .with_target(false)
        .with_ansi(settings.standard_error == StandardError::Terminal)
        // A log that cannot be written has nobody to be told so; and telling would panic.
        .log_internal_errors(false)
        .with_writer(io::stderr);
    // The protocol's library says what it does at every step, session ids and what clients sent included, and calls a server
    // that is away an error of its own. What matters of it is said here.
    // Frames are no news to anybody who looks for a fault of a runner.
    let is_told = filter_fn(|about| !["rmcp", "h2::"].iter().any(|from| about.target().starts_with(from)));
    // The only error is that there is a log already.
    let _already_started = match settings.format {
        Format::Text => set_global_default(builder.compact().finish().with(is_told)),
        Format::Json => {
            let lines = builder.json().flatten_event(true).with_current_span(false).with_span_list(false);
            set_global_default(lines.finish().with(is_told))
        }
    };
}
