//! The runner's log, on standard error: lines for a person, or one JSON object a line for whatever collects them. It does
//! not hold what people and agents say to each other, below the level `debug`. The records of live writes are not of the log,
//! though they stand beside it: they say with which arguments.

use std::io;
use std::net::IpAddr;

use pace_ir::program::{AgentName, Principal};
use tracing::field::{DisplayValue, display};
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt;

use crate::config::StandardError;
use crate::id::InvocationId;
use crate::instantiate::Runner;
use crate::invoke::Running;
use crate::problem::Problem;
use crate::request_id::{self, RequestId};

/// Whom and what a line is about. Lines about who may not do something, about what was refused and about what failed have these
/// fields by these names: `request`, `peer`, `principal`, `agent`, `invocation`, `tool`, `call`. Those that there are none of are left out;
/// the first two are known wherever a request is worked on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    /// Who asks; nobody where it is not known, as with a wrong credential.
    pub(crate) principal: Option<&'a Principal>,
    /// Which agent.
    pub(crate) agent: Option<&'a AgentName>,
    /// Where there is one: what was not let in begins none.
    pub(crate) invocation: Option<InvocationId>,
    /// `tools/pay`.
    pub(crate) tool: Option<&'a str>,
    /// What the model calls the call; printable.
    pub(crate) call: Option<&'a str>,
}

impl<'a> About<'a> {
    /// An invocation.
    pub(crate) fn invocation(running: &'a Running) -> Self {
        Self {
            principal: Some(&running.chain.subject.principal),
            agent: Some(&running.source.agent),
            invocation: Some(running.source.invocation),
            ..Self::default()
        }
    }

    /// Notes that the rules do not allow something, and why.
    pub(crate) fn denied(&self, why: &str) {
        let here = Here::now();
        let (request, peer) = here.fields();
        let (principal, agent) = (self.principal.map(display), self.agent.map(display));
        let (invocation, tool, call) = (self.invocation.map(display), self.tool, self.call);
        tracing::info!(request, peer, principal, agent, invocation, tool, call, "denied: {why}");
    }

    /// Notes that a credential was not taken, and why; never anything of the credential.
    pub(crate) fn no_credential(&self, problem: &Problem) {
        let here = Here::now();
        let (request, peer) = here.fields();
        let (code, agent) = (problem.code.as_str(), self.agent.map(display));
        tracing::info!(request, peer, agent, code, "refused a credential: {}", problem.detail);
    }

    /// Notes that a write was refused, because it cannot be put on record.
    pub(crate) fn unrecorded(&self, why: &str) {
        let here = Here::now();
        let (request, peer) = here.fields();
        let (principal, agent) = (self.principal.map(display), self.agent.map(display));
        let (invocation, tool, call) = (self.invocation.map(display), self.tool, self.call);
        tracing::error!(
            request,
            peer,
            principal,
            agent,
            invocation,
            tool,
            call,
            "a write was not made, because it cannot be put on record: {why}"
        );
    }
}

/// The request that is worked on where a line is written.
struct Here(Option<RequestId>);

impl Here {
    fn now() -> Self {
        Self(request_id::current())
    }

    /// `request` and `peer`.
    fn fields(&self) -> (Option<&str>, Option<DisplayValue<IpAddr>>) {
        (self.0.as_ref().map(RequestId::as_str), self.0.as_ref().map(|request| display(request.peer())))
    }
}

/// An invocation that runs, for the line that is written if it fails.
#[derive(Debug)]
pub(crate) struct Failing {
    agent: AgentName,
    principal: Principal,
    invocation: InvocationId,
}

impl Failing {
    pub(crate) fn new(running: &Running) -> Self {
        let (agent, principal) = (running.source.agent.clone(), running.chain.subject.principal.clone());
        Self { agent, principal, invocation: running.source.invocation }
    }

    /// Notes that it failed; never what was said.
    pub(crate) fn failed(&self, runner: &Runner, problem: &Problem) {
        let Self { agent, principal, invocation } = self;
        let model = runner.agent(agent).map(|agent| agent.spec.model.to_string());
        let (code, model) = (problem.code.as_str(), model.as_deref());
        let detail = problem.code.is_detail_for_logs().then_some(problem.detail.as_str());
        let here = Here::now();
        let (request, peer) = here.fields();
        tracing::warn!(request, peer, %principal, %agent, %invocation, code, model, detail, "an invocation failed");
    }
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
