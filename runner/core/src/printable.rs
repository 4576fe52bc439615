//! Texts from a bundle on their way to a person. A bundle is foreign until it is verified, and its names are its author's
//! afterwards: none of them may steer a terminal.

/// A text with everything that a terminal would act on, or that would reorder what is read, written as its escape:
/// control characters, and the bidirectional and invisible format characters of Unicode.
pub fn printable(text: &str) -> String {
    let escaped = |character: char| {
        if character.is_control() || is_invisible(character) {
            character.escape_default().to_string()
        } else {
            character.to_string()
        }
    };
    text.chars().map(escaped).collect()
}

/// Bidirectional controls (UAX #9), zero-width characters and tags.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(printable("grüße 你好 🟢"), "grüße 你好 🟢");
    }
}
