//! Tools of MCP servers. What the model sees is what was pinned when the bundle was built, and what is called is held against
//! it: a tool that is no longer what was pinned is not called. A server is shown the credential of whoever asked, and its
//! connections are kept apart by whose they are.

pub(in crate::tool) mod configure;
mod held;
pub mod hidden;
mod offer;
mod reach;
mod result;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pace_ir::access::{Chain, Tool};
use pace_ir::program::{Access, Principal};
use pace_mcp::{CallOptions, CallResult, Error, Key, Kind, Leased, Pool};
use serde_json::{Map, Value};

pub(crate) use self::configure::credentials;
pub use self::configure::{client, passed_on};
pub use self::held::Held;
use self::held::Holder;
use self::offer::Offers;
use self::reach::{Reach, Way};
use super::Refusal;
use super::callee::{Attended, ToolFailure};
use super::progress::Steps;
use crate::conversation::Output;
use crate::mcp::depth;
use crate::schema::Schema;
use crate::trace_context::TRACEPARENT;

/// How long a server has to say what it offers, once it is connected.
const LISTED_WITHIN: Duration = Duration::from_secs(30);

/// A server's tool as one agent may use it.
#[derive(Debug, Clone)]
pub struct ServerTool {
    tool: Tool,
    /// What the server calls it.
    name: String,
    timeout: Duration,
    /// Whether it may be called again where nobody knows what came of a call.
    class: Access,
    output: Option<Arc<Schema>>,
    server: Arc<ServedServer>,
}

/// A server as one entry of an agent uses it.
#[derive(Debug)]
pub struct ServedServer {
    /// Its canonical address.
    key: String,
    /// What the model sees before the names of its tools.
    alias: String,
    /// Tells entries apart that reach the same server in different ways.
    entry: String,
    pool: Pool,
    reach: Reach,
    held: Held,
    offers: Offers,
    /// Whether it was not there when it was last connected to.
    is_away: AtomicBool,
}

/// How a server is, for people who start something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It is there, and what is pinned is what it offers.
    Connected,
    /// It is there, and these tools are not called: why.
    Differs(Vec<String>),
    /// It is not there, or the subject may not ask it: why.
    Failed(String),
}

impl ServerTool {
    /// What the rules know it as.
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// What its server calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its server.
    pub fn server(&self) -> &Arc<ServedServer> {
        &self.server
    }

    /// Why the server is not to be asked on behalf of the subject: there is no credential for it.
    pub fn refusal(&self, chain: &Chain) -> Option<Refusal> {
        self.server.holder(chain).err()
    }

    /// Makes one call; `arguments` fit the pinned schema. Dropping the future tells the server that nobody waits.
    ///
    /// # Errors
    /// The server cannot be asked, the tool is no longer what was pinned, it failed, or its result does not fit.
    pub(crate) async fn call(
        &self,
        chain: &Chain,
        arguments: &Value,
        attended: &Attended,
    ) -> Result<Output, ToolFailure> {
        let meta = Map::from_iter([(TRACEPARENT.to_owned(), attended.trace.to_string().into())]);
        let progress = attended.steps.as_ref().map(Steps::sink);
        let options = CallOptions { timeout: self.timeout, meta: depth::told(meta, chain), progress };
        let result = match self.attempt(chain, arguments, &options).await? {
            // Somebody else's call may have ended the program. What only reads is asked of the next one, once.
            Err(error) if self.class == Access::Read && self.server.has_died(&error) => {
                self.attempt(chain, arguments, &options).await?
            }
            result => result,
        };
        result::of(result.map_err(|error| failure("server", error.to_string()))?, self.output.as_deref())
    }

    /// Calls it, if it is what was pinned.
    async fn attempt(
        &self,
        chain: &Chain,
        arguments: &Value,
        options: &CallOptions,
    ) -> Result<Result<CallResult, Error>, ToolFailure> {
        let (connection, identity) = self.server.connection(chain).await?;
        let differing = self.server.offers.differing(&connection, &identity, LISTED_WITHIN).await;
        let differing = differing.map_err(|error| failure("server", error.to_string()))?;
        if let Some(why) = differing.get(&self.name) {
            return Err(failure("drift", format!("not called: `{}` {why}", self.tool.target())));
        }
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        Ok(connection.call(&self.name, arguments, options.clone()).await)
    }
}

impl ServedServer {
    /// Its canonical address.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What the model sees before the names of its tools.
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// Whether it is asked the same way for everybody: nobody has a credential for it, and it wants none.
    pub fn is_open(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether it was not there when it was last connected to. Of one that is asked differently for each, nobody knows: it may have
    /// refused one of them.
    pub fn is_away(&self) -> bool {
        self.is_open() && self.is_away.load(Ordering::Relaxed)
    }

    /// Those on whose behalf it can be asked here: nobody in particular, or everybody who has a credential that can be used.
    pub fn askers(&self) -> Vec<Principal> {
        if self.is_open() { vec![Principal::Anonymous] } else { self.held.usable().cloned().collect() }
    }

    /// Connects on behalf of somebody, and says how it is.
    pub async fn status(&self, chain: &Chain) -> Status {
        let (connection, identity) = match self.connection(chain).await {
            Ok(connection) => connection,
            Err(failure) => return Status::Failed(failure.message),
        };
        match self.offers.differing(&connection, &identity, LISTED_WITHIN).await {
            Err(error) => Status::Failed(error.to_string()),
            Ok(differing) if differing.is_empty() => Status::Connected,
            Ok(differing) => Status::Differs(differing.iter().map(|(tool, why)| format!("`{tool}` {why}")).collect()),
        }
    }

    /// Whether a call has no result because the program has ended.
    fn has_died(&self, error: &Error) -> bool {
        matches!(self.reach.way, Way::Program { .. }) && matches!(error.kind(), Kind::Lost { .. })
    }

    fn holder(&self, chain: &Chain) -> Result<Holder<'_>, Refusal> {
        self.held.shown(&chain.subject, &self.key)
    }

    async fn connection(&self, chain: &Chain) -> Result<(Leased, String), ToolFailure> {
        let holder = self.holder(chain).map_err(|refusal| failure("credential", refusal.why))?;
        let identity = holder.identity();
        let server = self.reach.server(&self.alias, &holder).map_err(|why| failure("credential", why))?;
        let key = Key { server: self.entry.clone(), identity: identity.clone() };
        let connection = self.pool.get(&key, &server).await;
        self.is_away.store(connection.is_err(), Ordering::Relaxed);
        let connection = connection.map_err(|error| failure("server", error.to_string()))?;
        Ok((connection, identity))
    }
}

fn failure(kind: &'static str, message: String) -> ToolFailure {
    ToolFailure { kind, message, stack: Vec::new(), cause: None }
}
