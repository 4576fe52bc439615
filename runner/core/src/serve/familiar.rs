//! Credentials that were found to be right: a bounded memory of the last of them, as keyed hashes. Where many share an address, as behind
//! an ingress, one of them who shows wrong credentials must not keep out those who have been let in before.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

/// How many are remembered at least, once there were so many; at most twice as many, 256 KiB.
const MOST: usize = 8_192;

/// What was right.
#[derive(Debug, Default)]
pub(super) struct Familiar {
    /// Nobody outside knows its key, so that nobody finds a credential with the hash of another.
    hasher: RandomState,
    seen: Mutex<Seen>,
}

/// Two generations: when the younger is full, the older is forgotten.
#[derive(Debug, Default)]
struct Seen {
    younger: HashSet<u64>,
    older: HashSet<u64>,
}

impl Familiar {
    /// Remembers one.
    pub(super) fn add(&self, credential: &[u8]) {
        let hash = self.hasher.hash_one(credential);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.younger.len() >= MOST && !seen.younger.contains(&hash) {
            seen.older = std::mem::take(&mut seen.younger);
        }
        seen.younger.insert(hash);
    }

    /// Whether it is one.
    pub(super) fn has(&self, credential: &[u8]) -> bool {
        let hash = self.hasher.hash_one(credential);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.younger.contains(&hash) || seen.older.contains(&hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_are_remembered_within_bounds() {
        let familiar = Familiar::default();
        let credential = |number: usize| number.to_le_bytes();
        for number in 0..5 * MOST {
            familiar.add(&credential(number));
            assert!(familiar.has(&credential(number)) && familiar.has(&credential(number.saturating_sub(MOST - 1))));
        }
        let seen = familiar.seen.lock().unwrap();
        assert!(seen.younger.len() + seen.older.len() <= 2 * MOST);
        drop(seen);
        assert!(!familiar.has(&credential(0)));
    }
}
