//! The keys of an issuer at hand: fetched when the runner starts, again before they are old, and when a token names a key that is not among
//! them; never more often than an issuer can bear, however many tokens come.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pace_ir::program::authentication::Algorithm;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::fetch::{Fetch, Fetched};
use super::keys::{Key, KeySet};

/// When keys are fetched, and how long they count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// The shortest time for which keys are not fetched again by themselves, whatever the issuer says.
    pub(super) least: Duration,
    /// The longest.
    pub(super) most: Duration,
    /// How long old keys still count when there are no new ones to be had.
    pub(super) stale: Duration,
    /// The time between two fetches that tokens with unknown keys lead to.
    pub(super) apart: Duration,
    /// How long a request waits for one.
    pub(super) patience: Duration,
    /// The wait after a first failure; it doubles with each.
    pub(super) first_wait: Duration,
    /// The longest of these waits.
    pub(super) most_wait: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            least: Duration::from_mins(1),
            most: Duration::from_hours(1),
            stale: Duration::from_hours(1),
            apart: Duration::from_secs(10),
            patience: Duration::from_secs(5),
            first_wait: Duration::from_secs(1),
            most_wait: Duration::from_secs(30),
        }
    }
}

/// Why there is no key for a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The issuer has no such key.
    Key,
    /// The issuer's keys are not at hand, so that nobody knows.
    Keys {
        /// Why.
        why: String,
        /// When there may be some.
        wait: Duration,
    },
}

/// The keys of one issuer.
#[derive(Debug)]
pub(super) struct Keyring {
    times: Times,
    state: Mutex<State>,
    /// Somebody needs a key that is not there.
    wanted: Notify,
    /// How many fetches are over.
    fetches: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    /// Why the last fetch brought nothing.
    failure: Option<String>,
    failures: u32,
    /// When the last fetch began.
    began: Option<Instant>,
    is_fetching: bool,
    next: Option<Instant>,
}

#[derive(Debug)]
struct Held {
    keys: Arc<KeySet>,
    /// Until then they count.
    until: Instant,
}

impl Keyring {
    /// Without keys.
    pub(super) fn new(times: Times) -> Self {
        Self { times, state: Mutex::default(), wanted: Notify::new(), fetches: watch::Sender::new(0) }
    }

    /// Fetches keys whenever it is time, for as long as it is polled.
    pub(super) async fn keep(&self, issuer: &str, fetch: &impl Fetch) {
        loop {
            {
                let mut state = self.lock();
                state.began = Some(Instant::now());
                state.is_fetching = true;
            }
            let fetched = fetch.fetch().await;
            let next = self.note(issuer, fetched);
            self.fetches.send_modify(|fetches| *fetches += 1);
            loop {
                tokio::select! {
                    () = sleep_until(next) => break,
                    () = self.wanted.notified() => if self.may_fetch() { break },
                }
            }
        }
    }

    /// The keys that a token may be signed with.
    ///
    /// # Errors
    /// There is none, or nobody knows.
    pub(super) async fn find(&self, algorithm: Algorithm, id: Option<&str>) -> Result<Vec<Key>, Missing> {
        let mut fetches = self.fetches.subscribe();
        let missing = match self.look(algorithm, id) {
            Ok(found) => return Ok(found),
            Err(missing) => missing,
        };
        if !self.asks_again(&missing) {
            return Err(missing);
        }
        // Whoever waits, waits for the one fetch that is under way.
        let _in_time = timeout(self.times.patience, fetches.changed()).await;
        self.look(algorithm, id)
    }

    /// Why no token can be judged; `None` if tokens can be.
    pub(super) fn unready(&self) -> Option<String> {
        let state = self.lock();
        match &state.held {
            Some(held) if Instant::now() < held.until => None,
            Some(_) | None => Some(state.why()),
        }
    }

    fn look(&self, algorithm: Algorithm, id: Option<&str>) -> Result<Vec<Key>, Missing> {
        let state = self.lock();
        let now = Instant::now();
        let wait = state.next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now));
        let keys = || Missing::Keys { why: state.why(), wait: wait.max(Duration::from_secs(1)) };
        let held = state.held.as_ref().filter(|held| now < held.until).ok_or_else(keys)?;
        let found = held.keys.fitting(algorithm, id);
        match (found.is_empty(), &state.failure) {
            (false, _) => Ok(found),
            // It may be one that the issuer has made since.
            (true, Some(_)) => Err(keys()),
            (true, None) => Err(Missing::Key),
        }
    }

    /// Whether it makes sense to wait for a fetch; begins one where none is under way and one may be.
    fn asks_again(&self, missing: &Missing) -> bool {
        if self.lock().is_fetching {
            return true;
        }
        let is_worth_it = match missing {
            Missing::Key => self.may_fetch(),
            // Those come by themselves, ever more slowly.
            Missing::Keys { .. } => false,
        };
        if is_worth_it {
            self.wanted.notify_one();
        }
        is_worth_it
    }

    fn may_fetch(&self) -> bool {
        self.lock().began.is_none_or(|began| began.elapsed() >= self.times.apart)
    }

    /// Keeps what a fetch brought, and says when the next one is due.
    fn note(&self, issuer: &str, fetched: Result<Fetched, String>) -> Instant {
        let Times { least, most, stale, first_wait, most_wait, .. } = self.times;
        let (mut state, now) = (self.lock(), Instant::now());
        state.is_fetching = false;
        let wait = match fetched {
            Ok(Fetched { keys, fresh_for }) => {
                let fresh_for = fresh_for.clamp(least, most);
                if state.failure.is_some() {
                    tracing::info!(issuer, "the issuer's keys are there again");
                }
                state.held = Some(Held { keys: Arc::new(keys), until: now + fresh_for + stale });
                (state.failure, state.failures) = (None, 0);
                // Before they are old, so that nobody waits.
                fresh_for * 4 / 5
            }
            Err(why) => {
                if state.failure.is_none() {
                    tracing::warn!(issuer, "the issuer's keys cannot be had: {why}");
                }
                state.failure = Some(why);
                state.failures = state.failures.saturating_add(1);
                let doubled = first_wait.saturating_mul(1 << (state.failures - 1).min(16));
                doubled.min(most_wait)
            }
        };
        let next = now + wait;
        state.next = Some(next);
        next
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn why(&self) -> String {
        self.failure.clone().unwrap_or_else(|| "they are being fetched".to_owned())
    }
}

#[cfg(test)]
mod tests;
