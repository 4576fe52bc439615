//! Where the passes put what they have to say. A pass that may blame the author takes `&mut Sink`; only the sink makes
//! [`Reported`], so an error that nobody was told of does not compile.

use std::collections::BTreeMap;

use pace_syntax::Span;

use crate::code::{Code, Kind, Level};
use crate::diagnostic::{Diagnostic, Severity};

/// Proof that an error was told to the author. Only [`Sink::error`] makes one (after rustc's `ErrorGuaranteed`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported(());

/// The levels the project gives its lints, by slug; a lint not listed keeps its default.
pub type Lints = BTreeMap<String, Level>;

/// Collects diagnostics, in the order they are made; [`Sink::finish`] sorts them.
#[derive(Debug, Default)]
pub struct Sink {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
}

impl Sink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reports an error.
    pub fn error(&mut self, mut diagnostic: Diagnostic) -> Reported {
        diagnostic.severity = Severity::Error;
        self.errors += 1;
        self.diagnostics.push(diagnostic);
        Reported(())
    }

    /// Reports what an author may disagree with, at the level `lints` or the rule's default gives it.
    pub fn lint(&mut self, lints: &Lints, mut diagnostic: Diagnostic) {
        match level(lints, diagnostic.code) {
            Level::Allow => {}
            Level::Warn => {
                diagnostic.severity = Severity::Warning;
                self.diagnostics.push(diagnostic);
            }
            Level::Deny => {
                self.error(diagnostic);
            }
        }
    }

    /// Whether this rule already spoke of this place.
    pub fn has(&self, code: &Code, span: Span) -> bool {
        let at = |diagnostic: &Diagnostic| diagnostic.primary.as_ref().is_some_and(|label| label.span == span);
        self.diagnostics.iter().any(|diagnostic| diagnostic.code == code && at(diagnostic))
    }

    /// `Err` if any error was reported so far.
    ///
    /// # Errors
    /// [`Reported`] when the sink holds an error.
    pub fn check(&self) -> Result<(), Reported> {
        if self.errors == 0 { Ok(()) } else { Err(Reported(())) }
    }

    /// How many errors were reported so far.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Everything said, in a stable order: by file, place, code and words; what names no file comes last.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut all = self.diagnostics;
        all.sort_by(|a, b| key(a).cmp(&key(b)));
        all.dedup();
        all
    }
}

/// The level in force for a rule.
pub fn level(lints: &Lints, code: &Code) -> Level {
    match code.kind {
        Kind::Error => Level::Deny,
        Kind::Lint(default) => lints.get(code.slug).copied().unwrap_or(default),
    }
}

type Key<'a> = (bool, Option<pace_syntax::Span>, &'static str, &'a str);

fn key(diagnostic: &Diagnostic) -> Key<'_> {
    let span = diagnostic.primary.as_ref().map(|label| label.span);
    (span.is_none(), span, diagnostic.code.id, &diagnostic.message)
}
