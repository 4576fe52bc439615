//! What a tool has under way: requests and timers. They are polled by the call itself, so that dropping the call ends them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use wasmtime::{Error, Result};

use crate::net::fetch::Fetcher;
use crate::net::unlisted::Unlisted;
use crate::state::{Stash, State, Stop};

/// Four bytes with the length of a JSON text, the text, a body: what the engine's `settle` reads.
pub(crate) type Outcome = Vec<u8>;

/// The most requests and timers of one call that are under way. Their bookkeeping is the host's, so a tool's own memory bounds
/// it only as long as the tool does not tamper with what the prelude keeps.
const MOST_UNDER_WAY: usize = 4_096;
/// So many requests that were given up may lie about before they are looked through.
const MOST_GIVEN_UP: usize = 64;

type Request = Abortable<Pin<Box<dyn Future<Output = (u32, Outcome)> + Send>>>;

/// The operations of one call.
pub(crate) struct Operations {
    fetcher: Option<Fetcher>,
    last: u32,
    requests: FuturesUnordered<Request>,
    handles: BTreeMap<u32, AbortHandle>,
    /// Requests that were found to be done while others were looked for.
    done: VecDeque<(u32, Outcome)>,
    /// By the time they are due, then in the order of their making.
    timers: BTreeSet<(Duration, u32)>,
    due: BTreeMap<u32, Duration>,
}

impl Operations {
    /// Of a call that may ask `fetcher`, or nobody.
    pub(crate) fn new(fetcher: Option<Fetcher>) -> Self {
        Self {
            fetcher,
            last: 0,
            requests: FuturesUnordered::new(),
            handles: BTreeMap::new(),
            done: VecDeque::new(),
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
        }
    }

    /// Whether there is nobody to ask: while a module is compiled or described.
    pub(crate) fn is_offline(&self) -> bool {
        self.fetcher.is_none()
    }

    /// What was refused so far because `net` does not list it.
    pub(crate) fn unlisted(&self) -> Unlisted {
        self.fetcher.as_ref().map(Fetcher::unlisted).unwrap_or_default()
    }

    fn next_id(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }

    /// Whether one more may be started. Ends the call if not.
    fn has_room(&mut self) -> bool {
        if self.requests.len() > self.handles.len() + MOST_GIVEN_UP {
            self.forget_given_up();
        }
        self.requests.len() + self.done.len() + self.timers.len() < MOST_UNDER_WAY
    }

    /// Drops the requests that were given up, with all they hold: that happens only when somebody looks at them.
    fn forget_given_up(&mut self) {
        while let Some(Some(next)) = self.requests.next().now_or_never() {
            self.done.extend(next.ok());
        }
    }

    /// Starts a request; what is wrong with it is its outcome. Nothing where too many are under way.
    pub(crate) fn start_request(&mut self, request: &[u8], body: &[u8]) -> Option<u32> {
        if !self.has_room() {
            return None;
        }
        let id = self.next_id();
        let work: Pin<Box<dyn Future<Output = Outcome> + Send>> = match &self.fetcher {
            Some(fetcher) => fetcher.start(request, body),
            None => Box::pin(std::future::ready(failed("a module has no network while it is described", ""))),
        };
        let work: Pin<Box<dyn Future<Output = (u32, Outcome)> + Send>> = Box::pin(async move { (id, work.await) });
        let (handle, registration) = AbortHandle::new_pair();
        self.requests.push(Abortable::new(work, registration));
        self.handles.insert(id, handle);
        Some(id)
    }

    /// Starts a timer at the time `now`. Nothing where too many are under way.
    pub(crate) fn start_timer(&mut self, now: Duration, milliseconds: f64) -> Option<u32> {
        if !self.has_room() {
            return None;
        }
        let id = self.next_id();
        let wait = Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default();
        let due = now.saturating_add(wait);
        self.timers.insert((due, id));
        self.due.insert(id, due);
        Some(id)
    }

    /// Forgets an operation.
    pub(crate) fn cancel(&mut self, id: u32) {
        if let Some(handle) = self.handles.remove(&id) {
            handle.abort();
        }
        if let Some(due) = self.due.remove(&id) {
            self.timers.remove(&(due, id));
        }
    }

    /// How many requests are under way.
    pub(crate) fn requests_under_way(&self) -> usize {
        self.handles.len()
    }

    fn fire(&mut self) -> Option<u32> {
        let (_, id) = self.timers.pop_first()?;
        self.due.remove(&id);
        Some(id)
    }

