//! A turn being taken: the only access to a session's conversation. Kept when it is committed; dropped, it leaves everything as it was.

use std::fmt;
use std::sync::Arc;

use pace_state::Moment;

use super::inside::{Entry, Inside};
use super::memory::Ready;
use super::stored::{Held, ToTheEnd};
use super::{Kept, Owner, Sessions, now, size};
use crate::conversation::Message;
use crate::id::SessionId;
use crate::problem::{Code, Problem};

/// A turn being taken.
pub struct Turn {
    id: SessionId,
    owner: Owner,
    /// The conversation, to be added to.
    pub messages: Vec<Message>,
    /// How many of them were there before.
    kept: usize,
    created: Moment,
    /// How many turns were taken before.
    turns: u64,
    place: Place,
    inside: Arc<Inside>,
}

/// Where the conversation goes.
enum Place {
    /// Among all sessions.
    Own(Arc<Sessions>, Origin),
    /// Into the turn of the session around it.
    Turn(Arc<Inside>, Option<Entry>),
    /// It has gone there.
    Over,
}

/// Where a conversation came from that is inside no other.
pub(super) enum Origin {
    /// Nowhere: it begins.
    New {
        /// What its owner calls it.
        name: Option<String>,
    },
    /// Memory.
    Kept,
    /// The store, which lets nobody else take a turn.
    Leased(Arc<Held>),
}

/// A turn that ended well, as it is kept.
pub(super) struct Done {
    pub(super) id: SessionId,
    pub(super) owner: Owner,
    pub(super) messages: Vec<Message>,
    pub(super) created: Moment,
    pub(super) turns: u64,
    /// Whether it was not kept before.
    pub(super) is_new: bool,
    /// The sessions inside it.
    pub(super) inside: Vec<(SessionId, Entry)>,
    pub(super) now: Moment,
}

impl Turn {
    /// A turn of a session that is inside no other.
    pub(super) fn of(sessions: &Arc<Sessions>, (id, owner): (SessionId, Owner), origin: Origin) -> Self {
        let inside = Inside::new(sessions, id, matches!(origin, Origin::New { .. }));
        Self::at_place(id, owner, Place::Own(Arc::clone(sessions), origin), inside)
    }

    /// A turn of a session inside another, with those inside it.
    pub(super) fn within(
        outer: &Arc<Inside>,
        (id, owner): (SessionId, Owner),
        before: Option<Entry>,
        inside: Inside,
    ) -> Self {
        Self::at_place(id, owner, Place::Turn(Arc::clone(outer), before), inside)
    }

    fn at_place(id: SessionId, owner: Owner, place: Place, inside: Inside) -> Self {
        Self { id, owner, messages: Vec::new(), kept: 0, created: now(), turns: 0, place, inside: Arc::new(inside) }
    }

    /// Of a session that is not new.
    pub(super) fn at(mut self, created: Moment, turns: u64) -> Self {
        (self.created, self.turns) = (created, turns);
        self
    }

    /// From this conversation on.
    pub(super) fn going_on(mut self, messages: Vec<Message>) -> Self {
        (self.kept, self.messages) = (messages.len(), messages);
        self
    }

    /// The session's id.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The sessions of agents that are called in this turn.
    pub(crate) fn inside(&self) -> &Arc<Inside> {
        &self.inside
    }

    /// Bytes of text in the conversation as it stands.
    pub fn bytes(&self) -> usize {
        self.messages.iter().map(size).sum()
    }

    /// Sees to it that nobody else takes this turn, for as long as it is waited for. Ends only if somebody does all the same, because
    /// this process could not say for too long that it is still here: whatever comes of the turn, nobody will keep it.
    pub(crate) fn held(&self) -> impl Future<Output = Problem> + use<> {
        let held = match &self.place {
            Place::Own(sessions, Origin::Leased(held)) => Some((Arc::clone(sessions), Arc::clone(held))),
            _ => None,
        };
        let (id, owner) = (self.id, self.owner.clone());
        async move {
            let Some((sessions, held)) = held else { return std::future::pending().await };
            if let Kept::Store(stored) = &sessions.kept {
                stored.hold(&held, &owner).await;
            }
            let detail = format!("the session `{id}` went on elsewhere, because this turn could not be held");
            Problem::new(Code::SessionLost, detail).help("look at what was said meanwhile, and send the message again")
        }
    }

    /// Keeps what was added; without it, a dropped turn takes everything back. Goes on by itself if nobody waits for it.
    ///
    /// # Errors
    /// Why it is not kept, for whoever gets the answer.
    pub async fn commit(mut self) -> Result<(), &'static str> {
        let place = std::mem::replace(&mut self.place, Place::Over);
        let done = Done {
            id: self.id,
            owner: self.owner.clone(),
            messages: std::mem::take(&mut self.messages),
            created: self.created,
            turns: self.turns.saturating_add(1),
            is_new: self.inside.is_new(),
            inside: self.inside.entries(),
            now: now(),
        };
        match place {
            Place::Own(sessions, origin) => keep(sessions, origin, done).await,
            Place::Turn(outer, _) => {
                outer.put(done);
                Ok(())
            }
            Place::Over => Ok(()),
        }
    }
}

async fn keep(sessions: Arc<Sessions>, origin: Origin, done: Done) -> Result<(), &'static str> {
    match &sessions.kept {
        Kept::Memory(memory) => {
            let (id, ready) = (done.id, Ready::of(done));
            // Held until it is kept, so that nobody forgets it in between.
            let mut busy = sessions.busy();
            let is_forgotten = busy.remove(&id).is_some_and(|busy| busy.is_forgotten);
            let gone = memory.keep(ready, is_forgotten);
            drop(busy);
            drop(gone);
            Ok(())
        }
        Kept::Store(stored) => {
            // A client that goes at the last moment leaves no turn behind that is not known to be stored.
            let under_way = stored.under_way();
            let storing = async move {
                let Kept::Store(stored) = &sessions.kept else { return Ok(()) };
                stored.commit(&sessions, origin, done).await
            };
            ToTheEnd::of(storing, under_way).await
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.place, Place::Over) {
            Place::Own(sessions, origin) => {
                self.messages.truncate(self.kept);
                if let (Kept::Store(stored), Origin::Leased(held)) = (&sessions.kept, origin) {
                    stored.give_back(self.id, &held, std::mem::take(&mut self.messages));
                }
                if sessions.over(self.id)
                    && let Kept::Memory(memory) = &sessions.kept
                {
                    memory.forget(&self.owner, self.id);
                }
            }
            Place::Turn(outer, before) => outer.undo(self.id, before),
            Place::Over => {}
        }
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Turn").field(&self.id).finish()
    }
}
