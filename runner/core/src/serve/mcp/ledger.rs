//! Whose each session of the transport is, and how many anybody may have. Nobody is kept out by what others hold: where
//! there is no room for one more, the longest idle session of whoever has most ends, and its client begins a new one, as the
//! protocol wants it after a 404.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pace_ir::program::{AgentName, Principal};
use tokio::time::Instant;

use crate::problem::{Code, Problem};

/// The most sessions at once; one that is not used ends after five minutes. Each is a task and some buffers: about 57 KiB
/// in a debug build.
const MOST: usize = 1_024;

/// The most sessions of one holder: no client has many, and the clients of one account or one open agent are some dozens.
const MOST_OF_ONE: usize = MOST / 4;

/// Whose a session is: the agent that it is with, and who began it.
pub(super) type Owner = (AgentName, Principal);

/// Who counts as one: a principal, whichever agents it asks. Those without a name are told apart by the agent alone, so that
/// a crowd at one does not keep another's clients away.
type Holder = (Option<AgentName>, Principal);

/// The sessions that there are.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    open: BTreeMap<String, Entry>,
    /// Sessions that are being begun, by their holder.
    beginning: BTreeMap<Holder, usize>,
}

#[derive(Debug)]
struct Entry {
    owner: Owner,
    used: Instant,
    /// Requests that are being answered.
    running: usize,
}

/// Room for one more session, until it is there or is not coming.
#[derive(Debug)]
pub(super) struct Beginning {
    ledger: Arc<Ledger>,
    owner: Owner,
}

/// A request of a session that is being answered; such a session is not idle.
#[derive(Debug)]
pub(super) struct Running {
    ledger: Arc<Ledger>,
    session: String,
}

impl Ledger {
    /// Whether a session is somebody's, with that agent. Knowing an id is not being allowed to use it.
    pub(super) fn is_of(&self, session: &str, owner: &Owner) -> bool {
        self.book().open.get(session).is_some_and(|entry| entry.owner == *owner)
    }

    /// A request of a session begins.
    pub(super) fn runs(self: &Arc<Self>, session: &str) -> Option<Running> {
        let mut book = self.book();
        let entry = book.open.get_mut(session)?;
        (entry.used, entry.running) = (Instant::now(), entry.running + 1);
        Some(Running { ledger: Arc::clone(self), session: session.to_owned() })
    }

