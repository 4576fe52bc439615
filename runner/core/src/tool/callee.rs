//! What calls go to. Each kind is a module of its own with the same two moments: *configure* once for a bundle, *call* for each
//! call that is made. Dispatch knows no kinds: what it has to know of a callee, it asks here.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use pace_ir::access::Chain;
use pace_ir::program::{Access, AgentName};
use pace_sandbox::Console;
use serde_json::{Value, json};

use super::progress::Steps;
use super::{AgentTool, Cause, LocalTool, Refusal, ServedServer, ServerTool};
use crate::authorize::Action;
use crate::conversation::{JsonText, Output};
use crate::invoke::Calling;
use crate::trace_context::TraceContext;

/// What is called.
#[derive(Debug, Clone)]
pub enum Callee {
    /// A tool that was compiled into the bundle.
    Local(LocalTool),
    /// A tool of an MCP server.
    Server(ServerTool),
    /// Another agent of the bundle.
    Agent(AgentTool),
}

/// What one call comes with, besides its arguments.
#[derive(Clone)]
pub(crate) struct Attended {
    /// Hears what a tool writes.
    pub(crate) console: Arc<dyn Console>,
    /// Hears how far a server is, where somebody follows that.
    pub(crate) steps: Option<Steps>,
    /// The call's span.
    pub(crate) trace: TraceContext,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolFailure {
    /// Stable word for programs: `threw`, `time`, `memory` and so on; of an agent, the code of its problem.
    pub kind: &'static str,
    /// One line that stands alone.
    pub message: String,
    /// Where, innermost first: `execute (tools/lookup.ts:9:17)`.
    pub stack: Vec<String>,
    /// What is behind it, where it is known. The model is not told.
    pub cause: Option<Cause>,
}

impl Callee {
    /// What the rules are asked before a call of this class.
    pub fn action<'a>(&'a self, agent: &'a AgentName, class: Access) -> Action<'a> {
        match self {
            Self::Local(local) => Action::Call { agent, tool: local.tool(), class },
            Self::Server(server) => Action::Call { agent, tool: server.tool(), class },
            Self::Agent(called) => Action::Delegate { caller: agent, target: called.target() },
        }
    }

    /// Why it is not called for whoever is in the chain, though the rules allow it.
    pub fn refusal(&self, chain: &Chain) -> Option<Refusal> {
        match self {
            Self::Local(_) | Self::Agent(_) => None,
            Self::Server(server) => server.refusal(chain),
        }
    }

    /// What a person knows it as: `tools/pay`, `paceline://researcher`.
    pub fn key(&self) -> String {
        match self {
            Self::Local(local) => local.tool().target().to_string(),
            Self::Server(server) => server.tool().target().to_string(),
            Self::Agent(agent) => format!("paceline://{}", agent.target()),
        }
    }

    /// The server it is a tool of, where it is one of a server.
    pub fn server(&self) -> Option<&Arc<ServedServer>> {
        match self {
            Self::Server(tool) => Some(tool.server()),
            Self::Local(_) | Self::Agent(_) => None,
        }
    }

    /// Of which kind it is, in one word for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Server(_) => "server",
            Self::Agent(_) => "agent",
        }
    }

    /// Whether a live call of this class changes something outside by itself, and so is put on record.
    pub fn writes(&self, class: Access) -> bool {
        match self {
            Self::Local(_) | Self::Server(_) => class == Access::Write,
            // What it writes, it writes by tools of its own.
            Self::Agent(_) => false,
        }
    }

    /// Makes one call; `arguments` fit the parameters. Dropping the future stops it.
    ///
    /// Boxed, each kind by itself: what an agent calls is polled on the stack of that call, and should not find there the room that
    /// a call of another kind would have needed.
    ///
    /// # Errors
    /// It failed.
    pub(crate) fn call<'a>(
        &'a self,
        calling: Calling<'a>,
        arguments: &'a JsonText,
        attended: Attended,
    ) -> BoxFuture<'a, Result<Output, ToolFailure>> {
        match self {
            Self::Local(local) => Box::pin(async move {
                let content = local.call(calling.running.runner.bundle(), arguments, attended.console).await?;
                Ok(content.into())
            }),
            Self::Server(server) => {
                Box::pin(async move { server.call(&calling.running.chain, &arguments.to_value(), &attended).await })
            }
            Self::Agent(agent) => agent.call(calling, arguments, attended.trace),
        }
    }
}

impl ToolFailure {
    /// As the model is told.
    pub fn to_value(&self) -> Value {
        if self.stack.is_empty() {
            json!({ "error": self.message, "kind": self.kind })
        } else {
            json!({ "error": self.message, "kind": self.kind, "stack": self.stack })
        }
    }
}
