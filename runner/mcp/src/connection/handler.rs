//! What servers may ask of us: whether we are there, and our roots. They are told of nothing else, and what they ask all the
//! same is declined.

#![expect(deprecated, reason = "roots are deprecated as of 2026-07-28; servers of older protocols have nothing else")]

use rmcp::ClientHandler;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ErrorData, Implementation, ListRootsResult, ProtocolVersion, RootsCapabilities,
};
use rmcp::service::{RequestContext, RoleClient};

use crate::server::Root;

/// Answers a server.
#[derive(Debug)]
pub(super) struct Handler {
    config: ClientConfig,
    roots: Vec<Root>,
}

impl Handler {
    pub(super) fn new(version: &str, roots: &[Root]) -> Self {
        let mut capabilities = ClientCapabilities::default();
        if !roots.is_empty() {
            capabilities.roots = Some(RootsCapabilities::default());
        }
        let client = Implementation::new("paceline", version);
        let config = ClientConfig::new(capabilities, client).with_protocol_version(ProtocolVersion::V_2025_11_25);
        Self { config, roots: roots.to_vec() }
    }
}

/// As the protocol has them.
pub(super) fn listed(roots: &[Root]) -> ListRootsResult {
    let listed = roots.iter().map(|root| {
        let listed = rmcp::model::Root::new(root.uri.as_str());
        match &root.name {
            Some(name) => listed.with_name(name.as_str()),
            None => listed,
        }
    });
    ListRootsResult::new(listed.collect())
}

// Elicitation is declined and sampling is unknown by default.
impl ClientHandler for Handler {
    async fn list_roots(&self, _context: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Ok(listed(&self.roots))
    }

    fn get_info(&self) -> ClientConfig {
        self.config.clone()
    }
}
