//! The one type for all author-facing messages. Shape after rustc's and ruff's: the message states, labels show why
//! here, notes give facts, and only help advises.

use pace_syntax::Span;

use crate::code::Code;

/// One thing said to the author.
///
/// Built with the methods below, in the order a reader sees them: message, primary label, other labels, notes, help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule speaks.
    pub code: &'static Code,
    /// How bad it is. Set from the rule's level when the [`Sink`](crate::Sink) takes it.
    pub severity: Severity,
    /// What is wrong: one line that stands alone, lower case, no full stop, names in backticks.
    pub message: String,
    /// The smallest span the author would edit; `None` only where no file is to blame.
    pub primary: Option<Label>,
    /// Other places that matter, in other files too: the first definition, the list a name should be in.
    pub secondary: Vec<Label>,
    /// Facts.
    pub notes: Vec<String>,
    /// What to do, imperative.
    pub help: Vec<Help>,
}

/// A place and what it has to do with the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// Why here; adds to the message and may be empty.
    pub text: String,
}

/// Advice, and the edits that would follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// What to do.
    pub text: String,
    /// How far the edits may be trusted; [`Applicability::Manual`] when there are none.
    pub applicability: Applicability,
    /// Replacements, all in the project's own files.
    pub edits: Vec<Edit>,
}

/// Replace the bytes of `span` by `replacement`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What to replace; empty to insert before its start.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// How far an edit may be trusted (the three grades of ruff's fixes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// Keeps what the author meant; `pace check --fix` applies it. Never widens anybody's access.
    Safe,
    /// Probably right: a near name may be the wrong one. Shown and offered to editors, not applied by itself.
    Unsafe,
    /// Words only.
    Manual,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// No bundle is written.
    Error,
    /// A bundle is written.
    Warning,
}

impl Diagnostic {
    /// A diagnostic of `code` saying `message`.
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Points at the span to edit.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Points at another place that matters.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds advice without an edit.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(Help { text: text.into(), applicability: Applicability::Manual, edits: Vec::new() });
        self
    }

    /// Adds advice with one edit.
    #[must_use]
    pub fn fix(
        mut self,
        text: impl Into<String>,
        applicability: Applicability,
        span: Span,
        replacement: impl Into<String>,
    ) -> Self {
        let edits = vec![Edit { span, replacement: replacement.into() }];
        self.help.push(Help { text: text.into(), applicability, edits });
        self
    }

    /// Message and primary label in one line, for formats that show one thing.
    pub fn concise(&self) -> String {
        match &self.primary {
            Some(label) if !label.text.is_empty() => format!("{}: {}", self.message, label.text),
            _ => self.message.clone(),
        }
    }
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
