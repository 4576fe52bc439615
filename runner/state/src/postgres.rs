//! PostgreSQL: a pool of connections, one statement a round trip. Work of several statements is one transaction, sent without
//! waiting in between.
//!
//! Behind pgbouncer in transaction mode everything works that is used here: no session state is kept but prepared
//! statements, and those can be done without ([`StatementUse::Unnamed`]).

mod connect;
mod failure;
mod migrate;
mod text;
mod value;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use futures_util::future::try_join_all;
use tokio_postgres::types::ToSql;

use crate::error::StoreError;
use crate::look::Looked;
use crate::migrations::{self, Dialect};
use crate::settings::{PostgresSettings, Scope, Settings, StatementUse};
use crate::sql::{Durability, Row, Statement, values};
use connect::Held;
use failure::{failure, pool_failure};
use text::Texts;

/// Begins a transaction that is on the disk when it is committed, also where the database was told not to wait for that. Stricter
/// settings than `on` stay as they are.
const BEGIN_SYNCED: &str =
    "BEGIN; SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'";

/// A database that was reached at least once.
pub(crate) struct Postgres {
    pool: Pool,
    statements: StatementUse,
    texts: Texts,
}

/// A connection that goes back to the pool only when nothing is under way on it: one whose call was given up may hang, and may
/// have a transaction open.
struct Lent(Option<Object>);

impl Drop for Lent {
    fn drop(&mut self) {
        // Taken out of the pool, its connection ends.
        drop(self.0.take().map(Object::take));
    }
}

impl Postgres {
    pub(crate) async fn open(
        settings: &PostgresSettings,
        scope: &Scope,
        bounds: Settings,
    ) -> Result<(Self, i64), StoreError> {
        let (postgres, held) = Self::connect(settings, scope, bounds)?;
        let mut lent = postgres.lend().await?;
        let Some(object) = &mut lent.0 else { return Err(StoreError::Closed) };
        let id = migrate::migrate(object, scope, None).await.map_err(migrate::Failure::into_error)?;
        give_back(lent);
        let _first = held.id.set(id);
        Ok((postgres, id))
    }

    /// What is there, without making any of it.
    pub(crate) async fn look(settings: &PostgresSettings, bounds: Settings) -> Result<Looked, StoreError> {
        const HAS_STEPS: &str = "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('pace_schema')";
        let pool = connect::pool(settings, Arc::new(Held::nothing()), bounds)?;
        let postgres = Self { pool, statements: settings.statements, texts: Texts::new(settings.clock) };
        let tables = postgres.number(HAS_STEPS).await?;
        if tables == Some(0) {
            return Ok(Looked::Absent);
        }
        let found = postgres.number(migrations::FOUND).await?;
        let missing = migrations::missing(found.unwrap_or(0), Dialect::Postgres)?;
        Ok(if missing.is_empty() { Looked::Ready } else { Looked::Older })
    }

    /// Whose rows are there; nothing where no tables are.
    pub(crate) async fn scopes(settings: &PostgresSettings, bounds: Settings) -> Result<Vec<Scope>, StoreError> {
        const HAS_SCOPES: &str = "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('pace_scopes')";
        let pool = connect::pool(settings, Arc::new(Held::nothing()), bounds)?;
        let postgres = Self { pool, statements: settings.statements, texts: Texts::new(settings.clock) };
        if postgres.number(HAS_SCOPES).await? == Some(0) {
            return Ok(Vec::new());
        }
        let rows = postgres.run(&[Statement::new(migrations::SCOPES, values![])], Durability::Process).await?;
        let scope = |mut row: Row| Ok(Scope { project: row.text()?, environment: row.text()? });
        rows.into_iter().map(scope).collect()
    }

    /// The number that a statement without values gives, if it is not null.
    async fn number(&self, sql: &'static str) -> Result<Option<i64>, StoreError> {
        let rows = self.run(&[Statement::new(sql, values![])], Durability::Process).await?;
        rows.into_iter().next().map_or(Ok(None), |mut row| row.optional_int())
    }

