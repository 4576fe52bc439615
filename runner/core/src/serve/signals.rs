//! How a server is told to stop: SIGTERM, as orchestrators do; SIGINT, as people do; SIGHUP, as a terminal does that closes.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use super::{Drained, STORED_AT_LAST, Server};

/// How a server ended that was told to by signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// After the first signal, in order.
    Drained(Drained),
    /// At once, because of a second signal.
    AtOnce,
}

impl Ended {
    /// How long there still is for what the store and the collector do not have yet.
    pub fn left(self) -> Duration {
        match self {
            Self::Drained(drained) => drained.until.saturating_duration_since(Instant::now()),
            Self::AtOnce => STORED_AT_LAST,
        }
    }
}

/// How soon after the first a second signal counts. A supervisor and the terminal it is in may both pass one on.
#[cfg(unix)]
const APART: std::time::Duration = std::time::Duration::from_millis(500);

/// Runs a server until the first SIGTERM, SIGINT or SIGHUP, then drains it; a second signal that comes half a second later ends
/// it at once. `ready` is called as
/// soon as signals are heard.
///
/// # Errors
/// The system gives no signals, or what [`Server::run`] says.
#[cfg(unix)]
pub async fn until_signalled(server: Server, ready: impl FnOnce()) -> io::Result<Ended> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    ready();
    let (first, told) = tokio::sync::oneshot::channel();
    let shutdown = async {
        // An error is a sender that is gone, and it is never gone before it has sent.
        let _ended = told.await;
    };
    let second = async {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {}, _ = hangup.recv() => {} }
        tracing::info!("shutting down; a second signal ends at once");
        let _gone = first.send(());
        let begun = tokio::time::Instant::now();
        loop {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {}, _ = hangup.recv() => {} }
            if begun.elapsed() >= APART {
                break;
            }
        }
    };
    tokio::select! {
        drained = server.run(shutdown) => drained.map(Ended::Drained),
        () = second => Ok(Ended::AtOnce),
    }
}

/// Runs a server until Ctrl-C, then drains it; the second one ends it at once. `ready` is called before.
///
/// # Errors
/// What [`Server::run`] says.
#[cfg(not(unix))]
pub async fn until_signalled(server: Server, ready: impl FnOnce()) -> io::Result<Ended> {
    ready();
    let (first, told) = tokio::sync::oneshot::channel();
    let shutdown = async {
        let _ended = told.await;
    };
    let second = async {
        let _first = tokio::signal::ctrl_c().await;
        tracing::info!("shutting down; a second Ctrl-C ends at once");
        let _gone = first.send(());
        let _second = tokio::signal::ctrl_c().await;
    };
    tokio::select! {
        drained = server.run(shutdown) => drained.map(Ended::Drained),
        () = second => Ok(Ended::AtOnce),
    }
}
