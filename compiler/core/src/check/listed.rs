//! What the agents list, by what it is: one look-up for every grant and credential, however many agents there are.

use std::collections::BTreeMap;

use pace_ir::program::GrantTarget;

use crate::resolve::{Resolved, ResolvedTarget, ResolvedTool};

/// The tools and servers that agents list.
#[derive(Debug)]
pub(super) struct Listed<'p> {
    by_key: BTreeMap<&'p str, Vec<&'p ResolvedTool<'p>>>,
    /// Whether every entry of every agent is among them.
    pub(super) is_whole: bool,
}

impl<'p> Listed<'p> {
    /// Looks through all agents once.
    pub(super) fn of(resolved: &'p Resolved<'p>) -> Self {
        let mut by_key: BTreeMap<&str, Vec<&ResolvedTool<'_>>> = BTreeMap::new();
        let mut is_whole = resolved.parsed.complete;
        for agent in resolved.agents.values() {
            is_whole &= agent.spec.tools.is_complete() && agent.tools.len() == agent.spec.tools.items().len();
            for tool in &agent.tools {
                if let Some(key) = key(tool) {
                    by_key.entry(key).or_default().push(tool);
                }
            }
        }
        Self { by_key, is_whole }
    }

    /// The keys that grants can name: compiled tools and servers.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'p str> {
        self.by_key.keys().copied()
    }

    /// The entries of each key.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'p str, &[&'p ResolvedTool<'p>])> {
        self.by_key.iter().map(|(key, tools)| (*key, tools.as_slice()))
    }

    /// Whether any entry is about this tool or server.
    pub(super) fn has(&self, target: &GrantTarget) -> bool {
        match target {
            GrantTarget::Local(key) | GrantTarget::Server(key) => self.by_key.contains_key(key.as_str()),
            GrantTarget::ServerTool(key, name) => {
                self.by_key.get(key.as_str()).is_some_and(|tools| tools.iter().any(|tool| exposes(tool, name)))
            }
        }
    }
}

/// Whether a grant on this is about an entry.
pub(super) fn is_about(tool: &ResolvedTool<'_>, target: &GrantTarget) -> bool {
    let (GrantTarget::Local(granted) | GrantTarget::Server(granted) | GrantTarget::ServerTool(granted, _)) = target;
    key(tool) == Some(granted) && !matches!(target, GrantTarget::ServerTool(_, name) if !exposes(tool, name))
}

/// Whether an entry leaves a server's tool in the list.
fn exposes(tool: &ResolvedTool<'_>, name: &str) -> bool {
    tool.keys.tools.get().is_none_or(|list| list.items.iter().any(|item| item.value.0 == name))
}

fn key<'p>(tool: &'p ResolvedTool<'p>) -> Option<&'p str> {
    match &tool.target {
        ResolvedTarget::Local(name) => Some(name),
        ResolvedTarget::Server(address) => Some(&address.key),
        ResolvedTarget::Skill(_) | ResolvedTarget::Agent(..) => None,
    }
}
