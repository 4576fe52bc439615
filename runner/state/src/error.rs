//! Why the store did not do what it was asked. The kinds are what a caller acts upon; the texts are for people.

use std::path::PathBuf;
use std::time::Duration;

/// Why a call failed. Nothing of the call was done, unless it is [`TimedOut`](Self::TimedOut) or
/// [`Unavailable`](Self::Unavailable): then nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no database at the other end, or the file is gone. It may come back.
    #[error("the store cannot be reached: {reason}")]
    Unavailable {
        /// What the database or the system said.
        reason: String,
    },
    /// There is no room left, or the system does not let the file grow. Reading goes on, and so does writing as soon as
    /// there is room.
    #[error("the disk of the store takes nothing more: {reason}")]
    Full {
        /// What the database said.
        reason: String,
    },
    /// Another process held the file, or another transaction the row, for too long.
    #[error("the store is busy: {reason}")]
    Busy {
        /// What the database said.
        reason: String,
    },
    /// The deadline of the call passed.
    #[error("the store did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// What is stored cannot be read: the file is damaged, or is no store at all.
    #[error("the store is damaged: {reason}")]
    Corrupt {
        /// What was found.
        reason: String,
    },
    /// A newer program has been here.
    #[error("the store has schema {found}, and this program knows schemas up to {known}")]
    Newer {
        /// The store's.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// The folder or file of the store cannot be made, opened or written.
    #[error("the store cannot be kept at `{}`: {reason}", .path.display())]
    Unwritable {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The store is set up in a way that cannot work: a wrong password, a missing privilege, a network file system.
    #[error("the store cannot be used: {reason}")]
    Refused {
        /// What is wrong.
        reason: String,
    },
    /// The lease was lost: it expired and somebody else took over, or what it was for is gone.
    #[error("the lease of this {what} is lost")]
    Fenced {
        /// `turn`, `firing` or `key`.
        what: &'static str,
    },
    /// There is such a row already.
    #[error("there is such a {what} already")]
    Conflict {
        /// `session` or `audit row`.
        what: &'static str,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database did not accept what this crate said. A mistake of ours.
    #[error("the store refused a statement: {reason}")]
    Statement {
        /// What the database said.
        reason: String,
    },
}

impl StoreError {
    /// Whether the same call may well succeed later, without anybody changing the call.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Full { .. } | Self::Busy { .. } | Self::TimedOut(_))
    }
}
