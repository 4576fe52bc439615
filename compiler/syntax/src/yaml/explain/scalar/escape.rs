//! Escapes in double quotes. The parser points at the quote; here the escape itself is found.

use std::ops::Range;

use crate::yaml::explain::context::Context;
use crate::yaml::explain::{Explanation, excerpt};

/// Characters that stand for another one after a backslash (YAML 1.2.2 §5.7), line breaks included.
const SIMPLE: &str = "0abt\tnvfre \"/\\N_LP\n\r";

/// Explains the first escape that means nothing in the quoted scalar at `quote`.
pub(super) fn explain(quote: usize, context: &Context<'_>) -> Option<Explanation> {
    let text = context.rest(quote);
    let mut at = 1;
    loop {
        at += text.get(at..)?.find('\\')?;
        let escape = text.get(at..)?;
        let length = match escape.chars().nth(1)? {
            simple if SIMPLE.contains(simple) => 1 + simple.len_utf8(),
            hexadecimal @ ('x' | 'u' | 'U') => match code_point(escape, digits(hexadecimal)) {
                Ok(length) => length,
                Err(problem) => return Some(problem.explain(quote + at, escape)),
            },
            unknown => {
                let range = quote + at..quote + at + 1 + unknown.len_utf8();
                let shown = excerpt(unknown.encode_utf8(&mut [0; 4]));
                let help = format!("write `\\\\{shown}` for a backslash, or use single quotes, which have no escapes");
                return Some(
                    Explanation::new(range, format!("unknown escape `\\{shown}` in double quotes")).help(help),
                );
            }
        };
        at += length;
    }
}

fn digits(letter: char) -> usize {
    match letter {
        'x' => 2,
        'u' => 4,
        _ => 8,
    }
}

enum Problem {
    /// This many hexadecimal digits are wanted; the range holds those that are there.
    Digits(usize, Range<usize>),
    /// Digits that are no character.
    NoCharacter(Range<usize>),
}

impl Problem {
    fn explain(self, at: usize, escape: &str) -> Explanation {
        let shown = |range: &Range<usize>| excerpt(escape.get(range.clone()).unwrap_or(""));
        let (range, message) = match self {
            Self::Digits(wanted, range) => {
                let message = format!("expected {wanted} hexadecimal digits in an escape, found `{}`", shown(&range));
                (range, message)
            }
            Self::NoCharacter(range) => {
                let message = format!("escape `{}` is not a Unicode character", shown(&range));
                (range, message)
            }
        };
        Explanation::new(at + range.start..at + range.end, message)
    }
}

/// The length of a numeric escape. Two `\u` may be the halves of one character, as in JSON.
fn code_point(escape: &str, wanted: usize) -> Result<usize, Problem> {
    let number = |start: usize| {
        let digits = escape.get(start..).unwrap_or("");
        let found = digits.chars().take(wanted).take_while(char::is_ascii_hexdigit).count();
        let value = digits.get(..found).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if found == wanted { value.ok_or(found) } else { Err(found) }
    };
    let length = 2 + wanted;
    let value = number(2).map_err(|found| Problem::Digits(wanted, 0..2 + found))?;
    if char::from_u32(value).is_some() {
        return Ok(length);
    }
    let paired = matches!(value, 0xd800..=0xdbff) && escape.get(length..).is_some_and(|rest| rest.starts_with("\\u"));
    match number(length + 2) {
        Ok(0xdc00..=0xdfff) if paired => Ok(length * 2),
        _ => Err(Problem::NoCharacter(0..length)),
    }
}
