//! What stands between two nodes. The parser says where nodes are; indicators, properties, block headers and comments
//! between them have to be looked up in the text. Each gap is looked at once, so all of them together cost one pass.

use std::ops::Range;

/// The words of a gap: everything but white space and comments, with their offsets from the gap's start.
pub(crate) fn words(gap: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    // A carriage return alone ends a line too (YAML 1.2.2 §5.4).
    gap.split_inclusive(['\n', '\r'])
        .scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        })
        .flat_map(|(start, line)| line_words(line).map(move |(at, word)| (start + at..start + at + word.len(), word)))
}

/// The words of a line, up to its comment. A gap never starts inside a word, so a `#` at its start is a comment.
fn line_words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_blank);
        if rest.is_empty() || rest.starts_with('#') {
            return None;
        }
        let at = line.len() - rest.len();
        let (word, after) = rest.split_at(rest.find(is_blank).unwrap_or(rest.len()));
        rest = after;
        Some((at, word))
    })
}

/// The header of a block scalar in the gap before its content: `|`, `>-`, `|+2`.
pub(crate) fn block_header(gap: &str) -> Option<Range<usize>> {
    words(gap).find(|(_, word)| word.starts_with(['|', '>'])).map(|(range, _)| range)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_out_comments() {
        let found: Vec<_> = words(": &a !!str # - x\r\n# y\n  -  >-").collect();
        assert_eq!(found, [(0..1, ":"), (2..4, "&a"), (5..10, "!!str"), (24..25, "-"), (27..29, ">-")]);
        assert_eq!(words("# x\r-").count(), 1);
        assert_eq!(words("\u{feff}# only\n\n").count(), 0);
    }

    #[test]
    fn finds_the_header_of_a_block() {
        assert_eq!(block_header(": &a|b |2- # >\n  "), Some(7..10));
        assert_eq!(block_header("- "), None);
    }
}
