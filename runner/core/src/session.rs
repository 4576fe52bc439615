//! Sessions: conversations that go on over several invocations, kept in memory. Whoever begins a turn takes the
//! conversation out and gives it back, so that a session takes one turn at a time and a turn that fails leaves no trace.
//! Between turns a conversation is one piece of text: most are never gone on with.
//!
//! Bounds: [`MAX_SESSIONS`] and [`MAX_BYTES`]; over them, the session that was used least recently goes. Nothing here looks
//! through all sessions.

mod packed;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use pace_ir::program::{AgentName, Principal};

use crate::conversation::{Message, ToolResult};
use crate::id::{IdMap, SessionId};
use crate::problem::{Code, Problem};
use packed::Packed;

/// The most sessions kept.
pub const MAX_SESSIONS: usize = 10_000;
/// The most bytes of conversations kept in all sessions together.
pub const MAX_BYTES: usize = 64 << 20;
/// The most bytes of text in one session; a conversation beyond that fits no model.
pub const MAX_SESSION_BYTES: usize = 8 << 20;

/// All sessions of a runner.
#[derive(Default)]
pub struct Sessions {
    kept: Mutex<Kept>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overview {
    /// Its name.
    pub id: SessionId,
    /// When it began.
    pub created: SystemTime,
    /// When its last turn ended.
    pub used: SystemTime,
    /// Whether a turn is being taken.
    pub is_busy: bool,
}

#[derive(Default)]
struct Kept {
    sessions: IdMap<SessionId, Session>,
    /// Idle sessions, those used least recently first. The number grows with each use.
    idle: BTreeMap<u64, SessionId>,
    uses: u64,
    bytes: usize,
    /// The sessions of everybody who is somebody: an anonymous principal has no list, only ids it knows.
    by_owner: BTreeMap<Owner, BTreeSet<SessionId>>,
}

struct Session {
    owner: Owner,
    created: SystemTime,
    used: SystemTime,
    state: State,
    /// The sessions of the agents that are called in it.
    inner: Vec<SessionId>,
}

enum State {
    Idle { messages: Packed, use_number: u64 },
    Busy { is_forgotten: bool },
}

/// A turn being taken: the only access to a session's conversation. Dropped, it puts back what was there before the turn.
pub struct Turn {
    sessions: Arc<Sessions>,
    id: SessionId,
    /// The conversation, to be added to.
    pub messages: Vec<Message>,
    kept: usize,
    is_new: bool,
}

impl Sessions {
    /// Begins a turn of a session, or of a new one.
    ///
    /// # Errors
    /// [`Code::UnknownSession`] where there is none of this id, or it is somebody else's; [`Code::SessionBusy`];
    /// [`Code::Internal`] where there are no random bytes.
    pub fn begin(self: &Arc<Self>, owner: Owner, id: Option<SessionId>) -> Result<Turn, Problem> {
        match id {
            Some(id) => self.resume(&owner, id),
            None => self.create(owner, Vec::new()),
        }
    }

    /// Begins a turn of a new session that goes on from a conversation kept elsewhere.
    ///
    /// # Errors
    /// [`Code::Internal`] where there are no random bytes.
    pub fn create(self: &Arc<Self>, owner: Owner, messages: Vec<Message>) -> Result<Turn, Problem> {
        let id = SessionId::new()
            .map_err(|error| Problem::new(Code::Internal, format!("the system has no random bytes: {error}")))?;
        let now = SystemTime::now();
        let mut kept = self.lock();
        if owner.is_listed() {
            kept.by_owner.entry(owner.clone()).or_default().insert(id);
        }
        if let Some(outer) = owner.within.and_then(|outer| kept.sessions.get_mut(&outer)) {
            outer.inner.push(id);
        }
        let state = State::Busy { is_forgotten: false };
        kept.sessions.insert(id, Session { owner, created: now, used: now, state, inner: Vec::new() });
        let gone = kept.shrink();
        drop(kept);
        drop(gone);
        let kept = messages.len();
        Ok(Turn { sessions: Arc::clone(self), id, messages, kept, is_new: true })
    }

