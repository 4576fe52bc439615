//! Foreign text made fit for a terminal, and the few rules of layout that all text formats share.
//!
//! Project files are foreign: a name may hold terminal escapes, a comment may hold bidirectional overrides that reorder
//! what a reviewer sees (CVE-2021-42574). Everything printed passes through here; nothing below adds a line break.

use std::fmt::Write as _;

/// Longest message, label or line of a note that is printed, in characters. A pasted document in place of a name must
/// not become the error message.
const LONGEST: usize = 1_000;

/// `text` on one line, with every character that a terminal would act on, or that a reader could not see, written as its
/// escape (`\n`, `\u{1b}`, `\u{202e}`). Cut with `...` after 1,000 characters.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(4 * LONGEST));
    for (position, character) in text.chars().enumerate() {
        if position == LONGEST {
            out.push_str("...");
            break;
        }
        push_visible(&mut out, character);
    }
    out
}

/// `text` with its line breaks kept, each line as by [`line`]. No line breaks at the end.
pub(super) fn paragraph(text: &str) -> String {
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Appends `character` to `out`, escaped if it is not [`plain`].
pub(super) fn push_visible(out: &mut String, character: char) {
    if plain(character) {
        out.push(character);
    } else if matches!(character, '\n' | '\r' | '\t') {
        out.extend(character.escape_default());
    } else {
        out.extend(character.escape_unicode());
    }
}

/// Whether a character can be printed as it is: no control character (C0, DEL, C1), no bidirectional control, line
/// separator, byte order mark, tag or other character without a shape. Joiners and variation selectors pass, because
/// scripts and emoji need them.
pub(super) fn plain(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// JSON text with all characters that are not [`plain`] as `\u` escapes, so that a terminal may show the JSON too. Valid
/// because such characters occur only inside strings; the line breaks of pretty printing stay.
pub(super) fn json(serialized: &str) -> String {
    let mut out = String::with_capacity(serialized.len());
    for character in serialized.chars() {
        if plain(character) || character == '\n' {
            out.push(character);
        } else {
            let mut units = [0_u16; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// Breaks the lines of `text` at spaces so that none is longer than `width` characters where that can be helped. What
/// stands in backticks stays together, and so do lines that begin with a space: those are examples.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    text.lines()
        .flat_map(|line| if line.starts_with(' ') { vec![line.to_owned()] } else { fill(line, width) })
        .collect()
}

fn fill(line: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in words(line) {
        let length = current.chars().count();
        if length > 0 && length + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    lines.push(current);
    lines
}

/// Splits at the spaces outside of backticks. An odd backtick takes the rest of the line with it.
fn words(line: &str) -> Vec<&str> {
    let mut quoted = false;
    line.split(|character| {
        quoted ^= character == '`';
        character == ' ' && !quoted
    })
    .filter(|word| !word.is_empty())
    .collect()
}

/// Removes the spaces at the end of each line, also where escape sequences of colours follow them. codespan leaves such
/// spaces below labels.
pub(super) fn trim_line_ends(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, newline) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let (visible, colours) = split_colours(line);
        out.push_str(visible);
        out.push_str(&colours);
        out.push_str(newline);
    }
    out
}

/// A line without the spaces at its end, and the escape sequences that stood among them.
fn split_colours(mut line: &str) -> (&str, String) {
    let mut colours = String::new();
    loop {
        line = line.trim_end_matches(' ');
        let Some(start) = colour_at_end(line) else { return (line, colours) };
        let (rest, colour) = line.split_at(start);
        // Only sequences that spaces precede have to move; the others may stay where they are.
        colours.insert_str(0, colour);
        line = rest;
    }
}

/// Where the colour sequence (`ESC [ … m`) begins that ends the line.
fn colour_at_end(line: &str) -> Option<usize> {
    let start = line.rfind('\u{1b}')?;
    let parameters = line.get(start..)?.strip_prefix("\u{1b}[")?.strip_suffix('m')?;
    parameters.bytes().all(|byte| byte.is_ascii_digit() || byte == b';').then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_are_shown() {
        assert_eq!(line("a\u{1b}[31mb\u{7}\n\u{9b}c\u{7f}"), r"a\u{1b}[31mb\u{7}\n\u{9b}c\u{7f}");
        assert_eq!(line("x\u{202e}y\u{2066}z\u{feff}"), r"x\u{202e}y\u{2066}z\u{feff}");
        assert_eq!(line("ναί 日本 👩‍👩‍👧 é"), "ναί 日本 👩‍👩‍👧 é");
        assert_eq!(paragraph("a\u{8}\nb\r\n"), "a\\u{8}\nb");
    }

    #[test]
    fn long_text_is_cut() {
        let cut = line(&"x".repeat(5_000));
        assert_eq!(cut.chars().count(), LONGEST + 3);
        assert!(cut.ends_with("x..."));
        assert_eq!(line(&"x".repeat(LONGEST)).chars().count(), LONGEST);
    }

    #[test]
    fn json_stays_json() {
        let value = serde_json::json!({ "a": "\u{9b}\u{202e}\u{e0041}\u{1b}é" });
        let shown = json(&value.to_string());
        assert_eq!(shown, r#"{"a":"\u009b\u202e\udb40\udc41\u001bé"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    #[test]
    fn code_is_not_broken() {
        assert_eq!(
            wrap("start it, or run `pace build --locked` now", 20),
            ["start it, or run", "`pace build --locked`", "now"]
        );
        assert_eq!(wrap("a b\n    an example that is long", 4), ["a b", "    an example that is long"]);
        assert_eq!(wrap("", 10), Vec::<String>::new());
        assert_eq!(wrap("unendingword", 4), ["unendingword"]);
    }

    #[test]
    fn ends_are_trimmed_below_colours() {
        assert_eq!(trim_line_ends("a  \n  \nb \u{1b}[0m \n"), "a\n\nb\u{1b}[0m\n");
        assert_eq!(trim_line_ends("a \u{1b}[1m \u{1b}[0m"), "a\u{1b}[1m\u{1b}[0m");
        assert_eq!(trim_line_ends("a\u{1b}[Kb "), "a\u{1b}[Kb");
    }
}
