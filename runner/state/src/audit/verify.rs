//! Walks a chain from its first row to its last, names the first break, and counts what is sound all the same.

use std::collections::BTreeMap;

use crate::error::StoreError;
use crate::key::Key;
use crate::sql::{Statement, values};
use crate::store::Store;

use super::chain::Tip;
use super::{AuditKind, AuditRow};

/// The most rows that are read at once, and the most bytes of what they say, unless one alone has more.
const PAGE: (u32, u64) = (500, 4 << 20);

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every row follows from the one before.
    Sound {
        /// Rows that were deleted for their age, before the first that is there: as the database says, and who can write to that can say
        /// so of any.
        cut: u64,
        /// Rows that are there.
        rows: u64,
        /// The last row's hash: kept elsewhere, it tells whether rows were cut off since.
        head: [u8; 32],
        /// Sequence numbers of intents without an outcome: under way; or the runner died, or lost the outcome; or the write was refused,
        /// because the store was too late to say that the intent is stored.
        open: Vec<u64>,
    },
    /// A row does not follow.
    Broken {
        /// The sequence number of the first such row, or the one that is missing.
        sequence: u64,
        /// What is wrong with it.
        what: Break,
        /// How many places of the chain are broken.
        breaks: u64,
        /// Rows that are there.
        rows: u64,
        /// Those of them that follow from the one before.
        verified: u64,
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
    /// There is no such intent, or it was of another call, or had another outcome already.
    #[error("the row is an outcome without an intent of its own")]
    Intent,
}

/// Where a walk is.
struct Walk {
    tip: Tip,
    cut: u64,
    open: BTreeMap<u64, (Key, String)>,
    rows: u64,
    verified: u64,
    /// The first break, and how many there are.
    first: Option<(u64, Break)>,
    breaks: u64,
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
        let mut walk = Walk::from(Tip { sequence: cut.count()?, hash: super::hash(cut.blob()?)? });
        loop {
            let most = self.page(instance, walk.tip.sequence).await?;
            let rows = self.audit_rows(instance, walk.tip.sequence, most).await?;
            for row in &rows {
                let mut found = walk.step(self, row);
                // Rare, so that nobody keeps in mind what each outcome said.
                if found == Some((row.sequence, Break::Intent)) && self.is_repeated(row).await? {
                    found = None;
                }
                walk.count(found);
            }
            if rows.is_empty() {
                return Ok(Some(walk.end()));
            }
        }
    }

    /// How many rows after a number are read at once; 1 also where there are none.
    async fn page(&self, instance: Key, after: u64) -> Result<u32, StoreError> {
        const LENGTHS: &str = "SELECT CAST(length(payload) AS BIGINT) FROM pace_audit \
            WHERE scope = ?1 AND instance = ?2 AND sequence > ?3 ORDER BY sequence LIMIT ?4";
        let lengths = self.read(Statement::new(LENGTHS, values![self.scope(), instance, after, PAGE.0])).await?;
        let (mut rows, mut bytes) = (0, 0_u64);
        for mut length in lengths {
            bytes = bytes.saturating_add(length.count()?);
            if bytes > PAGE.1 {
                break;
            }
            rows += 1;
        }
        Ok(rows.max(1))
    }

    /// Whether an outcome says what an earlier one of its intent says: whoever appended it did not know whether that had arrived.
    async fn is_repeated(&self, row: &AuditRow) -> Result<bool, StoreError> {
        const EARLIER: &str = "SELECT sequence FROM pace_audit WHERE scope = ?1 AND instance = ?2 AND invocation = ?3 \
            AND call = ?4 AND payload = ?5 AND intent = ?6 AND sequence < ?7 LIMIT 1";
        let AuditRow { instance, sequence, entry, .. } = row;
        let AuditKind::Outcome { intent } = entry.kind else { return Ok(false) };
        let what = values![entry.invocation, entry.call.as_str(), entry.payload.clone(), intent, *sequence];
        let values = [values![self.scope(), *instance], what].concat();
        Ok(!self.read(Statement::new(EARLIER, values)).await?.is_empty())
    }
}

impl Walk {
    fn from(tip: Tip) -> Self {
        Self { tip, cut: tip.sequence, open: BTreeMap::new(), rows: 0, verified: 0, first: None, breaks: 0 }
    }

    /// What is wrong at a row. Whatever it is, the walk goes on from the row as it stands.
    fn step(&mut self, store: &Store, row: &AuditRow) -> Option<(u64, Break)> {
        let mut found = None;
        if row.sequence != self.tip.sequence.saturating_add(1) {
            found = Some((self.tip.sequence.saturating_add(1), Break::Missing));
        } else if row.previous != self.tip.hash {
            found = Some((row.sequence, Break::Previous));
        }
        let before = Tip { sequence: row.sequence.saturating_sub(1), hash: row.previous };
        if row.hash != before.next(store.names(), row.instance, &row.entry).hash {
            found = found.or(Some((row.sequence, Break::Hash)));
        }
        self.tip = Tip { sequence: row.sequence, hash: row.hash };
        found.or(self.close(row).then_some((row.sequence, Break::Intent)))
    }

    /// Remembers an intent, and forgets the one of an outcome. Says whether that has none.
    fn close(&mut self, row: &AuditRow) -> bool {
        let call = (row.entry.invocation, row.entry.call.clone());
        match row.entry.kind {
            AuditKind::Intent => {
                self.open.insert(row.sequence, call);
                false
            }
            AuditKind::Outcome { intent } if self.open.get(&intent) == Some(&call) => {
                self.open.remove(&intent);
                false
            }
            AuditKind::Outcome { intent } => intent > self.cut,
        }
    }

    fn count(&mut self, found: Option<(u64, Break)>) {
        self.rows += 1;
        match found {
            None => self.verified += 1,
            Some(found) => {
                self.first.get_or_insert(found);
                self.breaks += 1;
            }
        }
    }

    fn end(self) -> Verdict {
        let Self { tip, cut, open, rows, verified, first, breaks } = self;
        match first {
            None => Verdict::Sound { cut, rows, head: tip.hash, open: open.into_keys().collect() },
            Some((sequence, what)) => Verdict::Broken { sequence, what, breaks, rows, verified },
        }
    }
}