    /// Room for one more session, and the sessions that have to end for it. `is_open` tells of a session whether it is still
    /// there: most end by themselves.
    ///
    /// # Errors
    /// [`Code::TooMany`] where whoever has most has no idle one.
    pub(super) fn begin(
        self: &Arc<Self>,
        owner: &Owner,
        is_open: impl Fn(&str) -> bool,
    ) -> Result<(Beginning, Vec<String>), Problem> {
        let mut book = self.book();
        let own = holder(owner);
        let mut ended = Vec::new();
        if book.counts(MOST, &own).is_some() {
            book.open.retain(|session, _| is_open(session));
        }
        while let Some(most) = book.counts(MOST, &own) {
            let idle = book.open.iter().filter(|(_, entry)| entry.running == 0 && holder(&entry.owner) == most);
            let Some(session) = idle.min_by_key(|(_, entry)| entry.used).map(|(session, _)| session.clone()) else {
                return Err(full());
            };
            book.open.remove(&session);
            ended.push(session);
        }
        *book.beginning.entry(own).or_default() += 1;
        Ok((Beginning { ledger: Arc::clone(self), owner: owner.clone() }, ended))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Who has to give up a session before `own` gets one more; nobody where there is room.
    fn counts(&self, most: usize, own: &Holder) -> Option<Holder> {
        let mut counts = self.beginning.clone();
        for entry in self.open.values() {
            *counts.entry(holder(&entry.owner)).or_default() += 1;
        }
        if counts.get(own).is_some_and(|count| *count >= MOST_OF_ONE) {
            return Some(own.clone());
        }
        if counts.values().sum::<usize>() < most {
            return None;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(holder, _)| holder)
    }
}

impl Beginning {
    /// The session is there.
    pub(super) fn named(self, session: String) {
        let entry = Entry { owner: self.owner.clone(), used: Instant::now(), running: 0 };
        self.ledger.book().open.insert(session, entry);
    }
}

impl Drop for Beginning {
    fn drop(&mut self) {
        let mut book = self.ledger.book();
        let own = holder(&self.owner);
        if let Some(count) = book.beginning.get_mut(&own) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                book.beginning.remove(&own);
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(entry) = self.ledger.book().open.get_mut(&self.session) {
            (entry.used, entry.running) = (Instant::now(), entry.running.saturating_sub(1));
        }
    }
}

fn holder((agent, principal): &Owner) -> Holder {
    let agent = (*principal == Principal::Anonymous).then(|| agent.clone());
    (agent, principal.clone())
}

fn full() -> Problem {
    let problem = Problem::new(Code::TooMany, "every session that could end for this one has a call running");
    problem.help("end sessions that are not used, or try again later").retry_after(Duration::from_secs(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(agent: &str, principal: &str) -> Owner {
        (agent.parse().unwrap(), principal.parse().unwrap())
    }

    fn begin(ledger: &Arc<Ledger>, owner: &Owner, session: &str) -> Result<Vec<String>, Problem> {
        let (beginning, ended) = ledger.begin(owner, |_| true)?;
        beginning.named(session.to_owned());
        Ok(ended)
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_most_gives_up_the_longest_idle_session() {
        let ledger = Arc::<Ledger>::default();
        let (ann, crowd) = (owner("a", "user:ann"), owner("a", "anonymous"));
        assert_eq!(begin(&ledger, &ann, "ann"), Ok(Vec::new()));
        let moment = || tokio::time::advance(Duration::from_millis(1));
        for number in 0..MOST_OF_ONE {
            moment().await;
            assert_eq!(begin(&ledger, &crowd, &format!("crowd-{number}")), Ok(Vec::new()));
        }
        let running = ledger.runs("crowd-0").unwrap();
        moment().await;
        assert_eq!(begin(&ledger, &crowd, "one more"), Ok(vec!["crowd-1".to_owned()]));
        drop(running);
        // Those of others and of other agents stay, until there is no room at all; then the largest gives way.
        for (other, count) in [("b", MOST_OF_ONE), ("c", MOST_OF_ONE), ("d", MOST_OF_ONE - 1)] {
            for number in 0..count {
                moment().await;
                assert_eq!(begin(&ledger, &owner(other, "anonymous"), &format!("{other}-{number}")), Ok(Vec::new()));
            }
        }
        let ended = begin(&ledger, &owner("a", "user:bob"), "bob").unwrap();
        assert_eq!(ended.len(), 1);
        assert!(ledger.is_of("ann", &ann) && ledger.is_of("bob", &owner("a", "user:bob")));
        assert!(!ledger.is_of("ann", &owner("b", "user:ann")) && !ledger.is_of("ann", &crowd));
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_that_ended_by_themselves_count_no_more() {
        let ledger = Arc::<Ledger>::default();
        let ann = owner("a", "user:ann");
        for number in 0..MOST_OF_ONE {
            begin(&ledger, &ann, &number.to_string()).unwrap();
        }
        let (_beginning, ended) = ledger.begin(&ann, |session| session == "7").unwrap();
        assert_eq!(ended, Vec::<String>::new());
        assert!(ledger.is_of("7", &ann) && !ledger.is_of("8", &ann));
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_with_a_call_running_are_never_ended() {
        let ledger = Arc::<Ledger>::default();
        let ann = owner("a", "user:ann");
        let running: Vec<_> = (0..MOST_OF_ONE)
            .map(|number| {
                begin(&ledger, &ann, &number.to_string()).unwrap();
                ledger.runs(&number.to_string()).unwrap()
            })
            .collect();
        assert_eq!(begin(&ledger, &ann, "more").unwrap_err().code, Code::TooMany);
        assert_eq!(begin(&ledger, &owner("a", "user:bob"), "bob"), Ok(Vec::new()));
        drop(running);
        assert_eq!(begin(&ledger, &ann, "more").map(|ended| ended.len()), Ok(1));
    }
}
