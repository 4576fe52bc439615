//! Tool entries, compiled tools, pinned servers, skills.

use std::collections::BTreeMap;

use pace_ir::access::{Rules, Tool};
use pace_ir::program::tool::{
    AgentTarget, HostPattern, LocalTarget, LocalTool, Net, NetRule, PinnedServer, PinnedTool, ServerTarget, Skill,
};
use pace_ir::program::{Access, Target, ToolEntry};
use serde::Serialize;

use super::Detail;

/// An entry of an agent's `tools`.
#[derive(Debug, Serialize)]
pub(crate) struct ToolEntryView {
    #[serde(flatten)]
    pub(crate) target: TargetView,
    pub(crate) access: &'static str,
    /// References, never values.
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) timeout_ms: Option<u64>,
}

/// What an entry calls.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum TargetView {
    Tool {
        tool: String,
        /// Absent: any public host.
        net: Option<Vec<NetRuleView>>,
        memory_bytes: Option<u64>,
    },
    Server {
        server: String,
        alias: String,
        /// Absent: all of them.
        tools: Option<Vec<String>>,
        /// What the agent gets of the server's tools, with what a call counts as.
        gives: BTreeMap<String, &'static str>,
        read_only: Vec<String>,
        args: Vec<String>,
        roots: Vec<String>,
    },
    Agent {
        agent: String,
        alias: String,
    },
}

/// A destination, as an author writes it.
#[derive(Debug, Serialize)]
pub(crate) struct NetRuleView {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) private: bool,
}

/// A compiled tool.
#[derive(Debug, Serialize)]
pub(crate) struct LocalToolView {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) parameters: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) module: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
}

/// A pinned server.
#[derive(Debug, Serialize)]
pub(crate) struct ServerView {
    pub(crate) address: String,
    pub(crate) name: String,
    pub(crate) needs_credential: bool,
    pub(crate) package: Option<PackageView>,
    pub(crate) tools: BTreeMap<String, PinnedToolView>,
}

/// A server's package.
#[derive(Debug, Serialize)]
pub(crate) struct PackageView {
    pub(crate) version: String,
    pub(crate) runtime: &'static str,
    pub(crate) entry: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tree: Option<String>,
}

/// A server's tool.
#[derive(Debug, Serialize)]
pub(crate) struct PinnedToolView {
    /// What a call counts as, unless an entry makes a read of it.
    pub(crate) access: &'static str,
    pub(crate) destructive: Option<bool>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) open_world: Option<bool>,
    pub(crate) title: Option<String>,
    pub(crate) description: String,
    pub(crate) input: serde_json::Value,
    pub(crate) output: Option<serde_json::Value>,
}

/// A skill.
#[derive(Debug, Serialize)]
pub(crate) struct SkillView {
    pub(crate) reference: String,
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// Digests by path; absent digests are left out of what is shown, paths are not.
    pub(crate) files: BTreeMap<String, Option<String>>,
}

impl ToolEntryView {
    /// An entry.
    pub(super) fn of(entry: &ToolEntry, rules: Rules<'_>) -> Self {
        let ToolEntry { target, access, env, timeout } = entry;
        Self {
            target: TargetView::of(target, || given(entry, rules)),
            access: access.as_str(),
            env: env.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
            timeout_ms: timeout.map(|timeout| timeout.0),
        }
    }
}

/// The server's tools that an entry gives.
fn given(entry: &ToolEntry, rules: Rules<'_>) -> BTreeMap<String, &'static str> {
    let offers = rules.offers(entry).into_iter();
    let name = |(tool, class): (Tool, Access)| match tool {
        Tool::Server(_, name) => Some((name, class.as_str())),
        Tool::Local(_) => None,
    };
    offers.filter_map(name).collect()
}

impl TargetView {
    fn of(target: &Target, given: impl FnOnce() -> BTreeMap<String, &'static str>) -> Self {
        match target {
            Target::Local(LocalTarget { tool, net, memory }) => {
                let net = match net {
                    Net::AnyPublic => None,
                    Net::Only(rules) => Some(rules.iter().map(NetRuleView::of).collect()),
                };
                Self::Tool { tool: tool.clone(), net, memory_bytes: memory.map(|memory| memory.0) }
            }
            Target::Server(ServerTarget { server, alias, tools, read_only, args, roots }) => Self::Server {
                server: server.clone(),
                alias: alias.to_string(),
                tools: tools.as_ref().map(|tools| tools.iter().cloned().collect()),
                gives: given(),
                read_only: read_only.iter().cloned().collect(),
                args: args.iter().map(ToString::to_string).collect(),
                roots: roots.clone(),
            },
            Target::Agent(AgentTarget { agent, alias }) => {
                Self::Agent { agent: agent.to_string(), alias: alias.to_string() }
            }
        }
    }
}

impl NetRuleView {
    /// A rule.
    pub(crate) fn of(rule: &NetRule) -> Self {
        let NetRule { host, port, private } = rule;
        let host = match host {
            HostPattern::Host(host) | HostPattern::Network(host) => host.clone(),
            HostPattern::Subdomains(domain) => format!("*.{domain}"),
        };
        Self { host, port: *port, private: *private }
    }
}

impl std::fmt::Display for NetRuleView {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            // An IPv6 network has colons of its own.
            Some(port) if self.host.contains(':') => write!(formatter, "[{}]:{port}", self.host)?,
            Some(port) => write!(formatter, "{}:{port}", self.host)?,
            None => formatter.write_str(&self.host)?,
        }
        if self.private { formatter.write_str(" (private too)") } else { Ok(()) }
    }
}

impl LocalToolView {
    /// A compiled tool.
    pub(super) fn of(tool: &LocalTool, detail: Detail) -> Self {
        let LocalTool { name, description, parameters, module, source } = tool;
        Self {
            name: name.to_string(),
            description: description.clone(),
            parameters: super::json(parameters),
            module: super::digest(*module, detail),
            source: super::digest(*source, detail),
        }
    }
}

impl ServerView {
    /// A pinned server.
    pub(super) fn of(server: &PinnedServer, detail: Detail) -> Self {
        let PinnedServer { address, name, package, needs_credential, tools } = server;
        let package = package.as_ref().map(|package| PackageView {
            version: package.version.clone(),
            runtime: package.runtime.as_str(),
            entry: package.entry.clone(),
            tree: super::digest(package.tree, detail),
        });
        let tools = tools.iter().map(|(name, tool)| (name.clone(), PinnedToolView::of(tool)));
        Self {
            address: address.to_string(),
            name: name.clone(),
            needs_credential: *needs_credential,
            package,
            tools: tools.collect(),
        }
    }
}

impl PinnedToolView {
    fn of(tool: &PinnedTool) -> Self {
        let PinnedTool { title, description, input, output, access, destructive, idempotent, open_world } = tool;
        Self {
            access: access.as_str(),
            destructive: *destructive,
            idempotent: *idempotent,
            open_world: *open_world,
            title: title.clone(),
            description: description.clone(),
            input: super::json(input),
            output: output.as_ref().map(super::json),
        }
    }
}

impl SkillView {
    /// A skill.
    pub(super) fn of(skill: &Skill, detail: Detail) -> Self {
        let Skill { reference, name, description, text, files } = skill;
        Self {
            reference: reference.clone(),
            name: name.clone(),
            description: description.clone(),
            text: super::digest(*text, detail),
            files: files.iter().map(|(path, held)| (path.clone(), super::digest(*held, detail))).collect(),
        }
    }
}
