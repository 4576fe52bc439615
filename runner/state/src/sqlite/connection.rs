//! A connection: how it is set up, how the schema comes to be, how one statement is done.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use crate::error::StoreError;
use crate::migrations::{self, Dialect};
use crate::settings::{Scope, Settings};
use crate::sql::{Row, Statement, Value, unexpected};

use super::Held;
use super::failure::failure;
use super::log;
use super::place::Place;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
    /// Brings the log into the file.
    Keeper,
}

/// Statements that a connection keeps prepared: more than there are.
const PREPARED: usize = 128;

pub(super) fn open(place: &Place, role: Role, settings: Settings) -> Result<Connection, StoreError> {
    // Without `CREATE`: the file was made before, with its mode. Without a mutex: a connection stays on its thread.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&place.file, flags).map_err(|error| failure(&error))?;
    set_up(&connection, role, settings).map_err(|error| failure(&error))?;
    Ok(connection)
}

fn set_up(connection: &Connection, role: Role, settings: Settings) -> rusqlite::Result<()> {
    // Shorter than the deadline, so that whoever waits is told that the file is locked.
    let patience = settings.deadline.mul_f32(0.6).min(Duration::from_secs(30));
    connection.busy_timeout(patience)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    let mode = set_journal_mode(connection, Instant::now() + patience)?;
    if mode != "wal" {
        // As SQLite itself says where the shared memory cannot be had.
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
        let text = format!("the write-ahead log cannot be used, only `{mode}`");
        return Err(rusqlite::Error::SqliteFailure(code, Some(text)));
    }
    let pragmas = match role {
        // 8 MiB of pages: the upper parts of all indexes of a million traces.
        Role::Writer => &format!(
            "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = {};",
            log::KEPT
        ),
        Role::Reader => "PRAGMA query_only = ON; PRAGMA cache_size = -1024;",
        // It reads no page through the cache.
        Role::Keeper => "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -64;",
    };
    connection.execute_batch(pragmas)?;
    connection
        .execute_batch("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    if role == Role::Writer {
        log::count_pages(connection);
    }
    Ok(())
}

/// Turns the write-ahead log on, and gives the mode that the file is in.
///
/// Whoever reads a new file and wants to be the one who changes its mode is told at once that it is locked where somebody else wants
/// the same: SQLite asks no busy handler there, because the two would wait for each other. So this waits by itself.
fn set_journal_mode(connection: &Connection, until: Instant) -> rusqlite::Result<String> {
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until => {
                std::thread::sleep(AGAIN);
            }
            answer => return answer,
        }
    }
}

/// Between two tries to change the mode of a file that others are opening.
const AGAIN: Duration = Duration::from_millis(2);

/// Brings the schema up to date, and gives the number of the scope.
pub(super) fn migrate(connection: &mut Connection, scope: &Scope) -> Result<i64, StoreError> {
    step(connection, |transaction| {
        let names = [&scope.project, &scope.environment];
        transaction.execute(migrations::NEW_SCOPE, names)?;
        transaction.query_row(migrations::SCOPE, names, |row| row.get(0))
    })
}

/// The number of a scope, where there are tables and it is in them.
pub(super) fn known(connection: &mut Connection, scope: &Scope) -> Result<Option<i64>, StoreError> {
    let step = |error: rusqlite::Error| failure(&error);
    let has_tables: bool = connection.query_row(HAS_TABLES, [], |row| row.get(0)).map_err(step)?;
    if !has_tables {
        return Ok(None);
    }
    let names = [&scope.project, &scope.environment];
    self::step(connection, |transaction| transaction.query_row(migrations::SCOPE, names, |row| row.get(0)).optional())
}

