//! Sessions: conversations that go on over several invocations. Whoever begins a turn has the conversation alone until the turn
//! ends: a session takes one turn at a time, and a turn that fails leaves no trace.
//!
//! They are kept in the store, where there is one ([`stored`]): written when a turn ends, whole or not at all, with the sessions of the
//! agents that were called in it ([`inside`]). Else they are in memory, and end with the process ([`memory`]). Nothing here looks through
//! all sessions.

mod cache;
mod inside;
mod memory;
mod packed;
mod stored;
#[cfg(test)]
mod tests;
mod turn;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use pace_ir::program::{AgentName, Principal};
use pace_state::{Cursor, Moment, Page, Store};

use crate::conversation::{Message, ToolResult};
use crate::environment::Given;
use crate::id::{IdMap, SessionId};
use crate::problem::{Code, Problem};
use crate::state::health::Health;
use memory::Memory;
use stored::Stored;
use turn::Origin;

pub(crate) use inside::Inside;
pub use memory::{MAX_BYTES, MAX_SESSIONS};
pub use turn::Turn;

/// The most bytes of text in one session; a conversation beyond that fits no model.
pub const MAX_SESSION_BYTES: usize = 8 << 20;

/// All sessions of a runner.
#[derive(Default)]
pub struct Sessions {
    kept: Kept,
    /// The turns that are being taken here, of sessions that are inside no other.
    busy: Mutex<IdMap<SessionId, Busy>>,
}

enum Kept {
    Memory(Memory),
    Store(Stored),
}

/// A turn that is being taken.
struct Busy {
    owner: Owner,
    begun: Moment,
    /// Somebody wants it forgotten when the turn is over.
    is_forgotten: bool,
}

/// Whose a session is: the agent's and the principal's together. That of a called agent is also its caller's: it goes on only
/// in the same session of the caller, and goes with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The agent it is with.
    pub agent: AgentName,
    /// Who talks.
    pub principal: Principal,
    /// The session of the agent that called it.
    pub within: Option<SessionId>,
}

/// What can be told about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Its id.
    pub id: SessionId,
    /// Who talks.
    pub principal: Principal,
    /// When it began.
    pub created: Moment,
    /// When its last turn ended.
    pub used: Moment,
    /// How many turns it has.
    pub turns: u64,
    /// Whether a turn is being taken.
    pub is_busy: bool,
}

/// A session as it was when its last turn ended.
#[derive(Debug, Clone)]
pub struct Found {
    /// Whose it is.
    pub owner: Owner,
    /// What can be told about it.
    pub overview: Overview,
    /// What was said.
    pub messages: Vec<Message>,
}

impl Busy {
    fn of(owner: &Owner) -> Self {
        Self { owner: owner.clone(), begun: now(), is_forgotten: false }
    }

    /// A session that has nothing yet but its first turn.
    fn found(&self, id: SessionId) -> Found {
        let Self { owner, begun, .. } = self;
        let principal = owner.principal.clone();
        let overview = Overview { id, principal, created: *begun, used: *begun, turns: 0, is_busy: true };
        Found { owner: owner.clone(), overview, messages: Vec::new() }
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self::Memory(Memory::default())
    }
}

impl Sessions {
    /// Sessions in a store, without the secrets that the runner was given. That the store fails is told to who looks after it.
    pub(crate) fn stored(store: &Store, secrets: &Given, health: &Arc<Health>) -> Self {
        Self { kept: Kept::Store(Stored::new(store, secrets, health)), busy: Mutex::default() }
    }

    /// Begins a turn of a session.
    ///
    /// # Errors
    /// [`Code::UnknownSession`] where there is none of this id, or it is somebody else's; [`Code::SessionBusy`];
    /// [`Code::StoreFailed`].
    pub async fn resume(self: &Arc<Self>, owner: Owner, id: SessionId) -> Result<Turn, Problem> {
        match &self.kept {
            Kept::Memory(memory) => {
                let mut busy = self.busy();
                ensure_free(&busy, &owner, id)?;
                let kept = memory.get(&owner, id).ok_or_else(|| unknown(id, &owner.agent))?;
                busy.insert(id, Busy::of(&owner));
                // Others need not wait until a long conversation is read.
                drop(busy);
                let turn = Turn::of(self, (id, owner), Origin::Kept).at(kept.created, kept.turns);
                kept.messages.messages().map(|messages| turn.going_on(messages))
            }
            Kept::Store(stored) => {
                ensure_free(&self.busy(), &owner, id)?;
                let begun = stored.begin(&owner, id).await?;
                self.busy().insert(id, Busy::of(&owner));
                let turn = Turn::of(self, (id, owner), Origin::Leased(begun.held));
                Ok(turn.at(begun.created, begun.turns).going_on(begun.messages))
            }
        }
    }

    /// Begins the first turn of a new session; of one that its owner gives a name, where there is a store.
    ///
    /// # Errors
    /// [`Code::Internal`] where there are no random bytes.
    pub fn create(self: &Arc<Self>, owner: Owner, name: Option<String>) -> Result<Turn, Problem> {
        let id = new_id()?;
        self.busy().insert(id, Busy::of(&owner));
        Ok(Turn::of(self, (id, owner), Origin::New { name }))
    }

