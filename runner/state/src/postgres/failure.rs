//! What PostgreSQL and the pool say, as what a caller can do about it.

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

use crate::error::StoreError;

/// What a failure means.
pub(super) fn failure(error: &tokio_postgres::Error) -> StoreError {
    let Some(said) = error.as_db_error() else {
        let reason = sources(error);
        // Without a code from the server it is the connection, or a value of a type that this crate got wrong.
        let is_ours = reason.contains("serializing") || reason.contains("deserializing");
        return if is_ours { StoreError::Statement { reason } } else { StoreError::Unavailable { reason } };
    };
    by_code(said.code(), said.message().to_owned())
}

fn by_code(code: &SqlState, reason: String) -> StoreError {
    let class = code.code().get(..2).unwrap_or_default();
    match code.code() {
        "53100" => StoreError::Full { reason },
        "53300" | "40001" | "40P01" | "55P03" | "57014" => StoreError::Busy { reason },
        "23505" => StoreError::Conflict { what: "row" },
        // A server that only follows another, as after a failover; or tables that are gone, because a backup is being restored.
        "25006" | "42P01" => StoreError::Unavailable { reason },
        "XX001" | "XX002" => StoreError::Corrupt { reason },
        "42501" | "3D000" | "3F000" | "0A000" => StoreError::Refused { reason },
        // A pooler that loses its server says `08P01`.
        _ if ["08", "57", "53", "58"].contains(&class) => StoreError::Unavailable { reason },
        _ if class == "28" => StoreError::Refused { reason },
        _ => StoreError::Statement { reason },
    }
}

/// What it means that there is no connection to be had.
pub(super) fn pool_failure(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => failure(&error),
        PoolError::PostCreateHook(HookError::Message(reason)) => {
            StoreError::Unavailable { reason: reason.into_owned() }
        }
        PoolError::Timeout(TimeoutType::Wait) => {
            StoreError::Busy { reason: "all connections to the database are in use".to_owned() }
        }
        PoolError::Timeout(_) => StoreError::Unavailable { reason: "the database does not answer".to_owned() },
        PoolError::Closed => StoreError::Closed,
        other => StoreError::Unavailable { reason: sources(&other) },
    }
}

/// An error and what it came from, on one line.
fn sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_a_caller_can_do() {
        let meaning = |code: &str| by_code(&SqlState::from_code(code), String::new());
        assert!(matches!(meaning("53100"), StoreError::Full { .. }));
        for code in ["57P01", "57P03", "08006", "25006", "42P01"] {
            assert!(matches!(meaning(code), StoreError::Unavailable { .. }), "{code}");
        }
        for code in ["28P01", "3D000", "42501"] {
            assert!(matches!(meaning(code), StoreError::Refused { .. }), "{code}");
        }
        assert!(matches!(meaning("42601"), StoreError::Statement { .. }));
    }
}
