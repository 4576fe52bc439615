//! How a run ended, in words.

use pace_ir::program::ByteSize;
use serde::Deserialize;
use wasmtime::Trap;

use crate::call::Limits;
use crate::error::{ToolError, ToolErrorKind};
use crate::state::{Answer, Stop};

/// The most of a message or a stack that is passed on, characters.
const MOST_WORDS: usize = 4000;

/// How an instance ended.
pub(crate) struct Ended {
    pub(crate) result: wasmtime::Result<()>,
    pub(crate) answer: Option<Answer>,
    pub(crate) stop: Option<Stop>,
    pub(crate) out_of_memory: bool,
}

/// What the engine says of a failure.
#[derive(Debug, Deserialize)]
struct Failure {
    kind: String,
    name: String,
    message: String,
    stack: String,
}

/// The answer of an instance, or why there is none.
pub(crate) fn value(ended: Ended, limits: Limits) -> Result<Vec<u8>, ToolError> {
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
        Some(Stop::Operations) => {
            plain(ToolErrorKind::Memory, "the tool has thousands of requests and timers under way at once".to_owned())
        }
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
        // QuickJS drops a job that it has no room for: what waits for it is the end of a tool that is out of memory.
        "deadlock" if out_of_memory => return memory(limits),
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

pub(crate) fn plain(kind: ToolErrorKind, message: String) -> ToolError {
    ToolError { kind, message, stack: String::new() }
}

pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_WORDS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
