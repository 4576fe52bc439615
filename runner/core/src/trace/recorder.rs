//! From events to a record: hears what an invocation does, passes it on to whoever follows, and hands the record over when it
//! ends, however it ends. It runs on the invocation's own task: what is kept is copied, and nothing else is done here.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pace_ir::access::Chain;
use pace_ir::program::{Access, AgentName, Principal};
use pace_ir::text::shortened;
use pace_sandbox::Level;

use super::TraceSink;
use super::payload::Payload;
use super::place;
use super::record::{Failure, ModelService, ModelStep, Status, Step, Taken, ToolStep, Trace};
use super::refused::strangers_left_out;
use crate::conversation::ToolCall;
use crate::events::{CallStatus, Event, EventSink, Source};
use crate::id::{InvocationId, SessionId};
use crate::instantiate::Runner;
use crate::invoke::Running;
use crate::metrics::Meter;
use crate::problem::{Code, Problem};
use crate::request_id;
use crate::tool::{AgentTools, ServedTool};
use crate::trace_context::TraceContext;

/// The most steps kept of one invocation: of one that runs in circles, its beginning tells why.
const MOST_STEPS: usize = 256;
/// The most lines kept of one call's console.
const MOST_LINES: usize = 32;
/// The most characters kept of one line of it.
pub(crate) const MOST_LINE: usize = 1_000;

/// Records one invocation, counts what it does, and tells another sink the same.
pub(crate) struct Recorder<'a> {
    invocation: InvocationId,
    sink: &'a dyn EventSink,
    meter: Meter<'a>,
    recording: Option<Recording<'a>>,
}

/// What is recorded, and where it goes.
struct Recording<'a> {
    running: &'a Running,
    traces: &'a dyn TraceSink,
    tools: Option<&'a AgentTools>,
    clock: Instant,
    /// Gone once it is handed over.
    trace: Mutex<Option<Trace>>,
}

impl<'a> Recorder<'a> {
    /// For an invocation that begins now; `sink` hears all of its events, and those of agents it calls.
    pub(crate) fn new(running: &'a Running, message: &str, sink: &'a dyn EventSink) -> Self {
        let recording = running.runner.traces().map(|traces| {
            let agent = &running.source.agent;
            let trace =
                blank(&running.runner, (running.source.invocation, agent), (&running.chain, &running.trace), message);
            let trace = Trace { parent: running.source.parent, root: running.root, ..trace };
            let (tools, clock) = (running.runner.tools(agent), Instant::now());
            Recording { running, traces, tools, clock, trace: Mutex::new(Some(trace)) }
        });
        Self { invocation: running.source.invocation, sink, meter: Meter::new(running), recording }
    }
}

/// Who was not allowed to begin an invocation, and why.
pub(crate) struct Denied<'a> {
    /// The agent that would have answered.
    pub(crate) agent: &'a AgentName,
    /// Who asked.
    pub(crate) chain: &'a Chain,
    /// The span of whoever asked.
    pub(crate) above: Option<TraceContext>,
    /// What was said.
    pub(crate) message: &'a str,
    /// Why it is not.
    pub(crate) problem: &'a Problem,
}

impl Denied<'_> {
    /// Puts it on record. Of denials of those who show no credential only so many are kept as there is room for: see
    /// [`Strangers`](super::Strangers).
    pub(crate) fn record(&self, runner: &Runner) {
        let Self { agent, chain, above, message, problem } = self;
        runner.metrics().ended(agent, Status::Denied, None);
        let Some(traces) = runner.traces() else { return };
        let is_stranger = chain.subject.principal == Principal::Anonymous;
        let left_out = if is_stranger { runner.strangers().admit() } else { Some(0) };
        let Some(left_out) = left_out else { return };
        let span = above.map_or_else(TraceContext::new, |above| Ok(above.child()));
        // Without random bytes nothing has an id, and nothing can be kept.
        let (Ok(id), Ok(span)) = (InvocationId::new(), span) else { return };
        let trace = blank(runner, (id, agent), (chain, &span), message);
        let mut failure = failure(runner, agent, problem);
        failure.detail = strangers_left_out(&failure.detail, left_out);
        traces.offer(Trace { status: Status::Denied, error: Some(failure), ..trace });
    }
}

