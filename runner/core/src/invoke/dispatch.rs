//! What becomes of the calls a model wants: each is looked up, decided and made here, and nowhere else. A call that cannot
//! be made is an answer to the model, not a failure of the invocation.
//!
//! Calls that read are made at once, side by side; live writes in the model's order, one after the other. What was begun as
//! a live write is finished and put on record, whatever becomes of the invocation.

mod words;
mod write;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use pace_ir::access::Rules;
use pace_ir::text::{printable, shortened};
use pace_sandbox::{Console, Level};
use serde_json::{Value, json};

use super::{Calling, Running};
use crate::authorize::authorize;
use crate::conversation::{Output, ToolCall, ToolResult};
use crate::events::{CallStatus, Event, Source};
use crate::log::About;
use crate::tool::audit::Intent;
use crate::tool::callee::{Attended, Callee};
use crate::tool::local::Lines;
use crate::tool::progress::{self, Told};
use crate::tool::{AgentTools, Cause, Mode, Refusal, ServedTool, ToolFailure};
use crate::trace_context::TraceContext;

/// The most calls of one invocation that are made at once. Models ask for a handful; a turn that asks for hundreds does not
/// keep all others waiting.
const AT_ONCE: usize = 16;
/// The most calls of one turn that are made at all.
const MOST_CALLS: usize = 128;
/// The longest arguments, bytes: as long as a result may be.
const MOST_ARGUMENTS: usize = 1 << 20;
/// The most characters of arguments in a log.
const LOGGED: usize = 200;

/// Makes the calls of one invocation.
#[derive(Clone, Copy)]
pub(super) struct Dispatch<'a> {
    pub(super) tools: Option<&'a AgentTools>,
    pub(super) calling: Calling<'a>,
}

/// What a call comes to.
pub(super) struct Came {
    /// What the model is told.
    pub(super) output: Output,
    /// What that is, in one word.
    pub(super) status: CallStatus,
    /// What is behind it, for those who run the bundle.
    pub(super) cause: Option<Cause>,
}

/// Calls that are made one after the other, with their places among the calls of the turn.
type Lane<'a> = BoxFuture<'a, Vec<(usize, ToolResult)>>;

/// A call with its place among the calls of the turn, its tool and its span.
type Numbered<'a> = (usize, &'a ToolCall, &'a ServedTool, TraceContext);

/// A call and what becomes of it.
enum Decided<'a> {
    /// Nothing is called.
    Answered(Came),
    /// It is made.
    Made(&'a ServedTool),
}

impl<'a> Dispatch<'a> {
    /// Makes the calls of one turn, and answers with their results in the same order. The results have `room` bytes together:
    /// what would make a conversation longer than any may be is left out of it.
    pub(super) fn make(self, calls: &'a [ToolCall], room: usize) -> BoxFuture<'a, Vec<ToolResult>> {
        Box::pin(self.make_all(calls, room))
    }

    async fn make_all(self, calls: &'a [ToolCall], room: usize) -> Vec<ToolResult> {
        let traces: Vec<_> = calls.iter().map(|_| self.calling.running.trace.child()).collect();
        for (call, trace) in calls.iter().zip(&traces) {
            let class = self.find(call).map(|tool| tool.class);
            self.happened(&Event::ToolCall { call, class, trace });
        }
        let room = &AtomicUsize::new(room);
        let (mut lanes, mut writes): (Vec<Lane<'_>>, Vec<_>) = (Vec::new(), Vec::new());
        let mut results: Vec<Option<ToolResult>> = vec![None; calls.len()];
        for ((number, call), trace) in calls.iter().enumerate().zip(traces) {
            match self.decide(number, call) {
                Decided::Answered(came) => {
                    if let Some(slot) = results.get_mut(number) {
                        *slot = Some(self.tell(call, came, Duration::ZERO));
                    }
                }
                Decided::Made(tool) if tool.is_live_write() => writes.push((number, call, tool, trace)),
                Decided::Made(tool) => {
                    lanes.push(self.lane(vec![(number, call, tool, trace)], room));
                }
            }
        }
        if !writes.is_empty() {
            lanes.push(self.lane(writes, room));
        }
        let mut made = stream::iter(lanes).buffer_unordered(AT_ONCE);
        while let Some(lane) = made.next().await {
            for (number, result) in lane {
                if let Some(slot) = results.get_mut(number) {
                    *slot = Some(result);
                }
            }
        }
        results.into_iter().flatten().collect()
    }

    /// These calls, one after the other.
    fn lane<'l>(self, calls: Vec<Numbered<'l>>, room: &'l AtomicUsize) -> Lane<'l>
    where
        'a: 'l,
    {
        Box::pin(async move {
            let mut made = Vec::with_capacity(calls.len());
            for (number, call, tool, trace) in calls {
                made.push((number, self.call(call, tool, trace, room).await));
            }
            made
        })
    }

    fn source(self) -> &'a Source {
        &self.calling.running.source
    }

    fn happened(self, event: &Event<'_>) {
        self.calling.sink.on_event(self.source(), event);
    }

    fn find(self, call: &ToolCall) -> Option<&'a ServedTool> {
        self.tools?.find(&call.name)
    }

