//! What is said to a database and what it answers: statements in the SQL that SQLite and PostgreSQL share, values, rows.
//!
//! Parameters are written `?1`, which PostgreSQL is shown as `$1`, and the moment that a lease is judged at as `NOW(?1)`. Types are
//! `BIGINT`, `TEXT` and `BLOB`. Everything else means the same in both.

use std::borrow::Cow;

use crate::error::StoreError;
use crate::key::{Key, Moment, millis};

/// One value, in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// One statement and its parameters, in the order of their numbers.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
}

/// Statements that are done together or not at all.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) statements: Vec<Statement>,
    pub(crate) durability: Durability,
}

/// When a write counts as done. PostgreSQL has both, unless somebody has set `synchronous_commit` to `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Durability {
    /// The operating system has it.
    Process,
    /// The disk has it.
    Disk,
}

/// One row of an answer, read from left to right.
#[derive(Debug)]
pub(crate) struct Row(std::vec::IntoIter<Value>);

impl Statement {
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>, values: impl IntoIterator<Item = Value>) -> Self {
        Self { sql: sql.into(), values: values.into_iter().collect() }
    }
}

impl From<Statement> for Work {
    fn from(statement: Statement) -> Self {
        Self { statements: vec![statement], durability: Durability::Process }
    }
}

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    pub(crate) fn int(&mut self) -> Result<i64, StoreError> {
        self.optional_int()?.ok_or_else(unexpected)
    }

    pub(crate) fn optional_int(&mut self) -> Result<Option<i64>, StoreError> {
        match self.0.next() {
            Some(Value::Int(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected()),
        }
    }

    /// A number that cannot be negative.
    pub(crate) fn count(&mut self) -> Result<u64, StoreError> {
        u64::try_from(self.int()?).map_err(|_| unexpected())
    }

    pub(crate) fn moment(&mut self) -> Result<Moment, StoreError> {
        self.int().map(Moment)
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        self.optional_text()?.ok_or_else(unexpected)
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        match self.0.next() {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected()),
        }
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        self.optional_blob()?.ok_or_else(unexpected)
    }

    pub(crate) fn optional_blob(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.0.next() {
            Some(Value::Blob(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected()),
        }
    }

    pub(crate) fn key(&mut self) -> Result<Key, StoreError> {
        Key::from_bytes(&self.blob()?).ok_or_else(unexpected)
    }

    pub(crate) fn optional_key(&mut self) -> Result<Option<Key>, StoreError> {
        self.optional_blob()?.map(|bytes| Key::from_bytes(&bytes).ok_or_else(unexpected)).transpose()
    }
}

/// A row that this crate never wrote.
pub(crate) fn unexpected() -> StoreError {
    StoreError::Corrupt { reason: "a row has other values than this program writes".to_owned() }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Value {
    /// The greatest number that can be stored, if `value` is beyond it.
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<Moment> for Value {
    fn from(value: Moment) -> Self {
        Self::Int(value.0)
    }
}

impl From<std::time::Duration> for Value {
    fn from(value: std::time::Duration) -> Self {
        Self::Int(millis(value))
    }
}

impl From<Key> for Value {
    fn from(value: Key) -> Self {
        Self::Blob(value.bytes())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::from(value.to_owned())
    }
}

impl From<String> for Value {
    /// PostgreSQL's text holds no NUL, so neither does SQLite's.
    fn from(value: String) -> Self {
        if value.contains('\0') { Self::Text(value.replace('\0', "\u{fffd}")) } else { Self::Text(value) }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Whether a lease that ends at `column` is free: it has ended, or it ends further ahead than any lease can, because the clock
/// was set back since. Twice the lease and a minute is more than clocks are corrected by while they run.
macro_rules! is_free {
    ($column:literal, $lease:literal) => {
        concat!("(", $column, " <= NOW(?1) OR ", $column, " > NOW(?1) + 2 * CAST(", $lease, " AS BIGINT) + 60000)")
    };
}
pub(crate) use is_free;

/// The parameters of a statement, each made a [`Value`].
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;
