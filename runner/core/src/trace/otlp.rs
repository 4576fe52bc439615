//! Spans to a collector of OpenTelemetry, by OTLP 1.x (<https://opentelemetry.io/docs/specs/otlp/>): over HTTP as protobuf, or over
//! gRPC. Records are taken at once or not at all; a task of its own makes spans of them, and sends these many at a time. No
//! invocation waits for a collector, and none fails because of one.

mod answer;
mod attributes;
mod grpc;
pub mod json;
mod message;
mod queue;
mod send;
mod spans;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{Trace, TraceSink};
use crate::config::otlp::shown;
use crate::config::{OtlpSettings, Sampler};
use crate::environment::Environment;
use crate::id;
use crate::setup::SetupError;
use attributes::Attributes;
use message::Resource;
use queue::Queue;
use send::{Outcome, Sender};

pub use queue::ExportState;
pub use spans::Content;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What makes the spans.
const SCOPE: &str = "paceline";

/// How often the log is told of changes.
const LOOK: Duration = Duration::from_secs(1);

/// Exports records.
#[derive(Debug)]
pub struct Exporter {
    queue: Queue,
    /// The collector's address, for the log.
    address: String,
    sampler: Sampler,
}

/// Whose spans they are.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// The project.
    pub project: &'a str,
    /// What the deployment is called.
    pub deployment: &'a str,
}

impl Exporter {
    /// Begins to export. Has to be called in a runtime with its timers on. Nothing is sent before there is something to send: a
    /// collector that is away when a runner starts is no reason not to start.
    ///
    /// # Errors
    /// What connections need is wrong: a proxy, root certificates.
    pub fn begin(settings: &OtlpSettings, program: Program<'_>, environment: &Environment) -> Result<Self, SetupError> {
        let sender = Sender::configure(settings, resource(settings, program), environment)?;
        let queue = Queue::begin(sender, settings.content, environment.given().clone());
        Ok(Self { queue, address: shown(&settings.endpoint), sampler: settings.sampler })
    }

    /// Takes a record, or drops and counts it.
    pub(crate) fn take(&self, trace: Arc<Trace>) {
        // A request that was refused before anybody knew an agent invoked none.
        let is_invocation = !trace.agent.is_empty();
        if is_invocation && (trace.span.is_sampled || self.sampler == Sampler::Always) {
            self.queue.take(trace);
        }
    }

    /// How it is.
    pub fn state(&self) -> ExportState {
        self.queue.state()
    }

    /// What does not work; nothing where all does. Why is for the log: it names the collector, and repeats what that says.
    pub(crate) fn trouble(&self) -> Option<String> {
        let ExportState { failure, waiting, dropped, .. } = self.state();
        failure?;
        Some(format!("spans are not exported: {waiting} wait, {dropped} were dropped"))
    }

    /// Ends when all that was taken is sent or refused.
    ///
    /// # Errors
    /// How many are lost, and why.
    pub(crate) async fn flush(&self, within: Duration) -> Result<(), String> {
        // What was lost before has been told.
        let before = self.state().dropped;
        let is_over = self.queue.flush(within).await;
        let state = self.state();
        let lost = state.waiting.saturating_add(state.dropped.saturating_sub(before));
        if is_over && lost == 0 {
            return Ok(());
        }
        let why = state.failure.unwrap_or_else(|| format!("not within {} s", within.as_secs_f64()));
        Err(format!("{lost} spans could not be exported: {why}"))
    }
}

impl TraceSink for Exporter {
    fn offer(&self, trace: Trace) {
        self.take(Arc::new(trace));
    }
}

/// Tells the log when the collector fails, when it works again, and when spans were dropped. Ends with the exporter.
pub(crate) async fn watch(exporter: Weak<Exporter>) {
    let (mut failure, mut dropped): (Option<String>, _) = (None, 0);
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(exporter) = exporter.upgrade() else { return };
        let (state, address) = (exporter.state(), exporter.address.as_str());
        match (&failure, &state.failure) {
            (None, Some(why)) => tracing::error!(address, "spans are not exported: {why}"),
            (Some(_), None) => tracing::info!(address, "spans are exported again"),
            _ => {}
        }
        failure = state.failure;
        if state.dropped > dropped {
            tracing::warn!(dropped = state.dropped - dropped, "spans were dropped, and not exported");
            dropped = state.dropped;
        }
    }
}

/// Whether the collector takes spans: it is sent none, once.
///
/// # Errors
/// As [`Exporter::begin`]. What the collector does not take, and why, is in what is returned.
pub(crate) async fn probe(
    settings: &OtlpSettings,
    program: Program<'_>,
    environment: &Environment,
) -> Result<Result<(), String>, SetupError> {
    let mut sender = Sender::configure(settings, resource(settings, program), environment)?;
    let nothing = sender.encoded(Vec::new());
    Ok(match sender.attempt(nothing).await {
        Outcome::Taken | Outcome::Partly { .. } => Ok(()),
        Outcome::Refused(why) | Outcome::Later { why, .. } => Err(why),
    })
}

/// Who the spans are of, as OpenTelemetry's conventions for resources have it. What the operator says goes before what is known
/// here, and a name before an attribute of the same meaning.
fn resource(settings: &OtlpSettings, program: Program<'_>) -> Resource {
    let instance = id::random().map(|number| format!("{number:032x}")).unwrap_or_default();
    let said = settings.resource.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let named = settings.service.as_deref().map(|name| ("service.name", name));
    let known = known(program).into_iter().chain([("service.instance.id", instance.as_str())]);
    let nothing = pace_redact::Redactor::new([]);
    let mut attributes = Attributes::new(&nothing);
    let mut told: Vec<&str> = Vec::new();
    for (key, value) in named.into_iter().chain(said).chain(known) {
        if !told.contains(&key) {
            told.push(key);
            attributes.text(key, value);
        }
    }
    Resource { attributes: attributes.done() }
}

/// What is known of a program.
fn known(program: Program<'_>) -> [(&'static str, &str); 6] {
    // Nobody has given it a name.
    let project = if program.project == "default" { "paceline" } else { program.project };
    [
        ("service.name", project),
        ("service.version", VERSION),
        ("deployment.environment.name", program.deployment),
        ("telemetry.sdk.name", "paceline"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.version", VERSION),
    ]
}
