//! A runner as a server of HTTP/1.1 and HTTP/2, in the clear or in TLS. [`Server::bind`] takes the address and judges whether this bundle may be served there;
//! [`Server::run`] serves until it is told to stop, and then drains: nothing new begins, what runs may finish.
//!
//! One connection is one task, and a request lives inside it (of HTTP/2, each is a task of its own). An invocation that is streamed does too, for as long as whoever
//! asked is there; it may outlive their connection, on a task of its own. Everything a client sends or holds open is bounded, and each
//! bound is a constant with its reason or a field of [`Patience`].

mod aboard;
mod about;
mod acceptor;
mod address;
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
mod invocations;
mod limiter;
mod limits;
pub mod listing;
mod loops;
mod mcp;
mod measured;
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
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use pace_ir::Bundle;
use pace_ir::program::Authentication;
use pace_ir::program::authentication::Source;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::authenticate::{self, Identity, Reach};
use crate::instantiate::Runner;
use crate::setup::SetupError;
use crate::work::Work;
use acceptor::Acceptor;
use address::listen;
use routes::{Face, Shared};
use tls::Tls;

pub(crate) use address::ensure_addresses;
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
    /// For metrics and traces, where they have a port of their own.
    admin: Option<(TcpListener, SocketAddr)>,
    drain: Duration,
    connections: usize,
    shared: Arc<Shared>,
}

/// The most connections at once of those who read metrics and traces on a port of their own.
const MAX_ADMIN_CONNECTIONS: usize = 64;

/// How long all that comes after the drain has: what was cancelled ends, connections are closed, programs of MCP servers end by themselves.
/// What is left of it is the store's.
const END: Duration = Duration::from_millis(4_200);
/// How long of that what was cancelled has: only a turn that is being stored still goes on, and takes longer where the store hangs.
const CANCELLED_END: Duration = Duration::from_millis(1_500);
/// How long there is for the rest, however long live writes took that nobody cuts off.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);
/// How long the store has at least, and how long where the process was told to end at once.
pub(crate) const STORED_AT_LAST: Duration = Duration::from_millis(500);

/// How a server ended that was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// How many invocations were cancelled because the time to drain was over.
    pub cancelled: usize,
    /// Until when to wait for what the store and the collector do not have yet.
    pub until: Instant,
}

impl Server {
    /// Takes an address for a runner, and requests for whom `identity` says. Needs no runtime.
    ///
    /// # Errors
    /// The bundle may not be served at this address, or the address cannot be had.
    pub fn bind(runner: Arc<Runner>, identity: Identity, settings: &ServeSettings) -> Result<Self, SetupError> {
        judge(runner.bundle(), settings)?;
        let shared = Shared::new(runner, identity, settings)?;
        let (listener, address) = listen(SocketAddr::new(settings.host, settings.port), address::PUBLIC)?;
        let admin = settings.admin.map(|admin| listen(admin, address::ADMIN)).transpose()?;
        let shared = Arc::new(shared);
        let ServeSettings { drain, connections, .. } = *settings;
        Ok(Self { listener, address, admin, drain, connections, shared })
    }

    /// Where metrics and traces are, if they have a port of their own.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|(_, address)| *address)
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
        let Self { listener, admin, drain, connections, shared, .. } = self;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut acceptor = Acceptor::new(listener, connections, Arc::clone(&shared), shared.face);
        let admin = admin.map(|(listener, _)| Admin::begin(listener, &shared)).transpose()?;
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
        let until = Instant::now() + END;
        work.cancel();
        acceptor.serve_until(written(work)).await;
        let until = until.max(Instant::now() + CLOSED_WITHIN);
        let runner = &shared.runner;
        let admin = async {
            if let Some(admin) = admin {
                admin.end().await;
            }
        };
        // All at once, because orchestrators have little patience. Programs of servers are ended whatever happens; this gives them time
        // to do it by themselves. Whoever runs the server then ends the state: nothing new comes to it any more.
        let servers = runner.close(until.saturating_duration_since(Instant::now()));
        let ends = async { tokio::join!(acceptor.end(), shared.mcp.end(), servers, admin) };
        let _late = tokio::time::timeout_at(until, ends).await;
        keeping.abort();
        Ok(Drained { cancelled, until: until.max(Instant::now() + STORED_AT_LAST) })
    }
}

