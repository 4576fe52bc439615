//! One run of an instance: made, started, interrupted if need be, and its end put into words.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use pace_ir::program::ByteSize;
use serde::Deserialize;
use tokio::sync::SemaphorePermit;
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::call::{Call, Limits};
use crate::engine::{Engine, Inner};
use crate::error::{CompileError, ToolError, ToolErrorKind};
use crate::json;
use crate::state::{Answer, State, Stop};
use crate::tool::{Bytecode, Description, Exported};

/// The most of a message or a stack that is passed on, characters.
const MOST_WORDS: usize = 4000;

/// After how many ticks running code is asked to pause: with two it has run for one whole tick at least.
pub(crate) const TICKS: u64 = 2;

/// What the engine says of a failure.
#[derive(Debug, Deserialize)]
struct Failure {
    kind: String,
    name: String,
    message: String,
    stack: String,
}

/// The request of a call, as the engine reads it.
pub(crate) fn request(call: &Call) -> Result<Vec<u8>, ToolError> {
    if !json::is_value(&call.arguments) {
        return Err(plain(ToolErrorKind::Arguments, "the arguments are not JSON".into()));
    }
    let env = serde_json::to_string(&call.env).unwrap_or_else(|_| "{}".into());
    // `args` comes last: of a key that stands twice the last one counts, and this text is the model's.
    Ok(format!(r#"{{"mode":"execute","env":{env},"args":{}}}"#, call.arguments).into_bytes())
}

/// Calls a tool.
pub(crate) async fn call(engine: &Engine, state: State) -> Result<String, ToolError> {
    let (redactor, is_busy) = (Arc::clone(&state.redactor), Arc::clone(&state.is_busy));
    let limits = state.limits;
    let inner = Arc::clone(&engine.inner);
    let work = Box::pin(async move { run(&inner, state, "run-tool").await });
    let ended = engine.inner.busy.run(work, is_busy).await;
    let ended = ended.ok_or_else(|| plain(ToolErrorKind::Crashed, "the sandbox failed".into()))?;
    // What is cut off before it is redacted could leave half a secret.
    let value = value(ended, limits).map_err(|error| ToolError {
        message: cut(&redactor.text(&error.message)),
        stack: cut(&redactor.text(&error.stack)),
        ..error
    })?;
    json::checked(value, &redactor).map_err(|problem| plain(ToolErrorKind::Result, problem))
}

/// Asks a module what it exports.
pub(crate) async fn describe(engine: &Engine, state: State) -> Result<Description, ToolError> {
    #[derive(Deserialize)]
    struct Said {
        exported: String,
        r#type: Option<String>,
        name: Option<Box<serde_json::value::RawValue>>,
        description: Option<Box<serde_json::value::RawValue>>,
        parameters: Option<Box<serde_json::value::RawValue>>,
    }
    let limits = state.limits;
    let value = value(run(&engine.inner, state, "run-tool").await, limits)?;
    let said: Said = serde_json::from_slice(&value).map_err(|error| {
        plain(ToolErrorKind::Result, format!("what the module says of itself is not JSON: {error}"))
    })?;
    let text = |raw: Option<Box<serde_json::value::RawValue>>| raw.map(|raw| raw.get().to_owned());
    let exported = match said.exported.as_str() {
        "tool" => Exported::Tool,
        "executable" => Exported::Executable,
        "nothing" => Exported::Nothing,
        _ => Exported::Other(said.r#type.unwrap_or_default()),
    };
    Ok(Description {
        exported,
        name: text(said.name),
        description: text(said.description),
        parameters: text(said.parameters),
    })
}

/// Compiles a module.
pub(crate) async fn compile(engine: &Engine, state: State) -> Result<Bytecode, CompileError> {
    let limits = state.limits;
    let ended = run(&engine.inner, state, "compile-module").await;
    value(ended, limits).map(Bytecode).map_err(|error| {
        let (line, column) = first_place(&error.stack).unzip();
        CompileError { message: error.message, line, column }
    })
}

/// The place a stack begins with: `    at tool.js:12:5`.
fn first_place(stack: &str) -> Option<(u32, u32)> {
    let first = stack.lines().next()?.trim_end().trim_end_matches(')');
    let (rest, column) = first.rsplit_once(':')?;
    let (_, line) = rest.rsplit_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// How an instance ended.
struct Ended {
    result: wasmtime::Result<()>,
    answer: Option<Answer>,
    stop: Option<Stop>,
    out_of_memory: bool,
}

async fn run(inner: &Inner, state: State, export: &str) -> Ended {
    // Builds wait for each other only, and know no clock.
    let waits = (!state.operations.is_offline()).then_some(state.deadline);
    let Some(_slot) = slot(inner, waits).await else {
        let result = Err(wasmtime::Error::msg("no room"));
        return Ended { result, answer: None, stop: Some(Stop::Time), out_of_memory: false };
    };
    let mut store = Store::new(&inner.wasm, state);
    store.limiter(|state| state);
    store.set_epoch_deadline(TICKS);
    store.epoch_deadline_callback(|mut context| {
        let state = context.data_mut();
        if Instant::now() >= state.deadline {
            state.stop = Some(Stop::Time);
            return Ok(UpdateDeadline::Interrupt);
        }
        state.is_busy.store(true, Ordering::Release);
        Ok(UpdateDeadline::Yield(1))
    });
    let _running = inner.ticker.enter();
    let result = enter(inner, &mut store, export).await;
    let state = store.into_data();
    Ended { result, answer: state.answer, stop: state.stop, out_of_memory: state.out_of_memory }
}

/// A place among the calls, or none if there is none before `until`; without that, a place among the builds.
async fn slot(inner: &Inner, until: Option<Instant>) -> Option<SemaphorePermit<'_>> {
    let Some(until) = until else { return inner.builds.acquire().await.ok() };
    match inner.calls.try_acquire() {
        Ok(slot) => Some(slot),
        Err(_) => tokio::time::timeout_at(until.into(), inner.calls.acquire()).await.ok()?.ok(),
    }
}

async fn enter(inner: &Inner, store: &mut Store<State>, export: &str) -> wasmtime::Result<()> {
    let instance = inner.instances.instantiate_async(&mut *store).await?;
    instance.get_typed_func::<(), ()>(&mut *store, export)?.call_async(&mut *store, ()).await
}

/// The answer of an instance, or why there is none.
fn value(ended: Ended, limits: Limits) -> Result<Vec<u8>, ToolError> {
    match (ended.result, ended.answer) {
        (Ok(()), Some(Answer::Value(value))) => Ok(value),
        (Ok(()), Some(Answer::Failure(failure))) => Err(failed(&failure, ended.out_of_memory, limits)),
        (Ok(()), None) => Err(plain(ToolErrorKind::Crashed, "the tool ended without an answer".into())),
        (Err(error), _) => Err(stopped(&error, ended.stop, ended.out_of_memory, limits)),
    }
}

fn stopped(error: &wasmtime::Error, stop: Option<Stop>, out_of_memory: bool, limits: Limits) -> ToolError {
    match stop {
        Some(Stop::Time) => plain(ToolErrorKind::Time, format!("the tool did not end within {:?}", limits.time)),
        Some(Stop::Result(length)) => {
            let words = format!("the result is {length} bytes long; a result has at most {}", limits.result);
            plain(ToolErrorKind::Result, words)
        }
        None if out_of_memory => memory(limits),
        None => match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => plain(ToolErrorKind::Crashed, "the tool's calls are nested too deeply".into()),
            Some(trap) => plain(ToolErrorKind::Crashed, format!("the tool broke its engine: {trap}")),
            None => plain(ToolErrorKind::Crashed, format!("the tool broke its engine: {error}")),
        },
    }
}

fn failed(failure: &[u8], out_of_memory: bool, limits: Limits) -> ToolError {
    let Ok(failure) = serde_json::from_slice::<Failure>(failure) else {
        return plain(ToolErrorKind::Crashed, "the tool broke its engine: its last words make no sense".into());
    };
    // QuickJS throws `null` where there is no memory left for an error.
    let is_memory = failure.name == "InternalError" && failure.message.contains("out of memory")
        || failure.name.is_empty() && failure.message == "the tool threw null";
    let kind = match failure.kind.as_str() {
        _ if is_memory && out_of_memory => return memory(limits),
        "threw" | "source" => ToolErrorKind::Threw,
        "result" => ToolErrorKind::Result,
        "deadlock" => {
            return plain(ToolErrorKind::Deadlock, "the tool waits for something that can never come".into());
        }
        "module" => ToolErrorKind::Module,
        "arguments" => ToolErrorKind::Arguments,
        _ => ToolErrorKind::Crashed,
    };
    let message = match (failure.name.as_str(), failure.message.as_str()) {
        ("", "") if out_of_memory => return memory(limits),
        ("", "") => "the tool failed without a word".to_owned(),
        ("", message) => message.to_owned(),
        (name, "") => name.to_owned(),
        (name, message) => format!("{name}: {message}"),
    };
    ToolError { kind, message, stack: failure.stack.trim_end().to_owned() }
}

fn memory(limits: Limits) -> ToolError {
    plain(ToolErrorKind::Memory, format!("the tool needs more than its {} of memory", ByteSize(limits.memory)))
}

fn plain(kind: ToolErrorKind, message: String) -> ToolError {
    ToolError { kind, message, stack: String::new() }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_WORDS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
