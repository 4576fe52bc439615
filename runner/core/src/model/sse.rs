//! Server-sent events (WHATWG HTML, "Server-sent events") as models stream them: bytes in, the data of each event out. Only
//! data is looked at; every provider repeats in it what `event:` says. Foreign bytes, so everything is bounded.

/// The most bytes of one event: an answer of 64 Ki tokens in one event is about a quarter of a MiB.
pub(super) const MAX_EVENT: usize = 4 * 1024 * 1024;

/// Why a stream is not read further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventTooLong;

/// Reads a stream piece by piece.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// The start of a line whose end has not come yet.
    line: Vec<u8>,
    /// The data of the event whose end has not come yet.
    data: Vec<u8>,
    has_data: bool,
    /// A line ended in `\r`; a `\n` right after it belongs to it.
    skip_line_feed: bool,
    has_begun: bool,
}

impl Parser {
    /// Reads the next piece, and hands on the data of each event that ends in it.
    ///
    /// # Errors
    /// An event is longer than [`MAX_EVENT`], or what `on_event` says.
    pub(super) fn push<E: From<EventTooLong>>(
        &mut self,
        mut piece: &[u8],
        on_event: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while !piece.is_empty() {
            if std::mem::take(&mut self.skip_line_feed) && piece.first() == Some(&b'\n') {
                piece = piece.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', piece) else {
                self.keep(piece)?;
                return Ok(());
            };
            let (line, rest) = piece.split_at(end);
            self.skip_line_feed = rest.first() == Some(&b'\r');
            piece = rest.get(1..).unwrap_or_default();
            if self.line.is_empty() {
                self.line(line, on_event)?;
            } else {
                self.keep(line)?;
                let mut whole = std::mem::take(&mut self.line);
                self.line(&whole, on_event)?;
                whole.clear();
                self.line = whole;
            }
        }
        Ok(())
    }

    /// The stream has ended: an event whose empty line never came counts, since some servers leave it out.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(super) fn end<E: From<EventTooLong>>(
        &mut self,
        on_event: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.push(b"\n\n", on_event)
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), EventTooLong> {
        fits(self.line.len() + self.data.len() + part.len())?;
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn line<E: From<EventTooLong>>(
        &mut self,
        mut line: &[u8],
        on_event: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if !std::mem::replace(&mut self.has_begun, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            if std::mem::take(&mut self.has_data) {
                let result = on_event(&self.data);
                self.data.clear();
                return result;
            }
            return Ok(());
        }
        let Some(value) = line.strip_prefix(b"data").and_then(value) else { return Ok(()) };
        fits(self.data.len() + value.len())?;
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
        Ok(())
    }
}

/// What follows a field's name, if the name ends there.
fn value(rest: &[u8]) -> Option<&[u8]> {
    match rest.strip_prefix(b":") {
        Some(value) => Some(value.strip_prefix(b" ").unwrap_or(value)),
        None => rest.is_empty().then_some(rest),
    }
}

fn fits(bytes: usize) -> Result<(), EventTooLong> {
    if bytes <= MAX_EVENT { Ok(()) } else { Err(EventTooLong) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(pieces: &[&[u8]]) -> Result<Vec<String>, EventTooLong> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        let mut on_event = |data: &[u8]| {
            events.push(String::from_utf8_lossy(data).into_owned());
            Ok::<(), EventTooLong>(())
        };
        for piece in pieces {
            parser.push(piece, &mut on_event)?;
        }
        parser.end(&mut on_event)?;
        Ok(events)
    }

    #[test]
    fn events_of_every_spelling() {
        for (text, wanted) in [
            ("data: a\n\ndata: b\n\n", &["a", "b"][..]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
            ("data: a\r\rdata: b\r\r", &["a", "b"]),
            ("\u{feff}data: a\n\n", &["a"]),
            (": comment\nevent: x\nid: 1\nretry: 3\ndata:a\n\n", &["a"]),
            ("data: a\ndata:  b\ndata\n\n", &["a\n b\n"]),
            ("event: x\n\n\n\n", &[]),
            ("datum: a\ndata2: b\n\n", &[]),
            ("data:\n\n", &[""]),
            ("data: a", &["a"]),
            ("data: ä🟢\n\n", &["ä🟢"]),
        ] {
            assert_eq!(events(&[text.as_bytes()]).unwrap(), wanted, "{text:?}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(events(&bytes).unwrap(), wanted, "{text:?} byte by byte");
        }
    }

    #[test]
    fn events_are_bounded() {
        let half = vec![b'x'; MAX_EVENT / 2 + 1];
        assert_eq!(events(&[&half, &half]), Err(EventTooLong));
        assert_eq!(events(&[b"data: ", &half, b"\ndata: ", &half, b"\n"]), Err(EventTooLong));
        assert_eq!(events(&[b"data: ", &half, b"\n\ndata: ", &half, b"\n\n"]).unwrap().len(), 2);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    &b"data: "[..], b"\n", b"\r", b"\r\n", b"a", b"\xc3\xa4", b":", b"\xef\xbb\xbf", b"\xff",
                ]),
                0..40,
            ),
            cuts in proptest::collection::vec(0_usize..80, 0..6),
        ) {
            let whole = parts.concat();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(whole.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts {
                pieces.push(&whole[start..cut]);
                start = cut;
            }
            pieces.push(&whole[start..]);
            prop_assert_eq!(events(&pieces), events(&[&whole]));
        }
    }
}
