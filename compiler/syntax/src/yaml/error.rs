//! What can be wrong with a YAML file. Plain data in plain words: the compiler gives it a code and hands it to the sink,
//! because this crate lies below the diagnostics.

use crate::span::Span;

/// One thing wrong with a YAML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Which rule is broken.
    pub kind: SyntaxErrorKind,
    /// The smallest place the author would edit.
    pub span: Span,
    /// What is wrong: one line that stands alone, lower case, no full stop.
    pub message: String,
    /// Another place that matters, and why: the first definition, the bracket that opens.
    pub other: Option<(Span, &'static str)>,
    /// What to do, imperative.
    pub help: Option<String>,
}

impl SyntaxError {
    pub(crate) fn new(kind: SyntaxErrorKind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, span, message: message.into(), other: None, help: None }
    }

    pub(crate) fn also(mut self, span: Span, why: &'static str) -> Self {
        self.other = Some((span, why));
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The rules a YAML file can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SyntaxErrorKind {
    /// The text is not YAML. Nothing after this place was read.
    Syntax,
    /// A key stands twice in one mapping. The first one counts.
    DuplicateKey,
    /// A second document. It was not read.
    SeveralDocuments,
    /// `<<`, which YAML 1.2 does not have. Its entry is left out.
    MergeKey,
    /// An alias inside the value it refers to. A hole stands there.
    RecursiveAlias,
    /// An alias of an anchor that is not defined before it. A hole stands there.
    UnknownAnchor,
    /// A tag outside the core schema, or one that does not fit its value. The value is read as if it had none.
    UnsupportedTag,
    /// A key that is not text: a list, a mapping, null. Its entry is left out.
    UnsupportedKey,
    /// More levels than [`Limits::depth`](crate::Limits::depth), aliases followed.
    TooDeep,
    /// More values than [`Limits::nodes`](crate::Limits::nodes), aliases followed.
    TooManyNodes,
    /// Nothing but spaces and comments. Comes alone, with no root; who accepts empty files ignores it.
    Empty,
}
