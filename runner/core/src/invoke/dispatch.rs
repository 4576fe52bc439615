//! What becomes of the calls a model wants: each is looked up, decided and made here, and nowhere else. A call that cannot
//! be made is an answer to the model, not a failure of the invocation.
//!
//! Calls that read are made at once, side by side; live writes in the model's order, one after the other. What was begun as
//! a live write is finished and put on record, whatever becomes of the invocation.

mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use pace_ir::access::{Chain, Rules};
use pace_ir::text::shortened;
use pace_sandbox::Level;
use serde_json::{Value, json};

use crate::authorize::{Action, authorize};
use crate::conversation::{ToolCall, ToolResult};
use crate::events::{CallStatus, Event, EventSink, Source};
use crate::instantiate::Runner;
use crate::session::{MAX_SESSION_BYTES, of_value};
use crate::tool::audit::{Intent, WriteStatus};
use crate::tool::local::Lines;
use crate::tool::{AgentTools, LocalTool, Mode, ServedTool, ToolFailure};

/// The most calls of one invocation that are made at once. Models ask for a handful; a turn that asks for hundreds does not
/// keep all others waiting.
const AT_ONCE: usize = 16;
/// The most calls of one turn that are made at all.
const MOST_CALLS: usize = 128;
/// The most characters of arguments in a log.
const LOGGED: usize = 200;

/// Makes the calls of one invocation.
#[derive(Clone, Copy)]
pub(super) struct Dispatch<'a> {
    pub(super) runner: &'a Arc<Runner>,
    pub(super) tools: Option<&'a AgentTools>,
    pub(super) chain: &'a Chain,
    pub(super) source: &'a Source,
    pub(super) sink: &'a dyn EventSink,
}

/// What a call comes to, and what that is for the model.
type Came = (Value, CallStatus);

/// Calls that are made one after the other, with their places among the calls of the turn.
type Lane<'a> = BoxFuture<'a, Vec<(usize, ToolResult)>>;

/// A call and what becomes of it.
enum Decided<'a> {
    /// Nothing is called.
    Answered(Came),
    /// It is made.
    Made(&'a ServedTool),
}

impl<'a> Dispatch<'a> {
    /// Makes the calls of one turn, and answers with their results in the same order.
    pub(super) async fn make(self, calls: &'a [ToolCall]) -> Vec<ToolResult> {
        for call in calls {
            let class = self.find(call).map(|tool| tool.class);
            self.sink.on_event(self.source, &Event::ToolCall { call, class });
        }
        let (mut lanes, mut writes): (Vec<Lane<'_>>, Vec<_>) = (Vec::new(), Vec::new());
        let mut results: Vec<Option<ToolResult>> = vec![None; calls.len()];
        for (number, call) in calls.iter().enumerate() {
            match self.decide(number, call) {
                Decided::Answered(came) => {
                    if let Some(slot) = results.get_mut(number) {
                        *slot = Some(self.tell(call, came, Duration::ZERO));
                    }
                }
                Decided::Made(tool) if tool.is_live_write() => writes.push((number, call, tool)),
                Decided::Made(tool) => {
                    lanes.push(Box::pin(async move { vec![(number, self.call(call, tool).await)] }));
                }
            }
        }
        if !writes.is_empty() {
            lanes.push(Box::pin(async move {
                let mut made = Vec::with_capacity(writes.len());
                for (number, call, tool) in writes {
                    made.push((number, self.call(call, tool).await));
                }
                made
            }));
        }
        let mut made = stream::iter(lanes).buffer_unordered(AT_ONCE);
        while let Some(lane) = made.next().await {
            for (number, result) in lane {
                if let Some(slot) = results.get_mut(number) {
                    *slot = Some(result);
                }
            }
        }
        shortened_together(results.into_iter().flatten().collect())
    }

    fn find(self, call: &ToolCall) -> Option<&'a ServedTool> {
        self.tools?.find(&call.name)
    }

