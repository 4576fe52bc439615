//! The audit of writes: what was about to be done, and what came of it, in a chain of hashes for each runner instance. A row is on
//! the disk before [`AuditLog::append`] returns, so that a write whose intent was appended is on record whatever happens next.
//!
//! Of rows that wait at the same time, one commit is made. Rows cannot be changed, moved or taken out of the middle unseen: see
//! [`Store::verify_audit`]. Who can write to the database can still cut off a chain's newest rows, or its oldest as if they
//! had been pruned, or make a new chain; against that helps only a copy of the number of rows and of the head's hash kept elsewhere.

mod chain;
mod log;
mod verify;

pub use log::AuditLog;
pub use verify::{Break, Verdict};

use crate::error::StoreError;
use crate::key::{Key, Moment};
use crate::page::{Cursor, Page};
use crate::sql::{Row, Statement, unexpected, values};
use crate::store::Store;

/// What a row says of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditKind {
    /// It is about to be made.
    Intent,
    /// It was made or failed; or the runner lost it, and nobody knows.
    Outcome {
        /// The sequence number of its intent, in the same chain.
        intent: u64,
    },
}

/// A row to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Intent or outcome.
    pub kind: AuditKind,
    /// The invocation.
    pub invocation: Key,
    /// The call within it.
    pub call: String,
    /// When, by the caller's clock.
    pub at: Moment,
    /// All else, as the caller writes it.
    pub payload: Vec<u8>,
}

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The runner instance.
    pub instance: Key,
    /// 1 for the first row of the instance.
    pub sequence: u64,
    /// What it says.
    pub entry: AuditEntry,
    /// The hash of the row before it; zeros before the first.
    pub previous: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
}

/// A chain: everything one runner instance did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// The runner instance.
    pub instance: Key,
    /// When it began.
    pub started: Moment,
    /// Rows up to this number were deleted; 0 if none.
    pub cut: u64,
}

pub(crate) const COLUMNS: &str = "instance, sequence, kind, intent, invocation, call, at, payload, previous, hash";

impl Store {
    /// All chains, newest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn audit_chains(&self, after: Option<Cursor>, most: u32) -> Result<Page<Chain>, StoreError> {
        const LIST: &str = "SELECT instance, started, cut_sequence FROM pace_audit_chains \
            WHERE scope = ?1 AND (started, instance) < (?2, ?3) ORDER BY started DESC, instance DESC LIMIT ?4";
        let Cursor { at, key } = after.unwrap_or(Cursor::START);
        let rows = self.read(Statement::new(LIST, values![self.scope(), at, key, most])).await?;
        let chain = |mut row: Row| Ok(Chain { instance: row.key()?, started: row.moment()?, cut: row.count()? });
        let rows = rows.into_iter().map(chain).collect::<Result<Vec<_>, StoreError>>()?;
        let last = rows.last().map(|last| Cursor { at: last.started, key: last.instance });
        Ok(Page { next: last.filter(|_| rows.len() >= most as usize), rows })
    }

    /// The rows of a chain after a sequence number, oldest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn audit_rows(&self, instance: Key, after: u64, most: u32) -> Result<Vec<AuditRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_audit WHERE scope = ?1 AND instance = ?2 AND sequence > ?3 ORDER BY sequence LIMIT ?4"
        );
        let rows = self.read(Statement::new(sql, values![self.scope(), instance, after, most])).await?;
        rows.into_iter().map(audit_row).collect()
    }

    /// The rows of an invocation, oldest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn audit_of(&self, invocation: Key, most: u32) -> Result<Vec<AuditRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_audit WHERE scope = ?1 AND invocation = ?2 ORDER BY instance, sequence LIMIT ?3"
        );
        let rows = self.read(Statement::new(sql, values![self.scope(), invocation, most])).await?;
        rows.into_iter().map(audit_row).collect()
    }
}

fn audit_row(mut row: Row) -> Result<AuditRow, StoreError> {
    let (instance, sequence) = (row.key()?, row.count()?);
    let kind = match (row.int()?, row.optional_int()?) {
        (0, None) => AuditKind::Intent,
        (1, Some(intent)) => AuditKind::Outcome { intent: u64::try_from(intent).map_err(|_| unexpected())? },
        _ => return Err(unexpected()),
    };
    let (invocation, call, at, payload) = (row.key()?, row.text()?, row.moment()?, row.blob()?);
    let entry = AuditEntry { kind, invocation, call, at, payload };
    Ok(AuditRow { instance, sequence, entry, previous: hash(row.blob()?)?, hash: hash(row.blob()?)? })
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| unexpected())
}
