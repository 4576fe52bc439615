//! The file of recorded turns that a `replay` model names. What it means is the contract's; here it only gets a place, so
//! that what is wrong with it can be pointed at.

use pace_ir::program::Recording;
use pace_ir::program::recording::MalformedRecording;
use pace_syntax::source::decode::decode;
use pace_syntax::{SourceMap, Span};

/// A file that is there.
#[derive(Debug)]
pub(crate) enum Recorded {
    /// A recording, as the author wrote it.
    Good(Vec<u8>),
    /// Something else.
    Malformed {
        /// What is wrong.
        why: MalformedRecording,
        /// Where, if the file is a text that can be shown.
        place: Option<Span>,
    },
}

/// Reads a file. Only one that has to be shown becomes a source: recordings are long.
pub(super) fn read(path: &str, bytes: Vec<u8>, sources: &mut SourceMap) -> Recorded {
    match Recording::parse(&bytes) {
        Ok(_) => Recorded::Good(bytes),
        Err(why) => {
            let text = decode(path, bytes).ok();
            let place = text.map(|text| Span::new(sources.add(path, text), why.at.clone()));
            Recorded::Malformed { why, place }
        }
    }
}
