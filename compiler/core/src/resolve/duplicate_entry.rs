//! `P0404`: one thing listed twice. Which of the two would count is nobody's to guess.

use pace_diag::{Diagnostic, Sink, code};
use pace_syntax::Span;

/// Reports a second entry for `what`.
pub(crate) fn report(what: &str, list: &str, again: Span, first: Span, sink: &mut Sink) {
    let diagnostic = Diagnostic::new(&code::DUPLICATE_ENTRY, format!("{what} is listed twice in {list}"))
        .at(again, "listed again here")
        .also(first, "first listed here")
        .help("keep one of them");
    sink.error(diagnostic);
}
