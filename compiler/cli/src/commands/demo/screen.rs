//! What the demo prints: headings, and lines of at most 100 columns, as they arrive. A reader that closes the pipe ends the
//! words, not the demo.

use std::io::{Stdout, Write, stdout};
use std::sync::Mutex;

use pace_diag::render::Colour;

use crate::foreign::filtered;

/// The widest line.
const WIDTH: usize = 98;
/// How far texts stand in.
const INDENT: &str = "  ";

/// Standard output.
#[derive(Debug)]
pub(super) struct Screen {
    colour: Colour,
    stdout: Stdout,
    headings: Mutex<u32>,
}

impl Screen {
    pub(super) fn new(colour: Colour) -> Self {
        Self { colour, stdout: stdout(), headings: Mutex::new(0) }
    }

    /// A heading with the next number.
    pub(super) fn heading(&self, text: &str) {
        let number = self.headings.lock().map_or(0, |mut number| {
            *number += 1;
            *number
        });
        self.line(&format!("\n{}", self.bold(&format!("{number}. {text}"))));
    }

    /// Important words.
    pub(super) fn bold(&self, text: &str) -> String {
        self.painted("1", text)
    }

    /// Words that may be skipped.
    pub(super) fn dim(&self, text: &str) -> String {
        self.painted("2", text)
    }

    fn painted(&self, style: &str, text: &str) -> String {
        match self.colour {
            Colour::Plain => text.to_owned(),
            Colour::Ansi => format!("\u{1b}[{style}m{text}\u{1b}[0m"),
        }
    }

    /// One line, as it is.
    pub(super) fn line(&self, text: &str) {
        self.put(&format!("{text}\n"));
    }

    /// Lines of a text, each indented.
    pub(super) fn lines(&self, text: &str) {
        text.lines().for_each(|line| self.line(format!("{INDENT}{line}").trim_end()));
    }

    fn put(&self, text: &str) {
        let mut stdout = self.stdout.lock();
        let _closed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// What somebody says, to be continued.
    pub(super) fn says(&self, who: &str) -> Speech<'_> {
        let name = format!("{who}: ");
        self.put(&format!("{INDENT}{}", self.bold(&name)));
        let indent = INDENT.len() + name.len();
        Speech { screen: self, indent, column: indent, blanks: String::new() }
    }
}

/// Words of somebody as they arrive, wrapped.
#[derive(Debug)]
pub(super) struct Speech<'s> {
    screen: &'s Screen,
    indent: usize,
    column: usize,
    /// White space that is printed only when a word follows on the same line.
    blanks: String,
}

impl Speech<'_> {
    /// The next words.
    pub(super) fn add(&mut self, text: &str) {
        for word in filtered(text).split_inclusive(char::is_whitespace) {
            let shown = word.trim_end_matches(char::is_whitespace);
            let blanks = self.blanks.chars().count();
            if self.column > self.indent && self.column + blanks + shown.chars().count() > WIDTH {
                self.next_line();
            }
            if !shown.is_empty() {
                self.screen.put(&format!("{}{shown}", self.blanks));
                self.column += blanks + shown.chars().count();
                self.blanks.clear();
            }
            if word.ends_with('\n') {
                self.next_line();
            } else {
                self.blanks.push_str(word.get(shown.len()..).unwrap_or_default());
            }
        }
    }

    fn next_line(&mut self) {
        self.screen.put(&format!("\n{}", " ".repeat(self.indent)));
        self.column = self.indent;
        self.blanks.clear();
    }

    /// The end of it.
    pub(super) fn end(self) {
        self.screen.put("\n");
    }
}
