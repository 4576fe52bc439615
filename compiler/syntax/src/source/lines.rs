//! Offsets to lines and columns, cheaply even on one line of megabytes: a minified schema with an error on each of its
//! keys would otherwise be counted from its start for every one of them.

use std::ops::Range;

use crate::source::LineColumn;

/// How many bytes lie between two counted places. Small enough to count the rest for every diagnostic, large enough that
/// the table is a thousandth of the text.
const STEP: usize = 1024;

/// Where lines start, and how many characters precede every [`STEP`]th byte.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    starts: Vec<u32>,
    characters: Vec<u32>,
}

impl Lines {
    /// Indexes a text; offsets beyond `u32` cannot be told apart, see [`super::MAX_FILE_BYTES`].
    pub(crate) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| offset(at + 1));
        let starts = std::iter::once(0).chain(breaks).collect();
        let mut total = 0;
        let mut characters = Vec::with_capacity(text.len() / STEP + 1);
        for block in text.as_bytes().chunks(STEP) {
            characters.push(total);
            total += count(block);
        }
        characters.push(total);
        Self { starts, characters }
    }

    /// How many lines there are; a final line break starts none.
    pub(crate) fn count(&self, text: &str) -> u32 {
        let all = offset(self.starts.len());
        if text.ends_with('\n') { all - 1 } else { all }
    }

    /// The bytes of a line, from 1, without its line break.
    pub(crate) fn range(&self, text: &str, line: u32) -> Option<Range<usize>> {
        let line = line.checked_sub(1)?;
        let start = *self.starts.get(line as usize)? as usize;
        let end = self.starts.get(line as usize + 1).map_or(text.len(), |next| *next as usize - 1);
        let content = text.get(start..end)?;
        Some(start..start + content.strip_suffix('\r').unwrap_or(content).len())
    }

    /// Line and column of a byte; the nearest place before for one that is none.
    pub(crate) fn line_column(&self, text: &str, at: u32) -> LineColumn {
        let at = text.floor_char_boundary(at as usize);
        let line = self.starts.partition_point(|start| *start as usize <= at);
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line)).map_or(0, |start| *start as usize);
        let start = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start };
        let column = self.characters_before(text, at).saturating_sub(self.characters_before(text, start)) + 1;
        LineColumn { line: offset(line), column }
    }

    fn characters_before(&self, text: &str, at: usize) -> u32 {
        let block = at / STEP;
        let rest = text.as_bytes().get(block * STEP..at).map_or(0, count);
        self.characters.get(block).copied().unwrap_or(0) + rest
    }
}

/// Bytes that start a character, so that a block may begin in the middle of one.
fn count(bytes: &[u8]) -> u32 {
    offset(bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count())
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
