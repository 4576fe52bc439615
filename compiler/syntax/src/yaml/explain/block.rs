//! Errors in what indentation gives its structure: a colon forgotten, a line that is too far left or right, a list among
//! keys.

use std::ops::Range;

use granit_parser::ErrorKind;

use crate::yaml::explain::context::{Context, Enclosing, Neighbour, Role};
use crate::yaml::explain::{Explanation, excerpt};
use crate::yaml::scalar::Style;

pub(super) fn explain(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    let explanation = match kind {
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => colon(at, context),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => no_colon(context.content(at), context),
        ErrorKind::ExpectedBlockMappingKey => expected_key(at, context),
        ErrorKind::ExpectedBlockSequenceEntry => expected_item(at, context),
        ErrorKind::BlockSequenceEntryNotAllowed => {
            Explanation::new(at..at + 1, "found a list item after a value or a key on the same line, expected a value")
                .help("start the list on the next line, or put the value in quotes if `-` is part of it")
        }
        ErrorKind::MappingKeyNotAllowed => {
            Explanation::new(at..at + 1, "found `? ` where no key can stand, expected a value")
                .help("put the value in quotes if `?` is part of it")
        }
        ErrorKind::CommentInterceptedScalar => intercepted(at, context),
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => {
            let first = context.indent_end(at);
            Explanation::new(
                context.word(first),
                "expected this line to be indented more than the key its value belongs to",
            )
        }
        ErrorKind::UnexpectedEof
        | ErrorKind::UnexpectedEofBlockMapping
        | ErrorKind::UnexpectedEofBlockSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedNodeContent
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => {
            Explanation::new(context.word(at), format!("expected a value, found {}", context.found(at)))
        }
        _ => return None,
    };
    Some(explanation)
}

/// A `:` where no key ends. Most often what stands before it was taken for the rest of a value above.
fn colon(at: usize, context: &Context<'_>) -> Explanation {
    let point = at..(at + 1).min(context.range.end.max(at));
    let before = context.last.filter(|last| last.range.end == at);
    if let Some(key) = before.filter(|key| key.role != Role::Value && is_long(context.part(key.range.clone()))) {
        return long_key(key.range.clone());
    }
    let Some(value) = before.filter(|last| last.style == Style::Plain) else {
        return Explanation::new(point, "found a `:` that ends no key, expected a value or a line break")
            .help("put the text in quotes if `:` is part of it");
    };
    if !context.part(value.range.clone()).contains('\n') {
        return Explanation::new(point, "found `:` inside a value that is not in quotes")
            .also(value.range.clone(), "the value starts here")
            .help("put the value in quotes, or start the inner mapping on a line of its own");
    }
    if value.role == Role::Value {
        swallowed(value, at, context)
    } else {
        no_colon(first_line(value, context), context)
    }
}

fn first_line(scalar: &Neighbour, context: &Context<'_>) -> Range<usize> {
    context.content(scalar.range.start)
}

/// A line indented under a value that already stands on the line of its key.
fn swallowed(value: &Neighbour, at: usize, context: &Context<'_>) -> Explanation {
    let key = context.indent_end(at)..at;
    let name = excerpt(context.part(key.clone()));
    Explanation::new(key, format!("key `{name}` is indented under a value, not under a key"))
        .also(first_line(value, context), "this value goes on until there")
        .help("indent it like the key above, or put the value in quotes if `:` is part of it")
}

/// A line that should have been `key: value`: `line` is all of it.
fn no_colon(line: Range<usize>, context: &Context<'_>) -> Explanation {
    let text = context.part(line.clone());
    if let Some(rest) = text.strip_prefix('-')
        && !rest.starts_with(['-', ' '])
    {
        return Explanation::new(line.start..line.start + 1, "expected a space after `-`")
            .help("write `- ` before an item");
    }
    if let Some(colon) = glued_colon(text) {
        let at = line.start + colon;
        return Explanation::new(at..at + 1, "expected a space after `:`").help("write `: ` between key and value");
    }
    if is_long(text) {
        return long_key(line);
    }
    if let Some(header) = block_header_before(line.start, context) {
        return Explanation::new(line, format!("the text after `{header}` must be indented"))
            .help("indent every line of the text by two spaces");
    }
    let message = format!("expected `key: value`, found `{}`", excerpt(text));
    // Two words are a key and its value; more are a sentence that lost its indentation, if there is one to go on with.
    let above = context.part(context.range.start..line.start);
    let prose = text.split_whitespace().nth(2).is_some() && !above.trim_ascii().is_empty();
    let goes_on = if prose { ", or indent the line if it goes on with the text above" } else { "" };
    Explanation::new(line, message).help(format!("write `: ` after the key{goes_on}"))
}

/// The `|` or `>` that ends the last line with text before `at`, where a block of text should have begun.
fn block_header_before(at: usize, context: &Context<'_>) -> Option<char> {
    let before = context.text.get(context.range.start..at)?.trim_end();
    let line = before.rsplit('\n').next()?;
    let header = line.rsplit(": ").next()?.split(" #").next()?.trim();
    let mut characters = header.chars();
    let sign = characters.next().filter(|sign| *sign == '|' || *sign == '>')?;
    characters.all(|c| c == '-' || c == '+' || c.is_ascii_digit()).then_some(sign)
}

