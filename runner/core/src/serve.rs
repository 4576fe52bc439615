//! A runner as a server of HTTP/1.1 and HTTP/2, in the clear or in TLS. [`Server::bind`] takes the address and judges whether this bundle may be served there;
//! [`Server::run`] serves until it is told to stop, and then drains: nothing new begins, what runs may finish.
//!
//! One connection is one task, and a request lives inside it (of HTTP/2, each is a task of its own). An invocation that is streamed does too, for as long as whoever
//! asked is there; it may outlive their connection, on a task of its own. Everything a client sends or holds open is bounded, and each
//! bound is a constant with its reason or a field of [`Patience`].

mod aboard;
mod about;
mod acceptor;
mod backlog;
mod body;
mod calls;
mod chat;
mod connection;
mod cors;
mod exchange;
mod familiar;
mod follow;
mod gate;
mod limiter;
mod limits;
pub mod listing;
mod mcp;
mod openapi;
mod record;
mod records;
mod repeat;
mod reply;
mod route;
mod routes;
mod seats;
mod sessions;
pub mod settings;
mod signals;
mod socket;
mod stalls;
mod stream;
mod tls;
mod traces;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use pace_ir::Bundle;

use crate::authenticate::{self, Identity, Reach};
use crate::instantiate::Runner;
use crate::setup::SetupError;
use crate::work::Work;
use acceptor::Acceptor;
use routes::Shared;
use tls::Tls;

pub use cors::Origins;
pub use limiter::Rate;
pub use settings::{Patience, ServeSettings, TlsFiles};
pub use signals::{Ended, until_signalled};

/// The most connections at once, unless [`ServeSettings`] say otherwise. Four for each invocation that may run, and about 40
/// MiB if all of them are idle. For the next one, the connection that has waited longest for a request makes room; while a
/// request is served on each, it waits.
pub const MAX_CONNECTIONS: usize = 4_096;

/// A server that has its address, and does not yet take requests.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    drain: Duration,
    connections: usize,
    shared: Arc<Shared>,
}

/// How long programs of MCP servers have to end by themselves.
const SERVERS_END: Duration = Duration::from_secs(5);

/// How a server ended that was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// How many invocations were cancelled because the time to drain was over.
    pub cancelled: usize,
}

impl Server {
    /// Takes an address for a runner, and requests for whom `identity` says. Needs no runtime.
    ///
    /// # Errors
    /// The bundle may not be served at this address, or the address cannot be had.
    pub fn bind(runner: Arc<Runner>, identity: Identity, settings: &ServeSettings) -> Result<Self, SetupError> {
        judge(runner.bundle(), settings)?;
        let shared = Shared::new(runner, identity, settings)?;
        let listener = TcpListener::bind((settings.host, settings.port)).map_err(|error| taken(settings, &error))?;
        let address = listener.local_addr().map_err(|error| taken(settings, &error))?;
        listener.set_nonblocking(true).map_err(|error| taken(settings, &error))?;
        let shared = Arc::new(shared);
        Ok(Self { listener, address, drain: settings.drain, connections: settings.connections, shared })
    }

    /// The address it has: the port, where any free one was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.shared.tls.is_some() { "https" } else { "http" }
    }

    /// Whom it takes requests for.
    pub fn identity(&self) -> &Identity {
        &self.shared.identity
    }

    /// What it serves.
    pub fn runner(&self) -> &Arc<Runner> {
        &self.shared.runner
    }

    /// Serves until `shutdown` is ready; then drains, for as long as the settings say. Returns when nothing runs any more
    /// and every connection is closed.
    ///
    /// # Errors
    /// The system does not let the runtime have the socket.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<Drained> {
        let Self { listener, drain, connections, shared, .. } = self;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut acceptor = Acceptor::new(listener, connections, Arc::clone(&shared));
        let keeping = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move { tokio::join!(shared.identity.keep(), keep(shared.tls.as_ref())) }
        });
        acceptor.serve_until(shutdown).await;
        shared.runner.work().drain();
        acceptor.close_idle();
        // Whoever still comes is told that the runner is shutting down.
        let work = shared.runner.work();
        let finished = async { tokio::time::timeout(drain, work.finished()).await.is_ok() };
        let is_finished = acceptor.serve_until(finished).await;
        let cancelled = if is_finished { 0 } else { work.running() };
        work.cancel();
        acceptor.serve_until(written(work)).await;
        tokio::join!(acceptor.end(), shared.mcp.end());
        // Programs of servers are ended whatever happens; this gives them time to do it by themselves.
        shared.runner.close(SERVERS_END).await;
        keeping.abort();
        Ok(Drained { cancelled })
    }
}

async fn keep(tls: Option<&Tls>) {
    if let Some(tls) = tls {
        tls.keep().await;
    }
}

/// Waits for the live writes that were begun: a half-made one is worse than a late end, and each has the limit of its tool.
async fn written(work: &Work) {
    // What is cancelled ends at once, and then begins no more of them.
    work.finished().await;
    if work.writing() > 0 {
        tracing::warn!(
            writes = work.writing(),
            "waiting for live writes that were begun; a second signal ends at once"
        );
    }
    work.written().await;
}

/// Whether a bundle may be served at an address. Needs nothing that the bundle's models do: who may not serve it is not sent
/// looking for keys first.
///
/// # Errors
/// It may not.
pub fn judge(bundle: &Bundle, settings: &ServeSettings) -> Result<(), SetupError> {
    let reach = if settings.host.to_canonical().is_loopback() { Reach::ThisMachine } else { Reach::Others };
    authenticate::judge(&bundle.auth.authentication, reach)
}

fn taken(settings: &ServeSettings, error: &io::Error) -> SetupError {
    let address = SocketAddr::new(settings.host, settings.port);
    match error.kind() {
        io::ErrorKind::AddrInUse => SetupError::new(
            format!("the address `{address}` is taken: another program listens there"),
            "stop the other program, or set PORT to another port; PORT=0 takes any that is free",
        ),
        io::ErrorKind::PermissionDenied => SetupError::new(
            format!("this user may not listen on `{address}`"),
            "set PORT to one above 1023, such as PORT=8080",
        ),
        io::ErrorKind::AddrNotAvailable => SetupError::new(
            format!("this machine has no address `{}`", settings.host),
            "set HOST to an address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses",
        ),
        _ => SetupError::new(
            format!("cannot listen on `{address}`: {error}"),
            "set HOST and PORT to an address of this machine and a free port",
        ),
    }
}
