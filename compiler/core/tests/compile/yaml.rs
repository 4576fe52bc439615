//! Writes JSON values as YAML, in styles a tape chooses. What it writes reads back as the same value, which a test holds
//! against serde_yaml.

use std::fmt::Write as _;

use serde_json::Value;

use crate::tape::Tape;

/// A document.
pub(crate) fn write(value: &Value, tape: &mut Tape<'_>) -> String {
    let mut text = String::new();
    block(value, 0, &mut text, tape);
    text.push('\n');
    text
}

/// Writes at the end of a line that ends in `key:`, `-`, or nothing.
fn block(value: &Value, indent: usize, text: &mut String, tape: &mut Tape<'_>) {
    match value {
        Value::Object(map) if !map.is_empty() && !tape.once_in(4) => {
            for (key, value) in map {
                line(indent, text);
                text.push_str(&scalar(key, tape));
                text.push(':');
                nested(value, indent, text, tape);
            }
        }
        Value::Array(items) if !items.is_empty() && !tape.once_in(4) => {
            for item in items {
                line(indent, text);
                text.push('-');
                nested(item, indent, text, tape);
            }
        }
        Value::String(content) if !content.starts_with([' ', '\n']) && is_block(content) && tape.once_in(2) => {
            text.push_str(" |");
            text.push_str(if content.ends_with('\n') { "" } else { "-" });
            for part in content.strip_suffix('\n').unwrap_or(content).split('\n') {
                let _infallible = write!(text, "\n{}{part}", if part.is_empty() { 0 } else { indent }.spaces());
            }
        }
        other => {
            text.push(' ');
            flow(other, text, tape);
        }
    }
}

fn nested(value: &Value, indent: usize, text: &mut String, tape: &mut Tape<'_>) {
    block(value, indent + 2, text, tape);
}

fn line(indent: usize, text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&indent.spaces());
}

/// Indentation.
trait Spaces {
    fn spaces(self) -> String;
}

impl Spaces for usize {
    fn spaces(self) -> String {
        " ".repeat(self)
    }
}

/// Whether a text can stand in a literal block as it is.
fn is_block(content: &str) -> bool {
    let plain = |c: char| c == '\n' || (' '..='~').contains(&c) || ('\u{a1}'..='\u{d7ff}').contains(&c);
    let lines_hold = content.split('\n').all(|line| line.trim() == line);
    content.chars().all(plain)
        && !content.contains(['\u{2028}', '\u{2029}', '\u{ad}'])
        && lines_hold
        && content.contains('\n')
        && !content.ends_with("\n\n")
        && content != "\n"
}

fn flow(value: &Value, text: &mut String, tape: &mut Tape<'_>) {
    match value {
        Value::Object(map) => {
            text.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(&scalar(key, tape));
                text.push_str(": ");
                flow(value, text, tape);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                flow(item, text, tape);
            }
            text.push(']');
        }
        Value::String(content) => text.push_str(&scalar(content, tape)),
        Value::Null => text.push_str(tape.pick(&["null", "~", "Null"])),
        other => text.push_str(&other.to_string()),
    }
}

/// A text: plain where that is safe and chosen, else between quotes.
fn scalar(content: &str, tape: &mut Tape<'_>) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || "_-/.@".contains(c);
    let is_plain = content.starts_with(|c: char| c.is_ascii_alphabetic()) && content.chars().all(word);
    let means_something = ["true", "false", "null"].iter().any(|word| content.eq_ignore_ascii_case(word));
    if is_plain && !means_something && !tape.once_in(4) {
        return content.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in content.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            ' '..='~' | '\u{a1}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' => quoted.push(c),
            _ => {
                let _infallible = write!(quoted, "\\U{:08x}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::document;
    use crate::tape::noise;
    use pace_compiler::schema::{SpecKind, schema};

    #[test]
    fn reads_back_as_what_was_written() {
        let schema = schema(SpecKind::Project);
        for seed in 0..300 {
            let bytes = noise(seed, 600);
            let mut tape = Tape::new(&bytes);
            let value = document(&schema, &mut tape);
            let text = write(&value, &mut tape);
            let read: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(read, value, "{text}");
        }
    }
}
