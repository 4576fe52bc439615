//! How a run ended, in words.

use pace_ir::program::ByteSize;
use serde::Deserialize;
use wasmtime::Trap;

use crate::call::Limits;
use crate::error::{ToolError, ToolErrorKind};
use crate::json;
use crate::net::unlisted::Unlisted;
use crate::redact::Redactor;
use crate::state::{Answer, Stop};

/// The most of a message or a stack that is passed on, characters.
const MOST_WORDS: usize = 4000;
/// The most of them that the engine passes on (`engine/prelude/close.js`), characters (UTF-16).
const MOST_INSIDE: usize = 16_000;
/// The most of a name that it passes on.
const MOST_NAME: usize = 200;

/// How an instance ended.
pub(crate) struct Ended {
    pub(crate) result: wasmtime::Result<()>,
    pub(crate) answer: Option<Answer>,
    pub(crate) stop: Option<Stop>,
    pub(crate) out_of_memory: bool,
    /// What it was refused because its `net` does not list it.
    pub(crate) unlisted: Unlisted,
}

/// What the engine says of a failure.
#[derive(Debug, Deserialize)]
struct Failure {
    kind: String,
    name: String,
    message: String,
    stack: String,
}

impl Ended {
    /// How much the engine said, bytes.
    pub(crate) fn length(&self) -> usize {
        match &self.answer {
            Some(Answer::Value(bytes) | Answer::Failure(bytes)) => bytes.len(),
            None => 0,
        }
    }
}

/// The answer of an instance as it is, or why there is none, without secrets.
pub(crate) fn value(ended: Ended, limits: Limits, redactor: &Redactor) -> Result<Vec<u8>, ToolError> {
    match (ended.result, ended.answer) {
        (Ok(()), Some(Answer::Value(value))) => Ok(value),
        (Ok(()), Some(Answer::Failure(failure))) => {
            let error = failed(&failure, (ended.out_of_memory, &ended.unlisted), limits, redactor);
            Err(ToolError { message: cut(&one_line(&error.message)), stack: cut(&error.stack), ..error })
        }
        (Ok(()), None) => Err(plain(ToolErrorKind::Crashed, "the tool ended without an answer".into())),
        (Err(error), _) => Err(stopped(&error, ended.stop, ended.out_of_memory, limits)),
    }
}

fn stopped(error: &wasmtime::Error, stop: Option<Stop>, out_of_memory: bool, limits: Limits) -> ToolError {
    match stop {
        Some(Stop::Time) => {
            plain(ToolErrorKind::Time, format!("the tool did not end within {:?} (its `timeout`)", limits.time))
        }
        Some(Stop::Operations) => {
            plain(ToolErrorKind::Memory, "the tool has thousands of requests and timers under way at once".to_owned())
        }
        Some(Stop::Result(length)) => plain(ToolErrorKind::Result, json::too_long(length, limits.result)),
        None if out_of_memory => memory(limits),
        None => match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => plain(ToolErrorKind::Crashed, "the tool's calls are nested too deeply".into()),
            Some(trap) => plain(ToolErrorKind::Crashed, format!("the tool broke its engine: {trap}")),
            None => plain(ToolErrorKind::Crashed, format!("the tool broke its engine: {error}")),
        },
    }
}

fn failed(
    failure: &[u8],
    (out_of_memory, unlisted): (bool, &Unlisted),
    limits: Limits,
    redactor: &Redactor,
) -> ToolError {
    let Ok(failure) = serde_json::from_slice::<Failure>(failure) else {
        return plain(ToolErrorKind::Crashed, "the tool broke its engine: its last words make no sense".into());
    };
    // QuickJS throws `null` where there is no memory left for an error.
    let is_memory = failure.name == "InternalError" && failure.message.contains("out of memory")
        || failure.name.is_empty() && failure.message == "the tool threw null";
    let kind = match failure.kind.as_str() {
        _ if is_memory && out_of_memory => return memory(limits),
        // Of a result that there is no room to write as JSON.
        "result" if out_of_memory && failure.message.ends_with("out of memory") => return memory(limits),
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
    // What is cut before it is redacted could leave half a secret.
    let name = redactor.bounded_text(&failure.name, MOST_NAME);
    let message = redactor.bounded_text(&failure.message, MOST_INSIDE);
    let message = match (&*name, &*message) {
        ("", "") if out_of_memory => return memory(limits),
        ("", "") => "the tool failed without a word".to_owned(),
        ("", message) => message.to_owned(),
        ("ReferenceError", message) if let Some(advice) = crate::missing::advice(message) => {
            format!("ReferenceError: {message}; {advice}")
        }
        (name, "") => name.to_owned(),
        (name, message) => format!("{name}: {message}"),
    };
    let stack = redactor.bounded_text(&failure.stack, MOST_INSIDE);
    // A name that holds a secret is nobody's to list.
    let unlisted = unlisted.told_in(&failure.message).filter(|host| redactor.text(host) == host.as_str());
    ToolError { kind, message, stack: stack.trim_end().to_owned(), unlisted }
}

fn memory(limits: Limits) -> ToolError {
    plain(ToolErrorKind::Memory, format!("the tool needs more than {} (its `memory`)", ByteSize(limits.memory)))
}

pub(crate) fn plain(kind: ToolErrorKind, message: String) -> ToolError {
    ToolError { kind, message, stack: String::new(), unlisted: None }
}

/// Ends of lines become spaces.
fn one_line(text: &str) -> String {
    let is_end = |letter: char| matches!(letter, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines: Vec<&str> = text.split(is_end).map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_WORDS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
