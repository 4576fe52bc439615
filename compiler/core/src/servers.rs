//! The compiler's door to MCP servers. This crate starts no program and opens no connection: the command line implements
//! [`ServerProber`] over the client, tests implement it over strings, and [`build`](crate::build) asks once, after `check`,
//! for what the agents list.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use pace_ir::program::authorization::Credential;
use pace_ir::program::{Principal, Template};
use serde_json::Value;

use crate::pins::PackagePin;
use crate::resolve::{Address, Destination, PackageManager};

/// Asks servers what they offer.
pub trait ServerProber: Debug {
    /// One answer for each, in the same order. Called at most once for a build, with everything that is to be asked: the
    /// answers are waited for side by side, each no longer than half a minute from the start of its program, or as long as its
    /// entry's `timeout`.
    fn probe(&self, wanted: &[WantedServer]) -> Vec<Result<Offer, ProbeFailure>>;
}

/// Which servers a build asks, and what of `mcp.lock` may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PinMode {
    /// All of them; those that are new are pinned, and differences are warned of.
    #[default]
    Online,
    /// None: what is not pinned cannot be built.
    Offline,
    /// Those that are pinned; nothing that is not is started, and a difference is an error.
    Frozen,
}

/// A server to ask, as one or more entries of agents use it. Entries that give its program other arguments or variables
/// are asked for one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedServer {
    /// By what grants, credentials and the lock know it.
    pub key: String,
    /// Where it is.
    pub address: ServerAddress,
    /// Arguments of its program; references are resolved by the prober.
    pub args: Vec<Template>,
    /// What its program sees as its environment, and nothing else of the builder's.
    pub env: BTreeMap<String, Template>,
    /// What it is shown on behalf of whom (`mcp_credentials`). It is asked without any first; only one that refuses is
    /// asked again, with a credential that can be resolved here.
    pub credentials: BTreeMap<Principal, Credential>,
    /// Of a package that is pinned: what has to be installed, and nothing else.
    pub package: Option<PackagePin>,
    /// The longest that an entry of an agent gives the server for a call, where one says so: a server that needs it there
    /// may need it here.
    pub timeout: Option<Duration>,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAddress {
    /// At a canonical URL, over streamable HTTP.
    Http(String),
    /// A package of npm (`mcp://npx/…`): its name, and the version the author wrote.
    Npm(String, Option<String>),
    /// A package of PyPI (`mcp://uvx/…`).
    PyPi(String, Option<String>),
    /// A program: a name that is looked for in `PATH`, or a path, which is relative to the project.
    Program(String),
    /// Known where the variables of this text are set; then [`ServerAddress::parse`] says what it is.
    Reference(Template),
}

/// What a server offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// What it calls itself (`serverInfo.name`).
    pub name: String,
    /// Whether it answered only when it was shown a credential.
    pub needs_credential: bool,
    /// Of a package: what was installed. Has to be what was asked for, where that was pinned.
    pub package: Option<PackagePin>,
    /// All pages of `tools/list`, in the server's order.
    pub tools: Vec<OfferedTool>,
}

/// A tool as its server describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfferedTool {
    /// Its name.
    pub name: String,
    /// `title`, else `annotations.title`.
    pub title: Option<String>,
    /// `description`; empty where there is none.
    pub description: String,
    /// `inputSchema`.
    pub input: Value,
    /// `outputSchema`.
    pub output: Option<Value>,
    /// `annotations.readOnlyHint`.
    pub read_only: Option<bool>,
    /// `annotations.destructiveHint`.
    pub destructive: Option<bool>,
    /// `annotations.idempotentHint`.
    pub idempotent: Option<bool>,
    /// `annotations.openWorldHint`.
    pub open_world: Option<bool>,
}

/// Why a server did not say what it offers. Texts are the server's or the system's, as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeFailure {
    /// Nobody answers at its address.
    Unreachable(Unreachable),
    /// It refuses whoever shows no credential, or the one it was shown (401, 403). What it said.
    NeedsCredential(String),
    /// It answers with a status that is no answer, and not about a credential.
    Status {
        /// Of HTTP.
        status: u16,
        /// What it said; may be empty.
        said: String,
    },
    /// Something answers, and it is no MCP server. What it said.
    NotMcp(String),
    /// There is no such program here, or it is none that can be started.
    ProgramNotFound,
    /// What runs the package is not here.
    RuntimeNotFound(MissingRuntime),
    /// The registry has no such package.
    NoSuchPackage,
    /// The registry has the package, and not in this version; the newest it has.
    NoSuchVersion(Option<String>),
    /// Its program ended before it said anything: how, and the end of what it wrote to standard error.
    Ended {
        /// ``exit code 1``, `signal 9`.
        how: String,
        /// Its last lines.
        stderr: String,
    },
    /// It answers, and not as the protocol wants it.
    Protocol(String),
    /// What the registry gives is not what is pinned: which package of the tree, and how it differs.
    Tampered {
        /// The place in the tree.
        package: String,
        /// What was found instead.
        why: String,
    },
    /// Variables of its address, arguments or environment that are not set here. Their names.
    VariablesNotSet(Vec<String>),
}

/// Why nobody answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreachable {
    /// Connections are refused.
    Refused,
    /// The host's name is not known.
    UnknownHost,
    /// No answer in so much time.
    TimedOut(Duration),
    /// No safe connection: why.
    Tls(String),
    /// Anything else: why.
    Other(String),
}

/// A program that runs packages, and is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingRuntime {
    /// `node`.
    Node,
    /// `npm`, to install with.
    Npm,
    /// `python3`.
    Python,
    /// `uv`, to install with.
    Uv,
}

/// Reaches no server: for those who compile projects that list none, or whose servers are all pinned.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoServers;

impl ServerProber for NoServers {
    fn probe(&self, wanted: &[WantedServer]) -> Vec<Result<Offer, ProbeFailure>> {
        let failure = || ProbeFailure::Unreachable(Unreachable::Other("no server is asked here".to_owned()));
        wanted.iter().map(|_| Err(failure())).collect()
    }
}

impl ServerAddress {
    /// Reads an address whose variables are resolved.
    ///
    /// # Errors
    /// What an address should be, where the text is none of a server.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let address = Address::parse_text(text)?;
        Self::of(&address.destination, &Template::literal(text)).ok_or("an agent is no server")
    }

    /// Where an address leads that was read before; none for an agent.
    pub(crate) fn of(destination: &Destination, written: &Template) -> Option<Self> {
        Some(match destination {
            Destination::Http(url) => Self::Http(url.clone()),
            Destination::Package(PackageManager::Npx, name, version) => Self::Npm(name.clone(), version.clone()),
            Destination::Package(PackageManager::Uvx, name, version) => Self::PyPi(name.clone(), version.clone()),
            Destination::Program(program) => Self::Program(program.clone()),
            Destination::Reference => Self::Reference(written.clone()),
            Destination::Agent(_) => return None,
        })
    }

    /// The same address, with a version where it is a package and has none.
    pub(crate) fn or_version(self, version: &str) -> Self {
        match self {
            Self::Npm(name, None) => Self::Npm(name, Some(version.to_owned())),
            Self::PyPi(name, None) => Self::PyPi(name, Some(version.to_owned())),
            other => other,
        }
    }

    /// The version of a package that the author asks for.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Npm(_, version) | Self::PyPi(_, version) => version.as_deref(),
            Self::Http(_) | Self::Program(_) | Self::Reference(_) => None,
        }
    }
}
