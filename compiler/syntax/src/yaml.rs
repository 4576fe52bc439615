//! YAML 1.2 with a place for everything: an arena tree whose keys and values know the bytes they were written as.
//!
//! Parsing never fails. What can be skipped (a duplicate key, a merge key, a foreign tag, an unknown anchor) is reported
//! and the tree goes on; after a syntax error it stops, keeps what was read and says so in [`Document::complete`].
//! Aliases are links and are never expanded, so the tree is as large as its file; [`Limits`] hold for the tree *with*
//! its aliases followed, so a consumer may walk through them without counting.
//!
//! The events come from granit-parser (docs/decisions/001); the tree, the limits, the checks on keys and every word of
//! the errors are ours.

mod build;
pub mod document;
pub mod error;
mod explain;
mod gap;
mod keys;
mod layout;
pub mod scalar;

use std::ops::Range;

use crate::source::FileId;
use crate::yaml::document::Document;

/// How much a document may hold, aliases followed. Both bounds protect whoever walks the tree: the first its stack, the
/// second its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep lists and mappings may nest.
    pub depth: usize,
    /// How many values there may be; keys, lists and mappings count too.
    pub nodes: usize,
}

impl Default for Limits {
    /// 64 levels (hand-written projects need about eight, JSON Schemas about twenty) and 200,000 nodes (some 40,000 lines).
    fn default() -> Self {
        Self { depth: 64, nodes: 200_000 }
    }
}

/// Reads a whole file: its one document and all that is wrong with it. `text` is at most
/// [`MAX_FILE_BYTES`](crate::source::MAX_FILE_BYTES) long. Takes time linear in it and a fixed amount of stack.
pub fn parse(file: FileId, text: &str, limits: Limits) -> Document {
    parse_range(file, text, 0..text.len(), limits)
}

/// Reads the YAML in a part of a file, as front matter is. Spans are offsets in the file. A range that is not in `text`,
/// or cuts a character, reads as empty.
pub fn parse_range(file: FileId, text: &str, range: Range<usize>, limits: Limits) -> Document {
    let range = if text.get(range.clone()).is_some() { range } else { 0..0 };
    build::build(file, text, range, limits)
}
