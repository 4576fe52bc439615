//! Connections that fail: which of the many errors under one another says why.

use std::error::Error;
use std::io;

use pace_ir::text::shortened;
use pace_web::{ConnectTimeout, Proxy, UnknownHost, Way};
use rustls::CertificateError;

use super::{Again, Failure, Subject};
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
pub(in crate::model) fn failure(subject: &Subject, way: &Way, error: &hyper_util::client::legacy::Error) -> Failure {
    let whom = match way {
        Way::Direct | Way::Plain => format!("`{}`, the host of `{}`,", subject.host, subject.model),
        Way::Proxy(proxy) => {
            format!("the proxy `{}` on the way to `{}`, the host of `{}`,", proxy.host, subject.host, subject.model)
        }
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
    if let Way::Proxy(proxy) = way
        && let Some(failure) = no_tunnel(subject, proxy, &root(error))
    {
        return failure;
    }
    let kind = find::<io::Error>(error).map(io::Error::kind);
    let help = match way {
        Way::Direct | Way::Plain => "check the base URL, and that the service runs",
        Way::Proxy(_) => "check the proxy in the environment, or set `NO_PROXY`",
    };
    match kind {
        Some(io::ErrorKind::ConnectionRefused) if error.is_connect() => {
            unreachable(format!("{whom} refuses connections"), help, Some(Again::because("connection refused")))
        }
        Some(io::ErrorKind::ConnectionReset) if error.is_connect() => {
            unreachable(format!("{whom} reset the connection"), help, Some(Again::because("connection reset")))
        }
        _ if error.is_connect() => unreachable(format!("{whom} cannot be reached: {}", root(error)), help, None),
        _ if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) => {
            unreachable(format!("{whom} answered with what is no HTTP"), closed_help(way), None)
        }
        _ => {
            let told = format!("{whom} closed the connection before it answered");
            unreachable(told, closed_help(way), Some(Again::because("connection closed")))
        }
    }
}

/// What to do about a connection that came to nothing. Ports that want TLS mostly close a plain one without a word.
fn closed_help(way: &Way) -> &'static str {
    match way {
        Way::Plain => "check whether the base URL has to begin with `https://`, or send the message again",
        Way::Direct | Way::Proxy(_) => "send the message again",
    }
}

/// A proxy that does not connect us. The tunnel's errors have no type that can be named, only words.
fn no_tunnel(subject: &Subject, proxy: &Proxy, words: &str) -> Option<Failure> {
    let does = match words.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => return Some(wants_user(proxy)),
        "unsuccessful" => "refused to connect to",
        "unexpected end of file" => "closed the connection instead of connecting to",
        _ => return None,
    };
    let told = format!("the proxy `{}` {does} `{}`, the host of `{}`", proxy.host, subject.host, subject.model);
    Some(unreachable(told, "check what the proxy allows, or set `NO_PROXY`", None))
}

/// 407 from a proxy.
pub(in crate::model) fn wants_user(proxy: &Proxy) -> Failure {
    let wants = if proxy.has_user { "refused the user and password" } else { "wants a user and password" };
    let help = "put them into `HTTPS_PROXY` or `HTTP_PROXY`, as in `http://user:password@host:port`";
    unreachable(format!("the proxy `{}` {wants}", proxy.host), help, None)
}

const NETWORK: &str = "check the base URL, the network and the proxy";

fn unreachable(told: String, help: &str, again: Option<Again>) -> Failure {
    Failure { problem: Problem::new(Code::ModelUnreachable, told).help(help), again }
}

/// No trust, which asking again does not mend.
fn secure(subject: &Subject, error: &rustls::Error) -> Failure {
    let whom = format!("`{}`, the host of `{}`,", subject.host, subject.model);
    let (told, help) = match error {
        rustls::Error::InvalidCertificate(why) => {
            let (what, help) = certificate(why);
            (format!("{whom} shows a certificate {what}"), help)
        }
        _ => (
            format!("{whom} does not speak TLS as it should: {}", shortened(&error.to_string(), 200)),
            "check the base URL: is the service behind `https`?",
        ),
    };
    Problem::new(Code::ModelUnreachable, told).help(help).into()
}

/// What is wrong with a certificate, behind "a certificate", and what to do. Its own words are names of types and times
/// in seconds, so they are not shown.
fn certificate(why: &CertificateError) -> (&'static str, &'static str) {
    use CertificateError as E;
    match why {
        E::Expired | E::ExpiredContext { .. } => {
            ("that has expired", "check this machine's clock, or have the service renew its certificate")
        }
        E::NotValidYet | E::NotValidYetContext { .. } => ("that is not valid yet", "check this machine's clock"),
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            ("that is for another host", "check the host in the base URL: the certificate has to name it")
        }
        E::UnknownIssuer => (
            "whose issuer is not known here",
            "let `SSL_CERT_FILE` name a file with the certificate of the authority that signed it",
        ),
        E::Revoked => ("that was revoked", OWN),
        E::BadSignature => ("whose signature is wrong", OWN),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => ("that is not for servers", OWN),
        E::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => ("that is an authority's own", OWN),
        _ => ("that is not valid", OWN),
    }
}

const OWN: &str = "have the service show a valid certificate of its own";

/// The innermost error's words.
fn root(error: &(dyn Error + 'static)) -> String {
    shortened(&causes(error).last().map(ToString::to_string).unwrap_or_default(), 200)
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::UnixTime;

    use super::*;

    #[test]
    fn certificates_have_words_of_their_own() {
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_700_000_000));
        let expired = certificate(&CertificateError::ExpiredContext { time, not_after: time });
        let other_host = certificate(&CertificateError::NotValidForName);
        let unknown = certificate(&CertificateError::UnknownIssuer);
        assert_eq!(expired.0, "that has expired");
        assert_eq!(other_host.0, "that is for another host");
        assert_eq!(unknown.0, "whose issuer is not known here");
        assert!(unknown.1.contains("SSL_CERT_FILE"));
        for (_, help) in [expired, other_host, certificate(&CertificateError::Revoked)] {
            assert!(!help.contains("SSL_CERT_FILE"), "{help}");
        }
    }
}
