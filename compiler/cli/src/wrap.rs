//! Lines that end between words, where people read them on a terminal. Programs get texts as they are.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Blanks that reach to the next of these columns.
const TAB: usize = 8;

/// What joins two emoji to one.
const JOINER: char = '\u{200d}';

/// A stream whose terminal, if it is one, has a width.
#[cfg(unix)]
pub(crate) trait Stream: std::os::fd::AsFd {}
#[cfg(unix)]
impl<T: std::os::fd::AsFd> Stream for T {}
/// A stream whose terminal, if it is one, has a width.
#[cfg(not(unix))]
pub(crate) trait Stream {}
#[cfg(not(unix))]
impl<T> Stream for T {}

/// The columns of the terminal that a stream leads to, now; nothing where it leads to none, or to one that does not say.
#[cfg(unix)]
pub(crate) fn columns(stream: &impl Stream) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// The columns of the terminal that a stream leads to, now; nothing where it leads to none, or to one that does not say.
#[cfg(not(unix))]
pub(crate) fn columns(_: &impl Stream) -> Option<usize> {
    None
}

/// A text whose lines end within the width, what is wrapped standing under the words of its line; as it is without a width.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let lines = text.split('\n').map(|line| {
        let mut wrap = Wrap::under(hanging(line, width));
        wrap.pass(line, Some(width)) + &wrap.end(Some(width))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Where what is wrapped of a line stands: under its first word, or under that behind `help: `.
fn hanging(line: &str, width: usize) -> usize {
    let words = line.trim_start_matches(' ');
    let margin = line.len() - words.len();
    let label = ["help: ", "error: ", "note: ", "warning: "].into_iter().find(|label| words.starts_with(label));
    let indent = margin + label.map_or(if margin > 0 { 2 } else { 0 }, str::len);
    // Where there is hardly any room, none is left empty.
    if indent * 2 > width { 0 } else { indent }
}

/// Words that come in pieces. A word is held back until its end, so that it can begin a new line.
#[derive(Debug, Default)]
pub(crate) struct Wrap {
    /// Where lines begin.
    indent: usize,
    /// Where the next character stands.
    column: usize,
    /// White space in front of the word, left out where the line ends.
    blanks: String,
    word: String,
    /// In a word that is longer than a line; the terminal breaks it wherever a line ends.
    is_long: bool,
}

impl Wrap {
    /// Lines that begin at a column, the first one at 0.
    pub(crate) fn under(indent: usize) -> Self {
        Self { indent, ..Self::default() }
    }

    /// In a line of which something is printed already.
    pub(crate) fn after(column: usize, indent: usize) -> Self {
        Self { indent, column, ..Self::default() }
    }

    /// What to print of the next piece; the width is asked for at each, because terminals change theirs.
    pub(crate) fn pass(&mut self, text: &str, width: Option<usize>) -> String {
        let mut out = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '\n' => {
                    self.release(&mut out, width);
                    self.next_line(&mut out);
                }
                ' ' | '\t' => {
                    self.release(&mut out, width);
                    self.is_long = false;
                    self.blanks.push(character);
                }
                _ => self.add(character, &mut out, width),
            }
        }
        out
    }

    /// The rest of it.
    pub(crate) fn end(&mut self, width: Option<usize>) -> String {
        let mut out = String::new();
        self.release(&mut out, width);
        out
    }

    fn add(&mut self, character: char, out: &mut String, width: Option<usize>) {
        if self.is_boundary(character) {
            self.release(out, width);
        }
        self.word.push(character);
        let is_long = width.is_none_or(|width| self.word.width() + self.indent >= width);
        if self.is_long || is_long {
            self.release(out, width);
            self.is_long = width.is_some();
        }
    }

    /// Whether a line may end in front of a character that follows the word: scripts with wide characters have no blanks.
    fn is_boundary(&self, character: char) -> bool {
        let is_wide = |character: char| character.width() == Some(2);
        match self.word.chars().next_back() {
            None | Some(JOINER) => false,
            Some(last) => is_wide(character) || (is_wide(last) && character.is_alphanumeric()),
        }
    }

    fn release(&mut self, out: &mut String, width: Option<usize>) {
        if self.word.is_empty() {
            return;
        }
        let wide = self.word.width();
        let start = self.blanks.chars().fold(self.column, |column, blank| match blank {
            '\t' => (column / TAB + 1) * TAB,
            _ => column + 1,
        });
        if let Some(width) = width
            && !self.is_long
            && self.column > self.indent
            && start + wide > width
        {
            self.next_line(out);
            out.push_str(&self.blanks);
            self.column = self.indent + wide;
        } else {
            out.push_str(&self.blanks);
            self.column = start + wide;
        }
        if let Some(width) = width
            && self.column > width
        {
            self.column = (self.column - 1) % width + 1;
        }
        self.blanks.clear();
        out.push_str(&self.word);
        self.word.clear();
    }

    fn next_line(&mut self, out: &mut String) {
        out.push('\n');
        self.column = 0;
        self.is_long = false;
        self.blanks = " ".repeat(self.indent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text in pieces of one character, as the slowest model sends it.
    fn streamed(mut wrap: Wrap, text: &str, width: usize) -> String {
        let pieces: Vec<_> = text.chars().map(|piece| wrap.pass(&piece.to_string(), Some(width))).collect();
        pieces.concat() + &wrap.end(Some(width))
    }

    #[test]
    fn words_that_do_not_fit_begin_a_line() {
        for (text, shown) in [
            ("one two three", "one two\nthree"),
            ("one twoo three", "one twoo\nthree"),
            ("one twooo", "one\ntwooo"),
            ("one  two  \n\n  three", "one  two\n\n  three"),
            ("a\tb", "a\nb"),
            ("", ""),
        ] {
            assert_eq!(streamed(Wrap::default(), text, 8), shown, "{text:?}");
        }
        // What stands in front of it counts, and where lines begin is as it should be.
        assert_eq!(streamed(Wrap::after(4, 0), "one two three", 8), "one\ntwo\nthree");
        assert_eq!(streamed(Wrap::after(3, 3), "one two\nsix", 8), "one\n   two\n   six");
    }

    #[test]
    fn what_is_longer_than_a_line_is_left_to_the_terminal() {
        assert_eq!(streamed(Wrap::default(), "a http://x.example/y b c de", 8), "a\nhttp://x.example/y b c\nde");
        assert_eq!(Wrap::default().pass("0123456789", Some(8)).len(), 8 + 2);
    }

    #[test]
    fn scripts_without_blanks_are_wrapped_and_emoji_stay_whole() {
        assert_eq!(streamed(Wrap::default(), "日本語日本語", 8), "日本語日\n本語");
        assert_eq!(streamed(Wrap::default(), "abcde 👩\u{200d}🔬 x", 8), "abcde 👩\u{200d}🔬\nx");
    }

    #[test]
    fn without_a_terminal_nothing_is_wrapped() {
        let text = "a  b ".repeat(40);
        assert_eq!(wrapped(&text, None), text);
        let mut wrap = Wrap::default();
        assert_eq!(wrap.pass(&text, None) + &wrap.end(None), text.trim_end());
    }

    #[test]
    fn what_is_wrapped_stands_under_the_words() {
        let text = "error: no such agents\n  help: did you mean that\n    `a` may do this and that\n";
        let shown =
            "error: no such\n       agents\n  help: did you mean\n        that\n    `a` may do this\n      and that\n";
        assert_eq!(wrapped(text, Some(20)), shown);
    }
}
