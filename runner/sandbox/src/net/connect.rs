//! Connections: a name is looked up once, its addresses are judged, and the connection goes to one of those that passed.
//! Proxies from the environment are ignored: they would connect to what nobody judged.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::address::{is_metadata, reached};
use super::policy::{Denial, NetPolicy};
use super::resolve::Resolve;
use crate::error::EngineError;

/// How connections are made, for all calls.
pub(crate) struct Network {
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
}

/// A connection, encrypted or not.
pub(crate) type Stream = Pin<Box<dyn Socket>>;

/// Both directions of one.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Socket for T {}

/// What went wrong, for the tool: a sentence and Node's code for it.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) words: String,
    pub(crate) code: &'static str,
    /// The host, where no rule is about it.
    pub(crate) unlisted: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: &'static str, words: impl Into<String>) -> Self {
        Self { words: words.into(), code, unlisted: None }
    }
}

impl Network {
    /// Trusts Mozilla's roots, and those in `certificates`.
    ///
    /// # Errors
    /// The file cannot be read or holds no certificate.
    pub(crate) fn new(resolver: Arc<dyn Resolve>, certificates: Option<&Path>) -> Result<Self, EngineError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = certificates {
            add_roots(&mut roots, path)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| EngineError::Setup(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // What one tool negotiated is none of another's business.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self { resolver, tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Connects to where `url` leads, if `policy` lets it.
    pub(crate) async fn connect(&self, url: &Url, policy: &NetPolicy) -> Result<Stream, Problem> {
        let no_host = || Problem::new("ERR_INVALID_URL", format!("`{url}` has no host"));
        let host = url.host().ok_or_else(no_host)?;
        let port = url.port_or_known_default().ok_or_else(no_host)?;
        let addresses = self.addresses(&host, port, policy).await?;
        let tcp = connect_any(&addresses, port).await.map_err(|error| unreachable(&host, port, &error))?;
        // A request is one write; there is nothing to collect.
        let _ = tcp.set_nodelay(true);
        if url.scheme() == "http" {
            return Ok(Box::pin(tcp));
        }
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned()).map_err(|_| no_host())?,
            Host::Ipv4(address) => ServerName::from(IpAddr::from(address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::from(address)),
        };
        let tls = self.tls.connect(name, tcp).await;
        let problem =
            |error: std::io::Error| Problem::new("ERR_TLS", format!("no TLS with `{}`: {error}", url.authority()));
        Ok(Box::pin(tls.map_err(problem)?))
    }

    /// The addresses of a host that may be connected to: looked up once, so that they cannot change under the judgement.
    async fn addresses(&self, host: &Host<&str>, port: u16, policy: &NetPolicy) -> Result<Vec<IpAddr>, Problem> {
        let (name, found) = match host {
            Host::Ipv4(address) => (None, vec![IpAddr::V4(*address)]),
            Host::Ipv6(address) => (None, vec![IpAddr::V6(*address)]),
            Host::Domain(name) if !policy.is_listed(name, port) => {
                return Err(denied(host, port, Denial::Unlisted, None));
            }
            Host::Domain(name) => {
                let found = self.resolver.resolve(name).await;
                (Some(*name), found.map_err(|_| Problem::new("ENOTFOUND", format!("`{name}` has no address")))?)
            }
        };
        let mut denial = None;
        let mut allowed = Vec::new();
        for address in found {
            match policy.judge(name, port, address) {
                Ok(()) => allowed.push(address),
                Err(why) => denial = Some((why, address)),
            }
        }
        match (allowed.is_empty(), denial) {
            (false, _) => Ok(allowed),
            (true, Some((why, address))) => Err(denied(host, port, why, Some(address))),
            (true, None) => Err(Problem::new("ENOTFOUND", format!("`{host}` has no address"))),
        }
    }
}

async fn connect_any(addresses: &[IpAddr], port: u16) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect(SocketAddr::new(*address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn denied(host: &Host<&str>, port: u16, denial: Denial, address: Option<IpAddr>) -> Problem {
    let leads = match (host, address) {
        (Host::Domain(name), Some(address)) => format!("`{name}` leads to {address}"),
        _ => format!("`{host}`"),
    };
    let words = match denial {
        Denial::Unlisted => format!("`{host}:{port}` is not in the tool's `net`"),
        Denial::Private if address.is_some() && matches!(host, Host::Domain(_)) => {
            format!(
                "{leads}, a private address, which a name alone does not open: the tool's `net` needs `{{host: {host}, private: \
                 true}}`"
            )
        }
        Denial::Private => format!("{leads} is a private address, which is not in the tool's `net`"),
        Denial::Metadata => {
            format!("{leads}, where a cloud keeps credentials: only that literal address opens it in `net`")
        }
    };
    // Whoever opens where a cloud keeps credentials finds out how without being told.
    let is_metadata = address.is_some_and(|address| is_metadata(reached(address)));
    let unlisted = (denial == Denial::Unlisted && !is_metadata).then(|| listed_as(host, port));
    Problem { unlisted, ..Problem::new("EACCES", words) }
}

/// As a rule of `net` names it: without the dot at the end of a whole name, and with the port where it is none that the web is
/// known for.
fn listed_as(host: &Host<&str>, port: u16) -> String {
    let host = match host {
        Host::Domain(name) => name.trim_end_matches('.').to_owned(),
        Host::Ipv4(address) => address.to_string(),
        // A rule writes no port after such an address.
        Host::Ipv6(address) => return address.to_string(),
    };
    if matches!(port, 80 | 443) { host } else { format!("{host}:{port}") }
}

fn unreachable(host: &Host<&str>, port: u16, error: &std::io::Error) -> Problem {
    let code = match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "ECONNREFUSED",
        std::io::ErrorKind::ConnectionReset => "ECONNRESET",
        std::io::ErrorKind::TimedOut => "ETIMEDOUT",
        std::io::ErrorKind::NetworkUnreachable => "ENETUNREACH",
        std::io::ErrorKind::HostUnreachable => "EHOSTUNREACH",
        _ => "ECONNFAILED",
    };
    Problem::new(code, format!("cannot connect to `{host}:{port}`: {error}"))
}

fn add_roots(roots: &mut RootCertStore, path: &Path) -> Result<(), EngineError> {
    let problem = |problem: String| EngineError::Certificates { path: path.display().to_string(), problem };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| problem(error.to_string()))?;
    let certificates = found.collect::<Result<Vec<_>, _>>().map_err(|error| problem(error.to_string()))?;
    match roots.add_parsable_certificates(certificates) {
        (0, _) => Err(problem("no certificate in it".into())),
        _ => Ok(()),
    }
}
