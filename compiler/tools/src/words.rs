//! What is said to an author of what the bundler found. One file for each kind of rule.

mod imports;
mod loading;
mod syntax;
mod unresolved;

use std::collections::BTreeMap;

use pace_diag::Diagnostic;
use pace_syntax::{FileId, SourceMap, Span};

pub(crate) use loading::{late, not_bundled, not_compiled, not_loaded, places};

use crate::protocol::{Finding, Place, Problem};

/// The most frames and sentences that one tool's findings get. Whoever has more mends these first.
pub(crate) const MOST: usize = 30;

/// The files that are spoken of.
#[derive(Debug)]
pub(crate) struct Files<'s> {
    sources: &'s mut SourceMap,
    texts: &'s BTreeMap<String, String>,
}

impl<'s> Files<'s> {
    /// Files of the map, and texts that join it when something is said of them.
    pub(crate) fn new(sources: &'s mut SourceMap, texts: &'s BTreeMap<String, String>) -> Self {
        Self { sources, texts }
    }

    fn file(&mut self, path: &str) -> Option<FileId> {
        match self.sources.find(path) {
            Some(file) => Some(file),
            None => self.texts.get(path).map(|text| self.sources.add(path, text.as_str())),
        }
    }

    /// A place in a file: the first line's first byte where it is not known.
    pub(crate) fn span(&mut self, path: &str, place: Option<Place>) -> Option<Span> {
        let file = self.file(path)?;
        let length = self.sources.get(file).map_or(0, |source| source.text().len());
        let range = place.map_or(0..0, |place| place.start as usize..place.end as usize);
        Some(Span::new(file, range.start.min(length)..range.end.min(length)))
    }

    /// The rest of the word, or the sign, at a line and a column in UTF-16 units.
    pub(crate) fn word(&mut self, path: &str, line: u32, column: u32) -> Option<Span> {
        let text = self.text(path)?;
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
        let on_line = text.get(start..)?.lines().next().unwrap_or_default();
        let mut units = 1;
        let skipped: usize = on_line
            .chars()
            .take_while(|letter| {
                let is_before = units < column as usize;
                units += letter.len_utf16();
                is_before
            })
            .map(char::len_utf8)
            .sum();
        let rest = on_line.get(skipped..).unwrap_or_default();
        if let Some(quote) = rest.chars().next().filter(|first| ['"', '\'', '`'].contains(first)) {
            let length = rest.get(1..)?.find(quote).map_or(1, |end| end + 2);
            return self.span(path, Some(place(start + skipped, length)));
        }
        let word = rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_' || *letter == '$');
        let length = word.map(char::len_utf8).sum::<usize>().max(rest.chars().next().map_or(0, char::len_utf8));
        self.span(path, Some(place(start + skipped, length)))
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        let file = self.sources.find(path).and_then(|file| self.sources.get(file));
        file.map(pace_syntax::SourceFile::text).or_else(|| self.texts.get(path).map(String::as_str))
    }
}

fn place(start: usize, length: usize) -> Place {
    let bound = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Place { start: bound(start), end: bound(start + length) }
}

/// Findings in words, at most [`MOST`]. A package that needs Node.js mostly needs much of it: that is one thing to say.
pub(crate) fn all(findings: Vec<Finding>, files: &mut Files<'_>) -> Vec<Diagnostic> {
    let mut needy: BTreeMap<(String, Option<Place>), Vec<Finding>> = BTreeMap::new();
    let mut others = Vec::new();
    for finding in findings {
        match finding.problem {
            Problem::NodeBuiltin { .. } if finding.chain.len() > 1 => {
                needy.entry((finding.file.clone(), finding.place)).or_default().push(finding);
            }
            _ => others.push(finding),
        }
    }
    let needy = needy.into_values().map(|group| imports::needs_node(&group, files)).collect::<Vec<_>>();
    others.iter().map(|finding| of(finding, files)).chain(needy).take(MOST).collect()
}

/// A finding in words.
fn of(finding: &Finding, files: &mut Files<'_>) -> Diagnostic {
    let place = files.span(&finding.file, finding.place);
    let says = Says { finding, place };
    match &finding.problem {
        Problem::Unresolved { specifier, near } => unresolved::unresolved(&says, specifier, near),
        Problem::FileType { specifier } => imports::file_type(&says, specifier),
        Problem::NodeBuiltin { specifier } => imports::builtin(&says, specifier),
        Problem::Outside { specifier } => imports::outside(&says, specifier),
        Problem::MissingExport { name, exporter, is_type, near } => {
            imports::missing_export(&says, name, exporter, *is_type, near.as_deref())
        }
        Problem::Circle { name } => imports::circle(&says, name),
        Problem::DynamicImport => imports::dynamic(&says),
        Problem::NoDefault => loading::no_default(&says),
        Problem::Undelivered { held } => loading::undelivered(&says, held.as_deref()),
        Problem::Syntax { message, label, help, others } => {
            let others: Vec<_> = others
                .iter()
                .filter_map(|(place, text)| Some((files.span(&finding.file, Some(*place))?, text.as_str())))
                .collect();
            syntax::syntax(&says, message, label, help.as_deref(), &others)
        }
        Problem::NotJson { message, imported } => {
            let imported = imported.as_ref().and_then(|(file, place)| files.span(file, Some(*place)));
            syntax::not_json(&says, message, imported)
        }
        Problem::Decorator { what } => syntax::decorator(&says, what),
        Problem::Jsx => syntax::jsx(&says),
        Problem::UnicodeSets => syntax::unicode_sets(&says),
        Problem::NotUtf8 { byte } => syntax::not_utf8(&says, *byte),
        Problem::TooLarge { bytes } => syntax::too_large(&says, *bytes),
        Problem::Unreadable { why } => syntax::unreadable(&says, why),
        Problem::Other { message, help } => loading::other(&says, message, help.as_deref()),
    }
}

/// A finding and where it is shown.
struct Says<'f> {
    finding: &'f Finding,
    place: Option<Span>,
}

impl Says<'_> {
    /// Whether it is about a file of a package rather than the one that is shown.
    fn is_in_package(&self) -> bool {
        self.finding.chain.len() > 1
    }

    /// The file it is about.
    fn culprit(&self) -> &str {
        self.finding.chain.last().unwrap_or(&self.finding.file)
    }

    /// The package it is about: what follows `node_modules/`.
    fn package(&self) -> &str {
        package(self.culprit())
    }

    /// Points at the place, and says how it leads to where it went wrong.
    fn show(&self, diagnostic: Diagnostic, here: &str) -> Diagnostic {
        let label = if self.is_in_package() { "this leads there" } else { here };
        let diagnostic = match self.place {
            Some(span) => diagnostic.at(span, label),
            None => diagnostic.note(format!("in `{}`", self.finding.file)),
        };
        if !self.is_in_package() {
            return diagnostic;
        }
        let way: Vec<_> = self.finding.chain.iter().map(|path| format!("`{path}`")).collect();
        diagnostic.note(format!("the way there: {}", way.join(" → ")))
    }
}

/// The package of a path in `node_modules`, or the path.
fn package(path: &str) -> &str {
    let inside = path.strip_prefix("node_modules/").unwrap_or(path);
    let parts = if inside.starts_with('@') { 2 } else { 1 };
    let end = inside.match_indices('/').nth(parts - 1).map_or(inside.len(), |(at, _)| at);
    if inside.len() == path.len() { path } else { inside.get(..end).unwrap_or(inside) }
}
