//! Walks a chain from its first row to its last and names the first break.

use std::collections::BTreeMap;

use crate::error::StoreError;
use crate::key::Key;
use crate::sql::{Statement, values};
use crate::store::Store;

use super::chain::Tip;
use super::{AuditKind, AuditRow};

/// Rows that are read at once.
const PAGE: u32 = 500;

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every row follows from the one before.
    Sound {
        /// Rows that were deleted for their age, before the first that is there.
        cut: u64,
        /// Rows that are there.
        rows: u64,
        /// The last row's hash: kept elsewhere, it tells whether rows were cut off since.
        head: [u8; 32],
        /// Sequence numbers of intents without an outcome: under way, or the runner died.
        open: Vec<u64>,
    },
    /// A row does not follow.
    Broken {
        /// Its sequence number, or the one that is missing.
        sequence: u64,
        /// What is wrong with it.
        what: Break,
    },
}

/// How a chain breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// A number is left out.
    #[error("the row is missing")]
    Missing,
    /// It names another row before it than the one that is there.
    #[error("the row does not follow the one before it")]
    Previous,
    /// It says something else than when it was written.
    #[error("the row was changed")]
    Hash,
    /// There is no such intent, or it was of another call, or had its outcome already.
    #[error("the row is an outcome without an intent of its own")]
    Intent,
}

/// Where a walk is.
struct Walk {
    tip: Tip,
    cut: u64,
    open: BTreeMap<u64, (Key, String)>,
}

impl Store {
    /// Verifies the chain of an instance; nothing if there is none. Memory grows with the intents that have no outcome.
    ///
    /// # Errors
    /// As every call.
    pub async fn verify_audit(&self, instance: Key) -> Result<Option<Verdict>, StoreError> {
        const CUT: &str = "SELECT cut_sequence, cut_hash FROM pace_audit_chains WHERE scope = ?1 AND instance = ?2";
        let cut = self.read(Statement::new(CUT, values![self.scope(), instance])).await?;
        let Some(mut cut) = cut.into_iter().next() else { return Ok(None) };
        let tip = Tip { sequence: cut.count()?, hash: super::hash(cut.blob()?)? };
        let mut walk = Walk { tip, cut: tip.sequence, open: BTreeMap::new() };
        loop {
            let rows = self.audit_rows(instance, walk.tip.sequence, PAGE).await?;
            for row in &rows {
                if let Err((sequence, what)) = walk.step(self, row) {
                    return Ok(Some(Verdict::Broken { sequence, what }));
                }
            }
            if rows.len() < PAGE as usize {
                return Ok(Some(walk.end()));
            }
        }
    }
}

impl Walk {
    fn step(&mut self, store: &Store, row: &AuditRow) -> Result<(), (u64, Break)> {
        let next = self.tip.next(store.names(), row.instance, &row.entry);
        if row.sequence != next.sequence {
            return Err((next.sequence, Break::Missing));
        }
        if row.previous != self.tip.hash {
            return Err((row.sequence, Break::Previous));
        }
        if row.hash != next.hash {
            return Err((row.sequence, Break::Hash));
        }
        self.tip = next;
        let call = (row.entry.invocation, row.entry.call.clone());
        match row.entry.kind {
            AuditKind::Intent => {
                self.open.insert(row.sequence, call);
            }
            AuditKind::Outcome { intent } if intent > self.cut && self.open.remove(&intent) != Some(call) => {
                return Err((row.sequence, Break::Intent));
            }
            AuditKind::Outcome { .. } => {}
        }
        Ok(())
    }

    fn end(self) -> Verdict {
        let rows = self.tip.sequence - self.cut;
        Verdict::Sound { cut: self.cut, rows, head: self.tip.hash, open: self.open.into_keys().collect() }
    }
}
