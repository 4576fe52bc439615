//! Sessions in the store. A turn of one that is there is a lease: taken in the statement that gives the conversation, renewed while the turn
//! goes on, ended by the statement that writes what was said. What a runner has seen last it is not given again: a session in use costs
//! no read, whichever runner takes its turns.
//!
//! While the store fails, no session goes on. New ones do, since nobody else can know of them; that they are not kept, their answers say.

mod held;
mod reading;
mod to_the_end;
mod under_way;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pace_state::{
    Begun, Key, Moment, NewSession, Session, SessionInside, SessionOwner, Store, StoreError, TurnEnd, TurnLease,
};

use super::cache::{Cache, Seen};
use super::packed::{pack_without, unpack};
use super::turn::{Done, Origin};
use super::{Owner, Sessions, busy_with, inside, now, unknown};
use crate::conversation::Message;
use crate::environment::Given;
use crate::id::SessionId;
use crate::problem::{Code, Problem};
use crate::state::health::Health;
use under_way::UnderWay;

pub(super) use held::Held;
pub(super) use to_the_end::ToTheEnd;

/// How long a lease lasts unless it is renewed: as long as a session waits whose runner was killed.
const LEASE: Duration = Duration::from_secs(30);
/// How long a client is asked to wait that is refused because the store fails.
const RETRY: Duration = Duration::from_secs(5);
/// For how long a turn that has ended is tried to be stored: a cut connection is mended in less, and whoever waits for the answer waits
/// no longer.
const STORING: Duration = Duration::from_secs(6);
/// How long is waited between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Sessions in a store.
pub(super) struct Stored {
    shared: Arc<Shared>,
    cache: Mutex<Cache>,
}

/// What turns need that may outlive whoever waits for them.
pub(super) struct Shared {
    store: Store,
    secrets: Given,
    health: Arc<Health>,
    under_way: Arc<UnderWay>,
}

/// A turn of a session that was in the store.
pub(super) struct Resumed {
    pub(super) held: Arc<Held>,
    pub(super) created: Moment,
    pub(super) turns: u64,
    pub(super) messages: Vec<Message>,
}

impl Stored {
    pub(super) fn new(store: &Store, secrets: &Given, health: &Arc<Health>) -> Self {
        let (store, secrets, health) = (store.clone(), secrets.clone(), Arc::clone(health));
        let shared = Shared { store, secrets, health, under_way: Arc::default() };
        Self { shared: Arc::new(shared), cache: Mutex::default() }
    }

    /// Takes the next turn of a session.
    ///
    /// # Errors
    /// As [`Sessions::resume`].
    pub(super) async fn begin(&self, owner: &Owner, id: SessionId) -> Result<Resumed, Problem> {
        let seen = self.cache().take(id);
        let version = seen.as_ref().map(|seen| seen.version);
        let (shared, whose) = (Arc::clone(&self.shared), in_store(owner));
        // What was taken for somebody who is gone is given back by whoever drops it.
        let taking = async move { shared.take(&whose, key(id), version).await };
        let (held, conversation, session) = match ToTheEnd::of(taking, self.under_way()).await {
            Ok(Taken::Turn(held, conversation, session)) => (held, conversation, session),
            Ok(Taken::Busy) => {
                self.see(id, seen);
                return Err(busy_with(id));
            }
            Ok(Taken::Unknown) => return Err(unknown(id, &owner.agent)),
            Err(error) => {
                self.see(id, seen);
                return Err(failed(&error));
            }
        };
        let messages = match (conversation, seen) {
            (Some(conversation), _) => unpack(&conversation),
            (None, Some(seen)) => Ok(seen.messages),
            (None, None) => Err(Problem::new(Code::Internal, "the store kept back what it was asked for")),
        };
        // One that cannot be read is given back.
        let messages = messages?;
        Ok(Resumed { held, created: session.created, turns: session.turns, messages })
    }