/// All scopes, where there are tables. Takes no steps: it only asks.
pub(super) fn scopes(connection: &Connection) -> Result<Vec<Scope>, StoreError> {
    let asked = || {
        if !connection.query_row(HAS_TABLES, [], |row| row.get(0))? {
            return Ok(Vec::new());
        }
        let mut statement = connection.prepare(migrations::SCOPES)?;
        let scope = |row: &rusqlite::Row<'_>| Ok(Scope { project: row.get(0)?, environment: row.get(1)? });
        statement.query_map([], scope)?.collect::<rusqlite::Result<_>>()
    };
    asked().map_err(|error| failure(&error))
}

const HAS_TABLES: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'pace_scopes')";

/// The same for what may be another file than the one that was opened: rows are keyed by the scope's number, so it has to have that
/// number there too.
///
/// # Errors
/// Another scope has it, or this one has another; nothing was changed then.
pub(super) fn rejoin(connection: &mut Connection, held: &Held) -> Result<(), StoreError> {
    let Held { scope, id } = held;
    let joined = step(connection, |transaction| {
        transaction.execute(migrations::HELD_SCOPE, (&scope.project, &scope.environment, id))?;
        let names = [&scope.project, &scope.environment];
        let found = transaction.query_row(migrations::SCOPE, names, |row| row.get(0));
        found.and_then(|found: i64| if found == *id { Ok(()) } else { Err(rusqlite::Error::QueryReturnedNoRows) })
    });
    joined.map_err(unless_known)
}

/// Whether a file that is only read is the one that was opened, or holds the same scope.
pub(super) fn judge(connection: &Connection, held: &Held) -> Result<(), StoreError> {
    let names = [&held.scope.project, &held.scope.environment];
    match connection.query_row(migrations::SCOPE, names, |row| row.get::<_, i64>(0)) {
        Ok(id) if id == held.id => Ok(()),
        Ok(_) => Err(migrations::another_store()),
        Err(error) => Err(unless_known(failure(&error))),
    }
}

/// Tables or rows that are missing are those of another store.
fn unless_known(error: StoreError) -> StoreError {
    if matches!(error, StoreError::Statement { .. }) { migrations::another_store() } else { error }
}

/// Takes the steps that are missing, and does something in the same transaction, which is the lock.
fn step<T>(
    connection: &mut Connection,
    then: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let steps = |error: rusqlite::Error| failure(&error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(steps)?;
    transaction.execute_batch(migrations::TABLE).map_err(steps)?;
    let found: Option<i64> = transaction.query_row(migrations::FOUND, [], |row| row.get(0)).map_err(steps)?;
    for (number, step) in migrations::missing(found.unwrap_or(0), Dialect::Sqlite)? {
        transaction.execute_batch(&step).map_err(steps)?;
        transaction.execute(migrations::TAKEN, [number]).map_err(steps)?;
    }
    let done = then(&transaction).map_err(steps)?;
    transaction.commit().map_err(steps)?;
    Ok(done)
}

/// Does one statement and adds its rows.
pub(super) fn run(connection: &Connection, statement: &Statement, rows: &mut Vec<Row>) -> Result<(), StoreError> {
    let step = |error: rusqlite::Error| failure(&error);
    let mut prepared = connection.prepare_cached(&text(&statement.sql)).map_err(step)?;
    let columns = prepared.column_count();
    let mut found = prepared.query(rusqlite::params_from_iter(&statement.values)).map_err(step)?;
    while let Some(row) = found.next().map_err(step)? {
        let value = |column| row.get_ref(column).map_err(step).and_then(value);
        rows.push(Row::new((0..columns).map(value).collect::<Result<_, _>>()?));
    }
    Ok(())
}

/// The moment that a lease is judged at is the caller's.
fn text(sql: &str) -> Cow<'_, str> {
    if sql.contains("NOW(") { Cow::Owned(sql.replace("NOW(?1)", "?1")) } else { Cow::Borrowed(sql) }
}

fn value(found: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8(value.to_vec()).map_err(|_| unexpected())?),
        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
        ValueRef::Real(_) => return Err(unexpected()),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}
