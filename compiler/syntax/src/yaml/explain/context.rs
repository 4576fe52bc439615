//! The text around an error and what was read before it.

use std::ops::Range;

use crate::yaml::scalar::Style;

/// What is known when the parser gives up.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// The whole file.
    pub(crate) text: &'a str,
    /// The part of it that is YAML.
    pub(crate) range: Range<usize>,
    /// The lists and mappings that are open, outermost first.
    pub(crate) open: Vec<Enclosing>,
    /// The last scalar that was read.
    pub(crate) last: Option<&'a Neighbour>,
    /// Where what was read ends.
    pub(crate) cursor: usize,
}

/// An open list or mapping.
#[derive(Debug)]
pub(crate) struct Enclosing {
    /// Its first byte: a bracket, or the first key or `-` of a block.
    pub(crate) start: usize,
    /// Its first item or key.
    pub(crate) first: Option<Range<usize>>,
    /// Whether it is a mapping.
    pub(crate) mapping: bool,
    /// Whether it starts with a bracket of its own.
    pub(crate) bracketed: bool,
}

/// A scalar that was read.
#[derive(Debug)]
pub(crate) struct Neighbour {
    pub(crate) range: Range<usize>,
    pub(crate) style: Style,
    pub(crate) role: Role,
}

/// What a node is to the one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Root,
    Item,
    Key,
    Value,
}

impl Context<'_> {
    /// The text of a range, which may end before it starts.
    pub(crate) fn part(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    /// From `at` to the end of the YAML.
    pub(crate) fn rest(&self, at: usize) -> &str {
        self.part(at..self.range.end)
    }

    /// The line around `at` without its break.
    pub(crate) fn line(&self, at: usize) -> Range<usize> {
        let before = self.part(self.range.start..at);
        let start = before.rfind('\n').map_or(self.range.start, |index| self.range.start + index + 1);
        let after = self.rest(at);
        let end = at + after.find('\n').unwrap_or(after.len());
        let end = if self.part(start..end).ends_with('\r') { end - 1 } else { end };
        start..end.max(start)
    }

    /// What stands on the line from `at` on, up to its comment.
    pub(crate) fn content(&self, at: usize) -> Range<usize> {
        let rest = self.part(at..self.line(at).end);
        let comment = rest.match_indices('#').map(|(index, _)| index);
        let mut comment =
            comment.filter(|index| *index == 0 || rest.get(..*index).is_some_and(|text| text.ends_with(BLANK)));
        let content = rest.get(..comment.next().unwrap_or(rest.len())).unwrap_or("");
        at..at + content.trim_end_matches(BLANK).len()
    }

    /// The first byte on the line around `at` that is no indentation.
    pub(crate) fn indent_end(&self, at: usize) -> usize {
        let line = self.line(at);
        let text = self.part(line.clone());
        line.start + text.len() - text.trim_start_matches([' ', '\t', '\u{feff}']).len()
    }

    /// How many characters stand before `at` on its line.
    pub(crate) fn column(&self, at: usize) -> usize {
        self.part(self.line(at).start..at).chars().filter(|character| *character != '\u{feff}').count()
    }

    /// The word at `at`: up to a blank, a comma or a bracket, and at least one character if there is one on the line.
    pub(crate) fn word(&self, at: usize) -> Range<usize> {
        let rest = self.part(at..self.line(at).end.max(at));
        let first = rest.chars().next().map_or(0, char::len_utf8);
        if rest.starts_with([',', '[', ']', '{', '}']) {
            return at..at + first;
        }
        let end = |(index, character): (usize, char)| {
            let next = rest.get(index + 1..).and_then(|rest| rest.chars().next());
            let stop = BLANK.contains(&character)
                || matches!(character, ',' | '[' | ']' | '{' | '}')
                || (character == ':' && next.is_none_or(|next| BLANK.contains(&next)));
            (index >= first && stop).then_some(index)
        };
        at..at + rest.char_indices().find_map(end).unwrap_or(rest.len())
    }

    /// What stands at `at`, for *found …*.
    pub(crate) fn found(&self, at: usize) -> String {
        let rest = self.rest(at);
        if rest.trim_ascii().is_empty() {
            return if self.range.end == self.text.len() { "the end of the file" } else { "the end of the YAML" }
                .to_owned();
        }
        if rest.starts_with(['\n', '\r']) {
            return "the end of the line".to_owned();
        }
        format!("`{}`", super::excerpt(self.part(self.word(at))))
    }

    /// The tab that indents the line around `at`, or the next line that a tab indents.
    pub(crate) fn indentation_tab(&self, at: usize) -> Option<Range<usize>> {
        let mut start = self.line(at).start;
        for line in self.rest(start).split_inclusive('\n') {
            let indentation = line.len() - line.trim_start_matches([' ', '\t', '-', '?', ':']).len();
            if let Some(tab) = line.get(..indentation).and_then(|text| text.find('\t')) {
                let run = line.get(tab..indentation).map_or(1, |tabs| tabs.len() - tabs.trim_start_matches('\t').len());
                return Some(start + tab..start + tab + run);
            }
            start += line.len();
        }
        None
    }

    /// The innermost list or mapping.
    pub(crate) fn innermost(&self) -> Option<&Enclosing> {
        self.open.last()
    }

    /// The bracket an open list or mapping starts with; `None` for blocks.
    pub(crate) fn bracket(&self, enclosing: &Enclosing) -> Option<char> {
        self.rest(enclosing.start).chars().next().filter(|_| enclosing.bracketed)
    }
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
