//! What is old goes, in batches: each is a transaction of its own, so that nobody waits for long, and what was deleted stays
//! deleted when the next one fails. Space is used again; files do not shrink.

use crate::error::StoreError;
use crate::key::{Key, Moment};
use crate::sql::{Durability, Statement, Work, values};
use crate::store::Store;
use crate::traces::cursor;

/// What may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// Traces that began before this moment.
    TracesBefore(Moment),
    /// Traces beyond this many, the oldest first.
    TracesBeyond(u64),
    /// Sessions whose last turn was before this moment, and which take none.
    SessionsBefore(Moment),
    /// Audit rows before this moment, from the beginning of each chain. What is left of a chain can still be verified.
    AuditBefore(Moment),
    /// Idempotency keys that expired at or before this moment.
    KeysExpired(Moment),
    /// Firings that were scheduled before this moment and are over.
    FiringsBefore(Moment),
}

impl Store {
    /// Deletes one batch of at most `most` rows and says how many went: fewer than `most` means that it is done.
    ///
    /// # Errors
    /// As every call.
    pub async fn prune(&self, what: Prune, most: u32) -> Result<u32, StoreError> {
        match what {
            Prune::TracesBefore(before) => self.prune_traces(before, Key(0), most).await,
            Prune::TracesBeyond(kept) => self.prune_traces_beyond(kept, most).await,
            Prune::SessionsBefore(before) => self.delete(SESSIONS, before, most).await,
            Prune::AuditBefore(before) => self.prune_audit(before, most).await,
            Prune::KeysExpired(at) => self.delete(KEYS, at, most).await,
            Prune::FiringsBefore(before) => self.delete(FIRINGS, before, most).await,
        }
    }

    async fn delete(&self, sql: &'static str, before: Moment, most: u32) -> Result<u32, StoreError> {
        let gone = self.write(Statement::new(sql, values![self.scope(), before, most])).await?;
        Ok(count(gone.len()))
    }

    async fn prune_traces(&self, before: Moment, key: Key, most: u32) -> Result<u32, StoreError> {
        let gone = self.write(Statement::new(TRACES, values![self.scope(), before, key, most])).await?;
        Ok(count(gone.len()))
    }

    async fn prune_traces_beyond(&self, kept: u64, most: u32) -> Result<u32, StoreError> {
        const FIRST_BEYOND: &str = "SELECT started, id FROM pace_traces WHERE scope = ?1 \
            ORDER BY started DESC, id DESC LIMIT 1 OFFSET ?2";
        let found = self.read(Statement::new(FIRST_BEYOND, values![self.scope(), kept])).await?;
        let Some(first) = found.into_iter().next().map(cursor).transpose()? else { return Ok(0) };
        // It goes too, so the bound is the key after it.
        self.prune_traces(first.at, Key(first.key.0.saturating_add(1)), most).await
    }

    /// Chain by chain, as many rows as are old from a chain's beginning.
    async fn prune_audit(&self, before: Moment, most: u32) -> Result<u32, StoreError> {
        let (mut after, mut gone) = (None, 0);
        loop {
            let chains = self.audit_chains(after, 100).await?;
            for chain in &chains.rows {
                let rows = self.audit_rows(chain.instance, chain.cut, most - gone).await?;
                // A clock that was set back leaves old rows behind newer ones; they go with those.
                let old = rows.iter().take_while(|row| row.entry.at < before);
                if let Some((last, length)) = old.zip(1..).last() {
                    self.cut(chain.instance, last.sequence, last.hash).await?;
                    gone += length;
                }
                if gone >= most {
                    return Ok(gone);
                }
            }
            after = chains.next;
            if after.is_none() {
                return Ok(gone);
            }
        }
    }

    async fn cut(&self, instance: Key, sequence: u64, hash: [u8; 32]) -> Result<(), StoreError> {
        const MARK: &str = "UPDATE pace_audit_chains SET cut_sequence = ?3, cut_hash = ?4 \
            WHERE scope = ?1 AND instance = ?2 AND cut_sequence < ?3";
        const CUT: &str = "DELETE FROM pace_audit WHERE scope = ?1 AND instance = ?2 AND sequence <= ?3";
        let values = values![self.scope(), instance, sequence];
        let mark = [values.clone(), values![hash.to_vec()]].concat();
        let statements = vec![Statement::new(MARK, mark), Statement::new(CUT, values)];
        self.write(Work { statements, durability: Durability::Disk }).await.map(drop)
    }
}

const TRACES: &str = "DELETE FROM pace_traces WHERE (scope, id) IN (SELECT scope, id FROM pace_traces \
    WHERE scope = ?1 AND (started, id) < (?2, ?3) ORDER BY started, id LIMIT ?4) RETURNING scope";

const SESSIONS: &str = "DELETE FROM pace_sessions WHERE (scope, id) IN (SELECT scope, id FROM pace_sessions \
    WHERE scope = ?1 AND updated < ?2 AND turn_until < ?2 AND NOT EXISTS (SELECT 1 FROM pace_sessions AS around \
    WHERE around.scope = pace_sessions.scope AND around.id = pace_sessions.parent) ORDER BY updated LIMIT ?3) RETURNING scope";

const KEYS: &str = "DELETE FROM pace_idempotency WHERE (scope, principal, name) IN (SELECT scope, principal, name \
    FROM pace_idempotency WHERE scope = ?1 AND expires <= ?2 ORDER BY expires LIMIT ?3) RETURNING scope";

const FIRINGS: &str = "DELETE FROM pace_firings WHERE (scope, loop_name, scheduled) IN (SELECT scope, loop_name, scheduled \
    FROM pace_firings WHERE scope = ?1 AND scheduled < ?2 AND state <> 0 ORDER BY scheduled LIMIT ?3) RETURNING scope";

/// No more than were asked for.
fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
