//! Why a server did not say what it offers, from the client's words to the compiler's.

use pace_compiler::servers::{ProbeFailure, Unreachable};
use pace_mcp::{Error, Kind};

/// What the compiler tells the author.
pub(super) fn of(error: &Error) -> ProbeFailure {
    let unreachable = ProbeFailure::Unreachable;
    match error.kind() {
        Kind::ProgramNotFound { .. } => ProbeFailure::ProgramNotFound,
        Kind::EndedAtOnce { status, said } => {
            ProbeFailure::Ended { how: status.trim_start_matches("ended with ").to_owned(), stderr: said.join("\n") }
        }
        Kind::NoAnswer { within, .. } | Kind::TimedOut { within } => unreachable(Unreachable::TimedOut(*within)),
        Kind::Refused { .. } => unreachable(Unreachable::Refused),
        Kind::UnknownHost { .. } => unreachable(Unreachable::UnknownHost),
        Kind::Tls { why } => unreachable(Unreachable::Tls(why.clone())),
        Kind::Unreachable { why } => unreachable(Unreachable::Other(why.clone())),
        Kind::NotMcp { said } => ProbeFailure::NotMcp(said.clone()),
        Kind::Status { status: 401 | 403, said, .. } => ProbeFailure::NeedsCredential(said.clone()),
        Kind::NoToken { .. } => ProbeFailure::NeedsCredential(error.to_string()),
        Kind::Status { status, said, .. } => ProbeFailure::Status { status: *status, said: said.clone() },
        Kind::Moved { .. } | Kind::CannotStart { .. } => unreachable(Unreachable::Other(error.kind().to_string())),
        _ => ProbeFailure::Protocol(error.kind().to_string()),
    }
}
