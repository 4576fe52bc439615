//! The IANA database as it is compiled in: `zones.zst`, which a test writes from `chrono-tz` and compares with it. That crate's own tables
//! are a megabyte of every binary; these are a fortieth of it, and are unpacked when a zone other than UTC is first named.
//!
//! Unpacked, it is read front to back. Numbers are LEB128; a text is its length and its bytes.
//! ```text
//! release   text, `2025b`
//! kinds     number of them, then for each: seconds east of UTC as zigzag, and what the clocks call it (`CET`)
//! zones     number of them, then for each: length in bytes, and its changes
//! names     number of them, sorted, then for each: text, and the number of its zone
//! changes   the kind before the first change, then for each: seconds since the change before, and the kind from then on
//! ```
//! The first change counts from [`BEGINNING`]. Seconds are `2n` for n quarters of an hour, which most are, and `2n + 1` for n seconds.

use std::sync::OnceLock;

/// Packed with zstd.
static PACKED: &[u8] = include_bytes!("zones.zst");
/// The most it may have unpacked, bytes: seven times what it has.
const MOST: usize = 1 << 20;
/// Before every change of every clock: 1811.
const BEGINNING: i64 = -5_000_000_000;
const QUARTER: i64 = 900;

/// What clocks show for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Seconds east of UTC.
    pub(super) offset: i32,
    /// `CET`, or `+03` where nobody has a name for it.
    pub(super) name: &'static str,
}

impl Kind {
    pub(super) const UTC: Self = Self { offset: 0, name: "UTC" };
}

/// A time during which the offset stays the same: from `begin` on, before `end`, seconds since 1970. Open ends are those of [`i64`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) begin: i64,
    pub(super) end: i64,
    pub(super) kind: Kind,
}

#[derive(Debug)]
struct Zone {
    changes: &'static [u8],
    /// Those, once somebody asked for them: some 10 KB.
    spans: OnceLock<Vec<Span>>,
}

/// The database, unpacked.
#[derive(Debug, Default)]
pub(super) struct Database {
    pub(super) release: &'static str,
    kinds: Vec<Kind>,
    zones: Vec<Zone>,
    /// Sorted; with each its place in `zones`.
    names: Vec<(&'static str, usize)>,
}

impl Database {
    /// The one there is. A test unpacks it, so it never is the empty one that damaged bytes would give.
    pub(super) fn get() -> &'static Self {
        static RAW: OnceLock<Vec<u8>> = OnceLock::new();
        static DATABASE: OnceLock<Database> = OnceLock::new();
        DATABASE.get_or_init(|| {
            let raw = RAW.get_or_init(|| zstd::bulk::decompress(PACKED, MOST).unwrap_or_default());
            Self::read(Reader(raw)).unwrap_or_default()
        })
    }

    fn read(mut reader: Reader) -> Option<Self> {
        let release = reader.text()?;
        let kinds = reader.list(|reader| Some(Kind { offset: reader.signed()?, name: reader.text()? }))?;
        let zones = reader.list(|reader| Some(Zone { changes: reader.bytes()?, spans: OnceLock::new() }))?;
        let names = reader.list(|reader| Some((reader.text()?, reader.place()?)))?;
        Some(Self { release, kinds, zones, names })
    }

    /// Every name, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().map(|(name, _)| *name)
    }

    /// The number of the zone of this name, which [`Self::name`] and [`Self::spans`] take.
    pub(super) fn find(&self, name: &str) -> Option<u16> {
        let found = self.names.binary_search_by_key(&name, |(name, _)| name).ok()?;
        u16::try_from(found).ok()
    }

    pub(super) fn name(&self, number: u16) -> Option<&'static str> {
        self.names.get(usize::from(number)).map(|(name, _)| *name)
    }

    /// What the clocks of a zone show, first to last.
    pub(super) fn spans(&self, number: u16) -> &[Span] {
        let zone = self.names.get(usize::from(number)).and_then(|(_, zone)| self.zones.get(*zone));
        zone.map(|zone| zone.spans.get_or_init(|| self.read_spans(zone.changes).collect()).as_slice())
            .unwrap_or_default()
    }

    fn read_spans(&self, changes: &'static [u8]) -> Spans<'_> {
        let mut reader = Reader(changes);
        let next = reader.place().map(|kind| (i64::MIN, kind));
        Spans { kinds: &self.kinds, reader, at: BEGINNING, next }
    }
}

struct Spans<'a> {
    kinds: &'a [Kind],
    reader: Reader,
    /// The last change that was read.
    at: i64,
    /// When the next one begins, and its kind.
    next: Option<(i64, usize)>,
}

impl Iterator for Spans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let (begin, kind) = self.next.take()?;
        let kind = *self.kinds.get(kind)?;
        self.next = self.reader.seconds().and_then(|passed| {
            self.at += passed;
            Some((self.at, self.reader.place()?))
        });
        Some(Span { begin, end: self.next.map_or(i64::MAX, |(end, _)| end), kind })
    }
}

/// What is left to read.
#[derive(Debug)]
struct Reader(&'static [u8]);

impl Reader {
    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn place(&mut self) -> Option<usize> {
        self.number().and_then(|number| usize::try_from(number).ok())
    }

    fn signed(&mut self) -> Option<i32> {
        let zigzag = u32::try_from(self.number()?).ok()?;
        let magnitude = i32::try_from(zigzag >> 1).ok()?;
        Some(if zigzag & 1 == 0 { magnitude } else { !magnitude })
    }

    fn seconds(&mut self) -> Option<i64> {
        let number = self.number()?;
        let count = i64::try_from(number >> 1).ok()?;
        Some(if number & 1 == 0 { count * QUARTER } else { count })
    }

    fn bytes(&mut self) -> Option<&'static [u8]> {
        let length = self.place()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'static str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.place()?;
        (0..count).map(|_| one(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_whole() {
        let database = Database::get();
        assert!(!database.release.is_empty() && database.kinds.len() > 100 && database.zones.len() > 300);
        for number in 0..u16::try_from(database.names.len()).unwrap() {
            let spans = database.spans(number);
            assert_eq!((spans[0].begin, spans[spans.len() - 1].end), (i64::MIN, i64::MAX));
            assert!(spans.iter().all(|span| span.begin < span.end), "{:?}", database.name(number));
            assert!(spans.windows(2).all(|two| two[0].end == two[1].begin && two[0].kind != two[1].kind));
        }
    }

    #[test]
    fn what_is_cut_off_is_no_database() {
        let raw: &'static [u8] = zstd::bulk::decompress(PACKED, MOST).unwrap().leak();
        assert!(Database::read(Reader(raw)).is_some());
        for length in (0..raw.len()).step_by(997) {
            assert!(Database::read(Reader(&raw[..length])).is_none(), "{length} bytes");
        }
        assert_eq!(Reader(&[0xff; 20]).number(), None);
    }
}
