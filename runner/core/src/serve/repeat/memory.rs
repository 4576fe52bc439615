//! Keys in memory, where there is no store: bounded, and gone with the process, as the sessions are that their answers go on with.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::answer::Kept;
use super::refused::{Unclaimed, in_flight, of_another};
use super::{Claim, Held, KNOWN, MOMENT};
use crate::id::InvocationId;

/// The most answers that are kept; over it, the oldest go.
const MOST: usize = 10_000;
/// The most bytes of them.
const MOST_BYTES: usize = 32 << 20;

/// Whose key, and which.
type Name = (String, String);

/// The keys that there are.
#[derive(Debug, Default)]
pub(in crate::serve) struct Memory(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    known: BTreeMap<Name, Entry>,
    /// Those that were answered, the oldest first.
    answered: VecDeque<(Instant, Name)>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    request: [u8; 32],
    /// The one that works on it, once it is known.
    invocation: Option<InvocationId>,
    /// Nothing while it is worked on.
    answer: Option<Vec<u8>>,
}

/// A key that is being worked on; dropped, it is free again.
#[derive(Debug)]
pub(in crate::serve) struct Ticket {
    memory: Arc<Memory>,
    name: Name,
    is_answered: bool,
}

impl Memory {
    pub(super) fn claim(
        self: &Arc<Self>,
        principal: String,
        name: &str,
        request: [u8; 32],
    ) -> Result<Claim, Unclaimed> {
        let name = (principal, name.to_owned());
        let mut book = self.book();
        book.forget(Instant::now());
        match book.known.get(&name) {
            Some(entry) if entry.request != request => Err(of_another()),
            Some(Entry { answer: None, invocation, .. }) => Err(in_flight(*invocation, MOMENT)),
            Some(Entry { answer: Some(answer), .. }) => Kept::read(answer).replayed().map(Claim::Answered),
            None => {
                // As many as there are invocations, which are bounded.
                book.known.insert(name.clone(), Entry { request, invocation: None, answer: None });
                Ok(Claim::Mine(Held::Memory(Ticket { memory: Arc::clone(self), name, is_answered: false })))
            }
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    pub(super) fn is_for(&self, invocation: InvocationId) {
        if let Some(entry) = self.memory.book().known.get_mut(&self.name) {
            entry.invocation = Some(invocation);
        }
    }

    pub(super) fn answer(mut self, answer: Vec<u8>) {
        let mut book = self.memory.book();
        let (bytes, now) = (answer.len(), Instant::now());
        if let Some(entry) = book.known.get_mut(&self.name) {
            entry.answer = Some(answer);
            book.bytes += bytes;
            book.answered.push_back((now, self.name.clone()));
            book.forget(now);
        }
        drop(book);
        self.is_answered = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_answered {
            self.memory.book().known.remove(&self.name);
        }
    }
}

impl Book {
    /// Forgets what is too old or too much.
    fn forget(&mut self, now: Instant) {
        while let Some((since, _)) = self.answered.front() {
            let is_too_much = self.answered.len() > MOST || self.bytes > MOST_BYTES;
            if !is_too_much && now.duration_since(*since) < KNOWN {
                break;
            }
            let gone = self.answered.pop_front().and_then(|(_, name)| self.known.remove(&name));
            self.bytes -= gone.and_then(|entry| entry.answer).map_or(0, |answer| answer.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: [u8; 32] = [7; 32];

    fn claim(memory: &Arc<Memory>, name: &str) -> Ticket {
        match memory.claim("user:ann".to_owned(), name, REQUEST) {
            Ok(Claim::Mine(Held::Memory(ticket))) => ticket,
            other => panic!("{other:?}"),
        }
    }

    /// How many keys there are, and bytes of answers.
    fn size(memory: &Memory) -> (usize, usize) {
        let book = memory.book();
        (book.known.len(), book.bytes)
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_kept_for_a_day_and_within_bounds() {
        let memory = Arc::<Memory>::default();
        claim(&memory, "first").answer(b"x".to_vec());
        for number in 0..MOST {
            claim(&memory, &number.to_string()).answer(b"x".to_vec());
        }
        assert_eq!(size(&memory), (MOST, MOST));
        drop(claim(&memory, "first"));
        for number in 0..40 {
            claim(&memory, &format!("large-{number}")).answer(vec![b'x'; 1 << 20]);
            assert!(size(&memory).1 <= MOST_BYTES);
        }
        let running = claim(&memory, "running");
        tokio::time::advance(KNOWN).await;
        drop(claim(&memory, "another day"));
        assert_eq!(size(&memory), (1, 0), "what is worked on stays");
        drop(running);
        assert_eq!(size(&memory), (0, 0));
    }
}
