//! Brings the schema up to date, in one transaction. A lock that ends with the transaction makes others who start at the same
//! time wait; it works through poolers, as locks of sessions do not.

use deadpool_postgres::{ClientWrapper, Transaction};
use tokio_postgres::types::{ToSql, Type};

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

/// Gives the number of the scope: a new one, or the one that it is known by.
///
/// # Errors
/// It is known by another one there, which nothing was done about.
pub(super) async fn migrate(client: &mut ClientWrapper, scope: &Scope, held: Option<i64>) -> Result<i64, Failure> {
    let transaction = begin(client).await?;
    let typed = typed(scope);
    match &held {
        None => transaction.query_typed(&migrations::NEW_SCOPE.replace('?', "$"), &typed).await?,
        Some(id) => {
            let typed = [typed.as_slice(), &[(id, Type::INT8)]].concat();
            transaction.query_typed(&migrations::HELD_SCOPE.replace('?', "$"), &typed).await?
        }
    };
    let id = number(&transaction, scope).await?;
    if held.is_some() && id != held {
        return Err(Failure::Ours(migrations::another_store()));
    }
    transaction.commit().await?;
    id.ok_or_else(|| Failure::Ours(crate::sql::unexpected()))
}

/// The number of a scope, where there are tables and it is in them.
pub(super) async fn known(client: &mut ClientWrapper, scope: &Scope) -> Result<Option<i64>, Failure> {
    const HAS_TABLES: &str = "SELECT count(to_regclass('pace_scopes'))";
    let found = client.query_typed(HAS_TABLES, &[]).await?;
    if found.first().map(|row| row.try_get::<_, i64>(0)).transpose()? != Some(1) {
        return Ok(None);
    }
    let transaction = begin(client).await?;
    let id = number(&transaction, scope).await?;
    transaction.commit().await?;
    Ok(id)
}

/// A transaction that has the lock, and in which all steps are taken.
async fn begin(client: &mut ClientWrapper) -> Result<Transaction<'_>, Failure> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(LOCK).await?;
    transaction.batch_execute(migrations::TABLE).await?;
    let found = one(&transaction, migrations::FOUND).await?.unwrap_or(0);
    for (number, step) in migrations::missing(found, Dialect::Postgres)? {
        transaction.batch_execute(&step).await?;
        transaction.batch_execute(&migrations::TAKEN.replace("?1", &number.to_string())).await?;
    }
    Ok(transaction)
}

async fn number(transaction: &Transaction<'_>, scope: &Scope) -> Result<Option<i64>, Failure> {
    let found = transaction.query_typed(&migrations::SCOPE.replace('?', "$"), &typed(scope)).await?;
    Ok(found.first().map(|row| row.try_get(0)).transpose()?)
}

/// For a new connection to what may be another database than the one that was opened: rows are keyed by the scope's number.
pub(super) async fn rejoin(client: &mut ClientWrapper, scope: &Scope, held: i64) -> Result<(), Failure> {
    let found = client.query_typed(&migrations::SCOPE.replace('?', "$"), &typed(scope)).await;
    if let Ok([row]) = found.as_deref()
        && row.try_get::<_, i64>(0).is_ok_and(|id| id == held)
    {
        return Ok(());
    }
    migrate(client, scope, Some(held)).await.map(drop)
}

fn typed(scope: &Scope) -> [(&(dyn ToSql + Sync), Type); 2] {
    [(&scope.project, Type::TEXT), (&scope.environment, Type::TEXT)]
}

async fn one(transaction: &Transaction<'_>, sql: &str) -> Result<Option<i64>, Failure> {
    let rows = transaction.query_typed(sql, &[]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.flatten())
}
