//! What a project's agents list, and which credentials that refers to, for commands that build nothing.

use std::collections::BTreeSet;

use pace_ir::program::authorization::{Credential, OauthClient, OauthUser};
use pace_ir::program::name::ToolName;
use pace_ir::program::template::TemplatePart;
use pace_ir::program::{Access, AgentName, Template};
use pace_syntax::Span;

use crate::check::{Checked, CheckedTool};
use crate::resolve::{Address, ResolvedTarget};

/// An entry of an agent's `tools` that is no agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolUse {
    /// What it names.
    pub named: Named,
    /// What the model calls it, or sees before the names of a server's tools.
    pub alias: ToolName,
    /// Whose entry it is.
    pub agent: AgentName,
    /// The most that may be done through it.
    pub access: Access,
    /// Where `access` says so.
    pub access_at: Option<Span>,
    /// Where `tools` of a server's entry names those it gives; nothing where it gives all.
    pub tools_at: Option<Span>,
    /// The names in `${credential:NAME}` that the entry refers to, a server's under `mcp_credentials` too.
    pub credentials: BTreeSet<String>,
}

/// What an entry names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A compiled tool, by `tools/<name>` or `std/<name>`, or a skill's by its name.
    Tool(String),
    /// A server, by its canonical address, by which grants, credentials and the lock know it.
    Server(String),
}

impl Named {
    /// The tool or the address.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tool(text) | Self::Server(text) => text,
        }
    }
}

/// The entries of a project, by agent and then in the author's order.
pub(crate) fn of(checked: &Checked<'_>) -> Vec<ToolUse> {
    let uses = checked.agents.iter().flat_map(|agent| {
        agent.tools.iter().filter_map(|tool| {
            let named = match &tool.resolved.target {
                ResolvedTarget::Local(name) | ResolvedTarget::Skill(name) => Named::Tool(name.clone()),
                ResolvedTarget::Server(address) => Named::Server(address.key.clone()),
                ResolvedTarget::Agent(..) => return None,
            };
            let (alias, agent) = (tool.alias.clone(), agent.resolved.name.value.clone());
            let credentials = credentials(checked, tool, &named);
            let keys = tool.resolved.keys;
            let (access_at, tools_at) = (keys.access.span(), keys.tools.span());
            Some(ToolUse { named, alias, agent, access: tool.access, access_at, tools_at, credentials })
        })
    });
    uses.collect()
}

/// The canonical spelling of a server's address, as it is written in `tool_grants` and `mcp_credentials`.
///
/// # Errors
/// It is none: what was expected.
pub fn canonical(address: &str) -> Result<String, &'static str> {
    Address::parse_text(address).map(|address| address.key)
}

fn credentials(checked: &Checked<'_>, tool: &CheckedTool<'_>, named: &Named) -> BTreeSet<String> {
    let keys = tool.resolved.keys;
    let of_entry = keys.env.entries().iter().map(|(_, value)| &value.value);
    let arguments = keys.args.items().iter().map(|argument| &argument.value);
    let of_entry = of_entry.chain(arguments).chain(keys.server.get());
    let held = match named {
        Named::Server(server) => checked.credentials.get(server),
        Named::Tool(_) => None,
    };
    let of_server = held.into_iter().flat_map(|held| held.values()).flat_map(templates);
    let parts = of_entry.chain(of_server).flat_map(|template| &template.parts);
    let referred = parts.filter_map(|part| match part {
        TemplatePart::Credential(name) => Some(name.clone()),
        TemplatePart::Literal(_) | TemplatePart::Env(_) => None,
    });
    referred.collect()
}

fn templates(credential: &Credential) -> Vec<&Template> {
    match credential {
        Credential::Bearer(token) => vec![token],
        Credential::Header(_, value) => vec![value],
        Credential::OauthClient(OauthClient { token_url, client_id, client_secret, .. }) => {
            token_url.iter().chain([client_id, client_secret]).collect()
        }
        Credential::OauthUser(OauthUser { client_id, .. }) => client_id.iter().collect(),
        Credential::Env(env) => env.values().collect(),
    }
}
