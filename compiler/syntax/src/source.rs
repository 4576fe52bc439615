//! The files of one run and where their lines start. Every [`Span`] of the compiler points into a [`SourceMap`]; the
//! renderers ask it for text, lines and columns. Reading the files is the caller's business.

pub mod decode;
mod lines;

use crate::source::lines::Lines;
use crate::span::Span;

/// The most a source file may hold: 4 MiB. Hand-written projects stay far below; the bound keeps offsets within `u32` and
/// one hostile file from taking the compiler's memory.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// A file of a [`SourceMap`], by its place in it. Files compare in the order they were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    /// The place in the map, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A line and a column as editors show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// From 1. Lines end at `\n`; a `\r` before it belongs to the line.
    pub line: u32,
    /// From 1, counting Unicode scalar values. A byte order mark takes no column, as in editors.
    pub column: u32,
}

/// One file's text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Relative to the project, with `/`.
    path: String,
    /// As read: a byte order mark and carriage returns are kept.
    text: String,
    lines: Lines,
}

impl SourceFile {
    /// Indexes `text`. One pass over it.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { path: path.into(), lines: Lines::of(&text), text }
    }

    /// Relative to the project, with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text as read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many lines there are; an empty file has one, a final line break starts none.
    pub fn line_count(&self) -> u32 {
        self.lines.count(&self.text)
    }

    /// Where the byte `offset` is. Offsets past the end or inside a character count as the nearest place before.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        self.lines.line_column(&self.text, offset)
    }

    /// The bytes of a line (from 1) without its line break; `None` for a line that does not exist.
    pub fn line_range(&self, line: u32) -> Option<std::ops::Range<usize>> {
        self.lines.range(&self.text, line)
    }

    /// The text of a line (from 1) without its line break.
    pub fn line_text(&self, line: u32) -> Option<&str> {
        self.text.get(self.line_range(line)?)
    }
}

/// Every file read in a run.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. `path` is relative to the project, with `/`; `text` is at most [`MAX_FILE_BYTES`] long, as
    /// [`decode::decode`] makes sure.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile::new(path, text));
        id
    }

    /// The file with this id; `None` for an id of another map.
    pub fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.index())
    }

    /// The project-relative path of a file; empty for an id of another map.
    pub fn path(&self, file: FileId) -> &str {
        self.get(file).map_or("", SourceFile::path)
    }

    /// The file with this project-relative path.
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.files().find_map(|(id, file)| (file.path == path).then_some(id))
    }

    /// All files, in the order they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0_u32..).map(FileId).zip(&self.files)
    }

    /// Where a span starts; line 1, column 1 for a span of another map.
    pub fn line_column(&self, span: Span) -> LineColumn {
        self.locate(span.file, span.start)
    }

    /// Where a span ends: the place after its last character.
    pub fn end_line_column(&self, span: Span) -> LineColumn {
        self.locate(span.file, span.end)
    }

    /// The text a span covers; empty if the span is of another map or cuts a character.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).and_then(|file| file.text.get(span.range())).unwrap_or("")
    }

    /// Replaces a span's text by as many bytes of `*`, line breaks kept, so that it can be pointed at without being shown.
    /// Every other span stays what it was.
    pub fn hide(&mut self, span: Span) {
        let Some(file) = self.files.get_mut(span.file.index()) else { return };
        let Some(hidden) = file.text.get(span.range()) else { return };
        let stars: String =
            hidden.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { byte as char } else { '*' }).collect();
        file.text.replace_range(span.range(), &stars);
    }

    fn locate(&self, file: FileId, offset: u32) -> LineColumn {
        self.get(file).map_or(LineColumn { line: 1, column: 1 }, |file| file.line_column(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: usize) -> (u32, u32) {
        let place = SourceFile::new("f", text).line_column(u32::try_from(offset).unwrap());
        (place.line, place.column)
    }

    #[test]
    fn counts_lines_and_characters() {
        let text = "ab\r\né€𝄞x\n\nlast";
        assert_eq!(at(text, 0), (1, 1));
        assert_eq!(at(text, 2), (1, 3));
        assert_eq!(at(text, 4), (2, 1));
        assert_eq!(at(text, text.find('x').unwrap()), (2, 4));
        assert_eq!(at(text, text.find("last").unwrap()), (4, 1));
        assert_eq!(at(text, 10_000), (4, 5));
        assert_eq!(at("é", 1), (1, 1), "the middle of a character counts as its start");
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        assert_eq!(at("\u{feff}a\nb", 3), (1, 1));
        assert_eq!(at("\u{feff}a\nb", 0), (1, 1));
        assert_eq!(at("\u{feff}a\nb", 4), (1, 2));
        assert_eq!(at("\u{feff}a\nb", 5), (2, 1));
    }

    #[test]
    fn columns_far_into_a_long_line_agree_with_counting() {
        let text = format!("x\n{}", "aé€".repeat(3_000));
        let file = SourceFile::new("f", text.clone());
        for (offset, _) in text.char_indices().step_by(97).filter(|(offset, _)| *offset >= 2) {
            let column = u32::try_from(text[2..offset].chars().count()).unwrap() + 1;
            assert_eq!(file.line_column(u32::try_from(offset).unwrap()), LineColumn { line: 2, column });
        }
    }

    #[test]
    fn lines_come_without_their_breaks() {
        let file = SourceFile::new("f", "one\r\n\ntwo");
        let lines: Vec<_> = (1..=file.line_count()).map(|line| file.line_text(line).unwrap()).collect();
        assert_eq!(lines, ["one", "", "two"]);
        assert_eq!(file.line_text(0), None);
        assert_eq!(file.line_text(4), None);
        assert_eq!(SourceFile::new("f", "").line_count(), 1);
        assert_eq!(SourceFile::new("f", "a\n").line_count(), 1);
    }

    #[test]
    fn a_map_finds_its_files() {
        let mut map = SourceMap::new();
        let first = map.add("paceline.yaml", "a: é b\n");
        let second = map.add("agents/x/spec.yaml", "name: x\n");
        assert_eq!((first.index(), second.index()), (0, 1));
        assert_eq!(map.find("agents/x/spec.yaml"), Some(second));
        assert_eq!(
            map.files().map(|(id, file)| (id.0, file.path())).collect::<Vec<_>>(),
            [(0, "paceline.yaml"), (1, "agents/x/spec.yaml")]
        );
        let span = Span { file: first, start: 3, end: 5 };
        assert_eq!(map.text(span), "é");
        assert_eq!(map.line_column(span), LineColumn { line: 1, column: 4 });
        assert_eq!(map.end_line_column(span), LineColumn { line: 1, column: 5 });
        let foreign = Span { file: FileId(9), start: 3, end: 5 };
        assert_eq!((map.text(foreign), map.path(FileId(9))), ("", ""));
        assert_eq!(map.line_column(foreign), LineColumn { line: 1, column: 1 });
    }
}
