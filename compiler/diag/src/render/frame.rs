//! The source lines shown under a message. Each frame is a small file made for codespan: only the lines that are shown,
//! made fit for a terminal, cut around the label where they are long; codespan never sees the author's file.
//!
//! A frame belongs to one file and one neighbourhood of it. Labels that are near each other share a frame; a far one gets
//! a frame of its own, because two frames with one line each read better than one with a hole.

mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use codespan_reporting::diagnostic::{Label as Shown, LabelStyle};
use codespan_reporting::files::{Error, Files};

use self::line::{Cut, LONG_LINE, cut};
use super::place::Place;
use super::text;

/// Lines between two labels that still share a frame.
const NEAR: u32 = 5;

/// Lines shown after the first and before the last line of a label over several lines: codespan's defaults.
const AFTER_START: u32 = 3;
const BEFORE_END: u32 = 1;

/// A label found in its file.
pub(super) struct Marked<'a> {
    pub(super) place: Place<'a>,
    pub(super) style: LabelStyle,
    pub(super) text: String,
}

/// The frames of one diagnostic, as codespan's file database: a frame's position is its file id.
pub(super) struct Page {
    frames: Vec<Frame>,
}

struct Frame {
    path: String,
    /// The lines as they are shown, each ending with a line break.
    text: String,
    /// Where each line begins in `text`, and its number in the author's file.
    lines: Vec<(usize, u32)>,
    /// Column in the author's file of what begins at these bytes of `text`.
    columns: BTreeMap<usize, usize>,
}

impl Page {
    /// Lays out frames for `labels`, in the order of their first label, and the same labels for codespan. `ellipsis`
    /// stands for what is cut from a long line.
    pub(super) fn lay_out(labels: Vec<Marked<'_>>, ellipsis: &str) -> (Self, Vec<Shown<usize>>) {
        let mut groups: Vec<Vec<Marked<'_>>> = Vec::new();
        for label in labels {
            match groups.iter_mut().find(|group| group.iter().any(|other| near(other, &label))) {
                Some(group) => group.push(label),
                None => groups.push(vec![label]),
            }
        }
        let mut page = Self { frames: Vec::new() };
        let mut shown = Vec::new();
        for group in groups {
            let (frame, ranges) = Frame::build(&group, ellipsis);
            let id = page.frames.len();
            page.frames.push(frame);
            shown.extend(
                group
                    .into_iter()
                    .zip(ranges)
                    .map(|(label, range)| Shown::new(label.style, id, range).with_message(label.text)),
            );
        }
        (page, shown)
    }

    fn frame(&self, id: usize) -> Result<&Frame, Error> {
        self.frames.get(id).ok_or(Error::FileMissing)
    }
}

fn near(one: &Marked<'_>, other: &Marked<'_>) -> bool {
    let (one, other) = (&one.place, &other.place);
    let apart = |a: &Place<'_>, b: &Place<'_>| b.start.line.saturating_sub(a.end.line);
    let touching = apart(one, other) == 0 && apart(other, one) == 0;
    // A long line is cut around one label; the other would be outside of the cut.
    let crowded = touching && (long(one) || long(other));
    one.file == other.file && apart(one, other) <= NEAR && apart(other, one) <= NEAR && !crowded
}

/// Whether the first or the last line of the place will be cut.
fn long(place: &Place<'_>) -> bool {
    [place.start.line, place.end.line].into_iter().any(|line| place.line(line).chars().nth(LONG_LINE).is_some())
}

