//! The host capability *tool*: what agents call besides models. Three moments: [`Toolbox::configure`] once for a bundle,
//! which sets the sandbox up where it is needed, resolves variables and says at once what is missing; [`AgentTools::find`]
//! for each call a model wants; [`LocalTool::call`] for each call that is made. Whether it may be made is decided before, by
//! `invoke/dispatch.rs`.

pub mod audit;
mod configure;
pub mod local;
pub mod writes;

use std::collections::BTreeMap;

use pace_ir::access::Tool;
use pace_ir::program::{Access, AgentName};

use crate::model::ToolDeclaration;
use crate::schema::Schema;

pub use local::{LocalTool, ToolFailure};
pub use writes::Writes;

/// What the agents of a bundle may call.
#[derive(Debug, Default)]
pub struct Toolbox {
    by_agent: BTreeMap<AgentName, AgentTools>,
}

/// What one agent may call, in the author's order.
#[derive(Debug, Default)]
pub struct AgentTools {
    /// As the model is told, one for each of `tools`.
    declarations: Vec<ToolDeclaration>,
    tools: Vec<ServedTool>,
    /// Where each stands, by the name the model knows.
    by_name: BTreeMap<String, usize>,
}

/// One thing an agent may call.
#[derive(Debug)]
pub struct ServedTool {
    /// What the model calls it.
    pub name: String,
    /// What the rules know it as.
    pub tool: Tool,
    /// The class of its calls.
    pub class: Access,
    /// Whether its calls are made: those of a class that writes may be stubbed.
    pub mode: Mode,
    /// What arguments have to fit.
    pub parameters: Schema,
    /// What runs.
    pub local: LocalTool,
}

/// What becomes of a tool's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are made.
    Live,
    /// They are told to the model as not made.
    Stubbed,
}

impl Toolbox {
    /// What an agent may call.
    pub fn of(&self, agent: &AgentName) -> Option<&AgentTools> {
        self.by_agent.get(agent)
    }
}

impl AgentTools {
    /// What the model is told.
    pub fn declarations(&self) -> &[ToolDeclaration] {
        &self.declarations
    }

    /// What there is to call, in the author's order.
    pub fn iter(&self) -> impl Iterator<Item = &ServedTool> {
        self.tools.iter()
    }

    /// The tool of this name.
    pub fn find(&self, name: &str) -> Option<&ServedTool> {
        self.tools.get(*self.by_name.get(name)?)
    }

    fn add(&mut self, declaration: ToolDeclaration, tool: ServedTool) {
        self.by_name.insert(tool.name.clone(), self.tools.len());
        self.declarations.push(declaration);
        self.tools.push(tool);
    }
}

impl ServedTool {
    /// Whether a call changes something outside.
    pub fn is_live_write(&self) -> bool {
        self.class == Access::Write && self.mode == Mode::Live
    }

    /// What a person knows it as: `tools/pay`.
    pub fn key(&self) -> String {
        self.tool.target().to_string()
    }
}
