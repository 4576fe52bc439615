//! The layout of the roadmap's Milestone 4: a heading, the messages under their file and line, each with its advice, and
//! the totals. No source lines. Each message ends in its code, for `pace explain`.

use std::fmt::Write as _;

use super::place::Place;
use super::{Colour, Glyphs, Report, text};
use crate::code::{self, Code};
use crate::diagnostic::{Diagnostic, Severity};

/// Width to which messages are filled, in characters, right of their indentation: the roadmap's lines are 72 wide.
const FILL: usize = 66;

/// The rules whose notes are what somebody else said, which is all the reason there is.
static SAID: [&Code; 3] = [&code::UNREACHABLE_SERVER, &code::BROKEN_SERVER, &code::PIN_NOT_COMPARED];

/// How many of these notes are told.
const NOTES: usize = 6;

/// All diagnostics and the totals; empty if there is nothing to say. Ends with a line break. Safe to print, as
/// [`human`](super::human()) is.
pub fn short(report: &Report<'_>, colour: Colour, glyphs: Glyphs) -> String {
    if report.diagnostics.is_empty() {
        return String::new();
    }
    let style = Style { colour, glyphs };
    let mut out = heading(report, style);
    let mut group = None;
    for diagnostic in report.told() {
        let place = header(report, diagnostic);
        if group.as_ref() != Some(&place) {
            if group.is_some() {
                out.push('\n');
            }
            let _ = writeln!(out, "  {}", colour.paint(super::BOLD, &place));
            group = Some(place);
        }
        entry(&mut out, diagnostic, style);
    }
    if !report.untold().is_empty() {
        let _ = write!(out, "\n{}", report.untold().trim_end_matches('\n'));
        out.push('\n');
    }
    out.push_str(&totals(report));
    text::trim_line_ends(&out)
}

#[derive(Clone, Copy)]
struct Style {
    colour: Colour,
    glyphs: Glyphs,
}

impl Style {
    fn mark(self, severity: Severity) -> String {
        match (severity, self.glyphs) {
            (Severity::Error, Glyphs::Unicode) => self.colour.paint(super::RED, "✗"),
            (Severity::Error, Glyphs::Ascii) => self.colour.paint(super::RED, "x"),
            (Severity::Warning, Glyphs::Unicode) => self.colour.paint(super::YELLOW, "⚠"),
            (Severity::Warning, Glyphs::Ascii) => self.colour.paint(super::YELLOW, "!"),
        }
    }
}

fn heading(report: &Report<'_>, style: Style) -> String {
    let totals = report.totals();
    let why = match totals.errors {
        _ if !report.failed() => return String::new(),
        0 => format!("{}, denied", totals.warnings()),
        _ => totals.errors(),
    };
    format!("{} {} failed ({why})\n\n", style.mark(Severity::Error), report.action.heading())
}

/// File and line, under which neighbours are grouped.
fn header(report: &Report<'_>, diagnostic: &Diagnostic) -> String {
    let place = diagnostic.primary.as_ref().and_then(|label| Place::find(report.sources, label.span));
    place
        .map_or_else(|| String::from("(project)"), |place| format!("{}:{}", text::line(place.path()), place.start.line))
}

fn entry(out: &mut String, diagnostic: &Diagnostic, style: Style) {
    let mut message = fill(&text::line(&diagnostic.concise()));
    // Not filled with the message: a code alone on a line reads as a message of its own.
    if let Some(last) = message.last_mut() {
        let _ = write!(last, " [{}]", diagnostic.code.id);
    }
    let mut lines = message.into_iter();
    let _ = writeln!(out, "    {} {}", style.mark(diagnostic.severity), lines.next().unwrap_or_default());
    let told = if SAID.contains(&diagnostic.code) { NOTES } else { 0 };
    let notes = diagnostic.notes.iter().take(told).flat_map(|note| fill(&text::line(note)));
    let help = diagnostic.help.iter().flat_map(|help| fill(&text::paragraph(&help.text)));
    for line in lines.chain(notes).chain(help) {
        let _ = writeln!(out, "      {line}");
    }
}

fn fill(words: &str) -> Vec<String> {
    text::wrap(words, FILL)
}

fn totals(report: &Report<'_>) -> String {
    let totals = report.totals();
    let advice = if report.failed() { " Fix these before deploying." } else { "" };
    format!("\n{}, {}.{advice}\n", totals.errors(), totals.warnings())
}
