//! Granted secrets in whatever a tool gives back.

use std::borrow::Cow;

pub(crate) use pace_redact::Redactor;

use crate::call::Secret;

/// The most characters (UTF-16) of a line of the console as the engine passes it on (`engine/prelude/console.js`).
const MOST_LINE: usize = 10_000;

/// Of what a call was given.
pub(crate) fn redactor(secrets: &[Secret]) -> Redactor {
    Redactor::new(secrets.iter().map(|secret| (secret.name.as_str(), secret.value.as_str())))
}

/// A line of the console, which ends in `…` where the engine has cut it.
pub(crate) fn line<'a>(redactor: &Redactor, line: &'a str) -> Cow<'a, str> {
    match line.strip_suffix('…') {
        Some(text) if text.len() >= MOST_LINE => Cow::Owned(format!("{}…", redactor.bounded_text(text, MOST_LINE))),
        _ => redactor.text(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_the_engine_has_cut_ends_in_no_half_secret() {
        let redactor = redactor(&[Secret { name: "ONE".into(), value: "abcdef".into() }]);
        let cut = format!("{}abcd…", "-".repeat(9_996));
        assert_eq!(line(&redactor, &cut), format!("{}…", "-".repeat(9_996)));
        assert_eq!(line(&redactor, "an abcdef, and abcd…"), "an [redacted:ONE], and abcd…");
    }
}
