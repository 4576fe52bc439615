//! One SARIF 2.1.0 document (OASIS, errata 01) for code scanning. Files are named relative to the project, whatever
//! directory the command runs in.
//!
//! The types mirror the part of the standard that is used; the field names are the standard's.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::place::Place;
use super::{Report, text};
use crate::code::{Code, Kind, Level};
use crate::diagnostic::{Applicability, Diagnostic, Edit, Help, Label, Severity};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Where the pages of the codes are published.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/compiler/diag/errors/");

/// The file blamed for what no file is to blame for: code scanning refuses a document with a result that has no place.
const PROJECT: &str = "paceline.yaml";

/// Name and version of the fingerprint: a change of how it is made opens every alert again, and needs a new name.
const FINGERPRINT: &str = "paceDiagnostic/v1";

/// The document, indented, ending with a line break. A report without diagnostics gives a document without results,
/// which closes earlier alerts.
pub fn sarif(report: &Report<'_>) -> String {
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run(report)] };
    // These types hold only strings, numbers and lists: serializing them does not fail.
    serde_json::to_string_pretty(&log).map(|json| text::json(&json) + "\n").unwrap_or_default()
}

fn run<'a>(report: &Report<'a>) -> Run<'a> {
    let codes: BTreeMap<&str, &Code> =
        report.diagnostics.iter().map(|diagnostic| (diagnostic.code.id, diagnostic.code)).collect();
    let mut seen = BTreeMap::new();
    Run {
        tool: Tool {
            driver: Driver {
                name: "pace",
                semantic_version: env!("CARGO_PKG_VERSION"),
                information_uri: env!("CARGO_PKG_REPOSITORY"),
                rules: codes.values().map(|code| rule(code)).collect(),
            },
        },
        column_kind: "unicodeCodePoints",
        results: report
            .diagnostics
            .iter()
            .map(|diagnostic| {
                let rule_index = codes.keys().position(|id| *id == diagnostic.code.id).unwrap_or_default();
                let fingerprint = fingerprint(report, diagnostic);
                let nth: &mut usize = seen.entry(fingerprint.clone()).or_default();
                *nth += 1;
                result(report, diagnostic, rule_index, format!("{fingerprint}:{nth}"))
            })
            .collect(),
    }
}

fn rule(code: &'static Code) -> Rule {
    let level = match code.kind {
        Kind::Error | Kind::Lint(Level::Deny) => "error",
        Kind::Lint(Level::Warn) => "warning",
        Kind::Lint(Level::Allow) => "none",
    };
    Rule {
        id: code.id,
        name: code.slug,
        short_description: Text { text: first_sentence(code) },
        help_uri: format!("{PAGES}{}.md", code.id),
        default_configuration: Configuration { level },
    }
}

/// What the page of a code begins with, below its heading; its name in words if the page has no text.
fn first_sentence(code: &Code) -> String {
    let paragraph = code.page.lines().skip_while(|line| line.is_empty() || line.starts_with('#'));
    let paragraph = paragraph.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    match paragraph.split(". ").next().map(|sentence| sentence.trim_end_matches('.')) {
        Some(sentence) if !sentence.is_empty() => format!("{sentence}."),
        _ => code.slug.replace('-', " "),
    }
}

fn result<'a>(
    report: &Report<'a>,
    diagnostic: &'a Diagnostic,
    rule_index: usize,
    fingerprint: String,
) -> ResultObject<'a> {
    let primary = diagnostic.primary.as_ref().and_then(|label| Place::find(report.sources, label.span));
    let related = diagnostic.secondary.iter().filter_map(|label| related(report, label));
    ResultObject {
        rule_id: diagnostic.code.id,
        rule_index,
        level: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: Text { text: words(diagnostic) },
        locations: [LocationObject { id: None, physical_location: physical(primary.as_ref()), message: None }],
        related_locations: related
            .enumerate()
            .map(|(id, location)| LocationObject { id: Some(id + 1), ..location })
            .collect(),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint)]),
        // The standard has no grades of trust: what a tool may apply unseen is all that is offered.
        fixes: diagnostic
            .help
            .iter()
            .filter(|help| help.applicability == Applicability::Safe)
            .filter_map(|help| fix(report, help))
            .collect(),
        properties: Properties::of(diagnostic),
    }
}

