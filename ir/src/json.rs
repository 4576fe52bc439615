//! JSON that a person wrote and that has a fault: where it stands, and what it is in Paceline's words. Recordings and the data
//! of tools are told of in the same way. Says nothing of what the JSON should hold.

use std::ops::Range;

use serde::de::DeserializeOwned;

use crate::text::shortened;

/// The most characters of a message: it quotes what the file says, which may be long.
const MOST_WORDS: usize = 300;

/// Some editors begin a file with it; it is no JSON and does no harm.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether it is JSON that says something else, or not even that.
    pub is_json: bool,
    /// From 1.
    pub line: usize,
    /// Where on the line `at` starts, in characters from 1.
    pub column: usize,
    /// The bytes to point at: what was read last. Empty only for an empty file.
    pub at: Range<usize>,
    /// What is wrong, lower case, without a full stop.
    pub message: String,
}

/// Reads a file.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let json = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    serde_json::from_slice(json).map_err(|error| {
        let fault = fault(&error, json);
        let before = bytes.len() - json.len();
        Fault { at: fault.at.start + before..fault.at.end + before, ..fault }
    })
}

fn fault(error: &serde_json::Error, json: &[u8]) -> Fault {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = shortened(&in_our_words(text.strip_suffix(&place).unwrap_or(&text)), MOST_WORDS);
    let line = error.line().max(1);
    let starts = json.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let start = [0].into_iter().chain(starts).nth(line - 1).unwrap_or_default();
    let at = token(json, (start + error.column().saturating_sub(1)).min(json.len().saturating_sub(1)), start);
    let before = json.get(start..at.start).unwrap_or_default();
    let column = String::from_utf8_lossy(before).chars().count() + 1;
    Fault { is_json: error.is_data(), line, column, at, message }
}

/// The string, number or word that ends at `last`, or the byte there; no more than reaches back to `start`.
fn token(json: &[u8], last: usize, start: usize) -> Range<usize> {
    let byte = |at: usize| json.get(at).copied().unwrap_or_default();
    let goes_on = |at: usize| byte(at).is_ascii_alphanumeric() || b"+-._".contains(&byte(at)) || !byte(at).is_ascii();
    let opens = |at: usize| byte(at) == b'"' && (at == start || byte(at - 1) != b'\\');
    let first = match byte(last) {
        b'"' => (start..last).rev().find(|at| opens(*at)).unwrap_or(last),
        _ if goes_on(last) => (start..=last).rev().take_while(|at| goes_on(*at)).last().unwrap_or(last),
        _ => last,
    };
    // What is wrong may begin with the first byte of a character; the rest of it is pointed at too.
    let is_inside = |at: &usize| byte(*at) & 0b1100_0000 == 0b1000_0000;
    let end = (last + 1..json.len()).find(|at| !is_inside(at)).unwrap_or(json.len());
    first..end
}

/// What serde says, as Paceline says it: keys instead of fields, and nothing is called invalid without what is right.
fn in_our_words(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))
        && let Some((found, expected)) = rest.split_once(", expected ")
    {
        let found = found.replace("map", "an object").replace("sequence", "a list");
        let expected = match expected {
            "a sequence" => "a list",
            "a nonzero u32" => "a whole number from 1",
            "u64" => "a whole number",
            other => other,
        };
        return format!("expected {expected}, not {found}");
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return format!("unknown key {}", rest.replacen(", expected", "; expected", 1));
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("the key {key} is missing");
    }
    if let Some(key) = message.strip_prefix("duplicate field ") {
        return format!("the key {key} is there twice");
    }
    message.replacen("EOF while parsing", "the file ends inside of", 1)
}
