//! Why a text is not YAML, in our words. The parser says what its state machine met and where; here the text around that
//! place is looked at for what the author did: a tab, a bracket that stays open, a colon forgotten three lines above.
//! Called once a file at most, since nothing is read after a syntax error.

mod block;
pub(crate) mod context;
mod flow;
mod scalar;

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};

use crate::source::FileId;
use crate::span::Span;
use crate::yaml::error::{SyntaxError, SyntaxErrorKind};
use crate::yaml::explain::context::Context;

/// What to tell the author.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Explanation {
    range: Range<usize>,
    message: String,
    other: Option<(Range<usize>, &'static str)>,
    help: Option<String>,
}

impl Explanation {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), other: None, help: None }
    }

    fn also(mut self, range: Range<usize>, why: &'static str) -> Self {
        self.other = Some((range, why));
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn into_error(self, file: FileId) -> SyntaxError {
        let error = SyntaxError::new(SyntaxErrorKind::Syntax, Span::new(file, self.range), self.message);
        let error = match self.other {
            Some((range, why)) => error.also(Span::new(file, range), why),
            None => error,
        };
        match self.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

/// Explains what the parser met at byte `at`. Where none of the explanations fits, its own words are kept.
pub(crate) fn explain(error: &ScanError, at: usize, context: &Context<'_>) -> Explanation {
    let kind = error.kind();
    tabs(kind, at, context)
        .or_else(|| scalar::explain(kind, at, context))
        .or_else(|| flow::explain(kind, at, context))
        .or_else(|| block::explain(kind, at, context))
        .unwrap_or_else(|| Explanation::new(context.word(at), error.info()))
}

/// Tabs where YAML wants spaces. The parser reports some of them at the token before or after.
fn tabs(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    if !matches!(
        kind,
        ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    ) {
        return None;
    }
    let tab = context.indentation_tab(at).unwrap_or_else(|| context.word(at));
    Some(Explanation::new(tab, "expected spaces as indentation, found a tab").help("indent with spaces"))
}

/// A piece of the author's text for a message: one line, at most 40 characters, control characters escaped.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut characters = text.chars();
    let mut excerpt = String::new();
    for character in characters.by_ref().take(LONGEST) {
        if character.is_control() || matches!(character, '\u{feff}' | '\u{2028}' | '\u{2029}') {
            excerpt.extend(character.escape_default());
        } else {
            excerpt.push(character);
        }
    }
    if characters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}
