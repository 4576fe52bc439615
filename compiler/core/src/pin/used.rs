//! Which servers the agents list, by key, and in which ways each is started.

use std::collections::BTreeMap;
use std::time::Duration;

use pace_ir::program::Template;
use pace_syntax::Span;

use crate::check::{Checked, CheckedAgent, CheckedTool};
use crate::resolve::{Address, ResolvedTarget};
use crate::servers::{ServerAddress, WantedServer};

/// An entry of an agent that names a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used<'c> {
    /// Whose entry it is.
    pub(crate) agent: &'c CheckedAgent<'c>,
    /// The entry.
    pub(crate) tool: &'c CheckedTool<'c>,
    /// Where the server is.
    pub(crate) address: &'c Address,
    /// The address as written.
    pub(crate) written: &'c Template,
}

/// A server and everything that is done with it.
#[derive(Debug)]
pub(super) struct Server<'c> {
    /// Every entry.
    pub(super) uses: Vec<Used<'c>>,
    /// The ways it is started; entries that agree in them are one.
    pub(super) variants: Vec<Variant>,
}

/// A way to start a server.
#[derive(Debug)]
pub(super) struct Variant {
    /// What is asked.
    pub(super) wanted: WantedServer,
    /// Where the first entry that starts it so names it.
    pub(super) named_at: Span,
}

/// Looks through all agents once.
pub(super) fn collect<'c>(checked: &'c Checked<'c>) -> BTreeMap<&'c str, Server<'c>> {
    let mut servers: BTreeMap<&str, Server<'_>> = BTreeMap::new();
    for agent in &checked.agents {
        for tool in &agent.tools {
            let ResolvedTarget::Server(address) = &tool.resolved.target else { continue };
            let Some(written) = tool.resolved.keys.server.get() else { continue };
            let used = Used { agent, tool, address, written };
            let server = servers
                .entry(address.key.as_str())
                .or_insert_with(|| Server { uses: Vec::new(), variants: Vec::new() });
            if let Some(wanted) = used.wanted(checked)
                && !server.variants.iter().any(|variant| variant.wanted == wanted)
            {
                server.variants.push(Variant { wanted, named_at: tool.resolved.named_at });
            }
            server.uses.push(used);
        }
    }
    for server in servers.values_mut() {
        server.settle_version();
        server.settle_timeout();
    }
    servers
}

impl Server<'_> {
    /// Entries that name no version of a package take what the others ask for.
    fn settle_version(&mut self) {
        let asked = self.variants.iter().find_map(|variant| variant.wanted.address.version()).map(str::to_owned);
        let Some(asked) = asked else { return };
        for variant in std::mem::take(&mut self.variants) {
            let names_version = variant.wanted.address.version().is_some();
            let address = variant.wanted.address.or_version(&asked);
            let wanted = WantedServer { address, ..variant.wanted };
            match self.variants.iter_mut().find(|other| other.wanted == wanted) {
                // What is wrong with the version is said where it stands.
                Some(other) if names_version => other.named_at = variant.named_at,
                Some(_) => {}
                None => self.variants.push(Variant { wanted, ..variant }),
            }
        }
    }

    /// The patience of one entry is that of all: it makes no other way of starting a server.
    fn settle_timeout(&mut self) {
        let given = self.uses.iter().filter_map(|used| used.tool.resolved.keys.timeout.get());
        let longest = given.map(|time| Duration::from_millis(time.0)).max();
        for variant in &mut self.variants {
            variant.wanted.timeout = longest;
        }
    }
}

impl Used<'_> {
    /// The bytes of the address.
    pub(super) fn named_at(&self) -> Span {
        self.tool.resolved.named_at
    }

    fn wanted(&self, checked: &Checked<'_>) -> Option<WantedServer> {
        let keys = self.tool.resolved.keys;
        let key = &self.address.key;
        let env = keys.env.entries().iter();
        Some(WantedServer {
            key: key.clone(),
            address: ServerAddress::of(&self.address.destination, self.written)?,
            args: keys.args.items().iter().map(|argument| argument.value.clone()).collect(),
            env: env.map(|(name, value)| (name.value.0.clone(), value.value.clone())).collect(),
            credentials: checked.credentials.get(key).cloned().unwrap_or_default(),
            package: super::locked(checked).and_then(|lock| lock.servers.get(key)?.package.clone()),
            timeout: None,
        })
    }
}
