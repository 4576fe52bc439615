//! Errors within one scalar or right before it: quotes, escapes, block headers, characters that start nothing, anchors,
//! tags and directives.

mod escape;
mod words;

use granit_parser::ErrorKind;

use crate::yaml::explain::context::Context;
use crate::yaml::explain::{Explanation, excerpt};
use crate::yaml::gap;

const QUOTE: &str = "put it in quotes if it is meant as text";

pub(super) fn explain(kind: &ErrorKind, at: usize, context: &Context<'_>) -> Option<Explanation> {
    let explanation = match kind {
        ErrorKind::UnclosedQuotedScalar => unclosed(at, context),
        ErrorKind::DocumentIndicatorInQuotedScalar => document_in_quotes(at, context),
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            trailing(at, context, "write a single quote inside single quotes twice: `''`")
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            trailing(at, context, "write a double quote inside double quotes as `\\\"`")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => escape::explain(at, context)?,
        ErrorKind::InvalidQuotedScalarIndent => {
            let range = context.word(context.indent_end(at));
            Explanation::new(
                range,
                "expected this line of a quoted value to be indented, found it at the left of its key",
            )
            .help("indent it, or close the quote before it")
        }
        ErrorKind::UnexpectedCharacter { character } => character_found(*character, at, context),
        ErrorKind::InvalidBlockScalarHeader | ErrorKind::ZeroBlockScalarIndent => block_header(at, context),
        ErrorKind::InvalidBlockScalarIndent => block_indent(at, context),
        _ => return words::explain(kind, at, context),
    };
    Some(explanation)
}

/// The length of the quoted scalar `text` starts with, both quotes included; `None` if it does not end.
pub(super) fn quoted_length(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut rest = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = rest.next() {
        match character {
            '\\' if quote == '"' => {
                rest.next();
            }
            _ if character != quote => {}
            '\'' if rest.peek().is_some_and(|(_, next)| *next == '\'') => {
                rest.next();
            }
            _ => return Some(at + 1),
        }
    }
    None
}

fn unclosed(at: usize, context: &Context<'_>) -> Explanation {
    let quote = context.rest(at).chars().next().unwrap_or('"');
    Explanation::new(at..at + quote.len_utf8(), format!("`{quote}` is never closed"))
        .help(format!("add the closing `{quote}`"))
}

fn document_in_quotes(at: usize, context: &Context<'_>) -> Explanation {
    let explanation = unclosed(at, context);
    let text = context.rest(at);
    match text.find("\n---").into_iter().chain(text.find("\n...")).min() {
        Some(marker) => explanation.also(at + marker + 1..at + marker + 4, "the document ends here"),
        None => explanation,
    }
}

/// Text after a closing quote. Where the quote opened matters as much: if that is lines above, it was to close there.
fn trailing(at: usize, context: &Context<'_>, escape: &str) -> Explanation {
    let message = format!("expected the end of the value after its closing quote, found {}", context.found(at));
    let explanation = Explanation::new(context.word(at), message);
    let Some(quote) = context.part(context.cursor..at).find(['"', '\'']) else { return explanation.help(escape) };
    let opening = context.cursor + quote;
    let several_lines = context.part(opening..at).contains('\n');
    let help = if several_lines { "close the quote on the line where it starts" } else { escape };
    explanation.also(opening..opening + 1, "the quoted value starts here").help(help)
}

fn character_found(character: char, at: usize, context: &Context<'_>) -> Explanation {
    // Plain scalars report their start; the character itself is what to look at.
    let at = at + context.rest(at).find(character).unwrap_or(0);
    let range = at..(at + character.len_utf8()).min(context.range.end.max(at));
    let code = u32::from(character);
    match character {
        '\0' => Explanation::new(range, "found a NUL character (U+0000), expected text").help("remove it"),
        '`' => Explanation::new(range, "a value cannot start with a backtick").help(QUOTE),
        '@' | '%' | '|' | '>' | '&' | '*' | '!' | '#' | ',' | '"' | '\'' => {
            Explanation::new(range, format!("a value cannot start with `{character}`")).help(QUOTE)
        }
        _ if character.is_control() || excerpt(character.encode_utf8(&mut [0; 4])).starts_with('\\') => {
            Explanation::new(range, format!("found the control character U+{code:04X}, expected text"))
                .help(format!("remove it, or write it as `\\u{code:04x}` in double quotes"))
        }
        _ => Explanation::new(range, format!("expected a value, found `{character}`")).help(QUOTE),
    }
}

fn block_header(at: usize, context: &Context<'_>) -> Explanation {
    let line = context.part(at..context.line(at).end);
    let indicator = line.chars().next().unwrap_or('|');
    let header =
        line.len() - line.trim_start_matches(['|', '>', '+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']).len();
    let blanks = line.get(header..).map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let rest = at + header + blanks;
    let message = format!("expected a line break after `{indicator}`, found {}", context.found(rest));
    Explanation::new(context.content(rest), message).help("start the text on the next line, indented")
}

/// A line of a block scalar that is too far left for its header, or an empty line above it that is too far right.
fn block_indent(at: usize, context: &Context<'_>) -> Explanation {
    let gap = context.part(context.cursor..at);
    let header = gap::block_header(gap).unwrap_or(0..0);
    let first = context.indent_end(at);
    if gap.get(header.clone()).is_some_and(|header| header.contains(|digit: char| digit.is_ascii_digit())) {
        let message = "this line starts left of where the header of its text block says that text starts";
        return Explanation::new(context.word(first), message)
            .also(context.cursor + header.start..context.cursor + header.end, "the header")
            .help("indent the line, or change the number in the header");
    }
    let mut blank = first..first;
    let mut start = context.cursor;
    for line in gap.split_inclusive('\n') {
        let spaces = line.trim_end_matches(['\r', '\n']).len();
        if line.trim_ascii().is_empty() && spaces > blank.len() {
            blank = start..start + spaces;
        }
        start += line.len();
    }
    Explanation::new(blank, "an empty line at the start of a text block has more spaces than the text below it")
        .also(context.word(first), "the text starts here")
        .help("remove the spaces")
}
