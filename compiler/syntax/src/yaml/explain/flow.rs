//! Errors inside brackets. The parser notices a bracket that stays open only where something no longer fits, often many
//! lines below; the bracket is what the author has to look at.

use granit_parser::ErrorKind;

use crate::yaml::explain::context::Context;
use crate::yaml::explain::{Explanation, excerpt, scalar};

pub(super) fn explain(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    match kind {
        ErrorKind::UnclosedFlowCollection { open } => Some(unclosed(*open, at)),
        ErrorKind::MismatchedFlowCollectionEnd { open, .. } => Some(mismatched(*open, at, context)),
        ErrorKind::MisplacedFlowCollectionEnd => Some(misplaced(at, context)),
        _ => inside(kind, at, context),
    }
}

fn unclosed(open: char, at: usize) -> Explanation {
    let message = format!("`{open}` is never closed");
    Explanation::new(at..at + open.len_utf8(), message).help(format!("add `{}`", closing(open)))
}

fn mismatched(open: char, at: usize, context: &Context<'_>) -> Explanation {
    let opening = at..at + open.len_utf8();
    let Some((close, found)) = closer(context.rest(at)) else { return unclosed(open, at) };
    let message = format!("expected `{}` to close `{open}`, found `{found}`", closing(open));
    Explanation::new(at + close..at + close + found.len_utf8(), message).also(opening, "opened here")
}

fn misplaced(at: usize, context: &Context<'_>) -> Explanation {
    let message = format!("found {} without a bracket that it closes", context.found(at));
    Explanation::new(context.word(at), message).help("remove it, or put the value in quotes if it is meant as text")
}

/// Something that does not fit between brackets: if one of them has no partner in the rest of the text, that is why.
fn inside(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    let mut brackets: Vec<_> =
        context.open.iter().rev().filter_map(|open| Some((open.start, context.bracket(open)?))).collect();
    if brackets.is_empty() {
        brackets = unread(at, context);
    }
    let (start, open) = *brackets.first()?;
    let lonely = brackets.iter().find(|(start, _)| closer(context.rest(*start)).is_none());
    if let Some((start, open)) = lonely.copied() {
        let stray = if context.rest(at).starts_with(':') { context.indent_end(at)..at } else { context.word(at) };
        return Some(unclosed(open, start).also(stray, "read as part of it"));
    }
    if let Some(explanation) = reference(at, context) {
        return Some(explanation);
    }
    let opening = start..start + open.len_utf8();
    let (close, here) = match open {
        '[' => (']', "the list starts here"),
        _ => ('}', "the mapping starts here"),
    };
    let found = context.found(at);
    let explanation = match kind {
        ErrorKind::BlockEntryInFlowCollection => {
            Explanation::new(context.word(at), "found a `- ` item inside brackets")
                .help("separate items by commas alone")
        }
        ErrorKind::InvalidColonPlacement | ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            Explanation::new(context.word(at), format!("expected a key and its `:` on one line, found {found}"))
        }
        _ if context.rest(at).starts_with(',') => {
            Explanation::new(at..at + 1, "expected a value before `,`, found none")
                .help("remove the comma, or write a value")
        }
        _ => Explanation::new(context.word(at), format!("expected `,` or `{close}`, found {found}")),
    };
    Some(explanation.also(opening, here))
}

/// A reference such as `${env:NAME}` without quotes: its brace is read as one of YAML's.
fn reference(at: usize, context: &Context<'_>) -> Option<Explanation> {
    let start = context.text.get(..at)?.strip_suffix('$')?.len();
    let line = context.part(start..context.line(at).end);
    let reference = line.get(..=line.find('}')?).filter(|text| text.starts_with("${"))?;
    let message = format!("found `{}` without quotes inside brackets", excerpt(reference));
    let help = format!("put `{}` in quotes inside `{{…}}` and `[…]`", excerpt(reference));
    Some(Explanation::new(start..start + reference.len(), message).help(help))
}

fn closing(open: char) -> char {
    if open == '[' { ']' } else { '}' }
}

/// The bracket that closes the one `text` starts with, as far as counting can tell: of any kind, outside quotes and
/// comments.
fn closer(text: &str) -> Option<(usize, char)> {
    let mut depth = 0_usize;
    let mut at = 0;
    let mut before = ' ';
    while let Some(rest) = text.get(at..)
        && let Some(character) = rest.chars().next()
    {
        match character {
            ']' | '}' if depth <= 1 => return Some((at, character)),
            ']' | '}' => depth -= 1,
            '[' | '{' => depth += 1,
            _ => {}
        }
        at += step(rest, character, before)?;
        before = character;
    }
    None
}

/// The brackets that are open at `at` and that nothing was read of yet, innermost first: where a bracket could begin a key, the
/// parser looks for the key's end before it tells of the bracket.
fn unread(at: usize, context: &Context<'_>) -> Vec<(usize, char)> {
    let mut open = Vec::new();
    let mut place = context.cursor;
    let mut before = ' ';
    while place < at
        && let Some(character) = context.rest(place).chars().next()
    {
        match character {
            '[' | '{' if opens(before) => open.push((place, character)),
            ']' | '}' => drop(open.pop()),
            _ => {}
        }
        let Some(length) = step(context.rest(place), character, before) else { break };
        place += length;
        before = character;
    }
    open.reverse();
    open
}

/// Whether a value may begin after this character.
fn opens(before: char) -> bool {
    before.is_whitespace() || matches!(before, '[' | '{' | ',' | ':')
}

/// How many bytes are passed over at once: a quoted text, a comment, else the character. Nothing where a quote stays open.
fn step(rest: &str, character: char, before: char) -> Option<usize> {
    match character {
        '"' | '\'' if opens(before) => scalar::quoted_length(rest),
        '#' if before.is_whitespace() => Some(rest.find('\n').unwrap_or(rest.len())),
        _ => Some(character.len_utf8()),
    }
}
