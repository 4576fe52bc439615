//! Tools: what an agent may call, and what was known of each when the bundle was built.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};

use super::name::{AgentName, ToolName};
use super::principal::Access;
use super::quantity::{ByteSize, Milliseconds};
use super::template::{Json, Template};
use crate::digest::Digest;

/// One entry of an agent's `tools`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ToolEntry {
    /// What is called.
    pub target: Target,
    /// The most that may be done through this entry.
    pub access: Access,
    /// What the tool or server sees as its environment, and nothing else of the runner's.
    pub env: BTreeMap<String, Template>,
    /// Wall-clock time of one call; the kind's default where absent.
    pub timeout: Option<Milliseconds>,
}

/// What a tool entry calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Target {
    /// A tool compiled into the bundle.
    Local(LocalTarget),
    /// An MCP server.
    Server(ServerTarget),
    /// Another agent of the project.
    Agent(AgentTarget),
}

/// A tool compiled into the bundle: the project's, Paceline's own, or a skill's.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LocalTarget {
    /// The tool's key in `TOOL.local`: `tools/<name>`, `std/<name>` or `<skill>#<name>`.
    pub tool: String,
    /// Where it may connect to.
    pub net: Net,
    /// Memory of one call; 64 MiB where absent.
    pub memory: Option<ByteSize>,
}

/// An MCP server as one agent uses it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ServerTarget {
    /// The server's key in `TOOL.servers`: its canonical address, a package without its version.
    pub server: String,
    /// What the model sees before `_<tool>`.
    pub alias: ToolName,
    /// Which of its tools are exposed; all where absent.
    pub tools: Option<BTreeSet<String>>,
    /// Its tools that count as reads although no annotation says so.
    pub read_only: BTreeSet<String>,
    /// Arguments of its program.
    pub args: Vec<Template>,
    /// Directories it is told of in production.
    pub roots: Vec<String>,
}

/// Another agent as a tool.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AgentTarget {
    /// The agent.
    pub agent: AgentName,
    /// What the model sees.
    pub alias: ToolName,
}

/// Where a tool may connect to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Net {
    /// Any public address.
    AnyPublic,
    /// These only.
    Only(Vec<NetRule>),
}

/// A destination a tool may connect to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct NetRule {
    /// Which hosts.
    pub host: HostPattern,
    /// Which port; any where absent.
    pub port: Option<u16>,
    /// Whether a host name may lead to a private address.
    pub private: bool,
}

/// Which hosts a [`NetRule`] covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum HostPattern {
    /// One name, lower case.
    Host(String),
    /// Every name below this one, itself not included (`*.domain`).
    Subdomains(String),
    /// An IP network in canonical CIDR notation; one address is `/32` or `/128`.
    Network(String),
}

/// Everything the agents call, known at build time (section `TOOL`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ToolSection {
    /// Compiled tools, by `tools/<name>`, `std/<name>` or `<skill>#<name>`.
    pub local: BTreeMap<String, LocalTool>,
    /// Pinned servers, by canonical address.
    pub servers: BTreeMap<String, PinnedServer>,
    /// Skills, by reference without the version.
    pub skills: BTreeMap<String, Skill>,
}

/// A compiled tool.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LocalTool {
    /// What the model sees.
    pub name: ToolName,
    /// What the model is told.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Json,
    /// Its WASM module, a blob.
    pub module: Digest,
    /// Its ES2022 source, a blob.
    pub source: Digest,
}

/// What a server offered when it was pinned. At run time the model sees this and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PinnedServer {
    /// How it is reached: the address as the author wrote it.
    pub address: Template,
    /// What it calls itself.
    pub name: String,
    /// For a package: the exact version and the integrity of its whole dependency tree.
    pub package: Option<PinnedPackage>,
    /// Whether it answers nobody without a credential: a subject that has none is refused before it is asked.
    pub needs_credential: bool,
    /// Its tools, by the name the server gives them.
    pub tools: BTreeMap<String, PinnedTool>,
}

/// A pinned package of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PinnedPackage {
    /// The exact version.
    pub version: String,
    /// What runs it.
    pub runtime: PackageRuntime,
    /// The program to start: a path below the folder that the tree is installed into, with `/`.
    pub entry: String,
    /// Its dependency tree as `mcp.lock` lists it, a blob: a line for each package, `<path or name> <version>
    /// <integrity>`. Whoever has the bundle can install it, and nothing else.
    pub tree: Digest,
}

/// What runs the program of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum PackageRuntime {
    /// Node.js.
    Node,
    /// Python.
    Python,
}

/// A tool as its server described it when it was pinned.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PinnedTool {
    /// What people are shown instead of its name.
    pub title: Option<String>,
    /// What the model is told.
    pub description: String,
    /// JSON Schema of its arguments.
    pub input: Json,
    /// JSON Schema of its structured result.
    pub output: Option<Json>,
    /// Its class by the server's annotations: a read if it is annotated so, else a write. An entry's `read_only` may make
    /// a read of it; what calls count as is decided by [`Rules::tools`](crate::access::Rules::tools).
    pub access: Access,
    /// Whether its writes may destroy, where the server says so.
    pub destructive: Option<bool>,
    /// Whether doing it twice is as good as once, where the server says so.
    pub idempotent: Option<bool>,
    /// Whether it deals with the world outside of the server, where the server says so.
    pub open_world: Option<bool>,
}

impl PinnedTool {
    /// A tool of which the server says no more than it has to.
    pub fn new(description: impl Into<String>, input: Json, access: Access) -> Self {
        Self {
            title: None,
            description: description.into(),
            input,
            output: None,
            access,
            destructive: None,
            idempotent: None,
            open_world: None,
        }
    }
}

impl PackageRuntime {
    /// The word in `mcp.lock`: `node` or `python`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    /// The feature that a bundle with such a package requires of its runner.
    pub const fn feature(self) -> &'static str {
        match self {
            Self::Node => "stdio:node",
            Self::Python => "stdio:python",
        }
    }
}

/// A skill's pinned text and tools.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Skill {
    /// The reference as written, version included.
    pub reference: String,
    /// Its name and one-line description.
    pub name: String,
    /// What it is for, one line.
    pub description: String,
    /// The text that joins the prompt, a blob.
    pub text: Digest,
    /// Other files it carries, by path within the skill, each a blob.
    pub files: BTreeMap<String, Digest>,
}
