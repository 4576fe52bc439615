//! Sessions in memory, where nothing is kept. Between turns a conversation is one piece of text: most are never gone on with.
//!
//! Bounds: [`MAX_SESSIONS`] and [`MAX_BYTES`]; over them, the session that was used least recently goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pace_ir::program::{AgentName, Principal};
use pace_state::{Cursor, Key, Moment, Page};

use super::packed::Packed;
use super::turn::Done;
use super::{Found, Overview, Owner, inside};
use crate::conversation::Message;
use crate::id::{IdMap, SessionId};
use crate::problem::Problem;

/// The most sessions kept.
pub const MAX_SESSIONS: usize = 10_000;
/// The most bytes of conversations kept in all sessions together.
pub const MAX_BYTES: usize = 64 << 20;

/// Sessions in memory.
#[derive(Default)]
pub(super) struct Memory {
    kept: Mutex<Kept>,
}

/// What a turn goes on from.
pub(super) struct Idle {
    pub(super) messages: Packed,
    pub(super) created: Moment,
    pub(super) turns: u64,
}

/// With which agent, and of whom: of all where of nobody.
type ListedBy = (AgentName, Option<Principal>);

#[derive(Default)]
struct Kept {
    sessions: IdMap<SessionId, Session>,
    /// Those used least recently first. The number grows with each use.
    order: BTreeMap<u64, SessionId>,
    uses: u64,
    bytes: usize,
    /// The sessions with an agent in the order in which they began: of each principal, and of all.
    listed: BTreeMap<ListedBy, BTreeSet<(Moment, SessionId)>>,
}

struct Session {
    owner: Owner,
    created: Moment,
    used: Moment,
    turns: u64,
    messages: Packed,
    use_number: u64,
    /// The sessions of the agents that are called in it.
    inner: Vec<SessionId>,
}

/// What a turn left, ready to be kept: others need not wait until it is.
pub(super) struct Ready {
    id: SessionId,
    /// Its session, and those inside it, each after the one around it.
    sessions: Vec<(SessionId, Session)>,
}