    fn resume(self: &Arc<Self>, owner: &Owner, id: SessionId) -> Result<Turn, Problem> {
        let packed = self.lock().lend(owner, id)?;
        // Others need not wait until a long conversation is read.
        let messages = match packed.messages() {
            Ok(messages) => messages,
            Err(problem) => {
                drop(self.lock().give_back(id, packed, true));
                return Err(problem);
            }
        };
        let length = messages.len();
        Ok(Turn { sessions: Arc::clone(self), id, messages, kept: length, is_new: false })
    }

    /// The sessions of an owner; none for anonymous ones, who have no list.
    pub fn of(&self, owner: &Owner) -> Vec<SessionId> {
        self.lock().by_owner.get(owner).map(|ids| ids.iter().copied().collect()).unwrap_or_default()
    }

    /// Whose a session is. Not for whoever asks: they are told what is theirs, or what they may read.
    pub fn owner(&self, id: SessionId) -> Option<Owner> {
        self.lock().sessions.get(&id).map(|session| session.owner.clone())
    }

    /// What can be told about a session to its owner.
    ///
    /// # Errors
    /// [`Code::UnknownSession`].
    pub fn overview(&self, owner: &Owner, id: SessionId) -> Result<Overview, Problem> {
        let kept = self.lock();
        let session = kept.sessions.get(&id).filter(|session| session.owner == *owner);
        let session = session.ok_or_else(|| unknown(id, &owner.agent))?;
        let is_busy = matches!(session.state, State::Busy { .. });
        Ok(Overview { id, created: session.created, used: session.used, is_busy })
    }

    /// What was said in a session, for its owner; nothing while a turn is being taken.
    ///
    /// # Errors
    /// [`Code::UnknownSession`].
    pub fn messages(&self, owner: &Owner, id: SessionId) -> Result<Vec<Message>, Problem> {
        let kept = self.lock();
        let session = kept.sessions.get(&id).filter(|session| session.owner == *owner);
        let packed = match &session.ok_or_else(|| unknown(id, &owner.agent))?.state {
            State::Idle { messages, .. } => messages.clone(),
            State::Busy { .. } => return Ok(Vec::new()),
        };
        drop(kept);
        packed.messages()
    }

    /// Forgets a session; one that is taking a turn, when the turn is over.
    ///
    /// # Errors
    /// [`Code::UnknownSession`].
    pub fn forget(&self, owner: &Owner, id: SessionId) -> Result<(), Problem> {
        let mut kept = self.lock();
        let session = kept.sessions.get_mut(&id).filter(|session| session.owner == *owner);
        let session = session.ok_or_else(|| unknown(id, &owner.agent))?;
        let mut gone = Gone::new();
        if let State::Busy { is_forgotten } = &mut session.state {
            *is_forgotten = true;
        } else {
            gone = kept.remove(id);
        }
        drop(kept);
        drop(gone);
        Ok(())
    }

    /// How many there are, and how many bytes they hold.
    pub fn size(&self) -> (usize, usize) {
        let kept = self.lock();
        (kept.sessions.len(), kept.bytes)
    }

