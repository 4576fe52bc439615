//! One source line as it is shown: escaped, without its byte order mark, and cut to a window where it is long.

use super::text;

/// A line with more characters than this is cut. Wider than any line a person writes, narrower than what fills a screen:
/// a minified file of one line must not bury the message.
pub(super) const LONG_LINE: usize = 200;

/// Characters of a long line that are shown, and how many of them stand before the label.
const WINDOW: usize = 160;
const BEFORE: usize = 40;

/// A line as it is shown, and where its bytes went.
pub(super) struct Cut {
    pub(super) text: String,
    /// Pairs of a byte of the file and the byte of `text` it is shown at, both rising; one for each character that is
    /// shown and one for the end.
    positions: Vec<(usize, usize)>,
}

impl Cut {
    /// Where in `text` the byte `offset` of the file is. What is cut away counts as the ellipsis.
    pub(super) fn position(&self, offset: usize) -> usize {
        let index = self.positions.partition_point(|(at, _)| *at < offset);
        match self.positions.get(index) {
            Some((at, _)) if index == 0 && *at > offset => 0,
            Some((_, shown)) => *shown,
            None => self.text.len(),
        }
    }
}

/// Shows `line`, which begins at byte `start` of its file, so that the byte `focus` of the file is in view; `ellipsis` stands for what
/// is not.
pub(super) fn cut(line: &str, start: usize, focus: usize, ellipsis: &str) -> Cut {
    let window = window(line, focus.saturating_sub(start));
    let mut cut = Cut { text: String::new(), positions: Vec::new() };
    if window.start > 0 {
        cut.text.push_str(ellipsis);
    }
    for (offset, character) in line.get(window.clone()).unwrap_or_default().char_indices() {
        let offset = start + window.start + offset;
        cut.positions.push((offset, cut.text.len()));
        match character {
            '\t' => cut.text.push('\t'),
            '\u{feff}' if offset == 0 => {}
            _ => text::push_visible(&mut cut.text, character),
        }
    }
    cut.positions.push((start + window.end, cut.text.len()));
    if window.end < line.len() {
        cut.text.push_str(ellipsis);
    }
    cut
}

/// The bytes of `line` to show. `focus` is a byte of it.
fn window(line: &str, focus: usize) -> std::ops::Range<usize> {
    if line.chars().nth(LONG_LINE).is_none() {
        return 0..line.len();
    }
    let before = line.get(..line.floor_char_boundary(focus)).unwrap_or_default();
    let start = before.char_indices().rev().nth(BEFORE).map_or(0, |(start, _)| start);
    let shown = line.get(start..).unwrap_or_default();
    let length = shown.char_indices().nth(WINDOW).map_or(shown.len(), |(end, _)| end);
    start..start + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_stay_whole() {
        let cut = cut("name: \u{1b}x", 10, 12, "…");
        assert_eq!(cut.text, r"name: \u{1b}x");
        assert_eq!([10, 16, 17, 18].map(|offset| cut.position(offset)), [0, 6, 12, 13]);
        assert_eq!((cut.position(0), cut.position(99)), (0, 13));
    }

    #[test]
    fn a_byte_order_mark_takes_no_room() {
        let first = cut("\u{feff}name", 0, 3, "…");
        assert_eq!((first.text.as_str(), first.position(0), first.position(3)), ("name", 0, 0));
        assert_eq!(cut("\u{feff}name", 4, 4, "…").text, "\\u{feff}name");
    }

    #[test]
    fn long_lines_are_cut_around_the_focus() {
        let line = format!("{}needle{}", "a".repeat(100_000), "ü".repeat(100_000));
        let cut = cut(&line, 7, 100_007, "…");
        assert_eq!(cut.text.chars().count(), WINDOW + 2);
        assert!(cut.text.starts_with("…aaa") && cut.text.ends_with("üü…"));
        assert_eq!(&cut.text[cut.position(100_007)..cut.position(100_013)], "needle");
        assert_eq!(cut.position(0), 0);
        assert_eq!(cut.position(300_000), cut.text.len());
    }

    #[test]
    fn the_end_of_a_long_line_is_in_view() {
        let line = "é".repeat(500);
        let cut = cut(&line, 0, 1_000, "...");
        assert_eq!(cut.text, format!("...{}", "é".repeat(BEFORE + 1)));
        assert_eq!(cut.position(1_000), cut.text.len());
    }
}
