//! A piece of the text that knows where it stands, so that every error can point at it.

use std::ops::Range;

use crate::schedule::error::{ScheduleError, ScheduleErrorKind};
use crate::schedule::field::Field;

/// What separates fields and may surround them; line ends too, since a block scalar ends in one.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    start: usize,
}

impl<'a> Part<'a> {
    /// The whole text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, start: 0 }
    }

    /// Without blanks around it.
    pub(super) fn trim(self) -> Self {
        let text = self.text.trim_start_matches(BLANKS);
        let start = self.start + self.text.len() - text.len();
        Self { text: text.trim_end_matches(BLANKS), start }
    }

    /// The pieces between separators, empty ones too.
    pub(super) fn split(self, separator: char) -> impl Iterator<Item = Part<'a>> {
        self.pieces(move |c| c == separator)
    }

    /// The pieces between runs of blanks.
    pub(super) fn fields(self) -> impl Iterator<Item = Part<'a>> {
        self.pieces(|c| BLANKS.contains(&c)).filter(|piece| !piece.text.is_empty())
    }

    /// `separates` may only hold for ASCII characters: one byte is skipped for each.
    fn pieces(self, separates: impl Fn(char) -> bool) -> impl Iterator<Item = Part<'a>> {
        self.text.split(separates).scan(self.start, |next, text| {
            let start = *next;
            *next = start + text.len() + 1;
            Some(Part { text, start })
        })
    }

    fn range(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    pub(super) fn blame(self, kind: ScheduleErrorKind) -> ScheduleError {
        ScheduleError { kind, range: self.range(), field: None }
    }

    pub(super) fn blame_in(self, field: Field, kind: ScheduleErrorKind) -> ScheduleError {
        ScheduleError { kind, range: self.range(), field: Some(field) }
    }

    pub(super) fn malformed(self, field: Field) -> ScheduleError {
        self.blame_in(field, ScheduleErrorKind::Malformed { field, text: self.text.to_owned() })
    }
}
