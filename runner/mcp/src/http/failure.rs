//! Which of the many errors under one another says why.

use std::error::Error as StdError;
use std::io;

use hyper::Uri;
use pace_ir::text::{quoted, shortened};
use pace_web::{ConnectTimeout, UnknownHost};
use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use rustls::CertificateError;

use super::Fault;
use crate::error::Kind;
use crate::redact::Redactor;

/// Every error below this one, itself first. What `io::Error` wraps is not its source, so it is looked into.
fn causes<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn StdError + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

fn find<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// Why a request has no answer.
pub(super) fn no_answer(uri: &Uri, error: &hyper_util::client::legacy::Error) -> Kind {
    let address = uri.authority().map(|authority| quoted(authority.as_str())).unwrap_or_default();
    if let Some(ConnectTimeout(limit)) = find(error) {
        return Kind::Unreachable {
            why: format!("`{address}` accepts no connection within {} s", limit.as_secs_f64()),
        };
    }
    if let Some(UnknownHost(_)) = find(error) {
        return Kind::UnknownHost { host: quoted(uri.host().unwrap_or_default()) };
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return Kind::Tls { why: insecure(tls) };
    }
    let root = || shortened(&causes(error).last().map(ToString::to_string).unwrap_or_default(), 200);
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) if error.is_connect() => Kind::Refused { address },
        _ if error.is_connect() => Kind::Unreachable { why: root() },
        _ if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) => {
            Kind::NotMcp { said: "what is no HTTP".to_owned() }
        }
        _ => Kind::Lost { why: "it closed the connection before it answered".to_owned(), said: Vec::new() },
    }
}

/// Words for a reader who knows no types of rustls.
fn insecure(error: &rustls::Error) -> String {
    use CertificateError as E;
    let what = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            E::Expired | E::ExpiredContext { .. } => "its certificate has expired",
            E::NotValidYet | E::NotValidYetContext { .. } => "its certificate is not valid yet",
            E::NotValidForName | E::NotValidForNameContext { .. } => "its certificate is for another host",
            E::UnknownIssuer => "the issuer of its certificate is not known here; `SSL_CERT_FILE` can name it",
            _ => "its certificate is not valid",
        },
        _ => return shortened(&error.to_string(), 200),
    };
    what.to_owned()
}

/// What rmcp's error is about, where this crate or the transport knows. Errors of the transport are boxed, and mostly no
/// source of one another.
pub(crate) fn kind_of(error: &(dyn StdError + 'static), redactor: &Redactor) -> Option<Kind> {
    if let Some(Fault(kind)) = error.downcast_ref::<Fault>() {
        return Some(kind.clone());
    }
    if let Some(error) = error.downcast_ref::<StreamableHttpError<Fault>>() {
        return Some(of_transport(error, redactor));
    }
    if let Some(error) = error.downcast_ref::<DynamicTransportError>() {
        return kind_of(error.error.as_ref(), redactor);
    }
    match error.downcast_ref::<ClientInitializeError>() {
        Some(ClientInitializeError::TransportError { error, .. }) => return kind_of(error, redactor),
        Some(ClientInitializeError::LegacyFallbackFailed { fallback, .. }) => {
            return kind_of(fallback.as_ref(), redactor);
        }
        _ => {}
    }
    match error.downcast_ref::<ServiceError>() {
        Some(ServiceError::TransportSend(error)) => kind_of(error, redactor),
        _ => None,
    }
}

fn of_transport(error: &StreamableHttpError<Fault>, redactor: &Redactor) -> Kind {
    let protocol = |why: &str| Kind::Protocol { why: why.to_owned() };
    match error {
        StreamableHttpError::Client(Fault(kind)) => kind.clone(),
        StreamableHttpError::SessionExpired => protocol("it does not know its own session"),
        StreamableHttpError::SessionRecoveryTimeout => {
            Kind::Lost { why: "its session ended and no new one was made in time".to_owned(), said: Vec::new() }
        }
        StreamableHttpError::ReinitializationFailed(error) => {
            Kind::Answered { code: error.code.0.into(), said: redactor.quoted(&error.message) }
        }
        StreamableHttpError::Sse(_) | StreamableHttpError::UnexpectedEndOfStream => {
            Kind::Lost { why: "its stream broke off".to_owned(), said: Vec::new() }
        }
        StreamableHttpError::TransportChannelClosed => Kind::Lost { why: "it was closed".to_owned(), said: Vec::new() },
        StreamableHttpError::UnexpectedServerResponse(what) => protocol(&redactor.quoted(what)),
        other => protocol(&redactor.quoted(&other.to_string())),
    }
}