    fn give_back(&self, id: SessionId, messages: &[Message], is_worth_keeping: bool) {
        let packed = Packed::of(messages);
        let mut kept = self.lock();
        let gone = kept.give_back(id, packed, is_worth_keeping);
        // Others need not wait until it is free.
        drop(kept);
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was taken out, to be dropped when the lock is given up.
type Gone = Vec<Session>;

impl Kept {
    /// Takes the conversation out of a session that is about to take a turn.
    fn lend(&mut self, owner: &Owner, id: SessionId) -> Result<Packed, Problem> {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.owner == *owner) else {
            return Err(unknown(id, &owner.agent));
        };
        match std::mem::replace(&mut session.state, State::Busy { is_forgotten: false }) {
            State::Idle { messages, use_number } => {
                self.idle.remove(&use_number);
                self.bytes -= messages.bytes();
                Ok(messages)
            }
            busy @ State::Busy { .. } => {
                session.state = busy;
                let detail = format!("the session `{id}` is taking a turn already");
                Err(Problem::new(Code::SessionBusy, detail).help("wait for its answer, or start another session"))
            }
        }
    }

    fn give_back(&mut self, id: SessionId, messages: Packed, is_worth_keeping: bool) -> Gone {
        let Some(session) = self.sessions.get_mut(&id) else { return Gone::new() };
        let is_forgotten = matches!(session.state, State::Busy { is_forgotten: true });
        self.uses += 1;
        self.bytes += messages.bytes();
        session.state = State::Idle { messages, use_number: self.uses };
        session.used = SystemTime::now();
        self.idle.insert(self.uses, id);
        let mut gone = if is_forgotten || !is_worth_keeping { self.remove(id) } else { Gone::new() };
        gone.extend(self.shrink());
        gone
    }

    fn shrink(&mut self) -> Gone {
        let mut gone = Gone::new();
        while self.sessions.len() > MAX_SESSIONS || self.bytes > MAX_BYTES {
            let Some((_, id)) = self.idle.first_key_value() else { break };
            if gone.is_empty() {
                // Mostly it is one.
                gone.reserve_exact(1);
            }
            gone.extend(self.remove(*id));
        }
        gone
    }

    /// Takes a session out, and those inside it; one of those that is taking a turn goes when the turn is over.
    fn remove(&mut self, id: SessionId) -> Gone {
        let (mut gone, mut ids) = (Gone::new(), vec![id]);
        while let Some(id) = ids.pop() {
            if let Some(Session { state: State::Busy { is_forgotten }, .. }) = self.sessions.get_mut(&id) {
                *is_forgotten = true;
            } else if let Some(session) = self.take(id) {
                ids.extend(&session.inner);
                gone.push(session);
            }
        }
        gone
    }

    fn take(&mut self, id: SessionId) -> Option<Session> {
        let session = self.sessions.remove(&id)?;
        if let State::Idle { messages, use_number } = &session.state {
            self.idle.remove(use_number);
            self.bytes -= messages.bytes();
        }
        if let Some(ids) = self.by_owner.get_mut(&session.owner) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_owner.remove(&session.owner);
            }
        }
        if let Some(outer) = session.owner.within.and_then(|outer| self.sessions.get_mut(&outer)) {
            outer.inner.retain(|inner| *inner != id);
        }
        Some(session)
    }
}

impl Owner {
    /// Whether there is a list of its sessions: an anonymous principal knows only ids, and called agents' sessions are their
    /// callers'.
    fn is_listed(&self) -> bool {
        self.principal != Principal::Anonymous && self.within.is_none()
    }
}

impl Turn {
    /// The session's id.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Keeps what was added; without it, a dropped turn takes everything back.
    pub fn commit(mut self) {
        self.kept = self.messages.len();
    }

    /// Bytes of text in the conversation as it stands.
    pub fn bytes(&self) -> usize {
        self.messages.iter().map(size).sum()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut messages = std::mem::take(&mut self.messages);
        messages.truncate(self.kept);
        let is_worth_keeping = !self.is_new || !messages.is_empty();
        self.sessions.give_back(self.id, &messages, is_worth_keeping);
    }
}

impl fmt::Debug for Sessions {
    /// How many there are: what was said is nobody else's business.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Sessions").field(&self.size().0).finish()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Turn").field(&self.id).finish()
    }
}

fn unknown(id: SessionId, agent: &AgentName) -> Problem {
    let detail = format!("the agent `{agent}` has no session `{id}` of yours");
    Problem::new(Code::UnknownSession, detail).help("leave `session` out to start a new one")
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