    /// The next request that is done; never, if there is none.
    async fn answered(&mut self) -> (u32, Outcome) {
        loop {
            if let Some((id, outcome)) = self.done.pop_front() {
                // It may have been given up since.
                if self.handles.remove(&id).is_some() {
                    return (id, outcome);
                }
                continue;
            }
            match self.requests.next().await {
                Some(Ok((id, outcome))) => {
                    self.handles.remove(&id);
                    return (id, outcome);
                }
                // Cancelled.
                Some(Err(_)) => {}
                None => return std::future::pending().await,
            }
        }
    }
}

/// The outcome of a request that failed: what is wrong, and Node's code for it.
pub(crate) fn failed(problem: &str, code: &str) -> Outcome {
    outcome(&serde_json::json!({ "error": problem, "code": code }), &[])
}

/// An outcome.
pub(crate) fn outcome(about: &serde_json::Value, body: &[u8]) -> Outcome {
    let about = about.to_string();
    let mut bytes = Vec::with_capacity(4 + about.len() + body.len());
    bytes.extend(u32::try_from(about.len()).unwrap_or_default().to_le_bytes());
    bytes.extend(about.as_bytes());
    bytes.extend(body);
    bytes
}

/// Waits until an operation is done, puts its outcome into the stash and returns its id. Ends the call when its time is up.
pub(crate) async fn wait_any(state: &mut State) -> Result<u32> {
    let next = state.operations.timers.first().map(|(due, _)| *due);
    if state.operations.handles.is_empty() && next.is_none() {
        return Err(Error::msg("nothing is under way"));
    }
    let (id, outcome) =
        if state.chance.is_fixed() { wait_fixed(state, next).await? } else { wait_real(state, next).await? };
    state.stash = Stash::Own(outcome);
    Ok(id)
}

/// Where time stands still, requests take none: timers come when nothing else is to come, and time jumps to them.
async fn wait_fixed(state: &mut State, next: Option<Duration>) -> Result<(u32, Outcome)> {
    if state.operations.handles.is_empty() {
        let fired = state.operations.fire().ok_or_else(|| Error::msg("nothing is under way"))?;
        state.chance.advance(next.unwrap_or_default());
        return Ok((fired, Outcome::new()));
    }
    if state.operations.is_offline() {
        // Every request has failed already; no runtime is needed to learn it.
        return Ok(state.operations.answered().await);
    }
    let deadline = tokio::time::Instant::from_std(state.deadline);
    match tokio::time::timeout_at(deadline, state.operations.answered()).await {
        Ok(answered) => Ok(answered),
        Err(_) => Err(stop(state)),
    }
}

async fn wait_real(state: &mut State, next: Option<Duration>) -> Result<(u32, Outcome)> {
    let now = state.chance.monotonic();
    if next.is_some_and(|due| due <= now) {
        let fired = state.operations.fire().ok_or_else(|| Error::msg("nothing is under way"))?;
        return Ok((fired, Outcome::new()));
    }
    let deadline = tokio::time::Instant::from_std(state.deadline);
    let alarm = next
        .and_then(|due| tokio::time::Instant::now().checked_add(due.saturating_sub(now)))
        .filter(|alarm| *alarm < deadline);
    match tokio::time::timeout_at(alarm.unwrap_or(deadline), state.operations.answered()).await {
        Ok(answered) => Ok(answered),
        Err(_) => match alarm.and_then(|_| state.operations.fire()) {
            Some(fired) => Ok((fired, Outcome::new())),
            None => Err(stop(state)),
        },
    }
}

fn stop(state: &mut State) -> Error {
    state.stop = Some(Stop::Time);
    Error::msg("its time is up")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_up_is_dropped_and_what_is_under_way_is_bounded() {
        let mut operations = Operations::new(None);
        for _ in 0..100_000 {
            let id = operations.start_request(b"{}", b"").unwrap();
            operations.cancel(id);
        }
        assert!(operations.requests.len() <= MOST_GIVEN_UP + 1, "{}", operations.requests.len());
        assert!(operations.done.is_empty());
        let started = (0..).take_while(|_| operations.start_request(b"{}", b"").is_some()).take(100_000).count();
        assert!(started <= MOST_UNDER_WAY, "{started}");
        assert_eq!(operations.start_timer(Duration::ZERO, 1.0), None);
        // Those that were found to be done meanwhile are still told, each once.
        let told = crate::block::block_on(async {
            let mut told = BTreeSet::new();
            while operations.requests_under_way() > 0 {
                told.insert(operations.answered().await.0);
            }
            told
        });
        assert_eq!(told.len(), started);
        assert!(operations.start_timer(Duration::ZERO, 1.0).is_some());
    }
}