/// Whether the certificate that the settings name can be used.
///
/// # Errors
/// It cannot.
pub(crate) fn ensure_certificate(settings: &ServeSettings) -> Result<(), SetupError> {
    settings.tls.clone().map(Tls::read).transpose().map(drop)
}

async fn keep(tls: Option<&Tls>) {
    if let Some(tls) = tls {
        tls.keep().await;
    }
}

/// What serves metrics and traces on a port of their own, also while the runner drains: how it does is worth knowing, too.
struct Admin {
    over: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Admin {
    fn begin(listener: TcpListener, shared: &Arc<Shared>) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut acceptor = Acceptor::new(listener, MAX_ADMIN_CONNECTIONS, Arc::clone(shared), Face::Admin);
        let (over, is_over) = oneshot::channel();
        let task = tokio::spawn(async move {
            let _over = acceptor.serve_until(is_over).await;
            acceptor.close_idle();
            acceptor.end().await;
        });
        Ok(Self { over, task })
    }

    async fn end(self) {
        let Self { over, task } = self;
        drop(over);
        // What ends in a panic has ended.
        let _ended = task.await;
    }
}

/// Waits for the live writes that were begun: a half-made one is worse than a late end, and each has the limit of its tool.
async fn written(work: &Work) {
    // What is cancelled ends at once, and then begins no more of them. A turn that a store does not take is lost then.
    if tokio::time::timeout(CANCELLED_END, work.finished()).await.is_err() {
        tracing::warn!(
            running = work.running(),
            "the store keeps turns waiting; those that it does not have by now may be lost"
        );
    }
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
    let judged = |host: IpAddr| {
        let reach = if host.to_canonical().is_loopback() { Reach::ThisMachine } else { Reach::Others };
        authenticate::judge(&bundle.auth.authentication, reach)
    };
    judged(settings.host)?;
    settings.admin.map_or(Ok(()), |admin| judged(admin.ip())).map_err(|_others| {
        SetupError::new(
            "other machines could reach the listener for metrics and traces, and the bundle has no `authentication`",
            "set ADMIN_HOST=127.0.0.1 to tell them to this machine alone, or write in `paceline.yaml` who may ask: sources under \
             `authentication`, or `authentication: none`",
        )
    })
}

/// What is said of credentials that come over a network in the clear, unless a proxy in front speaks TLS; absent where none do.
pub(crate) fn in_the_clear(bundle: &Bundle, settings: &ServeSettings) -> Option<String> {
    let Authentication::Sources(sources) = &bundle.auth.authentication else { return None };
    let takes_bearer = sources.iter().any(|source| matches!(source, Source::Jwt(_) | Source::Tokens(_)));
    let is_reached = |host: IpAddr| !host.to_canonical().is_loopback();
    let address = Some(SocketAddr::new(settings.host, settings.port)).filter(|address| is_reached(address.ip()));
    let address = address.or_else(|| settings.admin.filter(|admin| is_reached(admin.ip())));
    let address = address.filter(|_| takes_bearer && settings.tls.is_none())?;
    Some(format!(
        "TLS is left to the proxy in front of `{address}`: without one, bearer tokens come in the clear; TLS_CERT_FILE and \
         TLS_KEY_FILE let the runner speak it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_end_is_within_the_patience_of_kubernetes() {
        // What was cancelled has a part of it, and what is closed then the rest.
        assert!(CANCELLED_END + CLOSED_WITHIN <= END);
        let connections = acceptor::LAST_CALL + 2 * Patience::default().flush;
        assert!(connections <= END);
        let all = settings::DEFAULT_DRAIN + END + STORED_AT_LAST;
        // `terminationGracePeriodSeconds`, where nobody sets it.
        assert!(all < Duration::from_secs(30), "{all:?}");
    }
}
