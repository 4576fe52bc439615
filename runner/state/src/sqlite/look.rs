//! Whether there is a file, and whether it could be written: nothing is made, and the file is opened for reading.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::failure::failure;
use super::place;
use crate::error::StoreError;
use crate::look::Looked;
use crate::migrations::{self, Dialect};

/// Whether there is a table of steps: a file that was only just made has none.
const HAS_STEPS: &str = "SELECT count(*) FROM sqlite_master WHERE name = 'pace_schema'";
/// How long others may hold the file.
const BUSY: Duration = Duration::from_secs(2);

pub(super) fn look(folder: &Path) -> Result<Looked, StoreError> {
    let file = folder.join(place::FILE);
    // What is not there is made in the nearest folder that is.
    let nearest = folder.ancestors().find(|path| path.exists()).map_or_else(|| PathBuf::from("."), Path::to_owned);
    if !nearest.is_dir() {
        let reason = "it is no folder".to_owned();
        return Err(StoreError::Unwritable { path: nearest, reason });
    }
    place::judge_file_system(&nearest)?;
    writable(&nearest)?;
    if !file.exists() {
        return Ok(Looked::Absent);
    }
    writable(&file)?;
    let step = |error: rusqlite::Error| failure(&error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&file, flags).map_err(step)?;
    connection.busy_timeout(BUSY).map_err(step)?;
    let tables: i64 = connection.query_row(HAS_STEPS, [], |row| row.get(0)).map_err(step)?;
    if tables == 0 {
        return Ok(Looked::Absent);
    }
    let found: Option<i64> = connection.query_row(migrations::FOUND, [], |row| row.get(0)).map_err(step)?;
    let missing = migrations::missing(found.unwrap_or(0), Dialect::Sqlite)?;
    Ok(if missing.is_empty() { Looked::Ready } else { Looked::Older })
}

#[cfg(unix)]
fn writable(path: &Path) -> Result<(), StoreError> {
    use rustix::fs::{Access, access};
    access(path, Access::WRITE_OK).map_err(|error| StoreError::Unwritable {
        path: path.to_owned(),
        reason: std::io::Error::from(error).to_string(),
    })
}

#[cfg(not(unix))]
fn writable(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}
