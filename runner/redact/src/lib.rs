//! Takes secrets out of whatever somebody gives back who was given them: a tool in its results, errors and lines of its
//! console, a server in its answers. Who wants to give a secret away can always disguise it; this stops the one that echoes.
//! Knows texts, and nothing of where they come from.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod spelling;
mod unescape;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use unescape::View;

/// What is shorter is found by chance in the texts of everybody, characters.
const SHORTEST: usize = 6;
/// How many bytes of a spelling tell whether a closer look is worth it; none is shorter than [`SHORTEST`].
const BEGINNING: usize = 4;
/// Who knows so many bytes of a value, and half of it, knows too much. The engine's own messages cut names after 63.
const LONG_BEGINNING: usize = 32;

/// Replaces each secret by `[redacted:<name>]`, in the spellings a value usually takes. However many there are, a text is
/// looked through once.
#[derive(Default)]
pub struct Redactor {
    /// In the order of their bytes.
    spellings: Vec<Spelling>,
    /// One bit for each hash of a beginning; nothing if there are no spellings.
    beginnings: Vec<u64>,
}

struct Spelling {
    text: String,
    marker: Arc<str>,
}

impl Spelling {
    /// How many bytes of it `text` begins with; none if that tells nobody the secret.
    fn found_in(&self, text: &[u8]) -> usize {
        let spelling = self.text.as_bytes();
        if text.starts_with(spelling) {
            return spelling.len();
        }
        let alike = spelling.iter().zip(text).take_while(|(a, b)| a == b).count();
        let whole = self.text.floor_char_boundary(alike);
        if whole >= LONG_BEGINNING && whole >= spelling.len().div_ceil(2) { whole } else { 0 }
    }
}

/// What is to be replaced: matches that overlap are one.
struct Span<'a> {
    start: usize,
    end: usize,
    /// Of the longest match, and its length.
    marker: &'a str,
    longest: usize,
}

