//! Sessions inside another: of agents that were called in it. They have no lease of their own; the turn that they are written with
//! has one.

use super::{FIRST_TOKEN, FREE, SessionOwner, TurnEnd, TurnLease};
use crate::key::{Key, Moment};
use crate::sql::{Statement, values};
use crate::store::Store;

/// A session inside another, as a turn of that left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInside {
    /// Whose it is; it has a parent.
    pub owner: SessionOwner,
    /// Its id.
    pub id: Key,
    /// How many turns it has now.
    pub turns: u64,
    /// When its first turn began.
    pub created: Moment,
    /// The conversation as it stands now.
    pub conversation: Vec<u8>,
}

impl Store {
    /// Writes it if the turn it belongs to was ended before, in the same transaction, by who held the lease.
    pub(super) fn write_inside(&self, turn: &TurnLease, session: &SessionInside, end: &TurnEnd) -> Statement {
        const WRITE: &str = "INSERT INTO pace_sessions \
            (scope, id, agent, principal, parent, turns, created, updated, turn_token, turn_until, conversation) \
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE EXISTS (SELECT 1 FROM pace_sessions \
            WHERE scope = ?1 AND id = ?12 AND principal = ?4 AND turn_token = ?13 AND turn_until = ?10 AND conversation = ?14) \
            ON CONFLICT (scope, id) DO UPDATE \
            SET conversation = excluded.conversation, turns = excluded.turns, updated = excluded.updated \
            WHERE pace_sessions.agent = excluded.agent AND pace_sessions.principal = excluded.principal \
            AND pace_sessions.parent = excluded.parent";
        let SessionInside { owner, id, turns, created, conversation } = session;
        let SessionOwner { agent, principal, parent } = owner;
        let who = values![self.scope(), *id, agent.as_str(), principal.as_str(), *parent, *turns, *created, end.now];
        let what = values![FIRST_TOKEN, FREE, conversation.clone()];
        let of = values![turn.session, turn.token, end.conversation.clone()];
        Statement::new(WRITE, [who, what, of].concat())
    }
}
