//! What a bundle means: plain data that the compiler's `lower` makes and the runner executes.
//!
//! Every type here is stored. Its shape is listed in `ir/schema/`, and a test fails when it changes without its section's
//! version rising. Maps are sorted, names are validated when they are decoded, and there is no time, host, user or
//! absolute path anywhere.

pub mod address;
pub mod agent;
pub mod authentication;
pub mod authorization;
pub mod model;
pub mod name;
pub mod principal;
pub mod quantity;
pub mod record;
pub mod recording;
pub mod references;
pub mod scheduled_loop;
pub mod server_tool;
pub mod template;
pub mod tool;
pub mod tool_map;
pub mod values;

use std::collections::BTreeMap;

use bincode::{Decode, Encode};

pub use address::Address;
pub use agent::{Agent, Generation, Limits};
pub use authentication::Authentication;
pub use authorization::{AuthSection, GrantTarget};
pub use model::{Model, Price, Provider};
pub use name::{AgentName, LoopName, ModelName, ProjectName, ServiceAccountName};
pub use principal::{Access, Principal, ProjectRole, Role};
pub use quantity::{ByteSize, MicroUsd, Milliseconds};
pub use record::{BlobSection, LockSection, Meta, SbomSection, SourceMapSection};
pub use recording::Recording;
pub use references::BrokenReference;
pub use scheduled_loop::Loop;
pub use server_tool::server_tool_name;
pub use template::{Json, Template};
pub use tool::{Target, ToolEntry, ToolSection};
pub use tool_map::{ToolMap, ToolMapSection};
pub use values::MeaninglessValue;

/// The agents, loops and models of a project (section `PROG`).
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct ProgramSection {
    /// By name.
    pub agents: BTreeMap<AgentName, Agent>,
    /// By name.
    pub loops: BTreeMap<LoopName, Loop>,
    /// The models the agents use, by the name the agents use.
    pub models: BTreeMap<ModelName, Model>,
}

/// A whole bundle, one field a section.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// `META`.
    pub meta: Meta,
    /// `PROG`.
    pub program: ProgramSection,
    /// `AUTH`.
    pub auth: AuthSection,
    /// `TOOL`.
    pub tools: ToolSection,
    /// `BLOB`.
    pub blobs: BlobSection,
    /// `LOCK`.
    pub lock: LockSection,
    /// `SRCM`, optional.
    pub source_map: Option<SourceMapSection>,
    /// `SBOM`, optional.
    pub sbom: Option<SbomSection>,
    /// `TMAP`, optional.
    pub tool_map: Option<ToolMapSection>,
}
