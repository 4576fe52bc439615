//! Recorded turns: what a `replay` model answers from. A bundle stores the author's file as it is; this is how it reads.
//! The compiler parses it to say what is wrong with it, the runner to answer.

mod read;

use std::ops::Range;
use std::time::Duration;

use serde_json::Value;

/// The longest pause that a recording may ask for: an hour.
pub const MAX_PAUSE: Duration = Duration::from_hours(1);

/// Recorded turns, in the file's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The first that matches answers.
    pub turns: Vec<RecordedTurn>,
}

/// An answer, and what it is an answer to.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedTurn {
    /// What the last message of the conversation has to be.
    pub asked: Asked,
    /// How many messages of the user there have to be, from 1; any number where it is not given.
    pub turn: Option<u32>,
    /// What is answered.
    pub answer: RecordedAnswer,
    /// How long it takes until the answer begins, at most [`MAX_PAUSE`].
    pub wait: Duration,
    /// How long it takes from word to word, at most [`MAX_PAUSE`].
    pub pace: Duration,
}

/// What a recorded turn is an answer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A user's message that is this text, white space at the ends of both left out.
    User(String),
    /// A user's message that holds this text somewhere.
    Contains(String),
    /// The results of exactly these tools, in this order.
    Results(Vec<String>),
}

/// A recorded answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordedAnswer {
    /// What it says.
    pub text: String,
    /// The tools it wants called.
    pub calls: Vec<RecordedCall>,
    /// Tokens read and written.
    pub usage: RecordedUsage,
    /// Why it is cut: `length`, or a word as services have for what they block.
    pub cut: Option<String>,
}

/// A recorded call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedCall {
    /// The tool's name as the model sees it.
    pub name: String,
    /// An object, or a text as models write that get it wrong.
    pub arguments: Value,
}

/// What a recorded answer counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordedUsage {
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

/// Why a file is no recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct MalformedRecording {
    /// Whether it is JSON or not even that.
    pub kind: Malformed,
    /// From 1.
    pub line: usize,
    /// Where on the line `at` starts, in characters from 1.
    pub column: usize,
    /// The bytes to point at: what was read last. Empty only for an empty file.
    pub at: Range<usize>,
    /// What is wrong, lower case, without a full stop.
    pub message: String,
}

/// In which way a file is no recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It is no JSON.
    NotJson,
    /// It is JSON that says something else.
    OtherJson,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedRecording> {
        read::recording(bytes)
    }
}
