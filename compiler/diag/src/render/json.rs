//! One JSON object a line, told apart by `reason`, after cargo's machine messages. Readers ignore reasons and fields they
//! do not know; fields are added, never renamed.
//!
//! The types here mirror the diagnostics for exactly this output, so that neither can change the other by accident.

use serde::Serialize;

use super::place::Place;
use super::{Colour, Glyphs, Report, human, text};
use crate::diagnostic::{Applicability, Diagnostic, Edit, Help, Label};

/// The lines of all diagnostics: `"reason":"diagnostic"`. Ends with a line break unless there are none.
pub fn diagnostics(report: &Report<'_>) -> String {
    let rendered = human::each(report, (Colour::Plain, Glyphs::Unicode), None);
    let lines = report.diagnostics.iter().zip(&rendered);
    lines.map(|(diagnostic, rendered)| line(&DiagnosticObject::new(report, diagnostic, rendered))).collect()
}

/// The line for the bundle that was written: `"reason":"bundle"`. Ends with a line break.
pub fn bundle(bundle: &Bundle<'_>) -> String {
    line(&Reason { reason: "bundle", content: bundle })
}

/// The last line of a command: `"reason":"build-finished"`. Ends with a line break.
pub fn finished(finished: &Finished) -> String {
    line(&Reason { reason: "build-finished", content: finished })
}

/// A bundle that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bundle<'a> {
    /// The file, relative to the project.
    pub path: &'a str,
    /// The bundle's id: what it is referred to by.
    pub id: &'a str,
    /// The id of the program in it.
    pub program: &'a str,
    /// Length of the file.
    pub bytes: u64,
    /// The manifest, relative to the project.
    pub manifest: &'a str,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Finished {
    /// Whether the exit code is 0.
    pub success: bool,
    /// Errors told.
    pub errors: usize,
    /// Warnings told.
    pub warnings: usize,
}

impl Finished {
    /// How a command ends that fails for nothing but what `report` says.
    pub fn of(report: &Report<'_>) -> Self {
        let totals = report.totals();
        Self { success: !report.failed(), errors: totals.errors, warnings: totals.warnings }
    }
}

#[derive(Serialize)]
struct Reason<'a, T> {
    reason: &'static str,
    #[serde(flatten)]
    content: &'a T,
}

#[derive(Serialize)]
struct DiagnosticObject<'a> {
    reason: &'static str,
    code: &'static str,
    slug: &'static str,
    severity: &'static str,
    message: &'a str,
    labels: Vec<LabelObject<'a>>,
    notes: &'a [String],
    help: Vec<HelpObject<'a>>,
    rendered: &'a str,
}

#[derive(Serialize)]
struct LabelObject<'a> {
    primary: bool,
    text: &'a str,
    at: At<'a>,
}

#[derive(Serialize)]
struct HelpObject<'a> {
    text: &'a str,
    applicability: &'static str,
    edits: Vec<EditObject<'a>>,
}

#[derive(Serialize)]
struct EditObject<'a> {
    at: At<'a>,
    replacement: &'a str,
}

/// Where: half open. Bytes count from 0, lines and columns from 1, columns count characters.
#[derive(Serialize)]
struct At<'a> {
    file: &'a str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    byte: usize,
    line: u32,
    column: u32,
}

impl<'a> DiagnosticObject<'a> {
    fn new(report: &Report<'a>, diagnostic: &'a Diagnostic, rendered: &'a str) -> Self {
        let primary = diagnostic.primary.iter().map(|label| (true, label));
        let secondary = diagnostic.secondary.iter().map(|label| (false, label));
        let labels = primary.chain(secondary);
        Self {
            reason: "diagnostic",
            code: diagnostic.code.id,
            slug: diagnostic.code.slug,
            severity: diagnostic.severity.as_str(),
            message: &diagnostic.message,
            labels: labels.filter_map(|(primary, label)| LabelObject::new(report, primary, label)).collect(),
            notes: &diagnostic.notes,
            help: diagnostic.help.iter().map(|help| HelpObject::new(report, help)).collect(),
            rendered,
        }
    }
}

impl<'a> LabelObject<'a> {
    fn new(report: &Report<'a>, primary: bool, label: &'a Label) -> Option<Self> {
        Some(Self { primary, text: &label.text, at: At::new(&Place::find(report.sources, label.span)?) })
    }
}

impl<'a> HelpObject<'a> {
    fn new(report: &Report<'a>, help: &'a Help) -> Self {
        let edit = |edit: &'a Edit| {
            Some(EditObject { at: At::new(&Place::find(report.sources, edit.span)?), replacement: &edit.replacement })
        };
        Self {
            text: &help.text,
            applicability: applicability(help.applicability),
            edits: help.edits.iter().filter_map(edit).collect(),
        }
    }
}

impl<'a> At<'a> {
    fn new(place: &Place<'a>) -> Self {
        Self {
            file: place.path(),
            start: Position { byte: place.range.start, line: place.start.line, column: place.start.column },
            end: Position { byte: place.range.end, line: place.end.line, column: place.end.column },
        }
    }
}

fn applicability(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
        Applicability::Manual => "manual",
    }
}

/// The types above hold only strings, numbers and lists: serializing them does not fail.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).map(|json| text::json(&json) + "\n").unwrap_or_default()
}
