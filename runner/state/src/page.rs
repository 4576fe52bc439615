//! Lists in pages, newest first. A cursor is a place in the order, not a number of rows: rows that come or go between two
//! pages neither repeat nor skip others.

use std::fmt;
use std::str::FromStr;

use crate::key::{Key, Moment};

/// Some rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Newest first. May be fewer than were asked for, even none, although there are more: a search ends after a bounded
    /// number of rows, and `next` says where it goes on.
    pub rows: Vec<T>,
    /// Where the list goes on; nothing at its end.
    pub next: Option<Cursor>,
}

/// A place in a list: everything after it is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) at: Moment,
    pub(crate) key: Key,
}

/// A text is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is what the page before it said is `next`")]
pub struct MalformedCursor;

impl Cursor {
    /// Before everything that can be in a list.
    pub(crate) const START: Self = Self { at: Moment(i64::MAX), key: Key(u128::MAX) };

    /// The place of a row, for lists of the same kind that are kept elsewhere.
    pub fn of(at: Moment, key: Key) -> Self {
        Self { at, key }
    }

    /// The row at this place.
    pub fn row(self) -> (Moment, Key) {
        (self.at, self.key)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}{:032x}", self.at.0, self.key.0)
    }
}

impl FromStr for Cursor {
    type Err = MalformedCursor;

    fn from_str(text: &str) -> Result<Self, MalformedCursor> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 48 || !text.bytes().all(is_digit) {
            return Err(MalformedCursor);
        }
        let (at, key) = text.split_at_checked(16).ok_or(MalformedCursor)?;
        let at = u64::from_str_radix(at, 16).map_err(|_| MalformedCursor)?;
        let key = u128::from_str_radix(key, 16).map_err(|_| MalformedCursor)?;
        Ok(Self { at: Moment(at.cast_signed()), key: Key(key) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_being_written() {
        for (at, key) in [(0, 0), (-1, u128::MAX), (i64::MAX, 1), (i64::MIN, 7)] {
            let cursor = Cursor { at: Moment(at), key: Key(key) };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for wrong in ["", "x", &"0".repeat(47), &"+".repeat(48), &"F".repeat(48)] {
            assert_eq!(wrong.parse::<Cursor>(), Err(MalformedCursor));
        }
    }
}
