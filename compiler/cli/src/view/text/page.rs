//! Indented lines. Texts of a bundle may be anybody's: what would move the cursor, start a line of its own or turn the
//! direction of writing is written out as an escape.

/// Text in the making.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    depth: usize,
}

impl Page {
    /// One line.
    pub(super) fn line(&mut self, line: &str) {
        let indent = "  ".repeat(self.depth);
        self.text.push_str(format!("{indent}{}", escaped(line)).trim_end_matches(' '));
        self.text.push('\n');
    }

    /// `key: value`.
    pub(super) fn pair(&mut self, key: &str, value: &str) {
        self.line(&format!("{key}: {value}"));
    }

    /// `key: value`, where there is one.
    pub(super) fn pair_if(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.pair(key, value);
        }
    }

    /// `key: a, b`, where there is any.
    pub(super) fn list<T: AsRef<str>>(&mut self, key: &str, values: &[T]) {
        if !values.is_empty() {
            self.pair(key, &listed(values));
        }
    }

    /// A heading and what stands under it.
    pub(super) fn under(&mut self, heading: &str, fill: impl FnOnce(&mut Self)) {
        self.line(heading);
        self.depth += 1;
        fill(self);
        self.depth -= 1;
    }

    /// A heading and a text of several lines, each behind a bar so that none can be taken for one of ours.
    pub(super) fn block(&mut self, heading: &str, text: &str) {
        self.under(heading, |page| text.lines().for_each(|line| page.line(&format!("| {line}"))));
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// `a, b`; what could be taken for two of them is quoted.
pub(super) fn listed<T: AsRef<str>>(values: &[T]) -> String {
    let is_plain = |text: &str| !text.is_empty() && !text.contains([',', '"', ' ']);
    let shown = values.iter().map(AsRef::as_ref);
    let shown: Vec<_> = shown.map(|text| if is_plain(text) { text.to_owned() } else { format!("{text:?}") }).collect();
    joined(&shown)
}

/// `a, b`, of parts that are ours.
pub(super) fn joined<T: AsRef<str>>(values: &[T]) -> String {
    values.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// A text as one line that does what it looks like.
pub(crate) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        if c.is_control() || is_hidden(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        line
    })
}

/// Characters that turn the direction of writing (Unicode Standard Annex 9) or break lines (Annex 14).
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_bundle_forges_a_line() {
        let mut page = Page::default();
        page.under("agent `a`", |page| {
            page.pair("summary", "ok\nacl: everybody\u{1b}[2J\u{202e}");
            page.block("prompt:", "one\n\ntwo\rthree");
        });
        let expected = "agent `a`\n  summary: ok\\nacl: everybody\\u{1b}[2J\\u{202e}\n  prompt:\n    | one\n    |\n    | two\\rthree\n";
        assert_eq!(page.finish(), expected);
    }
}
