//! Where the text of a scalar stands in the file, so that a diagnostic can point at the third field of a cron expression
//! and not at all of it. Made once a scalar, while the source is at hand.

use std::ops::Range;

/// How the text of a scalar corresponds to bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Byte for byte from this offset on.
    Verbatim(u32),
    /// In pieces of lines, ascending; between them lie folding, indentation and line breaks.
    Lines(Box<[Piece]>),
    /// Not at all: escapes, or nothing written.
    Opaque,
}

/// A run of bytes that stands in the text as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    text: u32,
    source: u32,
    length: u32,
}

impl Layout {
    /// Compares a scalar's text with the `content` it was read from, quotes taken off, which starts at byte `start`.
    pub(crate) fn of(text: &str, content: &str, start: usize) -> Self {
        if text.is_empty() {
            return Self::Opaque;
        }
        if text == content {
            return Self::Verbatim(offset(start));
        }
        pieces(text, content, start).map_or(Self::Opaque, |pieces| Self::Lines(pieces.into()))
    }

    /// The bytes of the file that `range` of the text was read from; `None` where that cannot be said.
    pub(crate) fn locate(&self, range: Range<usize>) -> Option<Range<usize>> {
        match self {
            Self::Verbatim(start) => Some(*start as usize + range.start..*start as usize + range.end),
            Self::Lines(pieces) => {
                let start = start_in(pieces, range.start)?;
                let end = if range.end == range.start { start } else { end_in(pieces, range.end)? };
                Some(start..end.max(start))
            }
            Self::Opaque => None,
        }
    }
}

/// Aligns the lines of the source with the text: what stands on a line, blanks at both ends apart, must stand in the
/// text in the same order with only white space between.
fn pieces(text: &str, content: &str, start: usize) -> Option<Vec<Piece>> {
    let blank = |character: char| matches!(character, ' ' | '\t' | '\n' | '\r');
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut source = start;
    for line in content.split_inclusive('\n') {
        let indented = line.trim_start_matches(blank);
        let piece = indented.trim_end_matches(blank);
        if !piece.is_empty() {
            let from = rest.trim_start_matches(blank);
            pieces.push(Piece {
                text: offset(text.len() - from.len()),
                source: offset(source + line.len() - indented.len()),
                length: offset(piece.len()),
            });
            rest = from.strip_prefix(piece)?;
        }
        source += line.len();
    }
    rest.trim_start_matches(blank).is_empty().then_some(pieces)
}

/// In the piece that holds `at`, or at the start of the next one.
fn start_in(pieces: &[Piece], at: usize) -> Option<usize> {
    let next = pieces.partition_point(|piece| piece.text as usize <= at);
    let before = next.checked_sub(1).and_then(|index| pieces.get(index));
    match (before, pieces.get(next)) {
        (Some(piece), _) if at < piece.text as usize + piece.length as usize => {
            Some(piece.source as usize + at - piece.text as usize)
        }
        (_, Some(piece)) => Some(piece.source as usize),
        (Some(piece), None) => Some(piece.source as usize + piece.length as usize),
        (None, None) => None,
    }
}

/// In the piece that holds the byte before `at`, or at that piece's end.
fn end_in(pieces: &[Piece], at: usize) -> Option<usize> {
    let index = pieces.partition_point(|piece| (piece.text as usize) < at).checked_sub(1)?;
    let piece = pieces.get(index)?;
    Some(piece.source as usize + (at - piece.text as usize).min(piece.length as usize))
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located<'a>(text: &str, content: &'a str, part: &str) -> Option<&'a str> {
        let start = text.find(part).unwrap();
        let range = Layout::of(text, content, 100).locate(start..start + part.len())?;
        Some(&content[range.start - 100..range.end - 100])
    }

    #[test]
    fn finds_parts_of_verbatim_and_of_folded_text() {
        assert_eq!(located("0 9 * * 8", "0 9 * * 8", "8"), Some("8"));
        assert_eq!(located("one two\n", "one\n    two\n", "two"), Some("two"));
        assert_eq!(located("one two\n", "one\n    two\n", "ne tw"), Some("ne\n    tw"));
        assert_eq!(located("one\n  two é\n", "one\n      two é\n", "two é"), Some("two é"));
        assert_eq!(located("a\n\nb", "a\r\n\r\n  b", "b"), Some("b"));
        assert_eq!(located("a  \nb", "a  \n  b", "  "), Some(""), "white space at a line's end has no piece");
    }

    #[test]
    fn escapes_are_not_located() {
        assert_eq!(located("it's", "it''s", "t's"), None);
        assert_eq!(located("a\tb", "a\\tb", "b"), None);
        assert_eq!(located("a b c", "a\n  \\x62 c", "c"), None);
        assert_eq!(Layout::of("", "", 7), Layout::Opaque);
    }
}
