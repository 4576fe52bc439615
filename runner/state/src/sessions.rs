//! Sessions: conversations that go on over several turns, one turn at a time, whichever runner takes it.
//!
//! A turn of a session that exists is a lease: taken with [`Store::begin_turn`], which also gives the conversation, and ended with
//! [`Store::commit_turn`] or [`Store::release_turn`]. A holder that died keeps nobody out for longer than the lease; one that comes back
//! after it finds its commit fenced. A session that is new has no row before its first turn is committed: nobody else can
//! know its id.
//!
//! Sessions inside another, those of the agents that it called, belong to its turns: they are written with it or not at all, and whoever
//! holds its lease has them alone.

mod inside;
mod reading;

use std::time::Duration;

use crate::error::StoreError;
use crate::key::{Key, Moment};
use crate::sql::{Durability, Row, Statement, Value, Work, is_free, values};
use crate::store::Store;

pub use inside::SessionInside;

/// Whose a session is. To anybody else there is no such session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOwner {
    /// The agent it is with.
    pub agent: String,
    /// Who talks.
    pub principal: String,
    /// The session of the agent that called it: it goes on only in that, and goes with it.
    pub parent: Option<Key>,
}

/// What can be told about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: Key,
    /// Who talks.
    pub principal: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Turns that were committed.
    pub turns: u64,
    /// When its first turn began, by the caller's clock.
    pub created: Moment,
    /// When its last turn was committed.
    pub updated: Moment,
    /// Until when its turn is taken, if it is. A moment that has passed means that the holder died.
    pub busy_until: Option<Moment>,
}

/// A session that is about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Whose it is.
    pub owner: SessionOwner,
    /// Its id.
    pub id: Key,
    /// What its owner calls it: one session of a principal with an agent has a name.
    pub name: Option<String>,
    /// When its first turn began.
    pub created: Moment,
}

/// A turn as it ended: written whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnEnd {
    /// The conversation as it stands now.
    pub conversation: Vec<u8>,
    /// The sessions inside it that have changed, those below them too.
    pub inside: Vec<SessionInside>,
    /// When it ended.
    pub now: Moment,
}

/// The right to commit one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnLease {
    pub(crate) session: Key,
    pub(crate) token: i64,
}

/// What is left of a turn that was taken and ended: a conversation is still the same in the next turn if it was seen at this
/// version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(i64);

/// What came of asking for a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the caller's.
    Taken {
        /// To commit, renew or release it with.
        lease: TurnLease,
        /// What was committed last; nothing where the caller has seen it.
        conversation: Option<Vec<u8>>,
        /// What can be told about it.
        session: Session,
    },
    /// Another turn is being taken.
    Busy {
        /// The end of its lease, unless it is renewed.
        until: Moment,
    },
    /// The owner has no such session.
    Unknown,
}

/// The `turn_until` of a turn that nobody takes: years before any lease ended, and as long as one in SQLite.
const FREE: i64 = -1_000_000_000_000;
/// The first token of a session, which takes three bytes in SQLite as the eight million after it do.
const FIRST_TOKEN: i64 = 100_000;

impl TurnLease {
    /// At which version its conversation will have been seen when it ends.
    pub fn version(&self) -> Version {
        Version(self.token)
    }
}

impl Store {
    /// Takes the next turn of a session, for as long as `lease` unless it is renewed. Who has `seen` its conversation at its present
    /// version is not given it again.
    ///
    /// # Errors
    /// As every call.
    pub async fn begin_turn(
        &self,
        owner: &SessionOwner,
        id: Key,
        seen: Option<Version>,
        lease: Duration,
        now: Moment,
    ) -> Result<Begun, StoreError> {
        const BEGIN: &str = concat!(
            "UPDATE pace_sessions SET turn_token = turn_token + 1, turn_until = NOW(?1) + ?3 ",
            "WHERE scope = ?2 AND id = ?4 AND agent = ?5 AND principal = ?6 AND parent IS NOT DISTINCT FROM ?7 AND ",
            is_free!("turn_until", "?3"),
            " RETURNING turn_token, CASE WHEN turn_token = ?8 THEN NULL ELSE conversation END, ",
            "id, principal, name, turns, created, updated, turn_until",
        );
        let SessionOwner { agent, principal, parent } = owner;
        let next = seen.map_or(0, |version| version.0.saturating_add(1));
        let values = values![now, self.scope(), lease, id, agent.as_str(), principal.as_str(), *parent, next];
        if let Some(mut row) = self.write_one(Statement::new(BEGIN, values)).await? {
            let lease = TurnLease { session: id, token: row.int()? };
            return Ok(Begun::Taken { lease, conversation: row.optional_blob()?, session: session(row)? });
        }
        let found = self.session(owner, id).await?;
        // One that has become free in between is as good as one that will in a moment.
        Ok(found.map_or(Begun::Unknown, |found| Begun::Busy { until: found.busy_until.unwrap_or(now) }))
    }

