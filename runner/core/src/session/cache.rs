//! The conversations of sessions that are in use: those of which a second turn was taken here. Kept with the version at which they were
//! seen; whether that is still theirs, the store says when the next turn is taken.

use std::collections::BTreeMap;

use pace_state::Version;

use super::size;
use crate::conversation::Message;
use crate::id::{IdMap, SessionId};

/// The most conversations kept. More are not in use at a time, and one that is not there costs a read.
const MOST: usize = 1_000;
/// The most bytes of them.
const MOST_BYTES: usize = 16 << 20;

/// A conversation as it was seen last.
pub(super) struct Seen {
    pub(super) version: Version,
    pub(super) messages: Vec<Message>,
}

#[derive(Default)]
pub(super) struct Cache {
    seen: IdMap<SessionId, (Seen, u64)>,
    /// Those used least recently first. The number grows with each use.
    order: BTreeMap<u64, SessionId>,
    uses: u64,
    bytes: usize,
}

impl Cache {
    pub(super) fn take(&mut self, id: SessionId) -> Option<Seen> {
        let (seen, number) = self.seen.remove(&id)?;
        self.order.remove(&number);
        self.bytes = self.bytes.saturating_sub(length(&seen));
        Some(seen)
    }

    /// One that is too long for all of it is not kept.
    pub(super) fn put(&mut self, id: SessionId, seen: Seen) {
        self.take(id);
        self.uses += 1;
        self.bytes += length(&seen);
        self.order.insert(self.uses, id);
        self.seen.insert(id, (seen, self.uses));
        while self.seen.len() > MOST || self.bytes > MOST_BYTES {
            let Some((_, id)) = self.order.first_key_value() else { break };
            self.take(*id);
        }
    }

    /// How many there are, and their bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.seen.len(), self.bytes)
    }
}

fn length(seen: &Seen) -> usize {
    seen.messages.iter().map(size).sum()
}
