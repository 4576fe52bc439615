//! What the demo prints: headings, and lines that fit the terminal, as they arrive. A reader that closes the pipe ends the
//! words, not the demo.

use std::io::{Stdout, Write, stdout};
use std::sync::Mutex;

use pace_diag::render::Colour;

use crate::foreign::filtered;
use crate::wrap::{Wrap, columns};

/// The widest line, however wide the terminal is: longer ones are hard to read.
const WIDEST: usize = 100;
/// Where there is no terminal.
const USUAL: usize = 80;
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

    /// How wide lines may be, now.
    pub(super) fn width(&self) -> usize {
        columns(&self.stdout).map_or(USUAL, |columns| columns.min(WIDEST))
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
        Speech { screen: self, wrap: Wrap::after(indent, indent) }
    }
}

/// Words of somebody as they arrive, wrapped.
#[derive(Debug)]
pub(super) struct Speech<'s> {
    screen: &'s Screen,
    wrap: Wrap,
}

impl Speech<'_> {
    /// The next words.
    pub(super) fn add(&mut self, text: &str) {
        let words = self.wrap.pass(&filtered(text), Some(self.screen.width()));
        self.screen.put(&words);
    }

    /// The end of it.
    pub(super) fn end(mut self) {
        let rest = self.wrap.end(Some(self.screen.width()));
        self.screen.put(&format!("{rest}\n"));
    }
}