    /// The same for a scope that is there; nothing where it is not.
    pub(crate) async fn find(
        settings: &PostgresSettings,
        scope: &Scope,
        bounds: Settings,
    ) -> Result<Option<(Self, i64)>, StoreError> {
        let (postgres, held) = Self::connect(settings, scope, bounds)?;
        let mut lent = postgres.lend().await?;
        let Some(object) = &mut lent.0 else { return Err(StoreError::Closed) };
        let id = migrate::known(object, scope).await.map_err(migrate::Failure::into_error)?;
        give_back(lent);
        Ok(id.map(|id| {
            let _first = held.id.set(id);
            (postgres, id)
        }))
    }

    /// With a pool that has no connection yet, and no scope.
    fn connect(settings: &PostgresSettings, scope: &Scope, bounds: Settings) -> Result<(Self, Arc<Held>), StoreError> {
        let held = Arc::new(Held { scope: scope.clone(), id: OnceLock::new() });
        let pool = connect::pool(settings, Arc::clone(&held), bounds)?;
        let texts = Texts::new(settings.clock);
        Ok((Self { pool, statements: settings.statements, texts }, held))
    }

    /// Does all statements or none; the rows of all, in order.
    pub(crate) async fn run(&self, statements: &[Statement], durability: Durability) -> Result<Vec<Row>, StoreError> {
        let lent = self.lend().await?;
        let Some(object) = &lent.0 else { return Err(StoreError::Closed) };
        let outcome = match (statements, durability) {
            ([statement], Durability::Process) => self.one(object, statement).await,
            (several, durability) => self.several(object, several, durability).await,
        };
        let outcome = outcome.map_err(|error| failure(&error));
        // After an error the connection is idle too: several undo what they did. Where the database is another one than before, the
        // next connection finds out.
        if !matches!(outcome, Err(StoreError::Unavailable { .. })) {
            give_back(lent);
        }
        outcome?.iter().map(value::row).collect()
    }

    async fn several(
        &self,
        object: &Object,
        statements: &[Statement],
        durability: Durability,
    ) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
        self.prepare(object, statements).await?;
        object.batch_execute(if durability == Durability::Disk { BEGIN_SYNCED } else { "BEGIN" }).await?;
        let all = try_join_all(statements.iter().map(|statement| self.one(object, statement))).await;
        match all {
            Ok(rows) => object.batch_execute("COMMIT").await.map(|()| rows.into_iter().flatten().collect()),
            Err(error) => {
                // A connection that cannot do this is closed, which does it as well.
                let _gone_with_it = object.batch_execute("ROLLBACK").await;
                Err(error)
            }
        }
    }

    /// Prepares what the connection does not know yet, each text once. Of statements that are sent without waiting, each would be
    /// prepared for itself.
    async fn prepare(&self, object: &Object, statements: &[Statement]) -> Result<(), tokio_postgres::Error> {
        if self.statements == StatementUse::Unnamed {
            return Ok(());
        }
        let mut last = None;
        for Statement { sql, .. } in statements {
            if last != Some(sql) {
                object.prepare_cached(&self.texts.of(sql)).await?;
                last = Some(sql);
            }
        }
        Ok(())
    }

    async fn one(
        &self,
        object: &Object,
        statement: &Statement,
    ) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
        let text = self.texts.of(&statement.sql);
        match self.statements {
            StatementUse::Prepared => {
                let prepared = object.prepare_cached(&text).await?;
                let values: Vec<&(dyn ToSql + Sync)> = statement.values.iter().map(|value| value as _).collect();
                object.query(&prepared, &values).await
            }
            StatementUse::Unnamed => {
                let typed = statement.values.iter().map(|value| (value as &(dyn ToSql + Sync), value::kind(value)));
                object.query_typed(&text, &typed.collect::<Vec<_>>()).await
            }
        }
    }

    async fn lend(&self) -> Result<Lent, StoreError> {
        self.pool.get().await.map(|object| Lent(Some(object))).map_err(pool_failure)
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// The connection is idle: others may have it.
fn give_back(mut lent: Lent) {
    drop(lent.0.take());
}

/// The part of a call's time that reaching the database may take.
pub(crate) fn connecting(deadline: Duration) -> Duration {
    deadline.mul_f32(0.8)
}
