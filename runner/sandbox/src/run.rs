//! One run of an instance: made, started, interrupted if need be.

use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use tokio::sync::SemaphorePermit;

use crate::call::{Call, Limits};
use crate::console::Level;
use crate::ended::{Ended, plain, value};
use crate::engine::{Engine, Inner};
use crate::error::{CompileError, ToolError, ToolErrorKind};
use crate::image::Image;
use crate::json;
use crate::loaded::Loaded;
use crate::net::unlisted::Unlisted;
use crate::redact::Redactor;
use crate::sandbox::Sandbox;
use crate::state::{Answer, State, Stop};
use crate::tool::{Bytecode, Description, Exported};

/// What an instance is for.
enum Task {
    Compile,
    Describe,
    /// A call, from an image where there is one.
    Call(Arc<Loaded>),
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
pub(crate) async fn call(engine: &Engine, loaded: Arc<Loaded>, state: State) -> Result<String, ToolError> {
    let (redactor, is_busy) = (Arc::clone(&state.redactor), Arc::clone(&state.is_busy));
    let limits = state.limits;
    let inner = Arc::clone(&engine.inner);
    let work = Box::pin(async move { run(&inner, state, Task::Call(loaded)).await });
    let ended = engine.inner.busy.run(work, is_busy).await;
    let ended = ended.ok_or_else(|| plain(ToolErrorKind::Crashed, "the sandbox failed".into()))?;
    finished(ended, limits, redactor).await
}

/// A longer answer than this is not looked through on a thread that serves, bytes.
const LONG: usize = 16 << 10;

/// What the caller gets.
async fn finished(ended: Ended, limits: Limits, redactor: Arc<Redactor>) -> Result<String, ToolError> {
    let is_long = ended.length() > LONG;
    let finish = move || {
        let value = value(ended, limits, &redactor)?;
        let checked = json::checked(value, &redactor, limits.result);
        checked.map_err(|problem| plain(ToolErrorKind::Result, problem))
    };
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) if is_long => {
            let finished = runtime.spawn_blocking(finish).await;
            finished.unwrap_or_else(|_| Err(plain(ToolErrorKind::Crashed, "the sandbox failed".into())))
        }
        _ => finish(),
    }
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
    let value = value(run(&engine.inner, state, Task::Describe).await, limits, &Redactor::default())?;
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
    let ended = run(&engine.inner, state, Task::Compile).await;
    value(ended, limits, &Redactor::default()).map(Bytecode).map_err(|error| {
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

async fn run(inner: &Inner, state: State, task: Task) -> Ended {
    // Builds wait for each other only, and know no clock.
    let waits = matches!(task, Task::Call(_)).then_some(state.deadline);
    let Some(_slot) = slot(inner, waits).await else {
        let result = Err(wasmtime::Error::msg("no room"));
        let unlisted = Unlisted::default();
        return Ended { result, answer: None, stop: Some(Stop::Time), out_of_memory: false, unlisted };
    };
    let _running = inner.ticker.enter();
    let image = match &task {
        Task::Call(loaded) => {
            if let Some(claim) = loaded.claim() {
                claim.load(inner, state.of_loading()).await;
            }
            loaded.image(state.limits.memory)
        }
        Task::Compile | Task::Describe => None,
    };
    let waiting = match (&task, image) {
        (Task::Call(loaded), Some(_)) => inner.parked.take(loaded),
        _ => None,
    };
    let mut sandbox = match waiting {
        Some(sandbox) => sandbox.with(state),
        None => Sandbox::new(inner, state),
    };
    let result = enter(inner, &mut sandbox, &task, image).await;
    let state = sandbox.store.data_mut();
    // Whom a limit ends while it waits, waits for its request.
    if result.is_ok() && state.stop.is_none() && matches!(state.answer, Some(Answer::Value(_))) {
        warn_of_requests(state);
    }
    let (answer, stop, out_of_memory) = (state.answer.take(), state.stop, state.out_of_memory);
    let unlisted = state.operations.unlisted();
    if let (Ok(()), Task::Call(loaded), Some(image)) = (&result, &task, image)
        && !inner.is_crowded()
    {
        inner.parked.park(loaded, image, sandbox);
    }
    Ended { result, answer, stop, out_of_memory, unlisted }
}

/// A tool that forgets an `await` is done before its request is: nothing of it may ever have been sent. A race that was won has
/// such requests too, so this is no failure.
fn warn_of_requests(state: &mut State) {
    let requests = match state.operations.requests_under_way() {
        0 => return,
        1 => "a request was".to_owned(),
        several => format!("{several} requests were"),
    };
    state.log(
        Level::Warn,
        &format!("{requests} still under way when the tool returned, and ended with it; is an `await` missing?"),
    );
}

/// A place among the calls, or none if there is none before `until`; without that, a place among the builds.
async fn slot(inner: &Inner, until: Option<Instant>) -> Option<SemaphorePermit<'_>> {
    let Some(until) = until else { return inner.builds.acquire().await.ok() };
    match inner.calls.try_acquire() {
        Ok(slot) => Some(slot),
        Err(_) => tokio::time::timeout_at(until.into(), inner.calls.acquire()).await.ok()?.ok(),
    }
}

async fn enter(inner: &Inner, sandbox: &mut Sandbox, task: &Task, image: Option<&Image>) -> wasmtime::Result<()> {
    if !sandbox.is_made() {
        let memory = sandbox.make(&inner.code()?.instances).await?;
        if let Some(image) = image {
            image.fit(memory, &mut sandbox.store)?;
        }
        let memory = memory.data_mut(&mut sandbox.store);
        if let Task::Call(loaded) = task {
            loaded.prepare(memory);
        }
        if let Some(image) = image {
            image.restore(memory)?;
        }
    }
    let export = match (task, image) {
        (Task::Compile, _) => "compile-module",
        (Task::Describe | Task::Call(_), None) => "run-tool",
        (Task::Describe | Task::Call(_), Some(_)) => "call-loaded",
    };
    sandbox.call::<()>(export).await?;
    if let (Task::Call(loaded), Some(Answer::Value(_))) = (task, &sandbox.store.data().answer) {
        loaded.learn(&inner.parked, sandbox.memory().unwrap_or_default());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_long_result_is_not_looked_through_here() {
        let ended = |items: usize| {
            let text = format!("[{}null]", r#""","#.repeat(items));
            let answer = Some(Answer::Value(text.into_bytes()));
            Ended { result: Ok(()), answer, stop: None, out_of_memory: false, unlisted: Unlisted::default() }
        };
        let finish = |items: usize| finished(ended(items), Limits::default(), Arc::default());
        assert!(finish(1000).now_or_never().unwrap().is_ok());
        assert!(finish(300_000).now_or_never().is_none());
        assert!(finish(300_000).await.unwrap().ends_with(r#","",null]"#));
    }
}