/// What was taken out, to be dropped when the lock is given up.
#[derive(Default)]
#[must_use = "what is long takes a while to be free"]
pub(super) struct Gone(#[expect(dead_code, reason = "it is only dropped")] Vec<Session>);

impl Ready {
    pub(super) fn of(done: Done) -> Self {
        let Done { id, owner, messages, created, turns, inside, now, .. } = done;
        let session = |owner, messages: &[Message], (created, turns)| Session {
            owner,
            created,
            used: now,
            turns,
            messages: Packed::of(messages),
            use_number: 0,
            inner: Vec::new(),
        };
        let own = (id, session(owner, &messages, (created, turns)));
        let inside = inside::flat(inside)
            .map(|(id, entry)| (id, session(entry.owner, &entry.messages, (entry.created, entry.turns))));
        Self { id, sessions: std::iter::once(own).chain(inside).collect() }
    }
}

impl Memory {
    pub(super) fn get(&self, owner: &Owner, id: SessionId) -> Option<Idle> {
        let kept = self.lock();
        let session = kept.sessions.get(&id).filter(|session| session.owner == *owner)?;
        Some(Idle { messages: session.messages.clone(), created: session.created, turns: session.turns })
    }

    pub(super) fn find(&self, id: SessionId) -> Result<Option<Found>, Problem> {
        let found = {
            let kept = self.lock();
            let found = kept.sessions.get(&id);
            found.map(|session| (session.owner.clone(), session.overview(id), session.messages.clone()))
        };
        let Some((owner, overview, messages)) = found else { return Ok(None) };
        Ok(Some(Found { owner, overview, messages: messages.messages()? }))
    }

    pub(super) fn list(
        &self,
        agent: &AgentName,
        principal: Option<&Principal>,
        after: Option<Cursor>,
        most: u32,
    ) -> Page<Overview> {
        let kept = self.lock();
        let Some(listed) = kept.listed.get(&(agent.clone(), principal.cloned())) else {
            return Page { rows: Vec::new(), next: None };
        };
        let before = after.map(Cursor::row).map(|(at, Key(id))| (at, SessionId::of_number(id)));
        let listed = before.map_or_else(|| listed.range(..), |before| listed.range(..before));
        let overview = |(_, id): &(Moment, SessionId)| Some(kept.sessions.get(id)?.overview(*id));
        let rows: Vec<_> = listed.rev().filter_map(overview).take(most as usize).collect();
        let last = rows.last().map(|last| Cursor::of(last.created, Key(last.id.number())));
        Page { next: last.filter(|_| rows.len() >= most as usize), rows }
    }

    /// Keeps what a turn left, or forgets the session.
    pub(super) fn keep(&self, ready: Ready, is_forgotten: bool) -> Gone {
        let mut kept = self.lock();
        if is_forgotten {
            return Gone(kept.remove(ready.id));
        }
        for (id, session) in ready.sessions {
            kept.put(id, session);
        }
        Gone(kept.shrink())
    }

    /// Says whether there was one.
    pub(super) fn forget(&self, owner: &Owner, id: SessionId) -> bool {
        let mut kept = self.lock();
        let is_theirs = kept.sessions.get(&id).is_some_and(|session| session.owner == *owner);
        let gone = if is_theirs { kept.remove(id) } else { Vec::new() };
        drop(kept);
        drop(gone);
        is_theirs
    }

    pub(super) fn size(&self) -> (usize, usize) {
        let kept = self.lock();
        (kept.sessions.len(), kept.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, id: SessionId, session: Session) {
        self.uses += 1;
        self.bytes += session.messages.bytes();
        self.order.insert(self.uses, id);
        if let Some(before) = self.sessions.get_mut(&id) {
            self.order.remove(&before.use_number);
            self.bytes -= before.messages.bytes();
            let inner = std::mem::take(&mut before.inner);
            *before = Session { use_number: self.uses, inner, ..session };
            return;
        }
        match session.owner.within {
            None => {
                for key in session.owner.lists() {
                    self.listed.entry(key).or_default().insert((session.created, id));
                }
            }
            Some(outer) => {
                if let Some(outer) = self.sessions.get_mut(&outer) {
                    outer.inner.push(id);
                }
            }
        }
        self.sessions.insert(id, Session { use_number: self.uses, ..session });
    }

    fn shrink(&mut self) -> Vec<Session> {
        let mut gone = Vec::new();
        while self.sessions.len() > MAX_SESSIONS || self.bytes > MAX_BYTES {
            let Some((_, id)) = self.order.first_key_value() else { break };
            if gone.is_empty() {
                // Mostly it is one.
                gone.reserve_exact(1);
            }
            gone.extend(self.remove(*id));
        }
        gone
    }

    /// Takes a session out, and those inside it.
    fn remove(&mut self, id: SessionId) -> Vec<Session> {
        let (mut gone, mut ids) = (Vec::new(), vec![id]);
        while let Some(id) = ids.pop() {
            if let Some(session) = self.take(id) {
                ids.extend(&session.inner);
                gone.push(session);
            }
        }
        gone
    }

    fn take(&mut self, id: SessionId) -> Option<Session> {
        let session = self.sessions.remove(&id)?;
        self.order.remove(&session.use_number);
        self.bytes -= session.messages.bytes();
        let Some(outer) = session.owner.within else {
            for key in session.owner.lists() {
                if let Some(listed) = self.listed.get_mut(&key) {
                    listed.remove(&(session.created, id));
                    if listed.is_empty() {
                        self.listed.remove(&key);
                    }
                }
            }
            return Some(session);
        };
        if let Some(outer) = self.sessions.get_mut(&outer) {
            outer.inner.retain(|inner| *inner != id);
        }
        Some(session)
    }
}

impl Session {
    fn overview(&self, id: SessionId) -> Overview {
        let Self { owner, created, used, turns, .. } = self;
        let principal = owner.principal.clone();
        Overview { id, principal, created: *created, used: *used, turns: *turns, is_busy: false }
    }
}

impl Owner {
    /// The lists that a session of theirs stands in.
    fn lists(&self) -> [ListedBy; 2] {
        [(self.agent.clone(), None), (self.agent.clone(), Some(self.principal.clone()))]
    }
}
