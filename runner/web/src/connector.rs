//! How a connection comes about: a name's address, TCP, a proxy, TLS, all within one time-out.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiFuture, GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use tower_service::Service;

use crate::proxy::Proxies;
use crate::stream::{Stream, Wire};
use crate::tls::Tls;

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// A connection took longer than this.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} s", .0.as_secs_f64())]
pub struct ConnectTimeout(pub Duration);

/// A name has no address.
#[derive(Debug, thiserror::Error)]
#[error("no address: {0}")]
pub struct UnknownHost(pub io::Error);

/// Makes connections.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector<Resolver>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    proxies: Arc<Proxies>,
    tls: Arc<Tls>,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(proxies: Arc<Proxies>, tls: Arc<Tls>, timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self { tcp, shared: Arc::new(Shared { proxies, tls, timeout }) }
    }

    /// The future of a connection to `uri`; `Err` for what fails before anything is tried.
    fn connect(&mut self, uri: Uri) -> Result<(Connecting<Wire>, bool), BoxError> {
        let is_secure = uri.scheme_str() == Some("https");
        let proxy = self.shared.proxies.intercept(&uri);
        let mut tcp = self.tcp.clone();
        let wire: Connecting<Wire> = match (proxy, is_secure) {
            (None, false) => Box::pin(plain(tcp.call(uri))),
            (Some(proxy), false) => return Ok((Box::pin(plain(tcp.call(proxy.uri().clone()))), true)),
            (None, true) => HttpsConnector::from((tcp, self.shared.tls.config()?)).call(uri),
            (Some(proxy), true) => {
                let tunnel = Tunnel::new(proxy.uri().clone(), tcp);
                let tunnel = match proxy.basic_auth() {
                    Some(authorization) => tunnel.with_auth(authorization.clone()),
                    None => tunnel,
                };
                HttpsConnector::from((tunnel, self.shared.tls.config()?)).call(uri)
            }
        };
        Ok((wire, false))
    }
}

async fn plain(connecting: <HttpConnector<Resolver> as Service<Uri>>::Future) -> Result<Wire, BoxError> {
    Ok(Wire::Http(connecting.await?))
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Connecting<Stream>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.connect(uri);
        let limit = self.shared.timeout;
        Box::pin(async move {
            let (wire, is_proxied) = connecting?;
            match tokio::time::timeout(limit, wire).await {
                Ok(wire) => Ok(Stream { wire: wire?, is_proxied }),
                Err(_elapsed) => Err(ConnectTimeout(limit).into()),
            }
        })
    }
}

/// The system's resolver, whose failures can be told from others.
#[derive(Debug, Clone)]
pub(crate) struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = UnknownHost;
    type Future = Resolving;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), UnknownHost>> {
        self.0.poll_ready(context).map_err(UnknownHost)
    }

    fn call(&mut self, name: Name) -> Resolving {
        Resolving(self.0.call(name))
    }
}

/// A name being resolved.
#[derive(Debug)]
pub(crate) struct Resolving(GaiFuture);

impl Future for Resolving {
    type Output = Result<GaiAddrs, UnknownHost>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).map_err(UnknownHost))
    }
}
