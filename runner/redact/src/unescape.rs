//! What a text says where it is part of JSON: its escapes read, whichever a writer chose, and where each stood.

use std::ops::Range;

/// JSON inside JSON inside JSON, in the text of a result.
const LEVELS: usize = 3;

/// A text with its escapes read.
pub(super) struct View {
    pub(super) text: String,
    /// In their order.
    escapes: Vec<Escape>,
}

/// An escape that was read.
struct Escape {
    /// Where what it says ends in the view, and where it ends itself in the text.
    ends: (usize, usize),
    /// How many bytes either has.
    lengths: (u8, u8),
}

/// Views of a text, each of the one before; none where nothing is escaped.
pub(super) fn views(text: &str) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    while views.len() < LEVELS {
        match view(views.last().map_or(text, |view| &view.text)) {
            Some(view) => views.push(view),
            None => break,
        }
    }
    views
}

/// Where in a text the bytes stand that are seen at a level of its views; level 0 is the text itself.
pub(super) fn written(views: &[View], level: usize, seen: Range<usize>) -> Range<usize> {
    views.iter().take(level).rev().fold(seen, |Range { start, end }, view| view.start(start)..view.end(end))
}

impl View {
    /// Where in the text something begins.
    fn start(&self, seen: usize) -> usize {
        let before = self.escapes.partition_point(|escape| escape.ends.0 <= seen);
        match self.escapes.get(before) {
            // It is what an escape says.
            Some(Escape { ends, lengths }) if ends.0 - usize::from(lengths.0) <= seen => {
                ends.1 - usize::from(lengths.1)
            }
            _ => self.behind(before, seen),
        }
    }

    /// Where in the text something ends.
    fn end(&self, seen: usize) -> usize {
        let before = self.escapes.partition_point(|escape| escape.ends.0 <= seen);
        match self.escapes.get(before) {
            Some(Escape { ends, lengths }) if ends.0 - usize::from(lengths.0) < seen => ends.1,
            _ => self.behind(before, seen),
        }
    }

    /// A place behind so many escapes and before the next.
    fn behind(&self, escapes: usize, seen: usize) -> usize {
        let last = escapes.checked_sub(1).and_then(|last| self.escapes.get(last));
        last.map_or(seen, |escape| escape.ends.1 + (seen - escape.ends.0))
    }
}

/// Reads the escapes of a text. What is none stays as it is; one that was cut off at the end is left out.
fn view(text: &str) -> Option<View> {
    if !text.contains('\\') {
        return None;
    }
    let (mut view, mut rest) = (View { text: String::with_capacity(text.len()), escapes: Vec::new() }, text);
    let mut is_cut = false;
    while let Some((plain, from)) = rest.find('\\').and_then(|at| rest.split_at_checked(at)) {
        view.text.push_str(plain);
        let (says, length) = match escape(from) {
            Read::Says(letter, length) => (Some(letter), length),
            // The backslash and what it stands before.
            Read::Nothing => (None, 1),
            Read::Cut => {
                (rest, is_cut) = ("", true);
                break;
            }
        };
        let (escaped, after) = from.split_at_checked(length)?;
        match says {
            Some(letter) => {
                view.text.push(letter);
                let lengths = (u8::try_from(letter.len_utf8()).ok()?, u8::try_from(length).ok()?);
                view.escapes.push(Escape { ends: (view.text.len(), text.len() - after.len()), lengths });
            }
            None => view.text.push_str(escaped),
        }
        rest = after;
    }
    view.text.push_str(rest);
    (is_cut || !view.escapes.is_empty()).then_some(view)
}

/// What stands at a backslash.
enum Read {
    /// A character, in so many bytes.
    Says(char, usize),
    /// No escape of JSON.
    Nothing,
    /// The beginning of one, and the end of the text.
    Cut,
}

/// RFC 8259, section 7. Half of a surrogate pair says nothing.
fn escape(text: &str) -> Read {
    let letter = match text.as_bytes().get(1) {
        None => return Read::Cut,
        Some(b'u') => return unit(text),
        Some(letter @ (b'"' | b'\\' | b'/')) => char::from(*letter),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(_) => return Read::Nothing,
    };
    Read::Says(letter, 2)
}

fn unit(text: &str) -> Read {
    let hex = |from: usize| {
        let digits = text.as_bytes().get(from..from + 4)?;
        digits
            .iter()
            .try_fold(0_u16, |all, digit| Some(all << 4 | u16::try_from(char::from(*digit).to_digit(16)?).ok()?))
    };
    let Some(first) = hex(2) else {
        let is_cut = text.len() < 6 && text.bytes().skip(2).all(|digit| digit.is_ascii_hexdigit());
        return if is_cut { Read::Cut } else { Read::Nothing };
    };
    if let Some(letter) = char::from_u32(first.into()) {
        return Read::Says(letter, 6);
    }
    let second = text.as_bytes().get(6..8).filter(|mark| mark == b"\\u").and_then(|_| hex(8));
    match second.map(|second| char::decode_utf16([first, second]).next()) {
        Some(Some(Ok(letter))) => Read::Says(letter, 12),
        _ => Read::Nothing,
    }
}