    /// The one decision about a call. First whether it is allowed, then whether it makes sense, then whether it is made.
    fn decide(self, number: usize, call: &ToolCall) -> Decided<'a> {
        let invalid = |why: String| Decided::Answered(Came::new(json!({ "error": why }), CallStatus::Invalid));
        if number >= MOST_CALLS {
            return invalid(format!("not called: of one turn, the first {MOST_CALLS} calls are made; ask again"));
        }
        let Some(tool) = self.find(call) else { return invalid(words::unknown(self.tools, &call.name)) };
        if let Some(Refusal { why, cause }) = self.denial(tool) {
            let (key, id) = (tool.key(), printable(&call.id));
            About { tool: Some(&key), call: Some(&id), ..About::invocation(self.calling.running) }.denied(&why);
            let came = Came::new(json!({ "error": why, "denied": true }), CallStatus::Denied);
            return Decided::Answered(Came { cause, ..came });
        }
        if call.arguments.as_str().len() > MOST_ARGUMENTS {
            return invalid(words::misfit(&call.name, "they are too long"));
        }
        // A tree for no longer than it is looked at: whoever waits has a text.
        if let Err(why) = tool.parameters.check(&call.arguments.to_value()) {
            return invalid(words::misfit(&call.name, &why));
        }
        if tool.mode == Mode::Stubbed {
            let (agent, invocation, id) = (&self.source().agent, self.source().invocation, printable(&call.id));
            tracing::info!(%agent, tool = tool.key(), %invocation, call = id, "would have called it");
            let arguments = shortened(&printable(call.arguments.as_str()), LOGGED);
            tracing::debug!(%invocation, call = id, arguments, "the call that was not made");
            return Decided::Answered(Came::new(words::would_have(call), CallStatus::Stubbed));
        }
        Decided::Made(tool)
    }

    /// Why the tool may not be called; nothing if it may.
    fn denial(self, tool: &ServedTool) -> Option<Refusal> {
        let Running { runner, chain, source, .. } = self.calling.running;
        let action = tool.callee.action(&source.agent, tool.class);
        match authorize(Rules::of(runner.bundle()), chain, action) {
            Ok(_) => tool.callee.refusal(chain),
            Err(denial) => Some(Refusal { why: denial.detail, cause: None }),
        }
    }

    async fn call(self, call: &ToolCall, tool: &ServedTool, trace: TraceContext, room: &AtomicUsize) -> ToolResult {
        let begun = Instant::now();
        let lines = Arc::new(Lines::default());
        // Nobody else reports any.
        let (steps, told) = tool.callee.server().map(|_| progress::of_a_call()).unzip();
        let attended = Attended { console: Arc::<Lines>::clone(&lines), steps, trace };
        let made = std::pin::pin!(self.carry_out(call, tool, attended));
        let came = self.followed(call, told, made).await;
        let lines = match &tool.callee {
            Callee::Local(local) => local.placed(self.calling.running.runner.bundle(), lines.take()),
            Callee::Server(_) | Callee::Agent(_) => lines.take(),
        };
        for (level, text) in lines {
            log(level, &tool.key(), self.source(), &text);
            self.happened(&Event::ToolConsole { call, level, text: &text });
        }
        if let Came { output, status: CallStatus::Failed, .. } = &came {
            let told = output.content.to_value();
            let place = told.pointer("/stack/0").and_then(Value::as_str).map(printable);
            let (agent, invocation, kind) =
                (&self.source().agent, self.source().invocation, told.get("kind").and_then(Value::as_str));
            tracing::warn!(%agent, tool = tool.key(), %invocation, call = printable(&call.id), kind, place, "the tool failed");
        }
        self.tell(call, fitting(came, room, tool), begun.elapsed())
    }

    /// A call to its end, and what is told of it meanwhile.
    async fn followed(
        self,
        call: &ToolCall,
        told: Option<Told>,
        mut made: Pin<&mut impl Future<Output = Came>>,
    ) -> Came {
        let Some(mut told) = told else { return made.await };
        loop {
            let step = tokio::select! {
                biased;
                came = &mut made => return came,
                step = told.next() => step,
            };
            let (progress, total, message) = (step.progress, step.total, step.message.as_deref());
            self.happened(&Event::ToolProgress { call, progress, total, message });
        }
    }

    /// Makes one call, and tells nobody: `console` hears the tool's lines as they are written.
    pub(super) async fn once(self, call: &'a ToolCall, console: Arc<dyn Console>) -> Came {
        match self.decide(0, call) {
            Decided::Answered(came) => came,
            Decided::Made(tool) => {
                let trace = self.calling.running.trace.child();
                self.carry_out(call, tool, Attended { console, steps: None, trace }).await
            }
        }
    }

    async fn carry_out(self, call: &ToolCall, tool: &ServedTool, attended: Attended) -> Came {
        if tool.is_live_write() {
            let Running { runner, chain, source, .. } = self.calling.running;
            let said = (call.id.as_str(), &call.arguments);
            let intent = Intent::new(source.invocation, (&source.agent, tool.key()), chain, runner.id(), said);
            return write::make(self.calling.running, intent, tool.callee.clone(), attended).await;
        }
        came(tool.callee.call(self.calling, &call.arguments, attended).await)
    }

    fn tell(self, call: &ToolCall, Came { output, status, cause }: Came, took: Duration) -> ToolResult {
        let is_error = !matches!(status, CallStatus::Done | CallStatus::Stubbed);
        let Output { content, images } = output;
        let result =
            ToolResult { id: call.id.clone(), name: call.name.clone(), content, is_error, images, forgotten: 0 };
        self.happened(&Event::ToolResult { result: &result, status, cause: cause.as_ref(), took });
        result
    }
}

