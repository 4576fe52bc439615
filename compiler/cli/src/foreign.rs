//! What a model says, on its way to a terminal: line breaks and tabs pass, whatever would steer the terminal or reorder
//! what is read is written as its escape. Unlike names and error messages, prose keeps the joiners and selectors that
//! emoji and many scripts are made of.

/// Filters a text that comes in pieces. A `\r\n` that falls between two pieces is one line break.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    has_return: bool,
}

impl Filter {
    /// What may be printed of the next piece.
    pub(crate) fn pass(&mut self, piece: &str) -> String {
        let mut printable = String::with_capacity(piece.len());
        for character in piece.chars() {
            if std::mem::take(&mut self.has_return) && character != '\n' {
                printable.extend('\r'.escape_unicode());
            }
            match character {
                '\r' => self.has_return = true,
                '\n' | '\t' => printable.push(character),
                _ if steers(character) => printable.extend(character.escape_unicode()),
                _ => printable.push(character),
            }
        }
        printable
    }
}

/// A whole text as it may be printed.
pub(crate) fn filtered(text: &str) -> String {
    Filter::default().pass(text)
}

/// Control characters (C0, DEL, C1), bidirectional embeddings, overrides and isolates (UAX #9), and tags, which carry
/// text that nobody sees.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(filtered("a\u{1b}[2Jb\u{9b}c\u{7f}\u{8}d\u{202e}"), "a\\u{1b}[2Jb\\u{9b}c\\u{7f}\\u{8}d\\u{202e}");
        assert_eq!(filtered("a\n\tb"), "a\n\tb");
        assert_eq!(filtered("👩\u{200d}🔬 ❤\u{fe0f} grüße"), "👩\u{200d}🔬 ❤\u{fe0f} grüße");
    }

    #[test]
    fn a_line_break_may_fall_between_pieces() {
        let mut filter = Filter::default();
        let pieces = ["a\r", "\nb\r", "c\r\n", "\u{1b}", "[31m"];
        let printed: Vec<_> = pieces.into_iter().map(|piece| filter.pass(piece)).collect();
        assert_eq!(printed, ["a", "\nb", "\\u{d}c\n", "\\u{1b}", "[31m"]);
    }
}
