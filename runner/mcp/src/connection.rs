//! A connection to one server, as one identity, from its opening to its end.

mod calling;
mod converted;
mod deadlines;
mod handler;
mod listing;
mod opening;
mod why;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pace_web::Web;
use rmcp::RoleClient;
use rmcp::service::{Peer, RunningService};
use serde_json::{Map, Value};
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;

use self::deadlines::Deadlines;
use self::handler::Handler;
use crate::call::{CallOptions, CallResult};
use crate::error::{Error, Kind};
use crate::offered::{Offered, ServerInfo};
use crate::server::{Root, Server};
use crate::stdio::Child;
use crate::supervise::Supervisor;
use crate::wire::Shared;

/// What stands in an answer that a transport puts in the place of one that is too large, or cannot be read.
pub(crate) const TOO_LARGE: &str = "pace: the answer is too large";
pub(crate) const TOO_MANY_VALUES: &str = "pace: the answer has too many values";
pub(crate) const UNREADABLE: &str = "pace: the answer cannot be read";

/// What all connections share.
#[derive(Debug, Clone)]
pub struct Client(Arc<ClientSettings>);

/// How servers are spoken to.
#[derive(Debug)]
pub struct ClientSettings {
    /// Which version servers are told that they speak with; the name is `paceline`.
    pub version: String,
    /// Which binary supervises programs.
    pub supervisor: Supervisor,
    /// Connections over HTTP.
    pub web: Web,
}

/// A connection. Dropped, it is closed without being waited for; a program is ended all the same.
pub struct Connection {
    info: ServerInfo,
    has_tools: bool,
    roots: Vec<Root>,
    shared: Arc<Shared>,
    peer: Peer<RoleClient>,
    deadlines: Deadlines,
    /// The list of tools as it was last asked for.
    current: Mutex<Option<Arc<Offered>>>,
    service: Mutex<Option<RunningService<RoleClient, Handler>>>,
    child: Option<Mutex<Child>>,
    /// Listens for changes of the list, with servers that have to be asked to tell.
    listener: Option<AbortHandle>,
}

impl Client {
    /// With `settings`.
    pub fn new(settings: ClientSettings) -> Self {
        Self(Arc::new(settings))
    }
}

impl Connection {
    /// Connects to `server`, and agrees on a protocol: the newest that both speak. A program is started; the time counts from
    /// its start.
    ///
    /// # Errors
    /// It cannot be reached, refuses the credential, is no MCP server, or does not answer `within` that time.
    pub async fn open(client: &Client, server: &Server, within: Duration) -> Result<Self, Error> {
        opening::open(&client.0, server, within).await
    }

    /// What it is called in errors and in the log.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Who the server says it is.
    pub fn info(&self) -> &ServerInfo {
        &self.info
    }

    /// Everything it offers now. Asked of the server each time.
    ///
    /// # Errors
    /// It does not answer `within` that time, offers more than is read, or breaks the protocol.
    pub async fn offered(&self, within: Duration) -> Result<Offered, Error> {
        let listed = tokio::time::timeout(within, self.list()).await;
        let listed = listed.unwrap_or_else(|_elapsed| Err(Kind::NoAnswer { within, said: Vec::new() }));
        listed.map_err(|kind| self.shared.error(kind))
    }

    /// What it offers, asked once and again when the server says that its list has changed. The same list is the same pointer.
    ///
    /// # Errors
    /// As [`Connection::offered`].
    pub async fn current(&self, within: Duration) -> Result<Arc<Offered>, Error> {
        // Held while the server is asked: whoever comes meanwhile waits for the same answer.
        let mut current = self.current.lock().await;
        if let Some(offered) = current.as_ref().filter(|offered| offered.generation == self.generation()) {
            return Ok(Arc::clone(offered));
        }
        let offered = Arc::new(self.offered(within).await?);
        *current = Some(Arc::clone(&offered));
        Ok(offered)
    }

    /// Calls a tool. Dropping the future tells the server that nobody waits any more. No call is made twice.
    ///
    /// # Errors
    /// There is no result: see [`Error::delivery`] for whether the server may have acted on it.
    pub async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
        options: CallOptions,
    ) -> Result<CallResult, Error> {
        let within = options.timeout;
        // Large, and moved no more.
        let rounds = std::pin::pin!(self.rounds(tool, arguments, options));
        let called = self.deadlines.within(within, rounds).await;
        let called = called.unwrap_or(Err(Kind::TimedOut { within }));
        called.map_err(|kind| self.shared.error(kind))
    }

    /// How often the server has said that its list of tools changed: what was [`Connection::offered`] at another number is old.
    pub fn generation(&self) -> u64 {
        self.shared.generation()
    }

    /// The same, to be waited for.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes()
    }

    /// Whether it is of no use any more. A connection over HTTP is one until it is closed: whoever listens there may change.
    pub fn is_closed(&self) -> bool {
        self.peer.is_transport_closed()
    }

    /// Says goodbye and waits until nothing is left: a session is ended, a program too, which gets some seconds to do it by
    /// itself. Calls that are being made fail.
    pub async fn close(&self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
        if let Some(mut service) = self.service.lock().await.take() {
            // Fails if its task has failed: then it is closed.
            let _failed = service.close().await;
        }
        if let Some(child) = &self.child {
            child.lock().await.end().await;
        }
    }

    /// How long it lived, once it has ended.
    pub(crate) fn lived(&self) -> Option<Duration> {
        self.shared.lived()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("server", &self.shared.name).finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}