    /// The sessions with an agent, of one principal or of all, those created last first, without those inside others. One is listed
    /// when its first turn has ended.
    ///
    /// # Errors
    /// [`Code::StoreFailed`].
    pub async fn list(
        &self,
        agent: &AgentName,
        principal: Option<&Principal>,
        after: Option<Cursor>,
        most: u32,
    ) -> Result<Page<Overview>, Problem> {
        let mut page = match &self.kept {
            Kept::Memory(memory) => memory.list(agent, principal, after, most),
            Kept::Store(stored) => stored.list(agent, principal, after, most).await?,
        };
        let busy = self.busy();
        for overview in &mut page.rows {
            overview.is_busy |= busy.contains_key(&overview.id);
        }
        Ok(page)
    }

    /// A session, whosever it is. Not for whoever asks: they are told what is theirs, or what they may read.
    ///
    /// # Errors
    /// [`Code::StoreFailed`].
    pub async fn find(&self, id: SessionId) -> Result<Option<Found>, Problem> {
        let found = match &self.kept {
            Kept::Memory(memory) => memory.find(id)?,
            Kept::Store(stored) => stored.find(id).await?,
        };
        let busy = self.busy();
        let busy = busy.get(&id);
        Ok(match found {
            Some(mut found) => {
                found.overview.is_busy |= busy.is_some();
                Some(found)
            }
            None => busy.map(|busy| busy.found(id)),
        })
    }

    /// The session that a principal gave this name; nothing without a store, where none has.
    ///
    /// # Errors
    /// [`Code::StoreFailed`].
    pub async fn named(&self, owner: &Owner, name: &str) -> Result<Option<Overview>, Problem> {
        match &self.kept {
            Kept::Memory(_) => Ok(None),
            Kept::Store(stored) => stored.named(owner, name).await,
        }
    }

    /// Forgets a session; one that is taking a turn, when the turn is over.
    ///
    /// # Errors
    /// [`Code::UnknownSession`], [`Code::StoreFailed`].
    pub async fn forget(&self, owner: &Owner, id: SessionId) -> Result<(), Problem> {
        let is_busy = match self.busy().get_mut(&id).filter(|busy| busy.owner == *owner) {
            Some(busy) => {
                busy.is_forgotten = true;
                true
            }
            None => false,
        };
        let was_there = match &self.kept {
            // One that is taking a turn is still lent out.
            Kept::Memory(memory) => is_busy || memory.forget(owner, id),
            Kept::Store(stored) => stored.forget(owner, id).await? || is_busy,
        };
        if was_there { Ok(()) } else { Err(unknown(id, &owner.agent)) }
    }

    /// How many are in memory, and how many bytes they hold.
    pub fn size(&self) -> (usize, usize) {
        match &self.kept {
            Kept::Memory(memory) => memory.size(),
            Kept::Store(stored) => stored.cached(),
        }
    }

    /// Ends when every turn that has ended is stored or given back; waits no longer than `within`.
    pub async fn settled(&self, within: Duration) {
        if let Kept::Store(stored) = &self.kept {
            // What is not stored by then ends with the process: leases end by themselves.
            let _late = tokio::time::timeout(within, stored.settled()).await;
        }
    }

    /// Whether a session that is taking a turn is to be forgotten.
    fn is_forgotten(&self, id: SessionId) -> bool {
        self.busy().get(&id).is_some_and(|busy| busy.is_forgotten)
    }

    /// A turn is over. Says whether its session is to be forgotten.
    fn over(&self, id: SessionId) -> bool {
        self.busy().remove(&id).is_some_and(|busy| busy.is_forgotten)
    }

    fn busy(&self) -> MutexGuard<'_, IdMap<SessionId, Busy>> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nobody takes a turn of it here. Somebody else's is as if it were not there.
fn ensure_free(busy: &IdMap<SessionId, Busy>, owner: &Owner, id: SessionId) -> Result<(), Problem> {
    match busy.get(&id) {
        None => Ok(()),
        Some(busy) if busy.owner == *owner => Err(busy_with(id)),
        Some(_) => Err(unknown(id, &owner.agent)),
    }
}

impl fmt::Debug for Sessions {
    /// How many there are: what was said is nobody else's business.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Sessions").field(&self.size().0).finish()
    }
}

fn new_id() -> Result<SessionId, Problem> {
    SessionId::new().map_err(|error| Problem::new(Code::Internal, format!("the system has no random bytes: {error}")))
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What somebody is told who asked for a session that is not theirs, or not there.
pub(crate) fn unknown(id: SessionId, agent: &AgentName) -> Problem {
    let detail = format!("the agent `{agent}` has no session `{id}` of yours");
    Problem::new(Code::UnknownSession, detail).help("leave `session` out to start a new one")
}

fn busy_with(id: SessionId) -> Problem {
    let detail = format!("the session `{id}` is taking a turn already");
    Problem::new(Code::SessionBusy, detail).help("wait for its answer, or start another session")
}

/// About how much memory a message takes, bytes.
fn size(message: &Message) -> usize {
    const FIXED: usize = 64;
    FIXED
        + match message {
            Message::User(text) => text.len(),
            Message::Model(turn) => {
                let calls: usize = turn.calls.iter().map(|call| FIXED + call.arguments.as_str().len()).sum();
                turn.text.len() + calls + turn.raw.as_ref().map_or(0, |raw| raw.content.as_str().len())
            }
            Message::ToolResults(results) => {
                let images =
                    |result: &ToolResult| result.images.iter().map(|image| image.base64().len()).sum::<usize>();
                results.iter().map(|result| FIXED + result.content.as_str().len() + images(result)).sum()
            }
        }
}
