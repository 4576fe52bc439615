//! The record of live writes: what is about to be done, before it is done, and what came of it. Without a store it is two
//! lines on standard error, each written whole and handed to the system before anything else happens. A write whose intent
//! cannot be put on record is not made.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use pace_ir::BundleId;
use pace_ir::access::Chain;
use pace_ir::program::AgentName;
use pace_ir::text::is_invisible;
use serde::Serialize;

use crate::conversation::JsonText;
use crate::id::InvocationId;
use crate::setup::SetupError;

/// A write that is about to be made.
#[derive(Debug, Clone, Serialize)]
pub struct Intent {
    /// The invocation it is part of.
    pub invocation: InvocationId,
    /// The model's call: unique within the conversation.
    pub call: String,
    /// Whose tool it is.
    pub agent: String,
    /// What is called: `tools/pay`.
    pub tool: String,
    /// Who asked: `user:ann`.
    pub subject: String,
    /// Who gave a loop another instruction than its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructed_by: Option<String>,
    /// The agents that act for them, the first called by the subject.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<String>,
    /// Which bundle allows it.
    pub bundle: String,
    /// With what.
    pub arguments: JsonText,
}

/// What came of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteStatus {
    /// The tool said that it is done.
    Done,
    /// The tool failed; what it did until then is done.
    Failed,
    /// The runner lost it; nobody knows.
    Unknown,
}

#[derive(Serialize)]
struct Line<'a, T> {
    audit: &'static str,
    time: String,
    #[serde(flatten)]
    rest: &'a T,
}

#[derive(Serialize)]
struct OutcomeLine<'a> {
    invocation: InvocationId,
    call: &'a str,
    tool: &'a str,
    status: WriteStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl Intent {
    /// What is about to be done, on whose behalf.
    pub fn new(
        invocation: InvocationId,
        (agent, tool): (&AgentName, String),
        chain: &Chain,
        bundle: BundleId,
        (call, arguments): (&str, &JsonText),
    ) -> Self {
        Self {
            invocation,
            call: call.to_owned(),
            agent: agent.to_string(),
            tool,
            subject: chain.subject.principal.to_string(),
            instructed_by: chain.instructed_by.as_ref().map(|subject| subject.principal.to_string()),
            actors: chain.actors.iter().map(|actor| format!("serviceaccount:{actor}")).collect(),
            bundle: bundle.to_string(),
            arguments: arguments.clone(),
        }
    }

    /// Puts the intent on record. Blocks until the system has it.
    ///
    /// # Errors
    /// It cannot be written; the write must not be made.
    pub fn record(&self) -> io::Result<()> {
        write("write-intent", self)
    }

    /// Puts on record what came of it; `error` is the tool's.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn record_outcome(&self, status: WriteStatus, error: Option<&str>) -> io::Result<()> {
        let (call, tool) = (self.call.as_str(), self.tool.as_str());
        write("write-outcome", &OutcomeLine { invocation: self.invocation, call, tool, status, error })
    }
}

/// Makes sure that what is written to standard error gets anywhere at all. A process that is started with it closed finds
/// `/dev/null` in its place, put there by Rust's runtime, and every record would be written and lost.
///
/// # Errors
/// It is `/dev/null`.
pub(super) fn ensure_kept() -> Result<(), SetupError> {
    if goes_nowhere() {
        return Err(SetupError::new(
            "live writes are put on record on standard error, which is closed or `/dev/null` here",
            "let standard error be a file, a pipe or a terminal, or make no live writes (`--stub-writes`)",
        ));
    }
    Ok(())
}

#[cfg(unix)]
fn goes_nowhere() -> bool {
    use std::fs::{File, metadata};
    use std::os::fd::AsFd;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    let Ok(stream) = io::stderr().as_fd().try_clone_to_owned() else { return true };
    match (File::from(stream).metadata(), metadata("/dev/null")) {
        (Ok(stream), Ok(null)) => stream.file_type().is_char_device() && stream.rdev() == null.rdev(),
        // Where there is no such device nothing is in its place.
        _ => false,
    }
}

#[cfg(not(unix))]
fn goes_nowhere() -> bool {
    false
}

fn write<T: Serialize>(audit: &'static str, rest: &T) -> io::Result<()> {
    let now: DateTime<Utc> = SystemTime::now().into();
    let time = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    let line = printable_json(&serde_json::to_string(&Line { audit, time, rest })?) + "\n";
    let mut stderr = io::stderr().lock();
    // A line that broke off is ended, so that it spoils no other.
    if TORN.swap(true, Ordering::Relaxed) {
        stderr.write_all(b"\n")?;
    }
    stderr.write_all(line.as_bytes())?;
    stderr.flush()?;
    TORN.store(false, Ordering::Relaxed);
    Ok(())
}

/// Whether the last line was not written whole.
static TORN: AtomicBool = AtomicBool::new(false);

/// The same JSON, with everything a terminal would act on as its escape: standard error may be one, and JSON lets all but the
/// first 32 control characters stand as they are.
fn printable_json(json: &str) -> String {
    let mut printable = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        if character.is_control() || is_invisible(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(printable, "\\u{unit:04x}");
            }
        } else {
            printable.push(character);
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_record_steers_no_terminal_and_says_the_same() {
        let value = Value::from("a\u{1b}[2J \u{9b}31m \u{202e} \u{e0041} \u{7f} grüße 👋");
        let written = printable_json(&value.to_string());
        assert_eq!(written, r#""a\u001b[2J \u009b31m \u202e \udb40\udc41 \u007f grüße 👋""#);
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
