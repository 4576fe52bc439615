//! Where a span is, in the terms of each format. The only place that asks the source map, and the only one that has to
//! know that a span may be wrong: offsets are clamped to the file and to the boundaries of characters.

use std::ops::Range;

use pace_syntax::{FileId, LineColumn, SourceFile, SourceMap, Span};

/// A span found in its file.
#[derive(Clone)]
pub(super) struct Place<'a> {
    source: &'a SourceFile,
    pub(super) file: FileId,
    /// Bytes of the file, at boundaries of characters, `start <= end`.
    pub(super) range: Range<usize>,
    pub(super) start: LineColumn,
    /// Just past the last character.
    pub(super) end: LineColumn,
}

impl<'a> Place<'a> {
    /// `None` if the file is not in the map.
    pub(super) fn find(sources: &'a SourceMap, span: Span) -> Option<Self> {
        let source = sources.get(span.file)?;
        let text = source.text();
        let start = text.floor_char_boundary(span.start as usize);
        let end = text.ceil_char_boundary(span.end as usize).max(start);
        Some(Self::at(source, span.file, start..end))
    }

    fn at(source: &'a SourceFile, file: FileId, range: Range<usize>) -> Self {
        let start = locate(source, range.start);
        let end = if range.is_empty() { start } else { locate(source, range.end) };
        Self { source, file, range, start, end }
    }

    /// The same place without the line breaks at its end, so that a block that ends with its last line does not reach
    /// into the next one.
    pub(super) fn visible(self) -> Self {
        let trimmed = self.covered().trim_end_matches(['\n', '\r']).len();
        if trimmed == self.range.len() {
            return self;
        }
        let range = self.range.start..self.range.start + trimmed;
        Self::at(self.source, self.file, range)
    }

    /// The file, relative to the project, with `/`.
    pub(super) fn path(&self) -> &'a str {
        self.source.path()
    }

    /// The text of the place.
    pub(super) fn covered(&self) -> &'a str {
        self.source.text().get(self.range.clone()).unwrap_or_default()
    }

    /// The bytes of a line (from 1), without its line break; empty for a line that does not exist.
    pub(super) fn line_range(&self, line: u32) -> Range<usize> {
        self.source.line_range(line).unwrap_or(0..0)
    }

    /// The text of a line.
    pub(super) fn line(&self, line: u32) -> &'a str {
        self.source.line_text(line).unwrap_or_default()
    }
}

fn locate(source: &SourceFile, offset: usize) -> LineColumn {
    source.line_column(u32::try_from(offset).unwrap_or(u32::MAX))
}
