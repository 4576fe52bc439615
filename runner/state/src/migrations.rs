//! The schema, as numbered steps. A step that was released is never changed; a change is the next step. Both databases take the
//! same text, but for the name of one type.

use std::borrow::Cow;

use crate::error::StoreError;

/// The steps; the first is number 1.
const STEPS: &[&str] = &[include_str!("migrations/0001.sql")];

/// Where it is written which steps were taken.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS pace_schema (version BIGINT NOT NULL PRIMARY KEY)";

/// The newest step that was taken; nothing before the first.
pub(crate) const FOUND: &str = "SELECT max(version) FROM pace_schema";

/// Writes down that a step was taken.
pub(crate) const TAKEN: &str = "INSERT INTO pace_schema (version) VALUES (?1)";

/// The number of a scope.
pub(crate) const SCOPE: &str = "SELECT id FROM pace_scopes WHERE project = ?1 AND environment = ?2";

/// All scopes, in order.
pub(crate) const SCOPES: &str = "SELECT project, environment FROM pace_scopes ORDER BY project, environment";

/// Gives a scope the next number. Only under the lock that migrations take.
pub(crate) const NEW_SCOPE: &str = "INSERT INTO pace_scopes (id, project, environment, beats) \
    SELECT coalesce(max(id), 0) + 1, ?1, ?2, 0 FROM pace_scopes WHERE true ON CONFLICT (project, environment) DO NOTHING";

/// Gives a scope the number that this program knows it by, where neither is taken. Under the same lock.
pub(crate) const HELD_SCOPE: &str = "INSERT INTO pace_scopes (id, project, environment, beats) VALUES (?3, ?1, ?2, 0) \
    ON CONFLICT DO NOTHING";

/// What is there now is not the store that was opened: rows of this program would be somebody else's.
pub(crate) fn another_store() -> StoreError {
    let reason = "another store was put in the place of the one that was opened; start the program again to use it";
    StoreError::Unavailable { reason: reason.to_owned() }
}

/// A database, as far as its SQL differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// The steps that a store still needs, with their numbers.
///
/// # Errors
/// [`StoreError::Newer`].
pub(crate) fn missing(found: i64, dialect: Dialect) -> Result<Vec<(i64, Cow<'static, str>)>, StoreError> {
    let numbered = (1_i64..).zip(STEPS.iter().copied());
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(numbered.filter(|(number, _)| *number > found).map(|(number, step)| (number, dialect.step(step))).collect())
}

impl Dialect {
    fn step(self, text: &'static str) -> Cow<'static, str> {
        match self {
            Self::Sqlite => Cow::Borrowed(text),
            Self::Postgres => Cow::Owned(text.replace(" BLOB", " BYTEA")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_store_is_refused_and_an_older_one_is_told_what_it_lacks() {
        let known = i64::try_from(STEPS.len()).unwrap();
        assert_eq!(missing(known, Dialect::Sqlite), Ok(Vec::new()));
        assert_eq!(missing(0, Dialect::Sqlite).map(|steps| steps.len()), Ok(STEPS.len()));
        let newer = missing(known + 1, Dialect::Sqlite).unwrap_err();
        assert_eq!(newer, StoreError::Newer { found: known + 1, known });
    }

    #[test]
    fn postgresql_is_shown_its_own_types() {
        let steps = missing(0, Dialect::Postgres).unwrap();
        assert!(steps.iter().all(|(_, step)| !step.contains("BLOB") && step.contains("id BYTEA NOT NULL")));
    }
}
