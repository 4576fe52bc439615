//! The default format: a message with the source lines it is about, drawn by codespan-reporting, and a last line of
//! totals in cargo's manner.

use std::collections::BTreeSet;

use codespan_reporting::diagnostic::{Diagnostic as Shown, LabelStyle, Severity as ShownSeverity};
use codespan_reporting::term::termcolor::{Buffer, Color, ColorSpec};
use codespan_reporting::term::{Chars, Config, Styles, StylesWriter, emit_to_write_style};

use super::frame::{Marked, Page};
use super::place::Place;
use super::{Colour, Glyphs, Report, text};
use crate::code::{Kind, Level};
use crate::diagnostic::{Applicability, Diagnostic, Help, Label, Severity};

/// Width to which notes and help are filled, in characters, without the frame's edge.
const FILL: usize = 76;

/// The narrowest that anything is filled to: what has less room is left to the terminal, which breaks words.
const LEAST: usize = 24;

/// All diagnostics and the totals; empty if there is nothing to say. Ends with a line break. Safe to print: nothing the
/// project's files hold reaches the terminal as a control character. No line ends with a space.
pub fn human(report: &Report<'_>, colour: Colour, glyphs: Glyphs) -> String {
    human_within(report, (colour, glyphs), None)
}

/// As [`human`], for a terminal with so many columns, where they are known: messages, notes and help end their lines between
/// words. Source lines and what stands below them are as wide as they are.
pub fn human_within(report: &Report<'_>, (colour, glyphs): (Colour, Glyphs), columns: Option<usize>) -> String {
    let told = Report { diagnostics: report.told(), ..*report };
    let each = each(&told, (colour, glyphs), columns);
    let mut out = each.into_iter().fold(String::new(), |out, one| out + &one + "\n");
    out.push_str(&report.untold());
    out.push_str(&totals(report, colour));
    out
}

/// The text of each diagnostic of the report, in its order, without the blank line that follows it.
pub(super) fn each(report: &Report<'_>, (colour, glyphs): (Colour, Glyphs), columns: Option<usize>) -> Vec<String> {
    let mut explained = BTreeSet::new();
    let pen = Pen { colour, glyphs, columns, config: config(glyphs), styles: styles() };
    report
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let first = explained.insert(diagnostic.code.slug);
            let lint = first.then(|| lint_note(diagnostic)).flatten();
            pen.draw(report, diagnostic, lint.as_deref())
        })
        .collect()
}

/// What it is to draw with.
struct Pen {
    colour: Colour,
    glyphs: Glyphs,
    /// Of the terminal, where there is one.
    columns: Option<usize>,
    config: Config,
    styles: Styles,
}

impl Pen {
    fn draw(&self, report: &Report<'_>, diagnostic: &Diagnostic, lint: Option<&str>) -> String {
        let ellipsis = match self.glyphs {
            Glyphs::Unicode => "…",
            Glyphs::Ascii => "...",
        };
        let marked = marked(report, diagnostic);
        let edge = edge(&marked);
        let (page, labels) = Page::lay_out(marked, ellipsis);
        let shown = Shown::new(severity(diagnostic.severity))
            .with_code(diagnostic.code.id)
            .with_message(self.message(diagnostic))
            .with_labels(labels)
            .with_notes(self.notes(diagnostic, lint, self.room(edge).min(FILL)));
        let mut buffer = match self.colour {
            Colour::Plain => Buffer::no_color(),
            Colour::Ansi => Buffer::ansi(),
        };
        // Writing to memory does not fail, and the page holds each label: were that wrong, the message is still said.
        let drawn = emit_to_write_style(&mut StylesWriter::new(&mut buffer, &self.styles), &self.config, &page, &shown);
        let mut out = match drawn {
            Ok(()) => text::trim_line_ends(&String::from_utf8_lossy(buffer.as_slice())),
            Err(_) => heading(diagnostic) + &shown.message,
        };
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }

    /// The characters that have room on a line behind so many.
    fn room(&self, behind: usize) -> usize {
        self.columns.map_or(usize::MAX, |columns| columns.saturating_sub(behind).max(LEAST))
    }

    /// The message; what does not fit on its line stands under it.
    fn message(&self, diagnostic: &Diagnostic) -> String {
        let (message, indent) = (text::line(&diagnostic.message), heading(diagnostic).len());
        if message.chars().count() <= self.room(indent) {
            return message;
        }
        text::wrap(&message, self.room(indent)).join(&format!("\n{}", " ".repeat(indent)))
    }