impl EventSink for Recorder<'_> {
    fn on_event(&self, source: &Source, event: &Event<'_>) {
        if source.invocation == self.invocation {
            self.meter.on_event(event);
            if let Some(recording) = &self.recording {
                recording.on_event(event);
            }
        }
        self.sink.on_event(source, event);
    }
}

impl Drop for Recorder<'_> {
    /// An invocation that is dropped is told of by nobody: whoever followed it has gone, too.
    fn drop(&mut self) {
        if let Some(recording) = &self.recording {
            recording.end(|trace| recording.failed(trace, &recording.running.runner.work().why_cancelled()));
        }
    }
}

impl Recording<'_> {
    fn on_event(&self, event: &Event<'_>) {
        match event {
            Event::Started { session, .. } => self.change(|trace| trace.session = Some(self.told(*session))),
            Event::ModelCall { turn } => {
                let step = ModelStep { turn: *turn, at_ms: self.now(), ..ModelStep::default() };
                self.change(|trace| add(trace, Step::Model(step)));
            }
            Event::ModelRetry { .. } => self.change_model(|model| model.retries += 1),
            Event::Repair { why } => self.change_model(|model| model.mended = Some((*why).to_owned())),
            Event::ModelAnswered { usage, .. } => {
                let now = self.now();
                self.change_model(|model| {
                    model.took_ms = Some(now - model.at_ms);
                    model.usage = *usage;
                });
            }
            Event::ToolCall { call, class, trace } => {
                let step = self.called(call, *class, trace);
                self.change(|trace| add(trace, Step::Tool(step)));
            }
            Event::ToolConsole { call, level, text } => self.change_tool(&call.id, |step| {
                if step.console.len() < MOST_LINES {
                    step.console.push(line(*level, text));
                }
            }),
            Event::ToolResult { result, status, took, .. } => {
                if *status == CallStatus::Denied {
                    self.change(|trace| trace.denied_calls = trace.denied_calls.saturating_add(1));
                }
                self.change_tool(&result.id, |step| {
                    step.status = Some(*status);
                    step.took_ms = Some(milliseconds(*took));
                    step.result = Some(Payload::json(&result.content));
                    step.images = u32::try_from(result.images.len()).unwrap_or(u32::MAX);
                    if !matches!(status, CallStatus::Done | CallStatus::Stubbed) {
                        let bundle = self.running.runner.bundle();
                        step.place = step.tool.as_deref().and_then(|tool| place::of_call(bundle, self.agent(), tool));
                    }
                });
            }
            Event::Done(answer) => self.end(|trace| trace.response = Some(Payload::text(&answer.response))),
            Event::Failed(problem) => self.end(|trace| self.failed(trace, problem)),
            Event::Text(_) | Event::ToolProgress { .. } => {}
        }
    }

    fn called(&self, call: &ToolCall, class: Option<Access>, span: &TraceContext) -> ToolStep {
        ToolStep {
            span: span.into(),
            call: call.id.clone(),
            name: call.name.clone(),
            tool: self.tools.and_then(|tools| tools.find(&call.name)).map(ServedTool::key),
            class: class.map(Into::into),
            at_ms: self.now(),
            took_ms: None,
            status: None,
            arguments: Payload::json(&call.arguments),
            result: None,
            images: 0,
            place: None,
            console: Vec::new(),
        }
    }

    fn failed(&self, trace: &mut Trace, problem: &Problem) {
        trace.status = match problem.code {
            Code::Cancelled | Code::Draining => Status::Cancelled,
            _ => Status::Failed,
        };
        trace.error = Some(failure(&self.running.runner, self.agent(), problem));
    }

    /// The session as the record names it. That of nobody in particular is whose who knows its id: read by those who may see
    /// traces, and sent to a collector, the id would let them go on with it.
    fn told(&self, session: SessionId) -> SessionId {
        match self.running.chain.subject.principal {
            Principal::Anonymous => session.disguised(),
            _ => session,
        }
    }

    fn agent(&self) -> &AgentName {
        &self.running.source.agent
    }

    fn now(&self) -> f64 {
        milliseconds(self.clock.elapsed())
    }

    fn change(&self, change: impl FnOnce(&mut Trace)) {
        if let Some(trace) = self.lock().as_mut() {
            change(trace);
        }
    }

    /// Changes the last question to the model; there is one at a time.
    fn change_model(&self, change: impl FnOnce(&mut ModelStep)) {
        self.change(|trace| {
            let model = trace.steps.iter_mut().rev().find_map(|step| match step {
                Step::Model(model) => Some(model),
                Step::Tool(_) => None,
            });
            model.map(change);
        });
    }

    /// Changes the call of this id that is not over yet: models use ids again.
    fn change_tool(&self, call: &str, change: impl FnOnce(&mut ToolStep)) {
        self.change(|trace| {
            let tool = trace.steps.iter_mut().rev().find_map(|step| match step {
                Step::Tool(tool) if tool.call == call && tool.status.is_none() => Some(tool),
                Step::Tool(_) | Step::Model(_) => None,
            });
            tool.map(change);
        });
    }

    /// Hands the record over, once.
    fn end(&self, change: impl FnOnce(&mut Trace)) {
        let Some(mut trace) = self.lock().take() else { return };
        change(&mut trace);
        trace.duration_ms = self.now();
        trace.usage = self.running.budget.spent().into();
        self.traces.offer(trace);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Trace>> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn blank(
    runner: &Runner,
    (id, agent): (InvocationId, &AgentName),
    (chain, span): (&Chain, &TraceContext),
    message: &str,
) -> Trace {
    let program = &runner.bundle().program;
    let model = program.agents.get(agent).map(|agent| &agent.model);
    let service = model
        .and_then(|model| program.models.get(model))
        .map(|service| ModelService { provider: service.provider.as_str().to_owned(), model: service.model.clone() });
    Trace {
        id,
        parent: None,
        root: id,
        span: span.into(),
        request: request_id::current().map(|request| request.as_str().to_owned()),
        agent: agent.to_string(),
        scheduled: None,
        session: None,
        subject: chain.subject.principal.to_string(),
        instructed_by: chain.instructed_by.as_ref().map(|by| by.principal.to_string()),
        actors: chain.actors.iter().map(ToString::to_string).collect(),
        model: model.map(ToString::to_string).unwrap_or_default(),
        service,
        bundle: runner.id().to_string(),
        status: Status::Ok,
        error: None,
        started: std::time::SystemTime::now().into(),
        duration_ms: 0.0,
        usage: Taken::default(),
        message: Payload::text(message),
        response: None,
        steps: Vec::new(),
        steps_left_out: 0,
        denied_calls: 0,
    }
}

fn failure(runner: &Runner, agent: &AgentName, problem: &Problem) -> Failure {
    let place = place::of_failure(runner.bundle(), agent, problem);
    Failure { code: problem.code.as_str().to_owned(), detail: problem.detail.clone(), place }
}

fn add(trace: &mut Trace, step: Step) {
    if trace.steps.len() < MOST_STEPS {
        trace.steps.push(step);
    } else {
        trace.steps_left_out = trace.steps_left_out.saturating_add(1);
    }
}

fn line(level: Level, text: &str) -> String {
    let level = match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    format!("{level}: {}", shortened(text, MOST_LINE))
}

fn milliseconds(time: Duration) -> f64 {
    // Microseconds are what can be trusted.
    (time.as_secs_f64() * 1e6).round() / 1e3
}
