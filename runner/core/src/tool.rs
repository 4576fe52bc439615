//! The host capability *tool*: what agents call besides models. Three moments: [`Toolbox::configure`] once for a bundle,
//! which sets the sandbox up where it is needed, resolves variables and says at once what is missing; [`AgentTools::find`]
//! for each call a model wants; [`Callee::call`] for each call that is made. Whether it may be made is decided before, by
//! `invoke/dispatch.rs`. What there is to call is of several kinds; each is a module of its own with the same moments.

pub mod agent;
pub mod audit;
pub mod callee;
mod configure;
pub mod local;
pub mod writes;

use std::collections::BTreeMap;

use pace_ir::program::{Access, AgentName};
use pace_ir::text::quoted;

use crate::model::ToolDeclaration;
use crate::schema::Schema;

pub use agent::AgentTool;
pub use callee::{Callee, ToolFailure};
use configure::Offered;
pub use local::LocalTool;
pub use pace_sandbox::{Console, Level};
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
    /// The class of its calls; of an agent's, the most that may be done below them.
    pub class: Access,
    /// Whether its calls are made: those of a class that writes may be stubbed.
    pub mode: Mode,
    /// What arguments have to fit.
    pub parameters: Schema,
    /// What is called.
    pub callee: Callee,
}

/// What becomes of a tool's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are made.
    Live,
    /// They are told to the model as not made.
    Stubbed,
}

impl Mode {
    /// Its word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Stubbed => "stubbed",
        }
    }
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

    fn add(&mut self, offered: Offered) {
        let Offered { declaration, tool } = offered;
        self.by_name.insert(tool.name.clone(), self.tools.len());
        self.declarations.push(declaration);
        self.tools.push(tool);
    }
}

impl ServedTool {
    /// Whether a call changes something outside.
    pub fn is_live_write(&self) -> bool {
        self.mode == Mode::Live && self.callee.writes(self.class)
    }

    /// As people are told of it: `pay (write, local, stubbed)`, `researcher (read, agent)`. What an agent writes is its own
    /// tools' business.
    pub fn introduction(&self) -> String {
        let (class, kind) = (self.class.as_str(), self.callee.kind());
        let what = match (self.class, self.callee.writes(self.class)) {
            (Access::Read, _) => format!("{class}, {kind}"),
            (Access::Write, true) => format!("{class}, {kind}, {}", self.mode.as_str()),
            (Access::Write, false) => kind.to_owned(),
        };
        format!("{} ({what})", quoted(&self.name))
    }

    /// What a person knows it as: `tools/pay`.
    pub fn key(&self) -> String {
        self.callee.key()
    }
}
