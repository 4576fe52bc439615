//! The two databases behind one interface: work goes in, rows come out.

use crate::error::StoreError;
use crate::postgres::Postgres;
use crate::settings::{Location, Scope, Settings};
use crate::sql::{Durability, Row, Statement, Work};
use crate::sqlite::Sqlite;

/// A database that was opened.
pub(crate) enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Backend {
    /// Gives also the number of the scope.
    pub(crate) async fn open(location: Location, scope: &Scope, settings: Settings) -> Result<(Self, i64), StoreError> {
        match location {
            Location::Sqlite(folder) => {
                let (sqlite, id) = Sqlite::open(folder, scope.clone(), settings).await?;
                Ok((Self::Sqlite(sqlite), id))
            }
            Location::Postgres(postgres) => {
                let (postgres, id) = Postgres::open(&postgres, scope, settings).await?;
                Ok((Self::Postgres(postgres), id))
            }
        }
    }

    /// The same, where there is such a scope.
    pub(crate) async fn find(
        location: Location,
        scope: &Scope,
        settings: Settings,
    ) -> Result<Option<(Self, i64)>, StoreError> {
        match location {
            Location::Sqlite(folder) => {
                let found = Sqlite::find(folder, scope.clone(), settings).await?;
                Ok(found.map(|(sqlite, id)| (Self::Sqlite(sqlite), id)))
            }
            Location::Postgres(postgres) => {
                let found = Postgres::find(&postgres, scope, settings).await?;
                Ok(found.map(|(postgres, id)| (Self::Postgres(postgres), id)))
            }
        }
    }

    /// Does all of it or nothing; the rows of all statements, in order.
    pub(crate) async fn write(&self, work: Work) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(work).await,
            // Boxed: it is long, and a part of every call that may end here.
            Self::Postgres(postgres) => Box::pin(postgres.run(&work.statements, work.durability)).await,
        }
    }

    /// What was committed when it is asked.
    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(statement).await,
            Self::Postgres(postgres) => Box::pin(postgres.run(&[statement], Durability::Process)).await,
        }
    }

    /// Free bytes of the disk, and what an operator should know.
    pub(crate) fn surroundings(&self) -> (Option<u64>, Option<String>) {
        match self {
            Self::Sqlite(sqlite) => sqlite.surroundings(),
            Self::Postgres(_) => (None, None),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres(postgres) => postgres.close(),
        }
    }
}
