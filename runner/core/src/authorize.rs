//! The one check that stands before every dispatch. The rules are `pace_ir::access`'s; here a denial becomes a problem. No other
//! module of the runner decides who may do what; [`authenticate`](crate::authenticate) finds out who asks.

use pace_ir::access::{Chain, Decision, Reason, Rules, Tool};
use pace_ir::program::{Access, AgentName, Principal};

use crate::problem::{Code, Problem};

/// Something somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// Invoke an agent, directly.
    Execute(&'a AgentName),
    /// See the sessions and traces of an agent that are not one's own.
    Read(&'a AgentName),
    /// See one session or trace of an agent.
    ReadOf {
        /// The agent.
        agent: &'a AgentName,
        /// Whose it is.
        owner: &'a Principal,
    },
    /// See what is told of the project as a whole.
    ReadProject,
    /// Let an agent call a tool, with a call of this class.
    Call {
        /// The agent.
        agent: &'a AgentName,
        /// The tool.
        tool: &'a Tool,
        /// The class of the call.
        class: Access,
    },
    /// Let an agent call another.
    Delegate {
        /// The agent that calls.
        caller: &'a AgentName,
        /// The agent that is called.
        target: &'a AgentName,
    },
}

/// Whether the rules let whoever is in the chain do this.
pub fn decide(rules: Rules<'_>, chain: &Chain, action: Action<'_>) -> Decision {
    match action {
        Action::Execute(agent) => rules.execute(&chain.subject, agent),
        Action::Read(agent) => rules.read(&chain.subject, agent),
        Action::ReadProject => rules.read_project(&chain.subject),
        Action::ReadOf { agent, owner } => rules.read_of(&chain.subject, agent, owner),
        Action::Call { agent, tool, class } => rules.call(chain, agent, tool, class),
        Action::Delegate { caller, target } => rules.delegate(chain, caller, target),
    }
}

/// The rule by which it is allowed, or the problem that a denial is.
///
/// # Errors
/// [`Code::NotAllowed`] with the reason as one plain sentence.
pub fn authorize(rules: Rules<'_>, chain: &Chain, action: Action<'_>) -> Result<Reason, Problem> {
    match decide(rules, chain, action) {
        Decision::Allowed(reason) => Ok(reason),
        Decision::Denied(reason) => Err(Problem::new(Code::NotAllowed, reason.to_string())),
    }
}
