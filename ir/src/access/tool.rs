//! The two steps of a tool call. *Capability*: the agent's list offers the tool for calls of this class. *Privilege*: the
//! grants let the subject make them.
//!
//! How grants combine: one on a server mentions all its tools, one on `server#tool` that tool only. A tool that any grant
//! mentions is closed to everyone not granted; what a principal may do is the most that the grants on the server, on the
//! tool and on their groups give together. So a grant on `server#tool` never takes away what one on the server gives, and
//! leaves the server's other tools as they were. Of a tool that no grant mentions, reads are open; writes are, too, while
//! the project has no grants at all, and need one otherwise.

use super::{Decision, Reason, Rules, Subject};
use crate::program::tool::ServerTarget;
use crate::program::{Access, Agent, AgentName, GrantTarget, Principal, Target, ToolEntry};

/// A tool that is no agent: what capability and privilege are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// A compiled tool, by its key in `TOOL.local`.
    Local(String),
    /// A server's tool: the server's key in `TOOL.servers`, and the name the server gives the tool.
    Server(String, String),
}

impl Tool {
    /// The tool as grants name it.
    pub fn target(&self) -> GrantTarget {
        match self {
            Self::Local(key) => GrantTarget::Local(key.clone()),
            Self::Server(server, tool) => GrantTarget::ServerTool(server.clone(), tool.clone()),
        }
    }

    /// The grants that mention it.
    fn mentions(&self) -> Vec<GrantTarget> {
        match self {
            Self::Local(_) => vec![self.target()],
            Self::Server(server, _) => vec![self.target(), GrantTarget::Server(server.clone())],
        }
    }
}

impl Rules<'_> {
    /// Whether an agent may make calls of this class at all, whoever asks: its list has the tool with at least this access.
    pub fn capability(self, agent: &AgentName, tool: &Tool, class: Access) -> Decision {
        let (name, target) = (agent, tool.target());
        let entries = self.bundle.program.agents.get(agent).map(|agent| agent.tools.as_slice()).unwrap_or_default();
        let offers = entries.iter().filter_map(|entry| self.offered(entry, tool));
        match offers.max() {
            Some(Offer::Class(most)) if most >= class => {
                Decision::Allowed(Reason::Capable { agent: name.clone(), tool: target, class })
            }
            Some(_) => Decision::Denied(Reason::ReadOnly { agent: name.clone(), tool: target }),
            None => Decision::Denied(Reason::Incapable { agent: name.clone(), tool: target }),
        }
    }

    /// Whether the grants let a subject make calls of this class.
    pub fn privilege(self, subject: &Subject, tool: &Tool, class: Access) -> Decision {
        let grants = &self.bundle.auth.grants;
        let mentioned: Vec<_> =
            tool.mentions().into_iter().filter_map(|target| grants.get(&target).map(|given| (target, given))).collect();
        if mentioned.is_empty() {
            return self.unmentioned(tool, class);
        }
        let rules = subject.rules();
        let given = mentioned.iter().flat_map(|(target, given)| {
            rules.iter().filter_map(move |rule| given.get(rule).map(|access| (target, rule, *access)))
        });
        let best = most(given);
        let (tool, asked) = (tool.target(), subject.clone());
        match best {
            Some((target, rule, access)) if access >= class => {
                Decision::Allowed(Reason::Granted { target: target.clone(), rule: rule.clone(), access })
            }
            Some(_) => Decision::Denied(Reason::OnlyRead { tool, subject: asked }),
            None => Decision::Denied(Reason::NotGranted { tool, subject: asked }),
        }
    }

    /// A tool that no grant mentions.
    fn unmentioned(self, tool: &Tool, class: Access) -> Decision {
        let target = tool.target();
        match class {
            _ if self.bundle.auth.grants.is_empty() => Decision::Allowed(Reason::NoGrants(target)),
            Access::Read => Decision::Allowed(Reason::UngrantedRead(target)),
            Access::Write => Decision::Denied(Reason::UngrantedWrite(target)),
        }
    }

    /// The tools an agent's list offers, each with the class of its calls, in the author's order. Empty for an agent the
    /// bundle does not have.
    pub fn tools(self, agent: &AgentName) -> Vec<(Tool, Access)> {
        let agent = self.bundle.program.agents.get(agent);
        let entries = agent.map(|agent: &Agent| agent.tools.as_slice()).unwrap_or_default();
        entries.iter().flat_map(|entry| self.offers(entry)).collect()
    }

    /// The tools that one entry offers, each with the class of its calls. Of a server those that its `tools` lets through
    /// and its `access` allows, as they were pinned; of an agent none.
    pub fn offers(self, entry: &ToolEntry) -> Vec<(Tool, Access)> {
        let tools = match &entry.target {
            Target::Local(local) => vec![Tool::Local(local.tool.clone())],
            Target::Server(server) => {
                let pinned = self.bundle.tools.servers.get(&server.server);
                let names = pinned.into_iter().flat_map(|pinned| pinned.tools.keys());
                names.map(|name| Tool::Server(server.server.clone(), name.clone())).collect()
            }
            Target::Agent(_) => Vec::new(),
        };
        let class = |tool: Tool| match self.offered(entry, &tool) {
            Some(Offer::Class(class)) => Some((tool, class)),
            Some(Offer::LeftOut) | None => None,
        };
        tools.into_iter().filter_map(class).collect()
    }

    /// What one entry offers of a tool.
    fn offered(self, entry: &ToolEntry, tool: &Tool) -> Option<Offer> {
        match (&entry.target, tool) {
            (Target::Local(local), Tool::Local(key)) => (local.tool == *key).then_some(Offer::Class(entry.access)),
            (Target::Server(server), Tool::Server(key, name)) if server.server == *key => {
                let class = self.class(server, name)?;
                Some(if class <= entry.access { Offer::Class(class) } else { Offer::LeftOut })
            }
            _ => None,
        }
    }

    /// The class of the calls of a server's tool through one entry; `None` if the entry filters it out, or the server did
    /// not have it when it was pinned.
    fn class(self, server: &ServerTarget, name: &str) -> Option<Access> {
        let pinned = self.bundle.tools.servers.get(&server.server)?.tools.get(name)?;
        let is_exposed = server.tools.as_ref().is_none_or(|tools| tools.contains(name));
        let class = if server.read_only.contains(name) { Access::Read } else { pinned.access };
        is_exposed.then_some(class)
    }
}

/// What an entry offers of a tool; the order is that of what can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Offer {
    /// The entry is for reading only, and the tool writes.
    LeftOut,
    /// Calls of this class.
    Class(Access),
}

/// The grant that gives most; of equal ones the first.
fn most<'g>(
    given: impl Iterator<Item = (&'g GrantTarget, &'g Principal, Access)>,
) -> Option<(&'g GrantTarget, &'g Principal, Access)> {
    given.reduce(|best, next| if next.2 > best.2 { next } else { best })
}
