//! Whether a store could be opened, found out without changing anything: for those who ask before they start, and may be another user,
//! or of a newer version than what runs.

use std::time::Duration;

use crate::error::StoreError;
use crate::postgres::Postgres;
use crate::settings::{Location, Settings};
use crate::sqlite::Sqlite;
use crate::store::Store;

/// What was found where a store is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// A store of this version.
    Ready,
    /// A store of an older version, which is brought up to date when it is opened.
    Older,
    /// None, which is made when it is opened.
    Absent,
}

impl Store {
    /// Whether [`Store::open`] would do, as far as can be seen: no folder, file or table is made, and an older schema stays as it is.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn look(location: &Location, settings: Settings) -> Result<Looked, StoreError> {
        let deadline: Duration = settings.deadline;
        let looking = async {
            match location {
                Location::Sqlite(folder) => Sqlite::look(folder.clone()).await,
                Location::Postgres(postgres) => Postgres::look(postgres, settings).await,
            }
        };
        tokio::time::timeout(deadline, looking).await.unwrap_or(Err(StoreError::TimedOut(deadline)))
    }
}
