//! The record of live writes: what is about to be done, before it is done, and what came of it. In a store it is two rows of a
//! chain of hashes (`audit/trail.rs`); without one two lines on standard error, each written whole and handed to the system before
//! anything else happens. A write whose intent cannot be put on record is not made.

mod trail;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use pace_ir::BundleId;
use pace_ir::access::Chain;
use pace_ir::program::AgentName;
use pace_ir::text::is_invisible;
use pace_state::Store;
use serde::{Deserialize, Serialize};

use crate::conversation::JsonText;
use crate::environment::Given;
use crate::id::InvocationId;
use crate::setup::SetupError;
use crate::state::health::Health;
use trail::Trail;

/// Where live writes are put on record.
#[derive(Debug, Clone, Default)]
pub enum Audit {
    /// Lines on standard error.
    #[default]
    StandardError,
    /// A chain in a store.
    Store(Arc<Trail>),
}

/// An intent that is on record, to be closed by its outcome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recorded {
    /// The number of its row, in a store.
    sequence: Option<u64>,
}

/// A write that is about to be made, as it is put on record and read from there.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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

impl Audit {
    /// A chain in this store, begun by the first write. `secrets` are taken out of what is written, and `health` is told of what is
    /// not.
    pub(crate) fn stored(store: &Store, secrets: &Given, health: &Arc<Health>) -> Self {
        Self::Store(Arc::new(Trail::new(store.clone(), secrets.clone(), Arc::clone(health))))
    }

    /// Makes sure that what is put on record gets anywhere at all; a store was opened for that.
    ///
    /// # Errors
    /// It is standard error, and that is closed or `/dev/null`.
    pub(crate) fn ensure_kept(&self) -> Result<(), SetupError> {
        match self {
            Self::StandardError => ensure_kept(),
            Self::Store(_) => Ok(()),
        }
    }

    /// Puts an intent on record. Ends when it is on the disk, or when the system has it.
    ///
    /// # Errors
    /// Why it cannot be; the write must not be made.
    pub(crate) async fn intent(&self, intent: &Arc<Intent>) -> Result<Recorded, String> {
        match self {
            Self::Store(trail) => trail.intent(intent).await.map(|sequence| Recorded { sequence: Some(sequence) }),
            Self::StandardError => {
                let intent = Arc::clone(intent);
                let record = move || write("write-intent", &*intent);
                off_the_serving_threads(record).await.map_err(|error| error.to_string())?;
                Ok(Recorded { sequence: None })
            }
        }
    }

    /// Puts on record what came of a write; `error` is the tool's. Where a store does not take it, it is a line on standard error.
    pub(crate) async fn outcome(
        &self,
        (intent, recorded): (&Arc<Intent>, Recorded),
        status: WriteStatus,
        error: Option<String>,
    ) {
        if let (Self::Store(trail), Some(sequence)) = (self, recorded.sequence) {
            match trail.outcome((intent, sequence), status, error.as_deref()).await {
                Ok(()) => return,
                Err(why) => tracing::error!("the store does not take what came of a write, which follows: {why}"),
            }
        }
        let intent = Arc::clone(intent);
        let record = move || write("write-outcome", &Outcome::of(&intent, status, error.as_deref()));
        if let Err(error) = off_the_serving_threads(record).await {
            tracing::error!("what came of a write cannot be put on record: {error}");
        }
    }
}

/// Standard error may be a pipe that nobody empties.
async fn off_the_serving_threads(record: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(record).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[derive(Serialize)]
struct Line<'a, T> {
    audit: &'static str,
    time: String,
    #[serde(flatten)]
    rest: &'a T,
}

/// What came of a write, as it is put on record.
#[derive(Serialize)]
struct Outcome<'a> {
    invocation: InvocationId,
    call: &'a str,
    tool: &'a str,
    status: WriteStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl<'a> Outcome<'a> {
    fn of(intent: &'a Intent, status: WriteStatus, error: Option<&'a str>) -> Self {
        Self { invocation: intent.invocation, call: &intent.call, tool: &intent.tool, status, error }
    }
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
}

/// Makes sure that what is written to standard error gets anywhere at all. A process that is started with it closed finds
/// `/dev/null` in its place, put there by Rust's runtime, and every record would be written and lost.
///
/// # Errors
/// It is `/dev/null`.
fn ensure_kept() -> Result<(), SetupError> {
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
