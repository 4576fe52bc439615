//! What all connections over HTTP share: the pool, TLS, proxies. Configured once, from variables.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::Connector;
use super::proxy::Proxies;
use super::tls::Tls;

/// For a connection: the name's address, TCP, a proxy and TLS together.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: servers close theirs after one to ten minutes.
const KEEP_IDLE: Duration = Duration::from_mins(1);
/// The most idle connections to one host.
const MAX_IDLE: usize = 64;

/// Connections over HTTP: `SSL_CERT_FILE` adds root certificates to Mozilla's, `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
/// `NO_PROXY` are read as curl reads them. A connection to this machine takes no proxy.
#[derive(Debug, Clone)]
pub struct Web {
    pub(super) client: Client<Connector, Full<Bytes>>,
    pub(super) proxies: Arc<Proxies>,
}

/// A variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WebError {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

impl Web {
    /// As `variable` says, which gives the value of an environment variable. Nothing is opened, and TLS is not set up before it
    /// is needed.
    ///
    /// # Errors
    /// The file of `SSL_CERT_FILE` cannot be read, or a proxy is of a kind that is not spoken.
    pub fn configure(variable: impl Fn(&str) -> Option<String>) -> Result<Self, WebError> {
        let proxies = Arc::new(Proxies::configure(&variable)?);
        let connector = Connector::new(Arc::clone(&proxies), Tls::configure(&variable)?, CONNECT);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP_IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .build(connector);
        Ok(Self { client, proxies })
    }
}
