//! Connections that fail: which of the many errors under one another says why.

use std::error::Error;
use std::io;

use pace_ir::text::shortened;

use super::{Again, Failure, Subject};
use crate::model::http::Way;
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
pub(in crate::model) fn failure(subject: &Subject, way: Way, error: &hyper_util::client::legacy::Error) -> Failure {
    let whom = match way {
        Way::Direct => format!("`{}`, the host of `{}`,", subject.host, subject.model),
        Way::Proxy => format!("the proxy on the way to `{}`, the host of `{}`,", subject.host, subject.model),
    };
    if let Some(ConnectTimeout(limit)) = find(error) {
        let told = format!("{whom} did not accept a connection within {} s", limit.as_secs_f64());
        return Problem::new(Code::ModelTimeout, told).help(NETWORK).into();
    }
    if let Some(UnknownHost(_)) = find(error) {
        let again = Again { attempts: 2, ..Again::because("unknown host") };
        return unreachable(format!("{whom} is not known: its name has no address"), NETWORK, Some(again));
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return secure(subject, tls);
    }
    let kind = find::<io::Error>(error).map(io::Error::kind);
    let help = match way {
        Way::Direct => "check the base URL, and that the service runs",
        Way::Proxy => "check the proxy in the environment, or set `NO_PROXY`",
    };
    match kind {
        Some(io::ErrorKind::ConnectionRefused) if error.is_connect() => {
            unreachable(format!("{whom} refuses connections"), help, Some(Again::because("connection refused")))
        }
        Some(io::ErrorKind::ConnectionReset) if error.is_connect() => {
            unreachable(format!("{whom} reset the connection"), help, Some(Again::because("connection reset")))
        }
        _ if error.is_connect() => unreachable(format!("{whom} cannot be reached: {}", root(error)), help, None),
        _ => {
            let told = format!("{whom} closed the connection before it answered");
            unreachable(told, "send the message again", Some(Again::because("connection closed")))
        }
    }
}

const NETWORK: &str = "check the base URL, the network and the proxy";

fn unreachable(told: String, help: &str, again: Option<Again>) -> Failure {
    Failure { problem: Problem::new(Code::ModelUnreachable, told).help(help), again }
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
