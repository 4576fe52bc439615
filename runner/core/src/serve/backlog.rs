//! Events as they go over the wire, one behind the other in one piece of memory: what a record keeps. Knows nothing of who
//! reads them, and decides nothing: whoever has it says when the oldest event is to go.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Serialize;

/// Bytes that an event takes besides its text: where it ends.
const FIXED: usize = size_of::<u64>();
/// Room for the events of a short answer, so that it is got once.
const FIRST_ROOM: usize = 768;
/// Room for one of them.
const DRAFT_ROOM: usize = 384;

/// Events, numbered from 1.
#[derive(Debug)]
pub(super) struct Backlog {
    bytes: VecDeque<u8>,
    /// Where each event ends, counted from the first byte that ever was.
    ends: VecDeque<u64>,
    /// Bytes that are gone.
    gone: u64,
    /// The number of the first event that is kept.
    first: u64,
    /// Where an event is written before it is known to be whole.
    draft: Vec<u8>,
}

impl Default for Backlog {
    fn default() -> Self {
        let bytes = VecDeque::with_capacity(FIRST_ROOM);
        Self { bytes, ends: VecDeque::new(), gone: 0, first: 1, draft: Vec::with_capacity(DRAFT_ROOM) }
    }
}

impl Backlog {
    /// Adds an event, and says how many bytes more are kept; none if its data has no JSON, which none of ours is without.
    pub(super) fn push(&mut self, name: &str, data: &impl Serialize) -> usize {
        self.draft.clear();
        let number = self.next();
        if write(&mut self.draft, number, name, data).is_err() {
            return 0;
        }
        let length = self.draft.len();
        if self.bytes.capacity() - self.bytes.len() < length {
            // A quarter at a time: the memory taken stays close to what is kept.
            self.bytes.reserve_exact(length.max(self.bytes.capacity() / 4));
        }
        self.bytes.extend(&self.draft);
        self.ends.push_back(self.gone + self.bytes.len() as u64);
        length + FIXED
    }

    /// Drops the oldest event, and says how many bytes less are kept; none where there is only one left.
    pub(super) fn drop_oldest(&mut self) -> Option<usize> {
        if self.ends.len() < 2 {
            return None;
        }
        let end = self.ends.pop_front()?;
        let length = self.place(end);
        self.bytes.drain(..length);
        (self.gone, self.first) = (self.gone + length as u64, self.first + 1);
        Some(length + FIXED)
    }

    /// The number of the first event that is kept.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The number of the event that comes next.
    pub(super) fn next(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    /// The events from this number on, as they go over the wire, and the number after the last of them: all that are there,
    /// or as many as have `most` bytes together, the last event's end apart. None if this one is not there.
    pub(super) fn from(&self, number: u64, most: usize) -> Option<(Bytes, u64)> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let last_there = self.ends.len().checked_sub(1).filter(|last| index <= *last)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| self.place(*end));
        let enough = self.gone + (start + most) as u64;
        let last = self.ends.partition_point(|end| *end < enough).clamp(index, last_there);
        let end = self.place(*self.ends.get(last)?);
        let (front, back) = self.bytes.as_slices();
        let in_front = |place: usize| place.min(front.len());
        let in_back = |place: usize| place.saturating_sub(front.len());
        let parts = [front.get(in_front(start)..in_front(end))?, back.get(in_back(start)..in_back(end))?];
        Some((parts.concat().into(), self.first + last as u64 + 1))
    }

    /// Gives back the memory that no event takes: none comes any more.
    pub(super) fn close(&mut self) {
        self.draft = Vec::new();
        self.ends.shrink_to_fit();
        if self.bytes.capacity() - self.bytes.len() > FIRST_ROOM {
            self.bytes.shrink_to_fit();
        }
    }

    /// Where in `bytes` an end is.
    fn place(&self, end: u64) -> usize {
        usize::try_from(end - self.gone).unwrap_or(usize::MAX)
    }
}

/// Writes an event as it goes over the wire. JSON has no line breaks of its own, so the data is one line.
fn write(into: &mut Vec<u8>, number: u64, name: &str, data: &impl Serialize) -> serde_json::Result<()> {
    into.extend_from_slice(b"id: ");
    serde_json::to_writer(&mut *into, &number)?;
    into.extend_from_slice(b"\nevent: ");
    into.extend_from_slice(name.as_bytes());
    into.extend_from_slice(b"\ndata: ");
    serde_json::to_writer(&mut *into, data)?;
    into.extend_from_slice(b"\n\n");
    Ok(())
}

/// An event by itself, for one follower alone.
pub(super) fn single(number: u64, name: &str, data: &impl Serialize) -> Bytes {
    let mut bytes = Vec::new();
    let written = write(&mut bytes, number, name, data);
    if written.is_ok() { bytes.into() } else { Bytes::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn events_are_numbered_from_one() {
        let mut backlog = Backlog::default();
        assert_eq!((backlog.first(), backlog.next(), backlog.from(1, 100)), (1, 1, None));
        let bytes = backlog.push("text", &"a\nb");
        let wanted = Bytes::from_static(b"id: 1\nevent: text\ndata: \"a\\nb\"\n\n");
        assert_eq!(bytes, wanted.len() + FIXED);
        assert_eq!(backlog.from(1, 100), Some((wanted, 2)));
        assert_eq!((backlog.from(0, 100), backlog.from(2, 100), backlog.from(u64::MAX, 100)), (None, None, None));
        assert_eq!(backlog.drop_oldest(), None);
    }

    #[test]
    fn what_has_no_json_leaves_nothing_behind() {
        let mut backlog = Backlog::default();
        let no_text_for_a_key = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert_eq!(backlog.push("text", &no_text_for_a_key), 0);
        assert_eq!((backlog.next(), backlog.bytes.len()), (1, 0));
    }

    proptest! {
        /// Against a list of events, each by itself.
        #[test]
        fn it_is_the_list_of_its_events(
            steps in proptest::collection::vec(proptest::option::weighted(0.7, 0_usize..400), 0..200),
            most in 1_usize..2_000,
        ) {
            let (mut backlog, mut list, mut first, mut kept) = (Backlog::default(), VecDeque::new(), 1, 0);
            for step in steps {
                if let Some(length) = step {
                    list.push_back(single(first + list.len() as u64, "text", &"x".repeat(length)));
                    kept += backlog.push("text", &"x".repeat(length));
                } else if list.len() > 1 {
                    list.pop_front();
                    first += 1;
                    kept -= backlog.drop_oldest().unwrap();
                } else {
                    prop_assert_eq!(backlog.drop_oldest(), None);
                }
                prop_assert_eq!((backlog.first(), backlog.next()), (first, first + list.len() as u64));
                prop_assert_eq!(kept, list.iter().map(|event| event.len() + FIXED).sum::<usize>());
            }
            backlog.close();
            let mut number = first;
            while number < backlog.next() {
                let (piece, next) = backlog.from(number, most).unwrap();
                let range = list.range(usize::try_from(number - first).unwrap()..usize::try_from(next - first).unwrap());
                let events: Vec<&[u8]> = range.map(|event| &event[..]).collect();
                prop_assert_eq!(&piece[..], &events.concat()[..]);
                // No event more than is needed to have enough, and no less where there are more.
                let without_last = events.concat().len() - events.last().map_or(0, |event| event.len());
                prop_assert!(without_last < most && (piece.len() >= most || next == backlog.next()));
                number = next;
            }
        }
    }
}
