//! The host capability *tool*: what agents call besides models. Three moments: [`Toolbox::gather`] once for a bundle,
//! which sets the sandbox up where it is needed, resolves variables and says at once what is missing; [`AgentTools::find`]
//! for each call a model wants; [`Callee::call`] for each call that is made. Whether it may be made is decided before, by
//! `invoke/dispatch.rs`. What there is to call is of several kinds; each is a module of its own with the same moments.

pub mod agent;
pub mod audit;
pub mod callee;
mod cause;
mod configure;
pub mod local;
pub(crate) mod progress;
pub mod server;
pub mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pace_ir::program::{Access, AgentName};
use pace_ir::text::quoted;

use crate::model::ToolDeclaration;
use crate::schema::Schema;

pub use agent::AgentTool;
pub use callee::{Callee, ToolFailure};
pub use cause::{Cause, Refusal};
use configure::Offered;
pub use local::LocalTool;
use pace_mcp::Pool;
pub use pace_sandbox::{Console, Level};
pub use server::{ServedServer, ServerTool, Status};
pub use writes::Writes;

/// What the agents of a bundle may call.
#[derive(Debug, Default)]
pub struct Toolbox {
    by_agent: BTreeMap<AgentName, AgentTools>,
    /// Connections to servers, where there can be any.
    servers: Option<Pool>,
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

    /// Everything that some agent may call.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ServedTool> {
        self.by_agent.values().flat_map(AgentTools::iter)
    }

    /// Every server, once for each entry.
    pub(crate) fn all_servers(&self) -> impl Iterator<Item = &Arc<ServedServer>> {
        self.by_agent.values().flat_map(AgentTools::servers)
    }

    /// How many connections to servers are open, where there can be any.
    pub fn connections(&self) -> Option<usize> {
        self.servers.as_ref().map(Pool::open)
    }

    /// Ends the connections to servers, and their programs. Waits for them no longer than `grace`.
    pub async fn close(&self, grace: Duration) {
        if let Some(servers) = &self.servers {
            servers.close_all(grace).await;
        }
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

    /// What there is to call, in words for people: a server's tools are one.
    pub fn introductions(&self) -> Vec<String> {
        let mut introduced: Vec<String> = Vec::new();
        let mut last: Option<&Arc<ServedServer>> = None;
        for tool in &self.tools {
            match &tool.callee {
                Callee::Server(server) if last.is_some_and(|last| Arc::ptr_eq(last, server.server())) => {}
                Callee::Server(server) => {
                    last = Some(server.server());
                    introduced.push(self.introduce(server.server()));
                }
                _ => introduced.push(tool.introduction()),
            }
        }
        introduced
    }

    /// The servers, in the author's order.
    pub fn servers(&self) -> Vec<&Arc<ServedServer>> {
        let mut servers: Vec<&Arc<ServedServer>> = self.tools.iter().filter_map(|tool| tool.callee.server()).collect();
        // The tools of one entry stand side by side.
        servers.dedup_by(|one, other| Arc::ptr_eq(one, other));
        servers
    }

    /// `filesystem (read)`, `shop (write, stubbed)`.
    fn introduce(&self, server: &Arc<ServedServer>) -> String {
        let of_server =
            self.tools.iter().filter(|tool| tool.callee.server().is_some_and(|own| Arc::ptr_eq(own, server)));
        let writing = of_server.filter(|tool| tool.class == Access::Write).map(|tool| tool.mode);
        let what = match writing.collect::<Vec<_>>().as_slice() {
            [] => "read".to_owned(),
            modes if modes.iter().all(|mode| *mode == Mode::Stubbed) => "write, stubbed".to_owned(),
            modes if modes.iter().all(|mode| *mode == Mode::Live) => "write, live".to_owned(),
            _ => "write, partly live".to_owned(),
        };
        format!("{} ({what})", quoted(server.alias()))
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