impl Redactor {
    /// Of secrets by their names. What has less than 6 characters is found by chance everywhere, and is not looked for.
    pub fn new<'s>(secrets: impl IntoIterator<Item = (&'s str, &'s str)>) -> Self {
        let mut spellings = Vec::new();
        let is_secret = |(_, value): &(&str, &str)| !value.trim().is_empty() && value.chars().count() >= SHORTEST;
        for (name, value) in secrets.into_iter().filter(is_secret) {
            let marker: Arc<str> = format!("[redacted:{name}]").into();
            let all = spelling::spellings(value).into_iter();
            spellings.extend(all.map(|text| Spelling { text, marker: Arc::clone(&marker) }));
        }
        spellings.sort_by(|a, b| a.text.cmp(&b.text));
        spellings.dedup_by(|a, b| a.text == b.text);
        let mut beginnings = if spellings.is_empty() { Vec::new() } else { vec![0_u64; 1 << 10] };
        for spelling in &spellings {
            if let Some((word, bit)) = spelling.text.as_bytes().first_chunk().copied().map(place)
                && let Some(word) = beginnings.get_mut(word)
            {
                *word |= bit;
            }
        }
        Self { spellings, beginnings }
    }

    /// `text` without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        replace(text, &self.spans(text, &self.views(text)))
    }

    /// A text that somebody has cut, without secrets and without what may be the beginning of one at its end.
    pub fn cut_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        // Half a character is left of one that was cut in two.
        let text = text.trim_end_matches('\u{fffd}');
        let views = self.views(text);
        let mut spans = self.spans(text, &views);
        let begun = (0..=views.len()).filter_map(|level| self.begun(text, &views, level)).min();
        if let Some(start) = begun {
            let mut last = Span { start, end: text.len(), marker: "", longest: 0 };
            while let Some(before) = spans.pop_if(|before| before.end > last.start) {
                last = Span { start: before.start.min(last.start), end: last.end, ..before };
            }
            spans.push(last);
        }
        replace(text, &spans)
    }

    /// A text that is cut if it has `most` characters (UTF-16).
    pub fn bounded_text<'a>(&self, text: &'a str, most: usize) -> Cow<'a, str> {
        if text.encode_utf16().count() >= most { self.cut_text(text) } else { self.text(text) }
    }

    /// Whether there is anything to replace.
    pub fn finds(&self, text: &str) -> bool {
        !self.spans(text, &self.views(text)).is_empty()
    }

    /// What a text says as JSON, and what that says as JSON in turn: writers escape as they like.
    fn views(&self, text: &str) -> Vec<View> {
        if self.spellings.is_empty() { Vec::new() } else { unescape::views(text) }
    }

    /// Where the longest beginning of a spelling stands that a text ends with, or a view of it.
    fn begun(&self, text: &str, views: &[View], level: usize) -> Option<usize> {
        let seen = level.checked_sub(1).and_then(|last| views.get(last)).map_or(text, |view| &view.text);
        let ends = |part: Option<&[u8]>| part.is_some_and(|part| seen.as_bytes().ends_with(part));
        let begun = |spelling: &Spelling| {
            let bytes = spelling.text.as_bytes();
            (1..bytes.len().min(seen.len() + 1)).rev().find(|length| ends(bytes.get(..*length))).unwrap_or(0)
        };
        let longest = self.spellings.iter().map(begun).max().filter(|length| *length > 0)?;
        Some(unescape::written(views, level, seen.len() - longest..seen.len()).start)
    }

    fn spans(&self, text: &str, views: &[View]) -> Vec<Span<'_>> {
        let all = std::iter::once(text).chain(views.iter().map(|view| view.text.as_str()));
        let of_one = |(level, seen)| {
            merged(self.matches(seen).map(|(start, length, spelling)| {
                let Range { start, end } = unescape::written(views, level, start..start + length);
                Span { start, end, marker: &spelling.marker, longest: length }
            }))
        };
        let mut found: Vec<Span<'_>> = all.enumerate().flat_map(of_one).collect();
        if views.is_empty() {
            return found;
        }
        found.sort_by_key(|span| span.start);
        merged(found.into_iter())
    }

    /// Where spellings begin, in how many bytes, and of those that begin there the longest.
    fn matches(&self, text: &str) -> impl Iterator<Item = (usize, usize, &Spelling)> {
        let bytes = if self.spellings.is_empty() { &[] } else { text.as_bytes() };
        bytes.array_windows().enumerate().filter_map(|(at, beginning)| {
            let (word, bit) = place(*beginning);
            if self.beginnings.get(word).is_none_or(|word| word & bit == 0) {
                return None;
            }
            let first = self.spellings.partition_point(|spelling| spelling.text.as_bytes() < beginning.as_slice());
            let alike = self.spellings.get(first..)?.iter();
            let alike = alike.take_while(|spelling| spelling.text.as_bytes().starts_with(beginning));
            let rest = bytes.get(at..)?;
            let (length, spelling) =
                alike.map(|spelling| (spelling.found_in(rest), spelling)).max_by_key(|both| both.0)?;
            (length > 0).then_some((at, length, spelling))
        })
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Redactor")
    }
}

/// Which bit of which word stands for a beginning.
fn place(beginning: [u8; BEGINNING]) -> (usize, u64) {
    // Fibonacci hashing: the upper half of the product depends on all bytes.
    let hash = u32::from_le_bytes(beginning).wrapping_mul(0x9E37_79B9) >> 16;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// Those that overlap as one; `spans` are in the order of their starts.
fn merged<'a>(spans: impl Iterator<Item = Span<'a>>) -> Vec<Span<'a>> {
    let mut all: Vec<Span<'_>> = Vec::new();
    for span in spans {
        match all.last_mut().filter(|last| span.start < last.end) {
            Some(last) => {
                last.end = last.end.max(span.end);
                if span.longest > last.longest {
                    (last.longest, last.marker) = (span.longest, span.marker);
                }
            }
            None => all.push(span),
        }
    }
    all
}

