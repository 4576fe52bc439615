//! Connections to the services: one pool for all models of a runner, another for the issuers of tokens, over TCP or TLS, through a proxy where the environment
//! names one. What is sent over them is not known here.

pub(super) mod connector;
mod proxy;
mod stream;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use self::connector::Connector;
use self::proxy::Proxies;
use self::tls::Tls;
use crate::environment::Environment;
use crate::setup::SetupError;

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a connection: the name's address, TCP, a proxy and TLS together. A service within reach takes under a second.
    pub(crate) connect: Duration,
    /// For the first byte of the answer's body. Models think before they write, and some services say nothing while
    /// they do.
    pub(crate) first_byte: Duration,
    /// From byte to byte. Once they write, even slow models write several words a second.
    pub(crate) idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), first_byte: Duration::from_mins(2), idle: Duration::from_mins(1) }
    }
}

/// The settings of TLS towards everything that is not a model: the same roots.
///
/// # Errors
/// The file of `SSL_CERT_FILE` cannot be read, or TLS cannot be set up.
pub(crate) fn tls(environment: &Environment) -> Result<Arc<rustls::ClientConfig>, SetupError> {
    let plain = Tls::configure(environment)?.config().map(|config| {
        // What is spoken inside is no HTTP.
        let mut config = rustls::ClientConfig::clone(&config);
        config.alpn_protocols.clear();
        Arc::new(config)
    });
    plain.map_err(|why| SetupError::new(why, "mend the certificates of `SSL_CERT_FILE`"))
}

/// How long an idle connection is kept: services close theirs after one to ten minutes.
const KEEP_IDLE: Duration = Duration::from_mins(1);

/// The most idle connections to one host.
const MAX_IDLE: usize = 64;

/// What is spoken over connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, also where there is no TLS to agree on it in. Without TLS no proxy stands between: it would have to speak it, too.
    Http2,
}

/// What a connection leads to first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// The service, over TLS.
    Direct,
    /// The same without TLS.
    Plain,
    /// A proxy.
    Proxy(Proxy),
}

/// A proxy, as far as it may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    /// Host and port.
    pub(super) host: String,
    /// Whether it is shown a user and a password.
    pub(super) has_user: bool,
}

/// The client.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client<Connector, Full<Bytes>>,
    connector: Connector,
    timeouts: Timeouts,
}

impl Http {
    /// A client as the environment says. Nothing is opened, and TLS is not set up before it is needed.
    ///
    /// # Errors
    /// The file of `SSL_CERT_FILE` cannot be read, or a proxy is of a kind that is not spoken.
    pub(crate) fn configure(environment: &Environment, timeouts: Timeouts) -> Result<Self, SetupError> {
        Self::speaking(Speaks::Http1, environment, timeouts)
    }

    /// The same for this version of HTTP.
    ///
    /// # Errors
    /// As [`Self::configure`].
    pub(crate) fn speaking(speaks: Speaks, environment: &Environment, timeouts: Timeouts) -> Result<Self, SetupError> {
        let (proxies, tls) = (Proxies::configure(environment)?, Tls::configure(environment)?.speaking(speaks));
        let connector = Connector::new(proxies, tls, timeouts.connect, speaks);
        Ok(Self { client: client(&connector, speaks), connector, timeouts })
    }

    /// The same without the connections that are there: one that is stuck would be used again.
    #[must_use]
    pub(crate) fn anew(&self) -> Self {
        let client = client(&self.connector, self.connector.speaks());
        Self { client, connector: self.connector.clone(), timeouts: self.timeouts }
    }

    pub(super) fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// What a proxy on the way to `uri` wants to be shown with each request; one that tunnels is shown it by itself.
    pub(crate) fn proxy_authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        self.connector.proxies().authorization(uri)
    }

    /// Whether a proxy stands on the way to `uri`.
    pub(super) fn way(&self, uri: &Uri) -> Way {
        match self.connector.proxies().intercept(uri) {
            Some(proxy) => Way::Proxy(Proxy {
                // The matcher has taken user and password out of the address.
                host: proxy.uri().authority().map(|host| pace_ir::text::quoted(host.as_str())).unwrap_or_default(),
                has_user: proxy.basic_auth().is_some(),
            }),
            None if uri.scheme_str() == Some("http") => Way::Plain,
            None => Way::Direct,
        }
    }

    /// Sends a request; the future ends when the answer's head is there.
    pub(crate) fn send(&self, request: hyper::Request<Full<Bytes>>) -> hyper_util::client::legacy::ResponseFuture {
        self.client.request(request)
    }
}

fn client(connector: &Connector, speaks: Speaks) -> Client<Connector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEEP_IDLE)
        .pool_max_idle_per_host(MAX_IDLE)
        .http2_only(speaks == Speaks::Http2)
        .build(connector.clone())
}