    fn notes(&self, diagnostic: &Diagnostic, lint: Option<&str>, width: usize) -> Vec<String> {
        let notes = diagnostic.notes.iter().map(|note| self.remark("note", note, width));
        let lint = lint.iter().map(|note| self.remark("note", note, width));
        let help = diagnostic.help.iter().map(|help| self.remark("help", &advice(help), width));
        notes.chain(lint).chain(help).collect()
    }

    fn remark(&self, kind: &str, words: &str, width: usize) -> String {
        let filled = text::wrap(&format!("{kind}: {}", text::paragraph(words)), width).join("\n");
        match (self.colour, filled.strip_prefix(kind)) {
            (Colour::Ansi, Some(rest)) if kind == "help" => Colour::Ansi.paint(super::CYAN, kind) + rest,
            (Colour::Ansi, Some(rest)) => Colour::Ansi.paint(super::BOLD, kind) + rest,
            _ => filled,
        }
    }
}

/// What stands in front of a message: `error[P0201]: `.
fn heading(diagnostic: &Diagnostic) -> String {
    format!("{}[{}]: ", diagnostic.severity.as_str(), diagnostic.code.id)
}

/// How many characters stand in front of notes: as wide as the greatest number of a line, and ` = `.
fn edge(labels: &[Marked<'_>]) -> usize {
    let last = labels.iter().map(|label| label.place.end.line).max().unwrap_or_default();
    last.to_string().len() + " = ".len()
}

/// The labels that are in a file of the map, the primary one first.
fn marked<'a>(report: &Report<'a>, diagnostic: &Diagnostic) -> Vec<Marked<'a>> {
    let mark = |label: &Label, style| {
        let place = Place::find(report.sources, label.span)?.visible();
        Some(Marked { place, style, text: text::line(&label.text) })
    };
    let primary = diagnostic.primary.iter().filter_map(|label| mark(label, LabelStyle::Primary));
    primary.chain(diagnostic.secondary.iter().filter_map(|label| mark(label, LabelStyle::Secondary))).collect()
}

/// Advice, and whether it has to be followed by hand.
fn advice(help: &Help) -> String {
    match help.applicability {
        Applicability::Safe => format!("{} (`pace check --fix` does this)", help.text.trim_end()),
        Applicability::Unsafe | Applicability::Manual => help.text.clone(),
    }
}

/// Why a lint speaks so loud, and under which name it is set. Said once a report for each lint.
fn lint_note(diagnostic: &Diagnostic) -> Option<String> {
    let Kind::Lint(default) = diagnostic.code.kind else { return None };
    let level = match diagnostic.severity {
        Severity::Error => Level::Deny,
        Severity::Warning => Level::Warn,
    };
    let by_default = if level == default { " by default" } else { "" };
    Some(format!("`{}` is a lint, set to `{}`{by_default}", diagnostic.code.slug, level.as_str()))
}

/// The last line: "error: build failed: 3 errors, 1 warning".
fn totals(report: &Report<'_>, colour: Colour) -> String {
    let totals = report.totals();
    let line = match (report.failed(), totals.errors, totals.warnings) {
        (false, _, 0) => return String::new(),
        (false, _, _) => format!("{}: the project has {totals}", colour.paint(super::YELLOW, "warning")),
        (true, 0, _) => {
            format!("{}: {} failed: {totals}, and warnings are denied", error(colour), report.action.verb())
        }
        (true, _, _) => format!("{}: {} failed: {totals}", error(colour), report.action.verb()),
    };
    line + "\n"
}

fn error(colour: Colour) -> String {
    colour.paint(super::RED, "error")
}

fn severity(severity: Severity) -> ShownSeverity {
    match severity {
        Severity::Error => ShownSeverity::Error,
        Severity::Warning => ShownSeverity::Warning,
    }
}

fn config(glyphs: Glyphs) -> Config {
    let chars = match glyphs {
        Glyphs::Unicode => Chars::box_drawing(),
        Glyphs::Ascii => Chars::ascii(),
    };
    Config { chars, ..Config::default() }
}

/// codespan's default styles but for the frame, which is blue on every system.
fn styles() -> Styles {
    let blue = ColorSpec::new().set_fg(Some(Color::Blue)).clone();
    Styles {
        secondary_label: blue.clone(),
        line_number: blue.clone(),
        source_border: blue.clone(),
        note_bullet: blue,
        ..Styles::default()
    }
}