/// The message with the advice below it: code scanning shows neither fixes nor properties.
fn words(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {}", help.text.trim_end()));
    diagnostic.concise() + &help.collect::<String>()
}

fn related(report: &Report<'_>, label: &Label) -> Option<LocationObject> {
    let place = Place::find(report.sources, label.span)?;
    let message = (!label.text.is_empty()).then(|| Text { text: label.text.clone() });
    Some(LocationObject { id: None, physical_location: physical(Some(&place)), message })
}

fn physical(place: Option<&Place<'_>>) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: Artifact { uri: uri(place.map_or(PROJECT, Place::path)) },
        region: place.map_or(Region::FIRST, Region::of),
    }
}

/// The edits of one piece of advice, by file; `None` if there are none.
fn fix(report: &Report<'_>, help: &Help) -> Option<Fix> {
    let mut changes: BTreeMap<String, Vec<Replacement>> = BTreeMap::new();
    for Edit { span, replacement } in &help.edits {
        let place = Place::find(report.sources, *span)?;
        let inserted_content = Text { text: replacement.clone() };
        let replacement = Replacement { deleted_region: Region::of(&place), inserted_content };
        changes.entry(uri(place.path())).or_default().push(replacement);
    }
    let changes: Vec<Change> = changes
        .into_iter()
        .map(|(uri, replacements)| Change { artifact_location: Artifact { uri }, replacements })
        .collect();
    let description = Text { text: help.text.clone() };
    (!changes.is_empty()).then_some(Fix { description, artifact_changes: changes })
}

/// What stays the same while the lines around a finding change: its code, its file and the text it points at, or the
/// whole line where it points between two characters. Findings that share it are told apart by their order.
fn fingerprint(report: &Report<'_>, diagnostic: &Diagnostic) -> String {
    let place = diagnostic.primary.as_ref().and_then(|label| Place::find(report.sources, label.span));
    let words = match &place {
        None => diagnostic.message.as_str(),
        Some(place) if place.range.is_empty() => place.line(place.start.line).trim(),
        Some(place) => place.covered(),
    };
    let mut hasher = blake3::Hasher::new();
    for part in [diagnostic.code.id, place.as_ref().map_or("", Place::path), words] {
        // The length keeps the parts apart.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// A project path as a relative reference (RFC 3986, section 4.2): what is not unreserved or `/` is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<ResultObject<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: &'static str,
    short_description: Text,
    help_uri: String,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

/// A `message`, a `multiformatMessageString` or an `artifactContent`: all are an object with `text`.
#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [LocationObject; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<LocationObject>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties<'a>>,
}

/// What the standard has no field for.
#[derive(Serialize)]
struct Properties<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    help: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

/// Half open, lines and columns from 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Text,
    artifact_changes: Vec<Change>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    artifact_location: Artifact,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Text,
}

impl Region {
    /// The very beginning of a file: code scanning wants a line, also where none is to blame.
    const FIRST: Self = Self { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };

    fn of(place: &Place<'_>) -> Self {
        Self {
            start_line: place.start.line,
            start_column: place.start.column,
            end_line: place.end.line,
            end_column: place.end.column,
        }
    }
}

impl<'a> Properties<'a> {
    fn of(diagnostic: &'a Diagnostic) -> Option<Self> {
        let notes: Vec<&str> = diagnostic.notes.iter().map(String::as_str).collect();
        let help: Vec<&str> = diagnostic.help.iter().map(|help| help.text.as_str()).collect();
        (!notes.is_empty() || !help.is_empty()).then_some(Self { notes, help })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("agents/a-b/spec.yaml"), "agents/a-b/spec.yaml");
        assert_eq!(uri("tools/a b:c%é.ts"), "tools/a%20b%3Ac%25%C3%A9.ts");
    }
}
