//! Counts what one invocation does, from its events.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Metrics;
use crate::conversation::Usage;
use crate::events::Event;
use crate::invoke::Running;
use crate::problem::Code;
use crate::tool::{AgentTools, ServedTool};
use crate::trace::Status;

/// Nobody is asked.
const NOBODY: u64 = u64::MAX;

/// Hears one invocation.
pub(crate) struct Meter<'a> {
    running: &'a Running,
    metrics: &'a Metrics,
    model: String,
    tools: Option<&'a AgentTools>,
    began: Instant,
    /// When the model was asked that has not answered yet: microseconds from the beginning.
    asked: AtomicU64,
    /// Calls under way, by [`KINDS`].
    calls: [AtomicI64; KINDS.len()],
    is_over: AtomicBool,
}

const KINDS: [&str; 3] = ["local", "server", "agent"];

impl<'a> Meter<'a> {
    /// For an invocation that begins now.
    pub(crate) fn new(running: &'a Running) -> Self {
        let (runner, agent) = (&running.runner, &running.source.agent);
        let model = runner.agent(agent).map(|agent| agent.spec.model.to_string()).unwrap_or_default();
        Self {
            running,
            metrics: runner.metrics(),
            model,
            tools: runner.tools(agent),
            began: Instant::now(),
            asked: AtomicU64::new(NOBODY),
            calls: Default::default(),
            is_over: AtomicBool::new(false),
        }
    }

    /// One event of this invocation.
    pub(crate) fn on_event(&self, event: &Event<'_>) {
        match event {
            Event::ModelCall { .. } => self.asked.store(self.microseconds(), Ordering::Relaxed),
            Event::ModelRetry { .. } => {
                self.metrics.model_retries.get_or_create(&[("model", self.model.clone())]).inc();
            }
            Event::ModelAnswered { usage, .. } => self.answered(*usage),
            Event::ToolCall { call, .. } => self.under_way(self.find(&call.name), 1),
            Event::ToolResult { result, status, took, .. } => {
                let tool = self.find(&result.name);
                self.under_way(tool, -1);
                let (key, access) = tool.map_or(("unknown".to_owned(), ""), |tool| (tool.key(), tool.class.as_str()));
                let labels =
                    [("tool", key.clone()), ("access", access.to_owned()), ("status", status.as_str().to_owned())];
                self.metrics.tool_calls.get_or_create(&labels).inc();
                if !took.is_zero() && tool.is_some() {
                    self.metrics.tool_seconds.get_or_create(&[("tool", key)]).observe(took.as_secs_f64());
                }
            }
            Event::Done(_) => self.end(Status::Ok),
            Event::Failed(problem) => self.end(match problem.code {
                Code::Cancelled | Code::Draining => Status::Cancelled,
                _ => Status::Failed,
            }),
            _ => {}
        }
    }

    fn find(&self, name: &str) -> Option<&'a ServedTool> {
        self.tools?.find(name)
    }

    fn answered(&self, usage: Usage) {
        let asked = self.asked.swap(NOBODY, Ordering::Relaxed);
        let took = Duration::from_micros(self.microseconds().saturating_sub(asked));
        let model = || ("model", self.model.clone());
        self.metrics.model_calls.get_or_create(&[model(), ("status", "ok".to_owned())]).inc();
        self.metrics.model_seconds.get_or_create(&[model()]).observe(took.as_secs_f64());
        for (kind, count) in [
            ("input", usage.input_tokens),
            ("cached_input", usage.cached_input_tokens),
            ("output", usage.output_tokens),
        ] {
            self.metrics.tokens.get_or_create(&[model(), ("type", kind.to_owned())]).inc_by(count);
        }
    }

    fn under_way(&self, tool: Option<&ServedTool>, change: i64) {
        let Some(tool) = tool else { return };
        for (kind, calls) in KINDS.iter().zip(&self.calls).filter(|(kind, _)| **kind == tool.callee.kind()) {
            calls.fetch_add(change, Ordering::Relaxed);
            self.metrics.tools_running.get_or_create(&[("kind", (*kind).to_owned())]).inc_by(change);
        }
    }

    /// Counts the end, once, and what has no end of its own any more.
    fn end(&self, status: Status) {
        if self.is_over.swap(true, Ordering::Relaxed) {
            return;
        }
        self.metrics.ended(&self.running.source.agent, status, Some(self.began.elapsed()));
        if self.asked.swap(NOBODY, Ordering::Relaxed) != NOBODY {
            let labels = [("model", self.model.clone()), ("status", "failed".to_owned())];
            self.metrics.model_calls.get_or_create(&labels).inc();
        }
        for (kind, calls) in KINDS.iter().zip(&self.calls) {
            let left = calls.swap(0, Ordering::Relaxed);
            if left != 0 {
                self.metrics.tools_running.get_or_create(&[("kind", (*kind).to_owned())]).inc_by(-left);
            }
        }
    }

    fn microseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(NOBODY - 1)
    }
}

impl Drop for Meter<'_> {
    /// One that is dropped was cancelled: whoever followed it has gone.
    fn drop(&mut self) {
        self.end(Status::Cancelled);
    }
}