    /// Stores a turn that has ended, unless its session was forgotten meanwhile.
    ///
    /// # Errors
    /// Why it is not kept, for whoever gets the answer.
    pub(super) async fn commit(&self, sessions: &Sessions, origin: Origin, done: Done) -> Result<(), &'static str> {
        let (id, owner) = (done.id, done.owner.clone());
        if sessions.is_forgotten(id) {
            // One that was there is gone from the store already.
            sessions.over(id);
            return Ok(());
        }
        let (end, seen) = self.end(&done);
        let ended = match &origin {
            Origin::New { name } => {
                let (owner, name, created) = (in_store(&owner), name.clone(), done.created);
                let new = NewSession { owner, id: key(id), name, created };
                self.shared.persist(&Write::First(new), &end).await
            }
            Origin::Leased(held) => held.commit(&end).await,
            Origin::Kept => Ok(()),
        };
        let is_forgotten = sessions.over(id);
        match (ended, origin) {
            (Ok(()), _) if is_forgotten => {
                // Somebody wanted it forgotten in the last moment.
                let _found_again_by_age = self.forget(&owner, id).await;
            }
            (Ok(()), Origin::Leased(held)) if seen == Seeing::Same => {
                self.cache().put(id, Seen { version: held.version(), messages: done.messages });
            }
            (Ok(()), _) => {}
            (Err(error), origin) => return self.not_kept(&error, &origin, &owner, id).await,
        }
        Ok(())
    }

    /// Why a turn is not kept; nothing where nobody wants it to be.
    async fn not_kept(
        &self,
        error: &StoreError,
        origin: &Origin,
        owner: &Owner,
        id: SessionId,
    ) -> Result<(), &'static str> {
        match (error, origin) {
            (StoreError::Fenced { .. }, _) if self.is_gone(owner, id).await => Ok(()),
            (StoreError::Fenced { .. }, _) => Err("the session went on elsewhere meanwhile"),
            (StoreError::Conflict { .. }, Origin::New { name: Some(_) }) => {
                Err("another conversation was given its name meanwhile")
            }
            (StoreError::Full { .. }, _) => Err("the store has no room for it"),
            _ => Err("the store does not answer"),
        }
    }

    /// A turn that failed: nobody need wait for the end of its lease.
    pub(super) fn give_back(&self, id: SessionId, held: &Held, messages: Vec<Message>) {
        self.cache().put(id, Seen { version: held.version(), messages });
        held.release();
    }

    /// Holds a turn until somebody else has it.
    pub(super) async fn hold(&self, held: &Held, owner: &Owner) {
        held.renewed().await;
        if self.is_gone(owner, held.id()).await {
            // Whoever forgot it does not want the turn to end for that.
            std::future::pending::<()>().await;
        }
    }

    /// What is written at the end of a turn, and whether that is what was said.
    fn end(&self, done: &Done) -> (TurnEnd, Seeing) {
        let redactor = self.shared.secrets.redactor();
        let (conversation, is_same) = pack_without(&redactor, &done.messages);
        let inside = inside::flat(done.inside.clone()).map(|(id, entry)| SessionInside {
            owner: in_store(&entry.owner),
            id: key(id),
            turns: entry.turns,
            created: entry.created,
            conversation: pack_without(&redactor, &entry.messages).0,
        });
        let end = TurnEnd { conversation, inside: inside.collect(), now: done.now };
        (end, if is_same { Seeing::Same } else { Seeing::Changed })
    }

    /// What goes on though nobody waits for it.
    pub(super) fn under_way(&self) -> Arc<UnderWay> {
        Arc::clone(&self.shared.under_way)
    }

    /// Ends when nothing is under way any more.
    pub(super) async fn settled(&self) {
        self.shared.under_way.over().await;
    }

    /// How many conversations are in memory, and how many bytes they have.
    pub(super) fn cached(&self) -> (usize, usize) {
        self.cache().size()
    }

    fn see(&self, id: SessionId, seen: Option<Seen>) {
        if let Some(seen) = seen {
            self.cache().put(id, seen);
        }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what was written is what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seeing {
    Same,
    /// Secrets were taken out.
    Changed,
}

/// What came of asking for a turn.
enum Taken {
    Turn(Arc<Held>, Option<Vec<u8>>, Session),
    Busy,
    Unknown,
}

/// The end of which turn is written.
enum Write {
    /// The first, of a session that is new.
    First(NewSession),
    /// One that was held.
    Next(TurnLease),
}

impl Shared {
    async fn take(
        self: &Arc<Self>,
        owner: &SessionOwner,
        id: Key,
        seen: Option<pace_state::Version>,
    ) -> Result<Taken, StoreError> {
        let begun = self.told(self.store.begin_turn(owner, id, seen, LEASE, now()).await)?;
        Ok(match begun {
            Begun::Taken { lease, conversation, session } => {
                Taken::Turn(Arc::new(Held::new(lease, id, self)), conversation, session)
            }
            Begun::Busy { .. } => Taken::Busy,
            Begun::Unknown => Taken::Unknown,
        })
    }

    /// Writes the end of a turn, more than once if need be: it may be asked for again.
    async fn persist(&self, write: &Write, end: &TurnEnd) -> Result<(), StoreError> {
        let trying = async {
            loop {
                let written = match write {
                    Write::First(new) => self.store.create_session(new, end).await,
                    Write::Next(lease) => self.store.commit_turn(lease, end).await,
                };
                match self.told(written) {
                    Err(StoreError::Unavailable { .. } | StoreError::Busy { .. }) => tokio::time::sleep(PAUSE).await,
                    ended => return ended,
                }
            }
        };
        tokio::time::timeout(STORING, trying).await.unwrap_or(Err(StoreError::TimedOut(STORING)))
    }

    /// What the store said, once whoever looks after it has been told.
    fn told<T>(&self, said: Result<T, StoreError>) -> Result<T, StoreError> {
        match &said {
            Ok(_) | Err(StoreError::Fenced { .. } | StoreError::Conflict { .. }) => {}
            // It may be that only sessions fail, so that the reason is told here.
            Err(error) if self.health.doubt() => {
                tracing::error!("sessions are not kept: {error}; those that are there do not go on");
            }
            Err(_) => {}
        }
        said
    }
}

/// The problem of whoever asked for something that the store has.
fn failed(error: &StoreError) -> Problem {
    // What the database says is for whoever operates it, and told by the log.
    let detail = match error {
        StoreError::Full { .. } => "the store of sessions has no room",
        _ => "the store of sessions does not answer",
    };
    Problem::new(Code::StoreFailed, detail).help("try again in a moment").retry_after(RETRY)
}

fn in_store(owner: &Owner) -> SessionOwner {
    SessionOwner {
        agent: owner.agent.to_string(),
        principal: owner.principal.to_string(),
        parent: owner.within.map(key),
    }
}

fn key(id: SessionId) -> Key {
    Key(id.number())
}
