//! Errors that need no search: the parser's place is right and only the words are ours.

use granit_parser::ErrorKind;

use crate::yaml::explain::context::Context;
use crate::yaml::explain::scalar::QUOTE;
use crate::yaml::explain::{Explanation, excerpt};

pub(super) fn explain(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    properties(kind, at, context).or_else(|| directives(kind, at, context)).or_else(|| spacing(kind, at, context))
}

/// Anchors, aliases, tags.
fn properties(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    let word = context.word(at);
    let written = excerpt(context.part(word.clone()));
    let explanation = match kind {
        ErrorKind::MissingAnchorOrAliasName => {
            let indicator = written.chars().next().unwrap_or('&');
            Explanation::new(at..at + 1, format!("expected a name after `{indicator}`"))
        }
        ErrorKind::UndeclaredTagHandle => {
            Explanation::new(word, format!("tag `{written}` has a handle that is not declared"))
        }
        ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidGlobalTagCharacter
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::InvalidTagEscape
        | ErrorKind::InvalidTagUtf8LeadingByte
        | ErrorKind::InvalidTagUtf8TrailingByte
        | ErrorKind::InvalidTagUtf8 => {
            Explanation::new(word, format!("expected a tag like `!!str`, found `{written}`"))
        }
        _ => return None,
    };
    Some(explanation.help(QUOTE))
}

/// Lines with `%`, `---` and `...`.
fn directives(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    let found = context.found(at);
    let message = match kind {
        ErrorKind::UnsupportedYamlMajorVersion => {
            "expected version 1.1 or 1.2 of YAML in `%YAML`, found another".to_owned()
        }
        ErrorKind::DuplicateVersionDirective => "a second `%YAML` directive, where a document has one".to_owned(),
        ErrorKind::DuplicateTagDirective => "a second `%TAG` directive for the same handle".to_owned(),
        ErrorKind::MissingDocumentEndBeforeDirective => {
            format!("expected directives only before the document, found {found} after it")
        }
        ErrorKind::ExpectedDocumentStart => return Some(after_document(at, context)),
        ErrorKind::InvalidDocumentEnd => format!("expected nothing after `...` on its line, found {found}"),
        ErrorKind::ExpectedTagDirectiveBang
        | ErrorKind::InvalidTagDirectiveTerminator
        | ErrorKind::InvalidDirectiveTerminator
        | ErrorKind::MissingYamlVersionSeparator
        | ErrorKind::MissingDirectiveName
        | ErrorKind::InvalidDirectiveName
        | ErrorKind::DirectiveByteLimitExceeded { .. }
        | ErrorKind::TooManyReservedDirectiveParams { .. }
        | ErrorKind::YamlVersionTooLong
        | ErrorKind::MissingYamlVersion => {
            let line = context.content(context.line(at).start);
            return Some(
                Explanation::new(line, "expected a directive like `%YAML 1.2` after `%` at the start of a line")
                    .help("remove the line; no directive is needed here"),
            );
        }
        _ => return None,
    };
    Some(Explanation::new(context.word(at), message))
}

/// Something behind a document that is complete, or behind directives that no document follows.
fn after_document(at: usize, context: &Context<'_>) -> Explanation {
    let found = context.found(at);
    if context.rest(at).starts_with(':') {
        return Explanation::new(at..at + 1, "expected a space after `:`").help("write `: ` between key and value");
    }
    let expected = if context.last.is_none() && context.rest(context.range.start).contains('%') {
        "`---` after the directives"
    } else {
        "the end of the file"
    };
    Explanation::new(context.word(at), format!("expected {expected}, found {found}"))
}

/// White space that is missing or of the wrong kind, and values that are missing.
fn spacing(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    let word = context.word(at);
    let found = context.found(at);
    let explanation = match kind {
        ErrorKind::BomInsideDocument => {
            let end = (at + '\u{feff}'.len_utf8()).min(word.end.max(at));
            Explanation::new(at..end, "found a byte order mark (U+FEFF) inside the file")
                .help("remove it; nothing shows there")
        }
        ErrorKind::CommentNotSeparated => {
            Explanation::new(at..(at + 1).min(word.end.max(at)), "expected a space before `#`, found none")
                .help("add a space to start a comment, or put the whole value in quotes")
        }
        ErrorKind::ExpectedWhitespace => Explanation::new(word, format!("expected a space, found {found}")),
        ErrorKind::InvalidBlockEntryWhitespace => {
            Explanation::new(word, format!("expected a space after `-`, found {found}"))
        }
        ErrorKind::InvalidMappingValueWhitespace => {
            Explanation::new(word, format!("expected a space after `:`, found {found}"))
        }
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => {
            Explanation::new(word, "expected a value, found a single `-`").help(QUOTE)
        }
        ErrorKind::UnexpectedEndOfPlainScalar => {
            Explanation::new(word, format!("expected a value, found {found}")).help(QUOTE)
        }
        _ => return None,
    };
    Some(explanation)
}
