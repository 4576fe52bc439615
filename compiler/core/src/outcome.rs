//! What a run of the compiler leaves, and what of it may be shown.

use std::borrow::Cow;
use std::collections::BTreeSet;

use pace_diag::{Diagnostic, Reported, code};
use pace_ir::{EmitError, Emitted};
use pace_syntax::{FileId, SourceMap, Span};

use crate::pin::PinReport;
use crate::secret;
use crate::world::WorldError;

/// What a run of the compiler leaves: a result, everything it said, and the files that the words point into.
#[derive(Debug)]
pub struct Outcome<T> {
    /// What was asked for, or why there is none.
    pub result: Result<T, Failure>,
    /// Everything said to the author, in order.
    pub diagnostics: Vec<Diagnostic>,
    /// The files read.
    pub sources: SourceMap,
    /// Servers that were pinned although the build failed: whoever reports that writes their lock too.
    pub kept: Option<PinReport>,
    /// What in them looks like a secret.
    secrets: Vec<Span>,
}

impl<T> Outcome<T> {
    /// A result and what was said. What looks like a secret is taken out of the words: output ends up in logs that more
    /// people read than the file.
    pub(crate) fn new(result: Result<T, Failure>, mut diagnostics: Vec<Diagnostic>, sources: SourceMap) -> Self {
        let secrets = secrets(&diagnostics, &sources);
        let texts = secrets.iter().map(|span| sources.text(*span).trim_matches(['"', '\'']));
        // Tokens are found by their form wherever they are repeated; only others have to be looked for one by one.
        let texts: BTreeSet<_> = texts
            .filter(|text| text.len() >= SHORTEST && (text.contains('\n') || secret::tokens(text).is_empty()))
            .collect();
        for diagnostic in &mut diagnostics {
            redact(diagnostic, &texts);
        }
        Self { result, diagnostics, sources, kept: None, secrets }
    }

    /// The files as they may be shown, secrets hidden.
    pub fn shown(&self) -> Cow<'_, SourceMap> {
        let mut sources = Cow::Borrowed(&self.sources);
        for secret in &self.secrets {
            sources.to_mut().hide(*secret);
        }
        sources
    }
}

/// What looks like a secret: what a rule said so of, and every token in a file that is going to be shown.
fn secrets(diagnostics: &[Diagnostic], sources: &SourceMap) -> Vec<Span> {
    let labels = |diagnostic: &'_ Diagnostic| {
        diagnostic.primary.iter().chain(&diagnostic.secondary).map(|l| l.span).collect::<Vec<_>>()
    };
    let rule = diagnostics.iter().filter(|diagnostic| *diagnostic.code == code::SECRET_LITERAL);
    let mut secrets: Vec<Span> = rule.filter_map(|diagnostic| Some(diagnostic.primary.as_ref()?.span)).collect();
    let files: BTreeSet<FileId> = diagnostics.iter().flat_map(labels).map(|span| span.file).collect();
    let texts: BTreeSet<_> =
        secrets.iter().map(|span| sources.text(*span)).filter(|text| text.len() >= SHORTEST).collect();
    for (file, source) in files.into_iter().filter_map(|file| Some((file, sources.get(file)?))) {
        for text in texts.iter().take(MOST_REPEATED) {
            let places = source.text().match_indices(text).map(|(at, _)| Span::new(file, at..at + text.len()));
            secrets.extend(places);
        }
        secrets.extend(secret::tokens(source.text()).into_iter().map(|range| Span::new(file, range)));
    }
    secrets
}

/// How many different secrets are looked for in other places of the files shown.
const MOST_REPEATED: usize = 100;

/// Texts so short that hiding them would garble words and hide nothing.
const SHORTEST: usize = 6;

fn redact(diagnostic: &mut Diagnostic, secrets: &BTreeSet<&str>) {
    let labels = diagnostic.primary.iter_mut().chain(&mut diagnostic.secondary).map(|label| &mut label.text);
    let help = diagnostic.help.iter_mut().map(|help| &mut help.text);
    let words = labels.chain(help).chain(&mut diagnostic.notes).chain([&mut diagnostic.message]);
    for text in words {
        for range in secret::tokens(text).into_iter().rev() {
            text.replace_range(range, "***");
        }
        for secret in secrets {
            if text.contains(secret) {
                *text = text.replace(secret, "***");
            }
            // Of a secret of several lines, words quote a part, which may be cut.
            if secret.contains('\n') {
                *text = without_parts(text, secret);
            }
        }
    }
}

/// A text in which no quotation in backticks is a part of a secret.
fn without_parts(text: &str, secret: &str) -> String {
    let is_part = |quoted: &str| {
        let kept = quoted.trim_end_matches(['…', '.']);
        kept.len() >= SHORTEST && secret.contains(kept)
    };
    let parts = text.split('`').enumerate().map(|(at, part)| if at % 2 == 1 && is_part(part) { "***" } else { part });
    parts.collect::<Vec<_>>().join("`")
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The diagnostics say why.
    #[error("the project has errors")]
    Reported,
    /// The surroundings failed.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The bundle cannot be written.
    #[error(transparent)]
    Emit(#[from] EmitError),
}

/// How much a project holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Agents.
    pub agents: usize,
    /// Loops.
    pub loops: usize,
    /// Entries of `tools`, over all agents.
    pub tools: usize,
}

/// A bundle and how much it holds.
#[derive(Debug)]
pub struct Built {
    /// The bundle, verified.
    pub emitted: Emitted,
    /// How much it holds.
    pub counts: Counts,
    /// What became of the pins of its servers.
    pub pins: PinReport,
}

impl From<Reported> for Failure {
    fn from(_: Reported) -> Self {
        Self::Reported
    }
}