    /// The one decision about a call. First whether it is allowed, then whether it makes sense, then whether it is made.
    fn decide(self, number: usize, call: &ToolCall) -> Decided<'a> {
        let invalid = |why: String| Decided::Answered((json!({ "error": why }), CallStatus::Invalid));
        let Some(tool) = self.find(call) else { return invalid(words::unknown(self.tools, &call.name)) };
        if number >= MOST_CALLS {
            return invalid(format!("not called: of one turn, the first {MOST_CALLS} calls are made; ask again"));
        }
        let action = Action::Call { agent: &self.source.agent, tool: &tool.tool, class: tool.class };
        if let Err(denial) = authorize(Rules::of(self.runner.bundle()), self.chain, action) {
            tracing::info!(agent = %self.source.agent, tool = tool.key(), "denied: {}", denial.detail);
            return Decided::Answered((json!({ "error": denial.detail, "denied": true }), CallStatus::Denied));
        }
        if let Err(why) = tool.parameters.check(&call.arguments) {
            return invalid(words::misfit(&call.name, &why));
        }
        if tool.mode == Mode::Stubbed {
            let arguments = shortened(&call.arguments.to_string(), LOGGED);
            tracing::info!(agent = %self.source.agent, tool = tool.key(), arguments, "would have called it");
            return Decided::Answered((words::would_have(call), CallStatus::Stubbed));
        }
        Decided::Made(tool)
    }

    async fn call(self, call: &'a ToolCall, tool: &'a ServedTool) -> ToolResult {
        let begun = Instant::now();
        let lines = Arc::new(Lines::default());
        let came = if tool.is_live_write() {
            self.write(call, tool, &lines).await
        } else {
            came(tool.local.call(self.runner.bundle(), &call.arguments, lines.clone()).await)
        };
        for (level, text) in lines.take() {
            log(level, &tool.key(), self.source, &text);
            self.sink.on_event(self.source, &Event::ToolConsole { call, level, text: &text });
        }
        self.tell(call, came, begun.elapsed())
    }

    /// Makes a live write on a task of its own: whoever asked may leave, and what was begun is finished all the same.
    async fn write(self, call: &ToolCall, tool: &ServedTool, lines: &Arc<Lines>) -> Came {
        let (agent, runner) = (&self.source.agent, Arc::clone(self.runner));
        let said = (call.id.as_str(), &call.arguments);
        let intent = Intent::new(self.source.invocation, (agent, tool.key()), self.chain, runner.id(), said);
        let made = tokio::spawn(made(runner, intent, tool.local.clone(), Arc::clone(lines)));
        made.await.unwrap_or_else(|_| {
            let why = "the call ended without a result; what it did until then is done";
            (json!({ "error": why }), CallStatus::Failed)
        })
    }

    fn tell(self, call: &ToolCall, (content, status): Came, took: Duration) -> ToolResult {
        let is_error = !matches!(status, CallStatus::Done | CallStatus::Stubbed);
        let result = ToolResult { id: call.id.clone(), name: call.name.clone(), content, is_error };
        self.sink.on_event(self.source, &Event::ToolResult { result: &result, status, took });
        result
    }
}

/// One live write, from its intent to what came of it.
async fn made(runner: Arc<Runner>, intent: Intent, tool: LocalTool, lines: Arc<Lines>) -> Came {
    let _place = runner.work().write().await;
    let (intent, recorded) = recorded(intent, Intent::record).await;
    if let Err(error) = recorded {
        let why = format!("not called: the write cannot be put on record ({error})");
        tracing::error!(tool = intent.as_ref().map(|intent| intent.tool.as_str()), "{why}");
        return (json!({ "error": why }), CallStatus::Failed);
    }
    let Some(intent) = intent else { return (json!({ "error": "not called" }), CallStatus::Failed) };
    let result = tool.call(runner.bundle(), &intent.arguments, lines).await;
    let failure = result.as_ref().err().map(|failure| failure.message.clone());
    let (_, recorded) = recorded_outcome(intent, failure).await;
    if let Err(error) = recorded {
        tracing::error!("what came of a write cannot be put on record: {error}");
    }
    came(result)
}

/// Writes a record off the threads that serve: standard error may be a pipe that nobody empties.
async fn recorded(
    intent: Intent,
    record: impl FnOnce(&Intent) -> std::io::Result<()> + Send + 'static,
) -> (Option<Intent>, std::io::Result<()>) {
    let written = tokio::task::spawn_blocking(move || {
        let result = record(&intent);
        (intent, result)
    });
    match written.await {
        Ok((intent, result)) => (Some(intent), result),
        Err(error) => (None, Err(std::io::Error::other(error))),
    }
}

async fn recorded_outcome(intent: Intent, failure: Option<String>) -> (Option<Intent>, std::io::Result<()>) {
    let status = if failure.is_some() { WriteStatus::Failed } else { WriteStatus::Done };
    recorded(intent, move |intent| intent.record_outcome(status, failure.as_deref())).await
}

fn came(result: Result<Value, ToolFailure>) -> Came {
    match result {
        Ok(value) => (value, CallStatus::Done),
        Err(failure) => (failure.to_value(), CallStatus::Failed),
    }
}

/// Leaves out what would make a conversation longer than any may be.
fn shortened_together(mut results: Vec<ToolResult>) -> Vec<ToolResult> {
    let mut bytes = 0_usize;
    for result in &mut results {
        bytes = bytes.saturating_add(of_value(&result.content));
        if bytes > MAX_SESSION_BYTES {
            result.content =
                json!({ "error": "left out: the results of this turn are too long together; ask for less" });
            result.is_error = true;
        }
    }
    results
}

fn log(level: Level, tool: &str, source: &Source, text: &str) {
    let (agent, invocation) = (&source.agent, source.invocation);
    match level {
        Level::Debug => tracing::debug!(tool, %agent, %invocation, "{text}"),
        Level::Info => tracing::info!(tool, %agent, %invocation, "{text}"),
        Level::Warn => tracing::warn!(tool, %agent, %invocation, "{text}"),
        Level::Error => tracing::error!(tool, %agent, %invocation, "{text}"),
    }
}
