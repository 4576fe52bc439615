//! Where a store is and how it is used. Who reads the environment for these values is the caller.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where a store is.
#[derive(Debug, Clone)]
pub enum Location {
    /// A folder on a disk of this host, made if it is missing (mode 0700). The file in it is `state.db` (mode 0600).
    Sqlite(PathBuf),
    /// A PostgreSQL database, version 13 or later.
    Postgres(PostgresSettings),
}

/// How to reach a PostgreSQL database.
#[derive(Clone)]
pub struct PostgresSettings {
    /// `postgresql://user:password@host:port/database?sslmode=…`, or the form with keys and values. `sslmode` is `disable`, `prefer`
    /// (the default), or `require`; `verify-ca` and `verify-full` count as `require`: certificates are always verified.
    pub url: String,
    /// What certificates are judged by.
    pub tls: Arc<rustls::ClientConfig>,
    /// The most connections.
    pub connections: usize,
    /// Whether statements are prepared.
    pub statements: StatementUse,
    /// Whose clock leases go by.
    pub clock: LeaseClock,
}

/// Whether a connection keeps prepared statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementUse {
    /// Each statement is prepared once a connection. Behind pgbouncer, transaction pooling needs its version 1.21 with
    /// `max_prepared_statements`.
    Prepared,
    /// Each statement is sent whole: more work for the database, and fit for any pooler.
    Unnamed,
}

/// Whose clock says that a lease has expired, in PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseClock {
    /// The database's: hosts that compete for a lease need not agree on the time.
    Database,
    /// The caller's, as in SQLite, where all who compete run on one host.
    Caller,
}

/// Which rows are meant: those of one project in one environment. No call sees others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The project's name.
    pub project: String,
    /// `production`, `staging`; what the operator calls it.
    pub environment: String,
}

/// Bounds of a store.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The longest that a call takes.
    pub deadline: Duration,
    /// The most calls that wait for SQLite's writer; more wait for room, until their deadline.
    pub queue: usize,
}

impl Default for Settings {
    /// Five seconds: shorter than clients' own patience, longer than any checkpoint; 1,024 calls.
    fn default() -> Self {
        Self { deadline: Duration::from_secs(5), queue: 1024 }
    }
}

impl PostgresSettings {
    /// Ten connections, prepared statements, the database's clock.
    pub fn new(url: impl Into<String>, tls: Arc<rustls::ClientConfig>) -> Self {
        let (statements, clock) = (StatementUse::Prepared, LeaseClock::Database);
        Self { url: url.into(), tls, connections: 10, statements, clock }
    }
}

impl fmt::Debug for PostgresSettings {
    /// Without the address, which holds a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = formatter.debug_struct("PostgresSettings");
        all.field("connections", &self.connections).field("statements", &self.statements);
        all.field("clock", &self.clock).finish_non_exhaustive()
    }
}
