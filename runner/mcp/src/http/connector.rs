//! How a connection comes about: a name's address, TCP, a proxy, TLS, all within one time-out.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiFuture, GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::Proxies;
use super::tls::Tls;

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// A connection took longer than this.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} s", .0.as_secs_f64())]
pub(super) struct ConnectTimeout(pub(super) Duration);

/// A name has no address.
#[derive(Debug, thiserror::Error)]
#[error("no address: {0}")]
pub(super) struct UnknownHost(pub(super) io::Error);

/// Makes connections.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<Resolver>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    proxies: Arc<Proxies>,
    tls: Tls,
    timeout: Duration,
}

impl Connector {
    pub(super) fn new(proxies: Arc<Proxies>, tls: Tls, timeout: Duration) -> Self {
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
pub(super) struct Resolver(GaiResolver);

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
pub(super) struct Resolving(GaiFuture);

impl Future for Resolving {
    type Output = Result<GaiAddrs, UnknownHost>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).map_err(UnknownHost))
    }
}

/// TCP, or TLS on it.
type Wire = MaybeHttpsStream<TokioIo<TcpStream>>;

/// A connection that remembers whether a proxy stands between: plain requests through one name the whole address.
#[derive(Debug)]
pub(super) struct Stream {
    wire: Wire,
    is_proxied: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.wire.connected().proxy(self.is_proxied)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write_vectored(context, buffers)
    }
}