    /// Stores a session with its first turn. Asking again for the same is no error.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there is another session of this id, or its owner has another of this name.
    pub async fn create_session(&self, new: &NewSession, end: &TurnEnd) -> Result<(), StoreError> {
        const CREATE: &str = "INSERT INTO pace_sessions \
            (scope, id, agent, principal, parent, name, turns, created, updated, turn_token, turn_until, conversation) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?10, ?11) \
            ON CONFLICT (scope, id) DO UPDATE SET turns = pace_sessions.turns \
            WHERE pace_sessions.turns = 1 AND pace_sessions.agent = excluded.agent \
            AND pace_sessions.principal = excluded.principal AND pace_sessions.conversation = excluded.conversation \
            RETURNING turns";
        let SessionOwner { agent, principal, parent } = &new.owner;
        let who = values![self.scope(), new.id, agent.as_str(), principal.as_str(), *parent, new.name.as_deref()];
        let what = values![new.created, end.now, FIRST_TOKEN, FREE, end.conversation.clone()];
        let own = Statement::new(CREATE, [who, what].concat());
        let lease = TurnLease { session: new.id, token: FIRST_TOKEN };
        let stored = self.end_turn(own, &lease, end).await;
        let another = StoreError::Conflict { what: "session" };
        match stored {
            Ok(true) => Ok(()),
            Ok(false) | Err(StoreError::Conflict { .. }) => Err(another),
            Err(error) => Err(error),
        }
    }

    /// Ends a turn with the conversation as it stands now. Asking again for the same is no error.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where somebody else took the turn over, or the session was forgotten.
    pub async fn commit_turn(&self, lease: &TurnLease, end: &TurnEnd) -> Result<(), StoreError> {
        const COMMIT: &str = "UPDATE pace_sessions SET conversation = ?4, turns = turns + 1, updated = ?5, turn_until = ?6 \
            WHERE scope = ?1 AND id = ?2 AND turn_token = ?3 AND turn_until <> ?6 RETURNING turns";
        const COMMITTED: &str = "SELECT turns FROM pace_sessions \
            WHERE scope = ?1 AND id = ?2 AND turn_token = ?3 AND turn_until = ?4 AND conversation = ?5";
        let ours = |rest: Vec<Value>| [self.lease_values(lease), rest].concat();
        let own = Statement::new(COMMIT, ours(values![end.conversation.clone(), end.now, FREE]));
        if self.end_turn(own, lease, end).await? {
            return Ok(());
        }
        let committed = self.read(Statement::new(COMMITTED, ours(values![FREE, end.conversation.clone()]))).await?;
        if committed.is_empty() { Err(StoreError::Fenced { what: "turn" }) } else { Ok(()) }
    }

    /// Writes the session of a turn and those inside it. Says whether the turn was the caller's.
    async fn end_turn(&self, own: Statement, lease: &TurnLease, end: &TurnEnd) -> Result<bool, StoreError> {
        let inside = end.inside.iter().map(|session| self.write_inside(lease, session, end));
        let statements: Vec<_> = std::iter::once(own).chain(inside).collect();
        // The first row is the session's own: those inside it give none.
        let rows = self.write(Work { statements, durability: Durability::Process }).await?;
        Ok(!rows.is_empty())
    }

    /// Holds a turn for as long as `lease` from now.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], as for [`Store::commit_turn`].
    pub async fn renew_turn(&self, lease: &TurnLease, span: Duration, now: Moment) -> Result<(), StoreError> {
        const RENEW: &str = "UPDATE pace_sessions SET turn_until = NOW(?1) + ?5 \
            WHERE scope = ?2 AND id = ?3 AND turn_token = ?4 AND turn_until <> ?6 RETURNING turns";
        let values = [values![now], self.lease_values(lease), values![span, FREE]].concat();
        let renewed = self.write_one(Statement::new(RENEW, values)).await?;
        renewed.map(drop).ok_or(StoreError::Fenced { what: "turn" })
    }

    /// Ends a turn and leaves the conversation as it was. A lease that was lost needs no release, so that is no error.
    ///
    /// # Errors
    /// As every call; the lease then ends by itself.
    pub async fn release_turn(&self, lease: &TurnLease) -> Result<(), StoreError> {
        const RELEASE: &str =
            "UPDATE pace_sessions SET turn_until = ?4 WHERE scope = ?1 AND id = ?2 AND turn_token = ?3";
        let values = [self.lease_values(lease), values![FREE]].concat();
        self.write(Statement::new(RELEASE, values)).await.map(drop)
    }

    /// Forgets a session and those inside it; a turn that is being taken finds its commit fenced. Says whether there was one.
    ///
    /// # Errors
    /// As every call.
    pub async fn forget_session(&self, owner: &SessionOwner, id: Key) -> Result<bool, StoreError> {
        const FORGET: &str = "WITH RECURSIVE gone (id) AS (\
            SELECT id FROM pace_sessions \
            WHERE scope = ?1 AND id = ?2 AND agent = ?3 AND principal = ?4 AND parent IS NOT DISTINCT FROM ?5 \
            UNION SELECT inside.id FROM pace_sessions inside JOIN gone ON inside.parent = gone.id WHERE inside.scope = ?1) \
            DELETE FROM pace_sessions WHERE scope = ?1 AND id IN (SELECT id FROM gone) RETURNING turns";
        let values = values![self.scope(), id, owner.agent.as_str(), owner.principal.as_str(), owner.parent];
        Ok(!self.write(Statement::new(FORGET, values)).await?.is_empty())
    }

    fn lease_values(&self, lease: &TurnLease) -> Vec<Value> {
        values![self.scope(), lease.session, lease.token]
    }
}

const COLUMNS: &str = "id, principal, name, turns, created, updated, turn_until";

fn session(mut row: Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.key()?,
        principal: row.text()?,
        name: row.optional_text()?,
        turns: row.count()?,
        created: row.moment()?,
        updated: row.moment()?,
        busy_until: Some(row.int()?).filter(|until| *until != FREE).map(Moment),
    })
}
