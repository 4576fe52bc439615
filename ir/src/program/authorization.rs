//! Who may do what: identities, access lists, tool grants and credentials by reference (section `AUTH`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bincode::{Decode, Encode};

use super::authentication::Authentication;
use super::name::{AgentName, LoopName, ServiceAccountName};
use super::principal::{Access, Principal, ProjectRole, Role};
use super::template::Template;

/// Everything that decides who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct AuthSection {
    /// How a request's principal is found.
    pub authentication: Authentication,
    /// Declared accounts, besides the one every agent has.
    pub service_accounts: BTreeSet<ServiceAccountName>,
    /// Who may see, or do, everything.
    pub project: BTreeSet<(Principal, ProjectRole)>,
    /// One for each agent.
    pub agents: BTreeMap<AgentName, AgentAccess>,
    /// One for each loop.
    pub loops: BTreeMap<LoopName, LoopAccess>,
    /// Who may use which tool. A tool named here is closed to everyone else.
    pub grants: BTreeMap<GrantTarget, BTreeMap<Principal, Access>>,
    /// What a server is shown, by canonical address and by the principal it acts for.
    pub credentials: BTreeMap<String, BTreeMap<Principal, Credential>>,
}

/// An agent's identity and access list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AgentAccess {
    /// Who the agent is when it calls another.
    pub run_as: ServiceAccountName,
    /// Absent: whoever the listener admits may execute, and nobody else may read.
    pub acl: Option<BTreeSet<(Principal, Role)>>,
}

/// A loop's identity and access list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LoopAccess {
    /// Who the loop acts as.
    pub run_as: ServiceAccountName,
    /// Absent: triggered only from the operator's machine.
    pub acl: Option<BTreeSet<(Principal, Role)>>,
}

/// What a grant is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum GrantTarget {
    /// A compiled tool, by its key in `TOOL.local`.
    Local(String),
    /// All tools of a server, by canonical address.
    Server(String),
    /// One tool of a server.
    ServerTool(String, String),
}

/// What a server is shown on behalf of a principal. Values are references, resolved by the runner.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Credential {
    /// `Authorization: Bearer …`.
    Bearer(Template),
    /// A header of the server's own.
    Header(String, Template),
    /// The OAuth 2.1 client-credentials grant.
    OauthClient(OauthClient),
    /// The OAuth 2.1 authorization-code grant: the user's own token, from the runner's credentials.
    OauthUser(OauthUser),
    /// Environment variables of a server's program.
    Env(BTreeMap<String, Template>),
}

/// Client credentials (RFC 6749, section 4.4).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OauthClient {
    /// The token endpoint; found by the server's metadata (RFC 9728) where absent.
    pub token_url: Option<Template>,
    /// The client.
    pub client_id: Template,
    /// Its secret.
    pub client_secret: Template,
    /// Asked for.
    pub scopes: BTreeSet<String>,
}

/// A user's own authorization.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OauthUser {
    /// The client; registered dynamically (RFC 7591) where absent.
    pub client_id: Option<Template>,
    /// Asked for.
    pub scopes: BTreeSet<String>,
}

impl fmt::Display for GrantTarget {
    /// As it is written under `tool_grants`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(tool) => formatter.write_str(tool),
            Self::Server(server) => formatter.write_str(server),
            Self::ServerTool(server, tool) => write!(formatter, "{server}#{tool}"),
        }
    }
}
