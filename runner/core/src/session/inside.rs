//! Sessions inside another: of the agents that are called in a turn of it. They belong to that turn. What is said in them is kept when it
//! is committed, with it, and goes when it fails; who else has them is nobody, so that they need no lease.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pace_state::Moment;

use super::turn::Done;
use super::{Kept, Owner, Sessions, Turn, busy_with, new_id, unknown};
use crate::conversation::Message;
use crate::id::SessionId;
use crate::problem::Problem;

/// The sessions inside one that is taking a turn.
pub(crate) struct Inside {
    sessions: Arc<Sessions>,
    /// The session around them.
    id: SessionId,
    /// Nothing is kept inside a session that is not kept itself.
    is_new: bool,
    slots: Mutex<BTreeMap<SessionId, Slot>>,
}

/// A session that took a turn in the turn of the session around it, or is taking one.
enum Slot {
    Busy,
    Idle(Entry),
}

/// A session as a turn left it that will be kept with the turn around it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) owner: Owner,
    pub(super) messages: Vec<Message>,
    pub(super) created: Moment,
    pub(super) turns: u64,
    is_new: bool,
    inside: Vec<(SessionId, Entry)>,
}

impl Inside {
    pub(super) fn new(sessions: &Arc<Sessions>, id: SessionId, is_new: bool) -> Self {
        Self { sessions: Arc::clone(sessions), id, is_new, slots: Mutex::default() }
    }

    /// Whether the session around them is not kept yet.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// The session around them.
    pub(crate) fn around(&self) -> SessionId {
        self.id
    }

    /// Begins a turn of a session inside.
    ///
    /// # Errors
    /// As [`Sessions::resume`].
    pub(crate) async fn resume(self: &Arc<Self>, owner: Owner, id: SessionId) -> Result<Turn, Problem> {
        if let Some(entry) = self.take(&owner, id)? {
            let inside = Self::new(&self.sessions, id, entry.is_new);
            inside.lock().extend(entry.inside.iter().map(|(id, entry)| (*id, Slot::Idle(entry.clone()))));
            let (created, turns, messages) = (entry.created, entry.turns, entry.messages.clone());
            return Ok(Turn::within(self, (id, owner), Some(entry), inside).at(created, turns).going_on(messages));
        }
        let (messages, created, turns) = self.load(&owner, id).await?;
        let mut slots = self.lock();
        if slots.contains_key(&id) {
            return Err(busy_with(id));
        }
        slots.insert(id, Slot::Busy);
        drop(slots);
        let inside = Self::new(&self.sessions, id, false);
        Ok(Turn::within(self, (id, owner), None, inside).at(created, turns).going_on(messages))
    }

    /// Begins the first turn of a new one.
    ///
    /// # Errors
    /// As [`Sessions::create`].
    pub(crate) fn create(self: &Arc<Self>, owner: Owner) -> Result<Turn, Problem> {
        let id = new_id()?;
        self.lock().insert(id, Slot::Busy);
        Ok(Turn::within(self, (id, owner), None, Self::new(&self.sessions, id, true)))
    }

    /// Takes a session that was used in this turn already; nothing where it was not.
    fn take(&self, owner: &Owner, id: SessionId) -> Result<Option<Entry>, Problem> {
        let mut slots = self.lock();
        match slots.get_mut(&id) {
            None if self.is_new => Err(unknown(id, &owner.agent)),
            None => Ok(None),
            Some(Slot::Busy) => Err(busy_with(id)),
            Some(Slot::Idle(entry)) if entry.owner != *owner => Err(unknown(id, &owner.agent)),
            Some(slot) => match std::mem::replace(slot, Slot::Busy) {
                Slot::Idle(entry) => Ok(Some(entry)),
                Slot::Busy => Err(busy_with(id)),
            },
        }
    }

    /// A session from an earlier turn of the session around it.
    async fn load(&self, owner: &Owner, id: SessionId) -> Result<(Vec<Message>, Moment, u64), Problem> {
        match &self.sessions.kept {
            Kept::Memory(memory) => {
                let kept = memory.get(owner, id).ok_or_else(|| unknown(id, &owner.agent))?;
                Ok((kept.messages.messages()?, kept.created, kept.turns))
            }
            Kept::Store(stored) => stored.inside(owner, id).await,
        }
    }

    /// What a turn of a session inside left.
    pub(super) fn put(&self, done: Done) {
        let Done { id, owner, messages, created, turns, is_new, inside, .. } = done;
        let entry = Entry { owner, messages, created, turns, is_new, inside };
        self.lock().insert(id, Slot::Idle(entry));
    }

    /// A turn of a session inside failed: it is as it was before.
    pub(super) fn undo(&self, id: SessionId, before: Option<Entry>) {
        match before {
            Some(entry) => self.lock().insert(id, Slot::Idle(entry)),
            None => self.lock().remove(&id),
        };
    }

    /// The sessions that have changed, with those inside them.
    pub(super) fn entries(&self) -> Vec<(SessionId, Entry)> {
        let slots = std::mem::take(&mut *self.lock());
        let idle = |(id, slot)| match slot {
            Slot::Idle(entry) => Some((id, entry)),
            Slot::Busy => None,
        };
        slots.into_iter().filter_map(idle).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SessionId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All of them, one after the other, each after the one around it.
pub(super) fn flat(entries: Vec<(SessionId, Entry)>) -> impl Iterator<Item = (SessionId, Entry)> {
    let mut left = entries;
    std::iter::from_fn(move || {
        let (id, mut entry) = left.pop()?;
        left.append(&mut entry.inside);
        Some((id, entry))
    })
}

impl fmt::Debug for Inside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Inside").field(&self.id).finish()
    }
}
