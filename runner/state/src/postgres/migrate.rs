//! Brings the schema up to date, in one transaction. A lock that ends with the transaction makes others who start at the same
//! time wait; it works through poolers, as locks of sessions do not.

use deadpool_postgres::{Object, Transaction};

use crate::error::StoreError;
use crate::migrations::{self, Dialect};
use crate::settings::Scope;

use super::failure::failure;

/// What the lock is known by in the database: the letters `PACELINE`.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5782993006886702661)";

/// Why it failed.
pub(super) enum Failure {
    Database(tokio_postgres::Error),
    Ours(StoreError),
}

impl Failure {
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Self::Database(error) => failure(&error),
            Self::Ours(error) => error,
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Ours(error)
    }
}

/// Gives the number of the scope.
pub(super) async fn migrate(object: &mut Object, scope: &Scope) -> Result<i64, Failure> {
    let transaction = object.transaction().await?;
    transaction.batch_execute(LOCK).await?;
    transaction.batch_execute(migrations::TABLE).await?;
    let found = one(&transaction, migrations::FOUND).await?.unwrap_or(0);
    for (number, step) in migrations::missing(found, Dialect::Postgres)? {
        transaction.batch_execute(&step).await?;
        transaction.batch_execute(&migrations::TAKEN.replace("?1", &number.to_string())).await?;
    }
    let names = [&scope.project, &scope.environment];
    let typed =
        names.map(|name| (name as &(dyn tokio_postgres::types::ToSql + Sync), tokio_postgres::types::Type::TEXT));
    transaction.query_typed(&migrations::NEW_SCOPE.replace('?', "$"), &typed).await?;
    let found = transaction.query_typed(&migrations::SCOPE.replace('?', "$"), &typed).await?;
    let id = found.first().map(|row| row.try_get(0)).transpose()?;
    transaction.commit().await?;
    id.ok_or_else(|| Failure::Ours(crate::sql::unexpected()))
}

async fn one(transaction: &Transaction<'_>, sql: &str) -> Result<Option<i64>, Failure> {
    let rows = transaction.query_typed(sql, &[]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.flatten())
}
