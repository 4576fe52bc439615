//! What a runner remembers: sessions, traces, the audit of writes, idempotency keys and firings of loops, in one SQLite file
//! or in PostgreSQL. It knows rows, not what agents mean by them: conversations, records and answers are bytes to it.
//!
//! ```text
//! sessions traces audit idempotency firings prune      what can be asked: one statement of SQL each, for both databases
//!                      │
//!                   Store ── deadline, scope
//!              ┌───────┴────────┐
//!           sqlite            postgres
//!   one writer, group commit    pool of connections, TLS
//!   a few readers
//! ```
//!
//! **Time** comes from the caller, in milliseconds ([`Moment`]): nothing here asks the system what time it is, and tests wind
//! the clock as they like. The exception is PostgreSQL's leases, which several hosts compete for: their clocks differ, so the
//! database's own is asked ([`LeaseClock`]).
//!
//! **Failure is a type** ([`StoreError`]). Every call ends before the deadline in [`Settings`], also when a disk is full, a file is
//! locked or a database is gone; nothing has to be opened again afterwards. A write that timed out, or whose future was
//! dropped, may or may not have been made: what matters is fenced or idempotent, so that it can be asked for again.
//!
//! **Durability.** A committed write survives the process, `kill -9` included. An operating system that crashes may lose the
//! last moments of what SQLite committed, never damage it; audit rows are on the disk when [`AuditLog::append`] returns.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod audit;
mod backend;
mod error;
mod firings;
mod idempotency;
mod key;
mod look;
mod migrations;
mod page;
mod postgres;
mod prune;
mod sessions;
mod settings;
mod sink;
mod sql;
mod sqlite;
mod store;
mod traces;

pub use audit::{AuditEntry, AuditKind, AuditLog, AuditRow, Break, Chain, Verdict};
pub use error::StoreError;
pub use firings::{Claim, Firing, FiringLease, FiringState};
pub use idempotency::{Claimed, KeyClaim, KeyLease};
pub use key::{Key, Moment};
pub use look::Looked;
pub use page::{Cursor, MalformedCursor, Page};
pub use prune::Prune;
pub use sessions::{Begun, NewSession, Session, SessionInside, SessionOwner, TurnEnd, TurnLease, Version};
pub use settings::{LeaseClock, Location, PostgresSettings, Scope, Settings, StatementUse};
pub use sink::{Offered, SinkSettings, SinkState, TraceSink};
pub use store::{Health, Store};
pub use traces::{Readable, Trace, TraceFilter, TraceStatus};
