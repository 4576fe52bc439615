//! Who asks, and the one check that stands before every dispatch. The rules are `pace_ir::access`'s; here a request becomes
//! a subject, and a denial a problem. No other module of the runner decides who may do what.

use pace_ir::access::{Chain, Decision, Reason, Rules, Subject, Tool};
use pace_ir::program::{Access, AgentName, Authentication, Principal};

use crate::problem::{Code, Problem};
use crate::setup::SetupError;

/// Something somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// Invoke an agent, directly.
    Execute(&'a AgentName),
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

/// How the principal of a request is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Nobody says who they are: every request is anonymous. For `authentication: none`, and for listeners on loopback where
    /// the project does not say.
    Anonymous,
    /// The person who operates this machine, for commands and never for a listener that others reach.
    Local(Subject),
}

/// Who can reach a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Programs of this machine: it listens on a loopback address.
    ThisMachine,
    /// Other machines.
    Others,
}

impl Identity {
    /// What a listener takes requests for.
    ///
    /// # Errors
    /// The listener would be open to others and the bundle does not say who they are; or it says so in a way this version
    /// cannot check.
    pub fn of_listener(authentication: &Authentication, reach: Reach) -> Result<Self, SetupError> {
        match authentication {
            Authentication::Nobody => Ok(Self::Anonymous),
            Authentication::Unset if reach == Reach::ThisMachine => Ok(Self::Anonymous),
            Authentication::Unset => Err(SetupError::new(
                "other machines could reach this listener, and the bundle has no `authentication`",
                "set HOST=127.0.0.1 to serve this machine alone, or write `authentication: none` in `paceline.yaml` to \
                 serve everybody as `anonymous`",
            )),
            Authentication::Sources(_) => Err(SetupError::new(
                "the bundle's `authentication` lists sources, and this version can check none of them yet",
                "talk to its agents with `pace chat`; `authentication: none` in `paceline.yaml` would serve them, and admit \
                 everybody as `anonymous`",
            )),
        }
    }

    /// Who asks.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Anonymous => Subject::new(Principal::Anonymous),
            Self::Local(subject) => subject.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_open_without_a_word() {
        let unset = Authentication::Unset;
        assert_eq!(Identity::of_listener(&unset, Reach::ThisMachine), Ok(Identity::Anonymous));
        assert!(Identity::of_listener(&unset, Reach::Others).is_err());
        for reach in [Reach::ThisMachine, Reach::Others] {
            assert_eq!(Identity::of_listener(&Authentication::Nobody, reach), Ok(Identity::Anonymous));
            assert!(Identity::of_listener(&Authentication::Sources(Vec::new()), reach).is_err());
        }
    }
}
