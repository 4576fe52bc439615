//! What SQLite says, as what a caller can do about it.

use rusqlite::ErrorCode;

use crate::error::StoreError;

/// What a failure means.
pub(super) fn failure(error: &rusqlite::Error) -> StoreError {
    let reason = error.to_string();
    let rusqlite::Error::SqliteFailure(code, _) = error else {
        return StoreError::Statement { reason };
    };
    match code.code {
        ErrorCode::DiskFull => StoreError::Full { reason },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            StoreError::Busy { reason }
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt { reason },
        ErrorCode::OperationInterrupted => StoreError::Busy { reason: "the statement took too long".to_owned() },
        ErrorCode::ConstraintViolation => StoreError::Conflict { what: "row" },
        _ if is_full(code.extended_code) => StoreError::Full { reason },
        ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly
        | ErrorCode::OutOfMemory => StoreError::Unavailable { reason },
        _ => StoreError::Statement { reason },
    }
}

/// Whether a write failed as it does where a quota or a limit of file sizes is reached (`EDQUOT`, `EFBIG`), or where the memory shared
/// between processes cannot grow: SQLite calls only `ENOSPC` a full disk.
fn is_full(extended: i32) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE};
    [SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMSIZE].contains(&extended)
}