impl Frame {
    /// The frame and, for each label, the bytes of the frame's text it covers.
    fn build(labels: &[Marked<'_>], ellipsis: &str) -> (Self, Vec<Range<usize>>) {
        let path = labels.first().map(|label| text::line(label.place.path())).unwrap_or_default();
        let mut frame = Self { path, text: String::new(), lines: Vec::new(), columns: BTreeMap::new() };
        let mut cuts: BTreeMap<u32, (usize, Cut)> = BTreeMap::new();
        for line in lines_to_show(labels) {
            frame.skip_to(line);
            let cut = cut_for(labels, line, ellipsis);
            let at = frame.push_line(line, &cut.text);
            cuts.insert(line, (at, cut));
        }
        let ranges = labels.iter().map(|label| frame.range(&label.place, &cuts)).collect();
        (frame, ranges)
    }

    fn push_line(&mut self, number: u32, line: &str) -> usize {
        let at = self.text.len();
        self.lines.push((at, number));
        self.text.push_str(line);
        self.text.push('\n');
        at
    }

    /// Stands in for the lines that are left out before the line `number`: two blank ones, which codespan shows as a
    /// break. [`lines_to_show`] leaves no gap of one line.
    fn skip_to(&mut self, number: u32) {
        let last = self.lines.last().map_or(number, |(_, last)| *last);
        if number > last + 1 {
            self.push_line(last + 1, "");
            self.push_line(last + 1, "");
        }
    }

    fn range(&mut self, place: &Place<'_>, cuts: &BTreeMap<u32, (usize, Cut)>) -> Range<usize> {
        let find = |line: u32, offset: usize| cuts.get(&line).map_or(0, |(at, cut)| at + cut.position(offset));
        let start = find(place.start.line, place.range.start);
        self.columns.entry(start).or_insert(place.start.column as usize);
        start..find(place.end.line, place.range.end).max(start)
    }
}

/// The numbers of the lines to show: the first and last line of each label with codespan's context between them, and no
/// gap of a single line.
fn lines_to_show(labels: &[Marked<'_>]) -> BTreeSet<u32> {
    let mut lines = BTreeSet::new();
    for Marked { place, .. } in labels {
        let (first, last) = (place.start.line, place.end.line);
        lines.extend(first..=last.min(first.saturating_add(AFTER_START)));
        lines.extend(first.max(last.saturating_sub(BEFORE_END))..=last);
    }
    let gaps: Vec<u32> =
        lines.iter().zip(lines.iter().skip(1)).filter(|(a, b)| *b - *a == 2).map(|(a, _)| a + 1).collect();
    lines.extend(gaps);
    lines
}

/// A line of the labels' file, cut around the first label that begins or ends in it.
fn cut_for(labels: &[Marked<'_>], line: u32, ellipsis: &str) -> Cut {
    let Some(Marked { place, .. }) = labels.first() else { return cut("", 0, 0, ellipsis) };
    let range = place.line_range(line);
    let focus = labels
        .iter()
        .flat_map(|label| {
            [(label.place.start.line, label.place.range.start), (label.place.end.line, label.place.range.end)]
        })
        .find_map(|(at, offset)| (at == line).then_some(offset));
    cut(place.line(line), range.start, focus.unwrap_or(range.start), ellipsis)
}

impl<'a> Files<'a> for Page {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.frame(id)?.path)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.frame(id)?.text)
    }

    fn line_index(&'a self, id: usize, byte_index: usize) -> Result<usize, Error> {
        let after = self.frame(id)?.lines.partition_point(|(start, _)| *start <= byte_index);
        Ok(after.saturating_sub(1))
    }

    fn line_number(&'a self, id: usize, line_index: usize) -> Result<usize, Error> {
        let lines = &self.frame(id)?.lines;
        let line = lines.get(line_index).or(lines.last());
        // codespan takes a logarithm of the number.
        Ok(line.map_or(1, |(_, number)| (*number).max(1) as usize))
    }

    fn column_number(&'a self, id: usize, _line_index: usize, byte_index: usize) -> Result<usize, Error> {
        Ok(self.frame(id)?.columns.get(&byte_index).copied().unwrap_or(1))
    }

    fn line_range(&'a self, id: usize, line_index: usize) -> Result<Range<usize>, Error> {
        let frame = self.frame(id)?;
        let too_large = Error::LineTooLarge { given: line_index, max: frame.lines.len() };
        let (start, _) = *frame.lines.get(line_index).ok_or(too_large)?;
        let end = frame.lines.get(line_index + 1).map_or(frame.text.len(), |(next, _)| *next);
        Ok(start..end)
    }
}
