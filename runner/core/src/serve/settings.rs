//! How a server is set up: where it listens, and how patient it is with clients and with its own end.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::MAX_CONNECTIONS;
use super::cors::Origins;
use super::limiter::Rate;

/// How a server is set up. [`crate::config`] reads it from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeSettings {
    /// Where it listens.
    pub host: IpAddr,
    /// On which port; 0 is any free one.
    pub port: u16,
    /// Where metrics and traces are, if not there.
    pub admin: Option<SocketAddr>,
    /// How long invocations may go on after the server was told to stop.
    pub drain: Duration,
    /// The most connections at once. Over it, the one that has waited longest for a request makes room.
    pub connections: usize,
    /// How long it waits for others.
    pub patience: Patience,
    /// How many requests of one principal it takes; as many as come, where nothing is said.
    pub rate: Option<Rate>,
    /// How many wrong credentials of one address it judges; all, where nothing is said.
    pub failures: Option<Rate>,
    /// Whose pages may ask.
    pub origins: Origins,
    /// Speaks TLS with these; in the clear without.
    pub tls: Option<TlsFiles>,
}

/// Where the certificate of a server lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, in PEM, its own certificate first.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// Where `HOST` and `PORT` point if they are not set: this machine alone, as design and habit have it.
pub const DEFAULT_PORT: u16 = 8080;
/// Kubernetes kills 30 seconds after it asked to stop: this leaves 5 for the last answers to be written.
pub const DEFAULT_DRAIN: Duration = Duration::from_secs(25);

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: DEFAULT_PORT,
            admin: None,
            drain: DEFAULT_DRAIN,
            connections: MAX_CONNECTIONS,
            patience: Patience::default(),
            rate: None,
            failures: Some(FAILURES),
            origins: Origins::default(),
            tls: None,
        }
    }
}

/// A person who mistypes a token stays far below it, and so does a fleet of clients behind one address whose tokens ran out. Whoever
/// guesses gets nowhere with it: a token of 16 characters is found in more years than there have been.
const FAILURES: Rate = Rate { count: NonZeroU32::MIN.saturating_add(59), per: Duration::from_mins(1) };

/// How long a server waits for others. Not settings of the operator: tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the rest of a request's head, from its first byte on.
    pub head: Duration,
    /// For the next request on a connection. Longer than the 60 seconds of common load balancers, so that it is they who
    /// close, and no request meets a closed connection.
    pub idle: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For a client that takes nothing of its answer.
    pub write: Duration,
    /// Between two comments in an event stream; proxies close what is silent for 30 or 60 seconds.
    pub comment: Duration,
    /// For somebody to follow an invocation again after everybody left.
    pub grace: Duration,
    /// For somebody to read the events of an invocation that is over.
    pub kept: Duration,
    /// For the last answers to be written when the server ends.
    pub flush: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            comment: Duration::from_secs(15),
            grace: Duration::from_secs(30),
            kept: Duration::from_mins(5),
            flush: Duration::from_secs(2),
        }
    }
}