/// A key has at most 1,024 characters and stands on one line (YAML 1.2.2 §7.4.2).
fn is_long(key: &str) -> bool {
    !key.contains('\n') && key.chars().nth(1024).is_some()
}

fn long_key(range: Range<usize>) -> Explanation {
    Explanation::new(range, "expected `: ` within the first 1,024 characters of a key, found none")
}

/// The first `:` after a word that starts the line, with the value right behind it. Not that of an address.
fn glued_colon(text: &str) -> Option<usize> {
    let (key, value) = text.split_once(':')?;
    let word = !key.is_empty()
        && key.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.'));
    (word && !value.is_empty() && !value.starts_with([':', '/', ' '])).then_some(key.len())
}

/// Something that is no key where a block mapping goes on.
fn expected_key(at: usize, context: &Context<'_>) -> Explanation {
    let first = context.indent_end(at);
    let line = context.part(first..context.line(at).end);
    let item = line.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    if first < at && !(item && context.part(first + 1..at).trim_ascii().is_empty()) {
        return second_value(at, context);
    }
    if let Some(explanation) = dedented(first, context) {
        return explanation;
    }
    let found = context.found(first);
    let explanation = if item {
        Explanation::new(first..first + 1, "expected a key, found a list item (`- `)")
            .help("indent the list under its key, or remove the value of the key above")
    } else {
        Explanation::new(context.word(first), format!("expected a key, found {found}"))
    };
    beside(explanation, context, "the mapping starts here")
}

/// Something that is no item where a block list goes on.
fn expected_item(at: usize, context: &Context<'_>) -> Explanation {
    let first = context.indent_end(at);
    if first < at {
        return second_value(at, context);
    }
    if let Some(explanation) = dedented(first, context) {
        return explanation;
    }
    let message = format!("expected a list item (`- `), found {}", context.found(first));
    beside(Explanation::new(context.word(first), message), context, "the list starts here")
}

/// A line that starts left of the block above it and right of the one around that: it belongs to neither.
fn dedented(first: usize, context: &Context<'_>) -> Option<Explanation> {
    if let Some(explanation) = indented_by_tab(first, context) {
        return Some(explanation);
    }
    let around = context.innermost()?;
    let column = context.column(first);
    let outer = context.column(around.start);
    if column <= outer {
        return None;
    }
    let range = context.word(first);
    let block = context.last.filter(|last| matches!(last.style, Style::Literal | Style::Folded));
    if let Some(last) = block
        && column < context.column(last.range.start)
    {
        let message = format!("this line starts at column {}, left of the text block it would go on", column + 1);
        return Some(
            Explanation::new(range, message).also(last.range.clone(), "the text block").help("indent it like the text"),
        );
    }
    let kind = if around.mapping { "mapping" } else { "list" };
    let message = format!("this line starts at column {}, where nothing above it starts", column + 1);
    let explanation = Explanation::new(range, message).help(format!(
        "start it at column {} to go on with the {kind} around it, or indent it like the lines above",
        outer + 1
    ));
    Some(beside(explanation, context, if around.mapping { "the mapping around it" } else { "the list around it" }))
}

/// A line of a text block that a tab indents: it looks right, but YAML counts spaces alone.
fn indented_by_tab(first: usize, context: &Context<'_>) -> Option<Explanation> {
    context.last.filter(|last| matches!(last.style, Style::Literal | Style::Folded))?;
    let start = context.line(first).start;
    let tab = start + context.part(start..first).find('\t')?;
    Some(Explanation::new(tab..tab + 1, "this line is indented with a tab").help("indent it with spaces"))
}

/// More on a line whose value is complete: `&a &b x`, `&a *b`.
fn second_value(at: usize, context: &Context<'_>) -> Explanation {
    let range = context.word(at);
    let message = match context.rest(at).chars().next() {
        Some('&') => "a second anchor on one value".to_owned(),
        Some('!') => "a second tag on one value".to_owned(),
        Some('*') => "an alias with an anchor or a tag of its own".to_owned(),
        _ => format!("expected the end of the line, found {}", context.found(at)),
    };
    Explanation::new(range, message)
}

/// Points at the first line of the block that should have gone on.
fn beside(explanation: Explanation, context: &Context<'_>, why: &'static str) -> Explanation {
    let place = |open: &Enclosing| match &open.first {
        Some(first) if open.mapping => context.content(first.start).start..first.end.min(context.line(first.start).end),
        _ => context.word(open.start),
    };
    match context.innermost() {
        Some(open) => explanation.also(place(open), why),
        None => explanation,
    }
}

/// A comment between two lines of a plain scalar ends it.
fn intercepted(at: usize, context: &Context<'_>) -> Explanation {
    let comment = at..context.line(at).end;
    let below = context.rest(comment.end);
    let next = comment.end + (below.len() - below.trim_start().len());
    let message = format!("expected a key or the end of the value, found {}", context.found(next));
    Explanation::new(context.content(next), message)
        .also(comment, "a comment ends a value that is not in quotes")
        .help("move the comment above the value")
}
