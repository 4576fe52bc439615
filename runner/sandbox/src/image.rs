//! The memory of an instance that has loaded a tool: as much of it as differs from a fresh one, for calls to begin from. It
//! is made before anything is known of a call, so there is nothing of any in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::{AsContextMut, Error, Memory, Result};

/// What is compared and copied at a time, bytes. Smaller pieces would save some copying, but a page of the machine is made
/// private as a whole.
const PIECE: usize = 4096;
/// WebAssembly's page, bytes.
const PAGE: u64 = 64 << 10;

/// The most that one tool's image may hold, bytes. Beyond it copying takes as long as evaluating.
pub(crate) const MOST_IMAGE: usize = 8 << 20;

/// How much the images of an engine may hold together.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
}

/// A part of the budget; it goes back when this is dropped.
#[derive(Debug)]
struct Held {
    budget: Arc<Budget>,
    bytes: usize,
}

/// Memory to begin from.
#[derive(Debug)]
pub(crate) struct Image {
    /// How long the memory is, pages of WebAssembly.
    pages: u64,
    runs: Vec<Run>,
    held: Held,
}

/// Bytes that belong to an address.
#[derive(Debug)]
struct Run {
    at: usize,
    bytes: Box<[u8]>,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self { left: AtomicUsize::new(bytes) })
    }

    fn hold(self: &Arc<Self>, bytes: usize) -> Option<Held> {
        let take = |left: usize| left.checked_sub(bytes);
        self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).ok()?;
        Some(Held { budget: Arc::clone(self), bytes })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.bytes, Ordering::AcqRel);
    }
}

impl Image {
    /// What `now` has that `before` had not. Memory beyond `before` was zero. Nothing, if there is no room for it.
    pub(crate) fn of(before: &[u8], now: &[u8], budget: &Arc<Budget>) -> Option<Self> {
        let changed: Vec<(usize, usize)> = runs(before, now);
        let bytes = changed.iter().map(|(start, end)| end - start).sum();
        if bytes > MOST_IMAGE {
            return None;
        }
        let held = budget.hold(bytes)?;
        let run = |(start, end): (usize, usize)| Some(Run { at: start, bytes: now.get(start..end)?.into() });
        let runs = changed.into_iter().filter_map(run).collect();
        Some(Self { pages: u64::try_from(now.len()).ok()?.div_ceil(PAGE), runs, held })
    }

    /// How long the memory is, bytes.
    pub(crate) fn memory(&self) -> u64 {
        self.pages * PAGE
    }

    /// How much is held for it, bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.held.bytes
    }

    /// What the page at `start` has, if it is one of those that differ from a fresh instance.
    pub(crate) fn page(&self, start: usize) -> Option<&[u8]> {
        let run = self.runs.get(self.runs.partition_point(|run| run.at <= start).checked_sub(1)?)?;
        run.bytes.get(start - run.at..)?.get(..PIECE)
    }

    /// Makes the memory of a fresh instance as long as this one was.
    ///
    /// # Errors
    /// It cannot be that long.
    pub(crate) fn fit(&self, memory: Memory, mut store: impl AsContextMut) -> Result<()> {
        let missing = self.pages.saturating_sub(memory.size(&store));
        if missing > 0 {
            memory.grow(&mut store, missing)?;
        }
        Ok(())
    }

    /// Makes the memory of a fresh instance what this was made of.
    ///
    /// # Errors
    /// The memory is too short.
    pub(crate) fn restore(&self, memory: &mut [u8]) -> Result<()> {
        for run in &self.runs {
            let place = memory.get_mut(run.at..).and_then(|rest| rest.get_mut(..run.bytes.len()));
            place.ok_or_else(|| Error::msg("an image longer than its memory"))?.copy_from_slice(&run.bytes);
        }
        Ok(())
    }
}

/// From where to where the memories differ, neighbours together.
fn runs(before: &[u8], now: &[u8]) -> Vec<(usize, usize)> {
    const ZERO: [u8; PIECE] = [0; PIECE];
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (number, piece) in now.chunks(PIECE).enumerate() {
        let start = number * PIECE;
        let end = start + piece.len();
        let was = before.get(start..end).or_else(|| ZERO.get(..piece.len()));
        match (was == Some(piece), runs.last_mut()) {
            (true, _) => {}
            (false, Some(last)) if last.1 == start => last.1 = end,
            (false, _) => runs.push((start, end)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_run_and_what_is_equal_is_none() {
        let before = vec![1; 3 * PIECE];
        let mut now = before.clone();
        now.resize(6 * PIECE, 0);
        assert_eq!(runs(&before, &now), []);
        for at in [PIECE, 2 * PIECE + 7, 4 * PIECE] {
            now[at] = 2;
        }
        assert_eq!(runs(&before, &now), [(PIECE, 3 * PIECE), (4 * PIECE, 5 * PIECE)]);
    }

    #[test]
    fn the_budget_is_kept_and_comes_back() {
        let budget = Budget::new(3 * PIECE);
        let image = |pieces: usize| Image::of(&[], &vec![1; pieces * PIECE], &budget);
        let first = image(2).unwrap();
        assert_eq!(first.bytes(), 2 * PIECE);
        assert!(image(2).is_none());
        drop(first);
        assert!(image(3).is_some());
        assert!(Image::of(&[], &vec![1; MOST_IMAGE + 1], &Budget::new(usize::MAX)).is_none());
    }
}
