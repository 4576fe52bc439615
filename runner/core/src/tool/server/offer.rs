//! What a server offers now, held against what was pinned. A server can only ever offer less: a tool that has changed is not
//! called, and one that is new is not seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pace_ir::drift::{self, Severity};
use pace_ir::program::Access;
use pace_ir::program::tool::PinnedServer;
use pace_mcp::{Connection, Error, Offered, Tool};
use serde_json::Value;

/// What was pinned of one server, and what came of the comparisons so far.
#[derive(Debug)]
pub(super) struct Offers {
    pinned: BTreeMap<String, Pinned>,
    /// By whose connection it is: the list that was compared, and what of it differs.
    compared: Mutex<Compared>,
}

type Compared = BTreeMap<String, (Arc<Offered>, Arc<Differing>)>;

/// What a tool was when it was pinned.
#[derive(Debug)]
struct Pinned {
    input: Value,
    access: Access,
}

/// The pinned tools that are not what they were, and how; words that follow the tool's name.
pub(super) type Differing = BTreeMap<String, &'static str>;

impl Offers {
    /// For the tools of a server that are used; a schema that is no JSON fits nothing.
    pub(super) fn new(server: &PinnedServer, used: impl Fn(&str) -> bool) -> Self {
        let pinned = server.tools.iter().filter(|(name, _)| used(name)).map(|(name, tool)| {
            let input = serde_json::from_str(&tool.input.0).unwrap_or_default();
            (name.clone(), Pinned { input, access: tool.access })
        });
        Self { pinned: pinned.collect(), compared: Mutex::default() }
    }

    /// What differs at the other end of this connection. The server is asked once, and again when it says that its list changed.
    ///
    /// # Errors
    /// It does not say what it offers.
    pub(super) async fn differing(
        &self,
        connection: &Connection,
        identity: &str,
        within: Duration,
    ) -> Result<Arc<Differing>, Error> {
        let offered = connection.current(within).await?;
        if let Some((_, differing)) = self.compared().get(identity).filter(|(known, _)| Arc::ptr_eq(known, &offered)) {
            return Ok(Arc::clone(differing));
        }
        let differing = Arc::new(self.compare(&offered.tools));
        for (tool, why) in differing.iter() {
            tracing::warn!(server = connection.name(), tool, "a pinned tool {why}; it is not called");
        }
        self.compared().insert(identity.to_owned(), (offered, Arc::clone(&differing)));
        Ok(differing)
    }

    fn compared(&self) -> MutexGuard<'_, Compared> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compare(&self, offered: &[Tool]) -> Differing {
        let differing = self.pinned.iter().filter_map(|(name, pinned)| {
            let mut same = offered.iter().filter(|tool| tool.name == *name);
            let why = match (same.next(), same.next()) {
                (None, _) => Some("is no longer offered by its server"),
                (Some(_), Some(_)) => Some("is offered twice by its server"),
                (Some(tool), None) => pinned.differs(tool),
            };
            why.map(|why| (name.clone(), why))
        });
        differing.collect()
    }
}

impl Pinned {
    fn differs(&self, tool: &Tool) -> Option<&'static str> {
        let is_read = tool.annotations.read_only == Some(true);
        if self.access == Access::Read && !is_read {
            return Some("only read when it was pinned, and its server no longer says that it does");
        }
        let offered = Value::Object((*tool.input_schema).clone());
        let changes = drift::arguments(&self.input, &offered);
        let goes_on = self.input.is_object() && changes.iter().all(|(severity, _)| *severity == Severity::Compatible);
        (!goes_on).then_some("takes other arguments than when it was pinned; adopt them with `pace mcp update`")
    }
}