fn replace<'a>(text: &'a str, spans: &[Span<'_>]) -> Cow<'a, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        clean.push_str(text.get(done..span.start).unwrap_or_default());
        clean.push_str(span.marker);
        done = span.end;
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(values: &[(&str, &str)]) -> Redactor {
        Redactor::new(values.iter().copied())
    }

    #[test]
    fn secrets_are_found_in_every_spelling() {
        let redactor = redactor(&[("KEY", "s3cret/\"value\""), ("LONG", "s3cret/\"value\" and more")]);
        for text in [
            "s3cret/\"value\"",
            r#"s3cret/\"value\""#,
            r#"s3cret/\\\"value\\\""#,
            r#"s3cret/\\\\\\\"value\\\\\\\""#,
            "s3cret%2F%22value%22",
            "s3cret%2f%22value%22",
            // In a query.
            "s3cret/%22value%22",
            "s3cret/&quot;value&quot;",
            "s3cret/&#34;value&#34;",
            "7333637265742f2276616c756522",
            "czNjcmV0LyJ2YWx1ZSI=",
            // `user:` and the secret.
            "dXNlcjpzM2NyZXQvInZhbHVlIg==",
        ] {
            let found = redactor.text(&format!("a {text} b")).into_owned();
            assert!(found.contains("[redacted:KEY]"), "{text}: {found}");
        }
        assert_eq!(redactor.text("s3cret/\"value\" and more"), "[redacted:LONG]");
        assert_eq!(redactor.text("nothing to see"), "nothing to see");
    }

    #[test]
    fn no_writer_of_json_hides_a_secret() {
        let redactor = redactor(&[("KEY", "pä/s<w>&'o=\"r+d")]);
        for text in [
            // PHP, and what is ASCII alone.
            r#"p\u00e4\/s<w>&'o=\"r+d"#,
            // Go.
            r#"pä/s\u003cw\u003e\u0026'o=\"r+d"#,
            // Gson, .NET.
            r#"pä/s\u003cw\u003e\u0026\u0027o\u003d\"r+d"#,
            r"p\u00E4/s\u003Cw\u003E\u0026\u0027o=\u0022r\u002Bd",
            // Whatever comes.
            r#"\u0070\u00e4\u002f\u0073\u003cw\u003E&'o=\"r+\u0064"#,
            // In a text that is JSON in JSON in JSON.
            r#"p\\u00e4\\\/s<w>&'o=\\\"r+d"#,
            r#"p\\\\u00e4\\\\\\\/s<w>&'o=\\\\\\\"r+d"#,
            // In a URL whose slashes PHP escapes.
            r"p%C3%A4\/s%3Cw%3E&'o=%22r+d",
        ] {
            let told = format!(r#"{{"a\n": "\ud83d\udc4b {text} \u00e9"}}"#);
            assert_eq!(redactor.text(&told), r#"{"a\n": "\ud83d\udc4b [redacted:KEY] \u00e9"}"#, "{text}");
            assert!(redactor.finds(&told));
        }
        // What stands around it stays as it is.
        let plain = r"\ud83d \x \u12 \uzzzz \/ C:\new\table \";
        assert_eq!(redactor.text(plain), plain);
    }

    #[test]
    fn half_a_secret_is_dropped_at_a_cut_however_it_is_escaped() {
        let redactor = redactor(&[("KEY", "pässwörd/secret")]);
        for cut in [r"p\u00e4ssw", r"p\u00e4", r"p\u00", r"p\", r"p\\u00e4ssw\\u00f6rd\\", r"p\u00e4ssw\u00f6rd\/sec"] {
            assert_eq!(redactor.cut_text(&format!(r"a\nb {cut}")), r"a\nb ", "{cut}");
        }
        assert_eq!(redactor.cut_text(r"a\nb p\u00e4sswx\"), r"a\nb p\u00e4sswx\");
    }

    #[test]
    fn urls_and_pages_hide_no_secret() {
        let redactor = redactor(&[("KEY", "a<b> \"c\" & 'd'/?")]);
        for text in [
            "a%3Cb%3E%20%22c%22%20&%20'd'/?",
            "a%3Cb%3E%20%22c%22%20&%20%27d%27/?",
            "a%3cb%3e%20%22c%22%20&%20'd'/%3f",
            "a%3Cb%3E%20%22c%22%20&%20'd'%2F%3F",
            "a%3Cb%3E+%22c%22+%26+%27d%27%2F%3F",
            "a&lt;b&gt; &quot;c&quot; &amp; &#39;d&#39;/?",
            "a&lt;b&gt; \"c\" &amp; 'd'/?",
        ] {
            assert_eq!(redactor.text(text), "[redacted:KEY]", "{text}");
        }
    }

    #[test]
    fn both_alphabets_of_base64_are_known_at_each_offset() {
        let redactor = redactor(&[("KEY", "\u{3ff}\u{3fe}>>>>")]);
        // After nothing, one byte and two, as other programs write it.
        for text in
            ["z7/Pvj4+Pj4=", "z7_Pvj4-Pj4", "Yc+/z74+Pj4+", "Yc-_z74-Pj4-", "YWHPv8++Pj4+Pg==", "YWHPv8--Pj4-Pg"]
        {
            assert!(redactor.text(text).contains("[redacted:KEY]"), "{text}");
        }
    }

    /// `btoa` of a browser, of Node.js and of the sandbox.
    #[test]
    fn base64_of_latin_1_is_known_too() {
        let redactor = redactor(&[("KEY", "pässwörd-ÿÿ>>"), ("WIDE", "€pässwörd")]);
        for text in ["cORzc3f2cmQt//8+Pg==", "cORzc3f2cmQt__8-Pg", "YXDkc3N39nJkLf//Pj4=", "YWFw5HNzd/ZyZC3//z4+"] {
            assert!(redactor.text(text).contains("[redacted:KEY]"), "{text}");
        }
    }

    #[test]
    fn lines_of_a_long_value_are_secrets_too() {
        let redactor = redactor(&[("PEM", "-----BEGIN\nMIIEvQIBADAN\r\nshort\nq8fK2\"\\x9zz\n")]);
        assert_eq!(redactor.text("a MIIEvQIBADAN b short"), "a [redacted:PEM] b short");
        assert_eq!(redactor.text(r#"q8fK2\"\\x9zz"#), "[redacted:PEM]");
        let whole = r#"-----BEGIN\nMIIEvQIBADAN\r\nshort\nq8fK2\"\\x9zz\n"#;
        assert_eq!(redactor.text(whole), "[redacted:PEM]");
    }

    #[test]
    fn the_end_of_a_file_is_no_part_of_a_secret() {
        assert_eq!(redactor(&[("KEY", "hunter22\n")]).text("as hunter22 b"), "as [redacted:KEY] b");
    }

    #[test]
    fn nothing_is_looked_for_where_there_is_nothing() {
        let redactor = redactor(&[("EMPTY", ""), ("BLANK", "        "), ("SHORT", "abcde")]);
        assert!(!redactor.finds("abcde        abcde"));
        assert_eq!(redactor.text("abcdef"), "abcdef");
    }

    #[test]
    fn overlapping_secrets_leave_nothing_of_each_other() {
        let redactor = redactor(&[("ONE", "abcdef"), ("TWO", "defghijkl"), ("SAME", "zzzzzz")]);
        assert_eq!(redactor.text("-abcdefghijkl-"), "-[redacted:TWO]-");
        assert_eq!(redactor.text(&"z".repeat(1000)), "[redacted:SAME]");
    }

    #[test]
    fn the_greater_part_of_a_long_secret_is_found() {
        let value = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöü";
        let redactor = redactor(&[("KEY", value)]);
        assert_eq!(redactor.text(&format!("a '{}' b", &value[..62])), "a '[redacted:KEY]' b");
        assert_eq!(redactor.text(&format!("'{}' {value}", &value[..34])), "'[redacted:KEY]' [redacted:KEY]");
        assert!(!redactor.finds(&value[..33]));
        // Another character that begins with the same byte.
        assert_eq!(redactor.text(&format!("{}Ã", &value[..62])), "[redacted:KEY]Ã");
    }

    #[test]
    fn half_a_secret_at_a_cut_is_dropped() {
        let redactor = redactor(&[("ONE", "abcdef"), ("TWO", "defghijkl")]);
        assert_eq!(redactor.cut_text("key abcd"), "key ");
        assert_eq!(redactor.cut_text("key YWJjZG"), "key ");
        assert_eq!(redactor.cut_text("key abcdefgh"), "key [redacted:ONE]");
        assert_eq!(redactor.cut_text("key abcdef-"), "key [redacted:ONE]-");
        assert_eq!(redactor.bounded_text("key abcd", 9), "key abcd");
        assert_eq!(redactor.bounded_text("key abcd", 8), "key ");
    }
}
