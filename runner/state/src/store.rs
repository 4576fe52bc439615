//! The store: one scope of one database, and the deadline that every call has.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::Backend;
use crate::error::StoreError;
use crate::postgres::Postgres;
use crate::settings::{Location, Scope, Settings};
use crate::sql::{Row, Statement, Work, values};
use crate::sqlite::Sqlite;

/// The rows of one project in one environment. Cheap to clone; all clones use the same connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    names: Scope,
    scope: i64,
    deadline: Duration,
}

/// What a store says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// How long it took to write and to read a row.
    pub took: Duration,
    /// Bytes that are free on the disk, where it is one of this host.
    pub free: Option<u64>,
    /// What an operator should know, in one sentence.
    pub warning: Option<String>,
}

impl Store {
    /// Opens a store; makes it if there is none, and brings an older one to this program's schema. Several may do so at once.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Unwritable`], [`StoreError::Refused`], [`StoreError::Corrupt`], and as every call. Has to be called
    /// in a runtime of tokio with its timers on.
    pub async fn open(location: Location, scope: Scope, settings: Settings) -> Result<Self, StoreError> {
        let deadline = settings.deadline;
        let opening = Backend::open(location, &scope, settings);
        let (backend, id) = in_time(deadline, opening).await?;
        Ok(Self { inner: Arc::new(Inner { backend, names: scope, scope: id, deadline }) })
    }

    /// Opens what somebody has stored, and makes nothing: neither the file nor the scope. Nothing if there is no such scope. Tables of an
    /// older program are brought to this one's schema.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn find(location: Location, scope: Scope, settings: Settings) -> Result<Option<Self>, StoreError> {
        let deadline = settings.deadline;
        let found = in_time(deadline, Backend::find(location, &scope, settings)).await?;
        let store = |(backend, id)| Self { inner: Arc::new(Inner { backend, names: scope, scope: id, deadline }) };
        Ok(found.map(store))
    }

    /// Whose rows a store has, by project and then environment; nothing where there is no store. Makes and changes nothing.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn scopes(location: Location, settings: Settings) -> Result<Vec<Scope>, StoreError> {
        let asking = async {
            match location {
                Location::Sqlite(folder) => Sqlite::scopes(folder, settings).await,
                Location::Postgres(postgres) => Postgres::scopes(&postgres, settings).await,
            }
        };
        in_time(settings.deadline, asking).await
    }

    /// Writes a row and reads it: what fails here fails everywhere.
    ///
    /// # Errors
    /// As every call.
    pub async fn health(&self) -> Result<Health, StoreError> {
        const BEAT: &str = "UPDATE pace_scopes SET beats = beats + 1 WHERE id = ?1 AND project = ?2 AND environment = ?3 \
            RETURNING beats";
        const READ: &str = "SELECT beats FROM pace_scopes WHERE id = ?1";
        let (started, names) = (tokio::time::Instant::now(), &self.inner.names);
        for answer in [
            self.write(Statement::new(BEAT, values![self.scope(), names.project.as_str(), names.environment.as_str()]))
                .await?,
            self.read(Statement::new(READ, values![self.scope()])).await?,
        ] {
            if answer.is_empty() {
                return Err(StoreError::Corrupt { reason: "the rows of this project are gone".to_owned() });
            }
        }
        let (free, warning) = self.inner.backend.surroundings();
        Ok(Health { took: started.elapsed(), free, warning })
    }

    /// Ends when all that was asked for before is done and the files are closed. Every later call is
    /// [`StoreError::Closed`].
    ///
    /// # Errors
    /// [`StoreError::TimedOut`]; the rest then ends by itself.
    pub async fn close(&self) -> Result<(), StoreError> {
        let closing = async {
            self.inner.backend.close().await;
            Ok(())
        };
        in_time(self.inner.deadline, closing).await
    }

    /// The longest that a call takes.
    pub fn deadline(&self) -> Duration {
        self.inner.deadline
    }

    /// Whose rows these are.
    pub fn names(&self) -> &Scope {
        &self.inner.names
    }

    /// The number that rows of this scope are keyed by.
    pub(crate) fn scope(&self) -> i64 {
        self.inner.scope
    }

    pub(crate) async fn write(&self, work: impl Into<Work>) -> Result<Vec<Row>, StoreError> {
        in_time(self.inner.deadline, self.inner.backend.write(work.into())).await
    }

    /// The first row that a write gives.
    pub(crate) async fn write_one(&self, statement: Statement) -> Result<Option<Row>, StoreError> {
        Ok(self.write(statement).await?.into_iter().next())
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        in_time(self.inner.deadline, self.inner.backend.read(statement)).await
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Store").field("names", &self.inner.names).finish_non_exhaustive()
    }
}

async fn in_time<T>(deadline: Duration, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(deadline, call).await.unwrap_or(Err(StoreError::TimedOut(deadline)))
}
