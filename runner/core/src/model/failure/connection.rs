//! Connections that fail: which of the many errors under one another says why.

use std::error::Error;
use std::io;
use std::time::Duration;

use pace_ir::text::shortened;

use super::{Again, Failure, Subject};
use crate::model::http::connector::{ConnectTimeout, UnknownHost};
use crate::problem::{Code, Problem};

/// Every error below this one, itself first. What `io::Error` wraps is not its source, so it is looked into.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// Why there is no answer at all.
pub(in crate::model) fn failure(subject: &Subject, error: &hyper_util::client::legacy::Error) -> Failure {
    let host = &subject.host;
    let unreachable = |told: String, help: &str, again: Option<Again>| Failure {
        problem: Problem::new(Code::ModelUnreachable, told).help(help),
        again,
    };
    let network = "check the base URL, the network and the proxy";
    if let Some(ConnectTimeout(limit)) = find(error) {
        return timeout(subject, *limit);
    }
    if let Some(UnknownHost(_)) = find(error) {
        let told = format!("the host of `{}` is not known: `{host}` has no address", subject.model);
        let again = Again { attempts: 2, ..Again::because("unknown host") };
        return unreachable(told, network, Some(again));
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return secure(subject, tls);
    }
    if let Some(tunnel) = causes(error).map(ToString::to_string).find(|text| text.starts_with("tunnel error")) {
        let told = format!("the proxy refused a connection to `{host}`: {}", shortened(&tunnel, 120));
        return unreachable(told, "check the proxy in the environment, or set `NO_PROXY`", None);
    }
    let kind = find::<io::Error>(error).map(io::Error::kind);
    if error.is_connect() {
        let (what, again) = match kind {
            Some(io::ErrorKind::ConnectionRefused) => ("refuses connections".to_owned(), Some("connection refused")),
            Some(io::ErrorKind::ConnectionReset) => ("reset the connection".to_owned(), Some("connection reset")),
            _ => (format!("cannot be reached: {}", root(error)), None),
        };
        let told = format!("`{host}`, the host of `{}`, {what}", subject.model);
        return unreachable(told, "check the base URL, and that the service runs", again.map(Again::because));
    }
    let told = format!("`{host}`, the host of `{}`, closed the connection before it answered", subject.model);
    unreachable(told, "send the message again", Some(Again::because("connection closed")))
}

fn timeout(subject: &Subject, limit: Duration) -> Failure {
    let told = format!(
        "`{}`, the host of `{}`, did not accept a connection within {} s",
        subject.host,
        subject.model,
        limit.as_secs_f64()
    );
    Problem::new(Code::ModelTimeout, told).help("check the base URL, the network and the proxy").into()
}

/// No trust, which asking again does not mend.
fn secure(subject: &Subject, error: &rustls::Error) -> Failure {
    let (what, help) = match error {
        rustls::Error::InvalidCertificate(_) => (
            "shows a certificate that is not trusted",
            "let `SSL_CERT_FILE` name a file with the certificate of the authority that signed it",
        ),
        _ => ("does not speak TLS as it should", "check the base URL: is the service behind `https`?"),
    };
    let told =
        format!("`{}`, the host of `{}`, {what}: {}", subject.host, subject.model, shortened(&error.to_string(), 200));
    Problem::new(Code::ModelUnreachable, told).help(help).into()
}

/// The innermost error's words.
fn root(error: &(dyn Error + 'static)) -> String {
    shortened(&causes(error).last().map(ToString::to_string).unwrap_or_default(), 200)
}
