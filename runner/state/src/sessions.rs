//! Sessions: conversations that go on over several turns, one turn at a time, whichever runner takes it.
//!
//! A turn of a session that exists is a lease: taken with [`Store::begin_turn`], which also gives the conversation, and ended with
//! [`Store::commit_turn`] or [`Store::release_turn`]. A holder that died keeps nobody out for longer than the lease; one that comes back
//! after it finds its commit fenced. A session that is new has no row before its first turn is committed: nobody else can
//! know its id.

use std::time::Duration;

use crate::error::StoreError;
use crate::key::{Key, Moment};
use crate::page::{Cursor, Page};
use crate::sql::{Row, Statement, Value, is_free, values};
use crate::store::Store;

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
    /// Turns that were committed.
    pub turns: u64,
    /// When its first turn began, by the caller's clock.
    pub created: Moment,
    /// When its last turn was committed.
    pub updated: Moment,
    /// Until when its turn is taken, if it is. A moment that has passed means that the holder died.
    pub busy_until: Option<Moment>,
}

/// The right to commit one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnLease {
    pub(crate) session: Key,
    pub(crate) token: i64,
}

/// What came of asking for a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the caller's.
    Taken {
        /// To commit, renew or release it with.
        lease: TurnLease,
        /// What was committed last.
        conversation: Vec<u8>,
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

const COLUMNS: &str = "id, turns, created, updated, turn_until";

impl Store {
    /// Takes the next turn of a session for `holder` (this runner), for as long as `lease` unless it is renewed.
    ///
    /// # Errors
    /// As every call.
    pub async fn begin_turn(
        &self,
        owner: &SessionOwner,
        id: Key,
        holder: Key,
        lease: Duration,
        now: Moment,
    ) -> Result<Begun, StoreError> {
        const BEGIN: &str = concat!(
            "UPDATE pace_sessions SET turn_holder = ?3, turn_token = turn_token + 1, turn_until = NOW(?1) + ?4 ",
            "WHERE scope = ?2 AND id = ?5 AND agent = ?6 AND principal = ?7 AND parent IS NOT DISTINCT FROM ?8 ",
            "AND (turn_until IS NULL OR ",
            is_free!("turn_until", "?4"),
            ") RETURNING turn_token, conversation, id, turns, created, updated, turn_until",
        );
        let SessionOwner { agent, principal, parent } = owner;
        let values = values![now, self.scope(), holder, lease, id, agent.as_str(), principal.as_str(), *parent];
        if let Some(mut row) = self.write_one(Statement::new(BEGIN, values)).await? {
            let lease = TurnLease { session: id, token: row.int()? };
            return Ok(Begun::Taken { lease, conversation: row.blob()?, session: session(row)? });
        }
        let found = self.session(owner, id).await?;
        // One that has become free in between is as good as one that will in a moment.
        Ok(found.map_or(Begun::Unknown, |found| Begun::Busy { until: found.busy_until.unwrap_or(now) }))
    }

    /// Stores a session with its first turn. Asking again for the same is no error.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there is another session of this id.
    pub async fn create_session(
        &self,
        owner: &SessionOwner,
        id: Key,
        conversation: Vec<u8>,
        (created, now): (Moment, Moment),
    ) -> Result<(), StoreError> {
        const CREATE: &str = "INSERT INTO pace_sessions \
            (scope, id, agent, principal, parent, turns, created, updated, turn_token, conversation) \
            VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, 1, ?8) ON CONFLICT (scope, id) DO UPDATE SET turns = pace_sessions.turns \
            WHERE pace_sessions.turns = 1 AND pace_sessions.agent = excluded.agent \
            AND pace_sessions.principal = excluded.principal AND pace_sessions.conversation = excluded.conversation \
            RETURNING turns";
        let SessionOwner { agent, principal, parent } = owner;
        let scope = self.scope();
        let values = values![scope, id, agent.as_str(), principal.as_str(), *parent, created, now, conversation];
        let stored = self.write_one(Statement::new(CREATE, values)).await?;
        stored.map(drop).ok_or(StoreError::Conflict { what: "session" })
    }

    /// Ends a turn with the conversation as it stands now. Asking again for the same is no error.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where somebody else took the turn over, or the session was forgotten.
    pub async fn commit_turn(&self, lease: &TurnLease, conversation: Vec<u8>, now: Moment) -> Result<(), StoreError> {
        const COMMIT: &str = "UPDATE pace_sessions SET conversation = ?4, turns = turns + 1, updated = ?5, \
            turn_holder = NULL, turn_until = NULL \
            WHERE scope = ?1 AND id = ?2 AND turn_token = ?3 AND turn_until IS NOT NULL RETURNING turns";
        const COMMITTED: &str = "SELECT turns FROM pace_sessions \
            WHERE scope = ?1 AND id = ?2 AND turn_token = ?3 AND turn_until IS NULL AND conversation = ?4";
        let ours = |rest: Vec<Value>| [self.lease_values(lease), rest].concat();
        let repeated = conversation.clone();
        if self.write_one(Statement::new(COMMIT, ours(values![conversation, now]))).await?.is_some() {
            return Ok(());
        }
        let committed = self.read(Statement::new(COMMITTED, ours(values![repeated]))).await?;
        if committed.is_empty() { Err(StoreError::Fenced { what: "turn" }) } else { Ok(()) }
    }

    /// Holds a turn for as long as `lease` from now.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], as for [`Store::commit_turn`].
    pub async fn renew_turn(&self, lease: &TurnLease, span: Duration, now: Moment) -> Result<(), StoreError> {
        const RENEW: &str = "UPDATE pace_sessions SET turn_until = NOW(?1) + ?5 \
            WHERE scope = ?2 AND id = ?3 AND turn_token = ?4 AND turn_until IS NOT NULL RETURNING turns";
        let values = [values![now], self.lease_values(lease), values![span]].concat();
        let renewed = self.write_one(Statement::new(RENEW, values)).await?;
        renewed.map(drop).ok_or(StoreError::Fenced { what: "turn" })
    }

    /// Ends a turn and leaves the conversation as it was. A lease that was lost needs no release, so that is no error.
    ///
    /// # Errors
    /// As every call; the lease then ends by itself.
    pub async fn release_turn(&self, lease: &TurnLease) -> Result<(), StoreError> {
        const RELEASE: &str = "UPDATE pace_sessions SET turn_holder = NULL, turn_until = NULL \
            WHERE scope = ?1 AND id = ?2 AND turn_token = ?3 AND turn_until IS NOT NULL";
        self.write(Statement::new(RELEASE, self.lease_values(lease))).await.map(drop)
    }

    /// What can be told about a session to its owner.
    ///
    /// # Errors
    /// As every call.
    pub async fn session(&self, owner: &SessionOwner, id: Key) -> Result<Option<Session>, StoreError> {
        let rows = self.read(self.of_owner(COLUMNS, owner, id)).await?;
        rows.into_iter().next().map(session).transpose()
    }

    /// What was committed last of a session, for its owner.
    ///
    /// # Errors
    /// As every call.
    pub async fn conversation(&self, owner: &SessionOwner, id: Key) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self.read(self.of_owner("conversation", owner, id)).await?;
        rows.into_iter().next().map(|mut row| row.blob()).transpose()
    }

    /// The sessions of a principal with an agent, those created last first, without those inside others.
    ///
    /// # Errors
    /// As every call.
    pub async fn sessions(
        &self,
        agent: &str,
        principal: &str,
        after: Option<Cursor>,
        most: u32,
    ) -> Result<Page<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_sessions \
             WHERE scope = ?1 AND principal = ?2 AND agent = ?3 AND parent IS NULL AND (created, id) < (?4, ?5) \
             ORDER BY created DESC, id DESC LIMIT ?6"
        );
        let Cursor { at, key } = after.unwrap_or(Cursor::START);
        let values = values![self.scope(), principal, agent, at, key, most];
        let rows = self.read(Statement::new(sql, values)).await?;
        let rows = rows.into_iter().map(session).collect::<Result<Vec<_>, _>>()?;
        let last = rows.last().map(|last| Cursor { at: last.created, key: last.id });
        Ok(Page { next: last.filter(|_| rows.len() >= most as usize), rows })
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

    /// Forgets the sessions inside one whose first turn was never committed.
    ///
    /// # Errors
    /// As every call; what is left then ages.
    pub async fn forget_sessions_inside(&self, parent: Key) -> Result<(), StoreError> {
        const FORGET: &str = "WITH RECURSIVE gone (id) AS (\
            SELECT id FROM pace_sessions WHERE scope = ?1 AND parent = ?2 \
            UNION SELECT inside.id FROM pace_sessions inside JOIN gone ON inside.parent = gone.id WHERE inside.scope = ?1) \
            DELETE FROM pace_sessions WHERE scope = ?1 AND id IN (SELECT id FROM gone)";
        self.write(Statement::new(FORGET, values![self.scope(), parent])).await.map(drop)
    }

    fn of_owner(&self, columns: &str, owner: &SessionOwner, id: Key) -> Statement {
        let sql = format!(
            "SELECT {columns} FROM pace_sessions \
             WHERE scope = ?1 AND id = ?2 AND agent = ?3 AND principal = ?4 AND parent IS NOT DISTINCT FROM ?5"
        );
        let SessionOwner { agent, principal, parent } = owner;
        Statement::new(sql, values![self.scope(), id, agent.as_str(), principal.as_str(), *parent])
    }

    fn lease_values(&self, lease: &TurnLease) -> Vec<Value> {
        values![self.scope(), lease.session, lease.token]
    }
}

fn session(mut row: Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.key()?,
        turns: row.count()?,
        created: row.moment()?,
        updated: row.moment()?,
        busy_until: row.optional_int()?.map(Moment),
    })
}
