//! The one check that stands before every dispatch. The rules are `pace_ir::access`'s; here a denial becomes a problem. No other
//! module of the runner decides who may do what; [`authenticate`](crate::authenticate) finds out who asks.

use pace_ir::access::{Chain, Decision, Origin, Reason, Rules, Tool};
use pace_ir::program::{Access, AgentName, LoopName, Principal};

use crate::problem::{Code, Problem};

/// Something somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// Invoke an agent, directly.
    Execute(&'a AgentName),
    /// See the sessions and traces of an agent that are not one's own.
    Read(&'a AgentName),
    /// See all sessions and traces there are, whatever they are of.
    ReadProject,
    /// See one session or trace of an agent.
    ReadOf {
        /// The agent.
        agent: &'a AgentName,
        /// The loop that fired it, if one did: who may read the loop may read what its runs left.
        scheduled: Option<&'a LoopName>,
        /// Whose it is; nobody's where it is a request that nobody was proven to have made.
        owner: Option<&'a Principal>,
    },
    /// End an invocation early that runs for this principal.
    Cancel(&'a Principal),
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
    /// Have a loop run now, as it is. The run is [`Action::Fire`]'s.
    Trigger(&'a LoopName, Origin),
    /// Have a loop run now with another instruction than its own. Each call of the run has to pass for whoever gave it, too.
    Instruct(&'a LoopName, Origin),
    /// Begin a run of a loop under its account, whoever or whatever fires it.
    Fire(&'a LoopName),
    /// See the traces of a loop's runs that are not one's own.
    ReadLoop(&'a LoopName),
}

/// Whether the rules let whoever is in the chain do this.
pub fn decide(rules: Rules<'_>, chain: &Chain, action: Action<'_>) -> Decision {
    let subject = &chain.subject;
    match action {
        Action::Execute(agent) => rules.execute(subject, agent),
        Action::Read(agent) => rules.read(subject, agent),
        Action::ReadProject => rules.read_project(subject),
        Action::ReadOf { agent, scheduled, owner } => rules.read_of(subject, agent, scheduled, owner),
        Action::Cancel(owner) => rules.cancel(subject, owner),
        Action::Call { agent, tool, class } => rules.call(chain, agent, tool, class),
        Action::Delegate { caller, target } => rules.delegate(chain, caller, target),
        Action::Trigger(name, origin) => rules.execute_loop(subject, name, origin),
        Action::Instruct(name, origin) => rules.override_instruction(subject, name, origin),
        Action::Fire(name) => rules.fire(name),
        Action::ReadLoop(name) => rules.read_loop(subject, name),
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
