//! What the demo prints: headings, and lines of at most 100 columns, as they arrive. A reader that closes the pipe ends the
//! words, not the demo.

use std::io::{Write, stdout};
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
    headings: Mutex<u32>,
}

impl Screen {
    pub(super) fn new(colour: Colour) -> Self {
        Self { colour, headings: Mutex::new(0) }
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
        put(&format!("{text}\n"));
    }

    /// Lines of a text, each indented.
    pub(super) fn lines(&self, text: &str) {
        text.lines().for_each(|line| self.line(format!("{INDENT}{line}").trim_end()));
    }

    /// What somebody says, to be continued.
    pub(super) fn says(&self, who: &str) -> Speech {
        let name = format!("{who}: ");
        put(&format!("{INDENT}{}", self.bold(&name)));
        let indent = INDENT.len() + name.len();
        Speech { indent, column: indent }
    }
}

/// Words of somebody as they arrive, wrapped.
#[derive(Debug)]
pub(super) struct Speech {
    indent: usize,
    column: usize,
}

impl Speech {
    /// The next words.
    pub(super) fn add(&mut self, text: &str) {
        for word in filtered(text).split_inclusive(char::is_whitespace) {
            let shown = word.trim_end();
            if self.column > self.indent && self.column + shown.chars().count() > WIDTH {
                put(&format!("\n{}", " ".repeat(self.indent)));
                self.column = self.indent;
            }
            let is_end = word.ends_with('\n');
            put(if is_end { shown } else { word });
            self.column += word.chars().count();
            if is_end {
                put(&format!("\n{}", " ".repeat(self.indent)));
                self.column = self.indent;
            }
        }
    }

    /// The end of it.
    pub(super) fn end(self) {
        put("\n");
    }
}

fn put(text: &str) {
    let mut stdout = stdout().lock();
    let _closed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