impl Came {
    /// Behind which there is nothing to know.
    fn new(output: impl Into<Output>, status: CallStatus) -> Self {
        Self { output: output.into(), status, cause: None }
    }
}

fn came(result: Result<Output, ToolFailure>) -> Came {
    match result {
        Ok(output) => Came::new(output, CallStatus::Done),
        Err(failure) => Came { cause: failure.cause.clone(), ..Came::new(failure.to_value(), CallStatus::Failed) },
    }
}

/// What a call came to if there is room for it; else that it is left out. That a write was made is always told.
fn fitting(came: Came, room: &AtomicUsize, tool: &ServedTool) -> Came {
    let length = came.output.length();
    if room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(length)).is_ok() {
        return came;
    }
    let left_out = "left out, because the conversation would be too long with it; ask for less";
    let error = || json!({ "error": left_out });
    match came.status {
        CallStatus::Done if tool.is_live_write() => {
            Came::new(json!({ "executed": true, "result": left_out }), CallStatus::Done)
        }
        CallStatus::Done => Came::new(error(), CallStatus::Failed),
        _ => Came { output: error().into(), ..came },
    }
}

/// A tool's console is talk, not what an operator wants on record; and what tools print comes from anywhere.
fn log(level: Level, tool: &str, source: &Source, text: &str) {
    let (agent, invocation, text) = (&source.agent, source.invocation, printable(text));
    tracing::debug!(%agent, tool, %invocation, wrote = ?level, text, "the tool wrote on its console");
}
