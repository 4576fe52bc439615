//! Texts from a bundle on their way to a person. A bundle is foreign until it is verified, and its names are its author's
//! afterwards: none of them may steer a terminal, look like another one, or fill the screen.

/// The most characters of a name that a message quotes.
const QUOTED: usize = 100;

/// A text with everything that a terminal would act on, or that would reorder or hide what is read, written as its escape:
/// control characters (C0, DEL and C1), and what [`is_invisible`] knows.
pub fn printable(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// [`printable`] and short enough for one line of a message: what is over 100 characters ends in `…`.
pub fn quoted(text: &str) -> String {
    shortened(text, QUOTED)
}

/// As [`quoted`], with another bound on the characters. Reads no more of the text than it gives.
pub fn shortened(text: &str, most: usize) -> String {
    let start: String = text.chars().take(most.saturating_add(1)).collect();
    let shown = printable(&start);
    if shown.chars().count() <= most {
        return shown;
    }
    shown.chars().take(most).chain(['…']).collect()
}

/// Characters that are not seen, or only by what they do to others: soft hyphens, bidirectional controls (UAX #9),
/// zero-width characters, fillers, variation selectors and tags. Two names that differ in these look the same.
pub fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(printable("\n\u{7f}\u{9b}31m"), "\\u{a}\\u{7f}\\u{9b}31m");
        assert_eq!(printable("grüße 你好 🟢"), "grüße 你好 🟢");
    }

    #[test]
    fn nothing_hides() {
        for hidden in [
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200f}',
            '\u{2028}',
            '\u{202e}',
            '\u{2060}',
            '\u{206f}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{e0001}',
            '\u{e007f}',
        ] {
            assert_eq!(printable(&hidden.to_string()), format!("\\u{{{:x}}}", u32::from(hidden)));
        }
        assert!(!"aä你🟢 ".chars().any(is_invisible));
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(quoted(&"ä".repeat(100)), "ä".repeat(100));
        assert_eq!(quoted(&"ä".repeat(101)), format!("{}…", "ä".repeat(100)));
        assert_eq!(quoted(&"\u{e0001}".repeat(1 << 20)).chars().count(), 101);
    }
}
