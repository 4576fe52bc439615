//! What all connections over HTTP share: the pool, TLS, proxies. Configured once, from variables.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::HeaderValue;
use hyper::{Request, Uri};
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::connector::Connector;
use crate::proxy::Proxies;
use crate::tls::Tls;

/// For a connection, where nothing else is said: the name's address, TCP, a proxy and TLS together. A server within reach takes under a second.
pub const CONNECT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept: servers close theirs after one to ten minutes.
const KEEP_IDLE: Duration = Duration::from_mins(1);
/// The most idle connections to one host.
const MAX_IDLE: usize = 64;

/// The variables that [`Web::configure`] reads; of the proxies' both spellings.
pub const VARIABLES: [&str; 9] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Connections over HTTP: `SSL_CERT_FILE` adds root certificates to Mozilla's, `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
/// `NO_PROXY` are read as curl reads them. A connection to this machine takes no proxy. Cheap to clone: clones share their pool.
#[derive(Debug, Clone)]
pub struct Web {
    client: Client<Connector, Full<Bytes>>,
    proxies: Arc<Proxies>,
    tls: Arc<Tls>,
}

/// What a connection leads to first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The server, over TLS.
    Direct,
    /// The same without TLS.
    Plain,
    /// A proxy.
    Proxy(Proxy),
}

/// A proxy, as far as it may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Host and port, in printable characters.
    pub host: String,
    /// Whether it is shown a user and a password.
    pub has_user: bool,
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
    /// As `variable` says, which gives the value of an environment variable, one of [`VARIABLES`]. A connection takes `connect` at most:
    /// the name's address, TCP, a proxy and TLS together. Nothing is opened, and TLS is not set up before it is needed.
    ///
    /// # Errors
    /// The file of `SSL_CERT_FILE` cannot be read, or a proxy is of a kind that is not spoken.
    pub fn configure(variable: impl Fn(&str) -> Option<String>, connect: Duration) -> Result<Self, WebError> {
        let proxies = Arc::new(Proxies::configure(&variable)?);
        let tls = Arc::new(Tls::configure(&variable)?);
        let connector = Connector::new(Arc::clone(&proxies), Arc::clone(&tls), connect);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP_IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .build(connector);
        Ok(Self { client, proxies, tls })
    }

    /// Sends a request; the future ends when the answer's head is there. Its error holds a [`ConnectTimeout`](crate::ConnectTimeout) or an
    /// [`UnknownHost`](crate::UnknownHost) where that is the reason.
    pub fn send(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        self.client.request(request)
    }

    /// What a proxy on the way to `uri` wants to be shown with each request; one that tunnels is shown it by itself.
    #[must_use]
    pub fn proxy_authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        self.proxies.authorization(uri)
    }

    /// What stands first on the way to `uri`.
    #[must_use]
    pub fn way(&self, uri: &Uri) -> Way {
        match self.proxies.intercept(uri) {
            Some(proxy) => Way::Proxy(Proxy {
                // The matcher has taken user and password out of the address.
                host: proxy.uri().authority().map(|host| pace_ir::text::quoted(host.as_str())).unwrap_or_default(),
                has_user: proxy.basic_auth().is_some(),
            }),
            None if uri.scheme_str() == Some("http") => Way::Plain,
            None => Way::Direct,
        }
    }

    /// The settings of TLS towards what speaks no HTTP: the same roots, and no protocol named.
    ///
    /// # Errors
    /// TLS cannot be set up, in words.
    pub fn tls(&self) -> Result<Arc<rustls::ClientConfig>, String> {
        let mut config = rustls::ClientConfig::clone(&*self.tls.config()?);
        config.alpn_protocols.clear();
        Ok(Arc::new(config))
    }
}
