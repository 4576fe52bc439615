//! What a run changes about a project without touching its files: another model for an agent, to try it, or fewer tools, where only
//! some are of interest. Taken into account where names are resolved, so that every rule sees the project as if it had been written so.

use std::collections::BTreeMap;

use pace_ir::program::{AgentName, ModelName};

/// What a run changes; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Instead of an agent's own model. Agents that the project does not have are passed over.
    pub models: BTreeMap<AgentName, ModelOverride>,
    /// What agents list.
    pub listed: Listed,
}

/// Which of the tools that agents list are there. Agents and skills always are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Listed {
    /// All of them.
    #[default]
    All,
    /// Those that are compiled; no server is asked anything.
    Compiled,
    /// One that is compiled, by its key (`tools/<name>` or `std/<name>`), and no other.
    Tool(String),
}

/// Another model for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelOverride {
    /// A model of the project, or a built-in one.
    pub model: ModelName,
    /// Where the name was given, as messages call it: no file has the place.
    pub given_by: &'static str,
}
