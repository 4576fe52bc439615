//! Texts of others in YAML: as a block where every character is seen as what it is, else in quotes with escapes, line by
//! line. A reviewer must see what a model will be told: what steers a terminal, is invisible, or stands where nobody looks
//! is spelled out.

use std::fmt::Write as _;

use pace_ir::text::is_invisible;

/// Appends `text` as the value of a key that was just written (`key:`), and a line break. `indent` counts the spaces before
/// the lines of a block.
pub(super) fn text(out: &mut String, text: &str, indent: usize) {
    if is_plain_block(text) {
        block(out, text, indent);
    } else {
        out.push(' ');
        quoted(out, text, indent);
        out.push('\n');
    }
}

/// Appends a literal block; `text` is not empty and holds nothing that YAML would read as something else.
pub(super) fn block(out: &mut String, text: &str, indent: usize) {
    out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text.lines() {
        if !line.is_empty() {
            let _infallible = write!(out, "{:indent$}{line}", "");
        }
        out.push('\n');
    }
}

/// A short text on its line: bare where YAML reads it as the same text, else in quotes.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::new();
    if is_bare(text) {
        out.push_str(text);
    } else {
        quoted(&mut out, text, 0);
    }
    out
}

/// Whether a text may stand without quotes: it begins with a letter, and nothing in it means anything to YAML.
fn is_bare(text: &str) -> bool {
    let is_word = ["null", "true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./@+-".contains(c);
    // A colon means something only before a space or at the end, which addresses have none of.
    let is_inner_colon = !text.ends_with(':');
    !is_word
        && is_inner_colon
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| is_plain(c) || c == ':')
}

/// Whether a literal block shows a text as it is: it neither begins nor ends with what an indentation or a line's end would
/// swallow, and every character is seen.
fn is_plain_block(text: &str) -> bool {
    let is_seen = |c: char| c == '\n' || (!c.is_control() && !is_invisible(c) && !is_unprintable(c));
    let is_open = text.starts_with([' ', '\n']) || text.is_empty() || text.ends_with("\n\n");
    !is_open && text.chars().all(is_seen) && !text.lines().any(|line| line.ends_with(char::is_whitespace))
}

/// What YAML 1.2 (§5.1) does not let a stream hold, or what is no character at all.
pub(super) fn is_unprintable(c: char) -> bool {
    matches!(u32::from(c) & 0xffff, 0xfffe | 0xffff)
}

/// In double quotes; each line of the text stands on a line of its own.
fn quoted(out: &mut String, text: &str, indent: usize) {
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\n' => {
                out.push_str("\\n");
                if let (Some(next), true) = (rest.peek(), indent > 0) {
                    // An escaped line break is no part of the text; spaces that begin the next line are, once escaped.
                    let _infallible = write!(out, "\\\n{:indent$}", "");
                    if *next == ' ' {
                        out.push('\\');
                    }
                }
            }
            c if c.is_control() || is_invisible(c) || is_unprintable(c) || is_wide_space(c) => escape(out, c),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Spaces that look like another one.
fn is_wide_space(c: char) -> bool {
    c != ' ' && c.is_whitespace()
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let _infallible = match code {
        0..=0xff => write!(out, "\\x{code:02X}"),
        0x100..=0xffff => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
}
