//! Why there is no connection, or none any more: rmcp says that something ended, the transport and the program say why.

use std::time::Duration;

use rmcp::model::ErrorData;
use rmcp::service::{ClientInitializeError, ServiceError};

use super::{Connection, TOO_LARGE, TOO_MANY_VALUES, UNREADABLE};
use crate::bounds::{MOST_RESULT, MOST_VALUES};
use crate::error::Kind;
use crate::http::kind_of;
use crate::redact::Redactor;
use crate::stdio::Child;
use crate::wire::Shared;

/// rmcp's words for a call that a session took with it when it ended.
const SESSION_ENDED: &str = "streamable HTTP session was re-initialized before the response arrived";
/// How long is waited for a program that has closed its output to end.
const END: Duration = Duration::from_millis(500);

/// Why it was not opened.
pub(super) async fn not_opened(error: ClientInitializeError, shared: &Shared, child: Option<&Child>) -> Kind {
    // A program that answered is ended because of its answer.
    if let Some(child) = child
        && is_silent(&error)
        && let Some(ended) = child.why_ended().await
    {
        return with_stray(ended, shared.fault());
    }
    shared
        .fault()
        .or_else(|| kind_of(&error, &shared.redactor))
        .unwrap_or_else(|| of_handshake(error, &shared.redactor))
}

/// Whether nothing came, or nothing could be sent.
fn is_silent(error: &ClientInitializeError) -> bool {
    match error {
        ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::TransportError { .. } => true,
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => is_silent(fallback),
        _ => false,
    }
}

/// Why nothing was answered.
pub(super) fn no_answer(within: Duration, shared: &Shared, child: Option<&Child>) -> Kind {
    match shared.fault() {
        // What it did say was no answer.
        Some(kind @ Kind::NotMcp { .. }) => kind,
        _ => Kind::NoAnswer { within, said: child.map(Child::said).unwrap_or_default() },
    }
}

/// A program that ended may have said why where messages are expected.
fn with_stray(ended: Kind, fault: Option<Kind>) -> Kind {
    match (ended, fault) {
        (_, Some(kind @ (Kind::TooLarge { .. } | Kind::TooManyValues { .. }))) => kind,
        (Kind::EndedAtOnce { status, said }, Some(Kind::NotMcp { said: stray })) if said.is_empty() => {
            Kind::EndedAtOnce { status, said: vec![stray] }
        }
        (ended, _) => ended,
    }
}

fn of_handshake(error: ClientInitializeError, redactor: &Redactor) -> Kind {
    match error {
        ClientInitializeError::JsonRpcError(error) => answered(&error, redactor),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => of_handshake(*fallback, redactor),
        ClientInitializeError::ConnectionClosed(_) => {
            Kind::Lost { why: "it was closed before the handshake".to_owned(), said: Vec::new() }
        }
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
            let versions: Vec<_> =
                server_supported.iter().take(8).map(|version| redactor.quoted(version.as_str())).collect();
            Kind::Protocol { why: format!("it speaks no version that is known here, but `{}`", versions.join("`, `")) }
        }
        ClientInitializeError::ExpectedInitResponse(_) | ClientInitializeError::ExpectedInitResult(_) => {
            Kind::Protocol { why: "it answered the handshake with something else".to_owned() }
        }
        ClientInitializeError::Cancelled => Kind::Cancelled,
        other => Kind::Protocol { why: redactor.quoted(&other.to_string()) },
    }
}

fn answered(error: &ErrorData, redactor: &Redactor) -> Kind {
    Kind::Answered { code: error.code.0.into(), said: redactor.quoted(&error.message) }
}

impl Connection {
    /// Why a call has no result.
    pub(super) async fn failed(&self, error: ServiceError) -> Kind {
        match error {
            ServiceError::McpError(error) => match error.message.as_ref() {
                TOO_LARGE => Kind::TooLarge { what: "a result", limit: MOST_RESULT },
                TOO_MANY_VALUES => Kind::TooManyValues { limit: MOST_VALUES },
                UNREADABLE => Kind::Protocol { why: "its answer cannot be read".to_owned() },
                SESSION_ENDED => Kind::Lost { why: "its session ended".to_owned(), said: Vec::new() },
                _ => answered(&error, &self.shared.redactor),
            },
            ServiceError::TransportSend(_) => match kind_of(&error, &self.shared.redactor) {
                Some(kind @ Kind::Lost { .. }) => self.lost(kind).await,
                Some(kind) => kind,
                None => self.lost(closed()).await,
            },
            ServiceError::TransportClosed => self.lost(closed()).await,
            ServiceError::Cancelled { .. } => Kind::Cancelled,
            ServiceError::UnexpectedResponse => {
                Kind::Protocol { why: "it answered with something else than was asked".to_owned() }
            }
            other => Kind::Protocol { why: self.shared.redactor.quoted(&other.to_string()) },
        }
    }

    /// What ended the connection, if more is known of it than `otherwise` says.
    async fn lost(&self, otherwise: Kind) -> Kind {
        let Some(child) = &self.child else {
            return self.shared.take_fault().unwrap_or(otherwise);
        };
        // It was ended because of that.
        if let Some(kind @ (Kind::TooLarge { .. } | Kind::Protocol { .. })) = self.shared.fault() {
            return kind;
        }
        let child = child.lock().await;
        // Its output ends a moment before it does.
        match tokio::time::timeout(END, child.ended()).await {
            Ok(status) => Kind::Lost { why: format!("the program {status}"), said: child.said() },
            Err(_elapsed) => self.shared.fault().unwrap_or(otherwise),
        }
    }
}

fn closed() -> Kind {
    Kind::Lost { why: "it was closed".to_owned(), said: Vec::new() }
}
