//! Who may do what: pure decisions over a bundle, asked by the runner at every dispatch and by the summaries of the
//! command line. Each answer carries its reason, which prints as one plain sentence.
//!
//! The rules:
//! - A subject is whoever asks. `authenticated` matches every subject but the anonymous one; `anonymous` matches that one
//!   alone; `group:` matches the members.
//! - An agent without `acl` is executed by whoever the listener admits. Traces and sessions are never open: the subject sees
//!   its own, others need `read`. Of the project's `acl`, `read` sees everything and `admin` executes everything too;
//!   neither is a grant on a tool.
//! - An invocation that runs is cancelled by whoever it runs for, and by the project's admins.
//! - A loop without `acl` is triggered by the operator of the machine and by the project's admins.
//! - A tool call passes two steps: *capability* ([`Rules::capability`]) and *privilege* ([`Rules::privilege`]).
//! - A call from agent to agent passes if the target's rules admit the subject, or name the calling agent's identity
//!   ([`Rules::delegate`]).
//!
//! A decision reads the lists of the one agent, loop or tool it is about, and never scans the others.

mod chain;
mod credential;
mod reach;
mod reason;
mod tool;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::program::name::ServiceAccountName;
use crate::program::{AgentName, Bundle, LoopName, Principal, ProjectRole, Role};

pub use chain::Chain;
pub use credential::{Shown, shown};
pub use reach::{Reached, Use};
pub use reason::{Reason, Resource};
pub use tool::Tool;

/// Who asks.
///
/// As the principal of a real request stands a user, a service account or `anonymous`. Summaries also ask for
/// `group:<name>` and `authenticated`: these stand for somebody of whom nothing else is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Their identity.
    pub principal: Principal,
    /// The groups they are in, without `group:`. An anonymous subject is in none, whatever stands here.
    pub groups: BTreeSet<String>,
}

/// May they?
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Yes, by this rule.
    Allowed(Reason),
    /// No: what is missing.
    Denied(Reason),
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A command of the person who operates this machine.
    Operator,
    /// A listener.
    Listener,
}

/// The rules of a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'b> {
    bundle: &'b Bundle,
}

impl Subject {
    /// A subject in no group.
    pub fn new(principal: Principal) -> Self {
        Self { principal, groups: BTreeSet::new() }
    }

    /// A program under its own identity.
    pub fn account(name: &ServiceAccountName) -> Self {
        Self::new(Principal::ServiceAccount(name.clone()))
    }

    /// The rules for this subject, if there are any such: everything that [`Self::matches`], sorted.
    pub(crate) fn rules(&self) -> BTreeSet<Principal> {
        let mut rules = BTreeSet::from([self.principal.clone()]);
        if self.principal != Principal::Anonymous {
            rules.insert(Principal::Authenticated);
            rules.extend(self.groups.iter().cloned().map(Principal::Group));
        }
        rules
    }

    /// Whether a rule for `rule` is a rule for this subject.
    pub fn matches(&self, rule: &Principal) -> bool {
        let is_known = self.principal != Principal::Anonymous;
        match rule {
            Principal::Authenticated => is_known,
            Principal::Group(name) => self.principal == *rule || (is_known && self.groups.contains(name)),
            Principal::User(_) | Principal::ServiceAccount(_) | Principal::Anonymous => self.principal == *rule,
        }
    }
}

impl Decision {
    /// Whether the answer is yes.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Allowed(reason) | Self::Denied(reason) => reason,
        }
    }

    /// The answer to two questions that both need a yes: the first no, else the second yes.
    fn and_then(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Allowed(_) => next(),
            Self::Denied(_) => self,
        }
    }
}

impl<'b> Rules<'b> {
    /// The rules of `bundle`.
    pub fn of(bundle: &'b Bundle) -> Self {
        Self { bundle }
    }

    /// Whether a subject may invoke an agent directly.
    pub fn execute(self, subject: &Subject, agent: &AgentName) -> Decision {
        let Some(access) = self.bundle.auth.agents.get(agent) else { return unknown(Resource::Agent(agent.clone())) };
        match &access.acl {
            None => Decision::Allowed(Reason::Open(agent.clone())),
            Some(acl) => self.listed(subject, Resource::Agent(agent.clone()), Some(acl), Role::Execute),
        }
    }

    /// Whether a subject may see the traces and sessions of an agent that are not its own.
    pub fn read(self, subject: &Subject, agent: &AgentName) -> Decision {
        let resource = Resource::Agent(agent.clone());
        match self.bundle.auth.agents.get(agent) {
            Some(access) => self.listed(subject, resource, access.acl.as_ref(), Role::Read),
            None => unknown(resource),
        }
    }

    /// Whether a subject may see all traces and sessions there are, also of what the bundle does not have or does not have any
    /// more.
    pub fn read_project(self, subject: &Subject) -> Decision {
        self.listed(subject, Resource::Project, None, Role::Read)
    }

    /// Whether a subject may see a trace or session of an agent that belongs to `owner`, and where a loop fired it, of that
    /// loop. Its own it always may; but `anonymous` is nobody in particular, so an anonymous subject has nothing of its own.
    pub fn read_of(
        self,
        subject: &Subject,
        agent: &AgentName,
        scheduled: Option<&LoopName>,
        owner: Option<&Principal>,
    ) -> Decision {
        if let Some(owner) = owner.filter(|owner| subject.principal == **owner && **owner != Principal::Anonymous) {
            return Decision::Allowed(Reason::Own(owner.clone()));
        }
        let of_agent = self.read(subject, agent);
        match scheduled {
            Some(name) if !of_agent.is_allowed() => match self.read_loop(subject, name) {
                Decision::Allowed(reason) => Decision::Allowed(reason),
                Decision::Denied(_) => of_agent,
            },
            _ => of_agent,
        }
    }

    /// Whether a subject may cancel an invocation that runs for `owner`. To see one, or to be let in by its agent, is not enough.
    /// An anonymous subject may cancel what runs for `anonymous`: of that, who knows its id is all that shows whose it is.
    pub fn cancel(self, subject: &Subject, owner: &Principal) -> Decision {
        if subject.principal == *owner {
            return Decision::Allowed(Reason::Own(owner.clone()));
        }
        // No agent gives it: the project's role that lets somebody execute everything is `admin` alone.
        match subject.rules().iter().find_map(|rule| self.project_rule(Role::Execute, rule)) {
            Some(reason) => Decision::Allowed(reason),
            None => Decision::Denied(Reason::NotOwn(subject.clone())),
        }
    }

    /// Whether a subject may trigger a loop as it is. The run is `run_as`'s: see [`Rules::fire`].
    pub fn execute_loop(self, subject: &Subject, name: &LoopName, origin: Origin) -> Decision {
        let resource = Resource::Loop(name.clone());
        match self.bundle.auth.loops.get(name) {
            None => unknown(resource),
            Some(access) if access.acl.is_none() && origin == Origin::Operator => {
                Decision::Allowed(Reason::Operator(name.clone()))
            }
            Some(access) => self.listed(subject, resource, access.acl.as_ref(), Role::Execute),
        }
    }

    /// Whether a subject may see the traces of a loop's runs.
    pub fn read_loop(self, subject: &Subject, name: &LoopName) -> Decision {
        let resource = Resource::Loop(name.clone());
        match self.bundle.auth.loops.get(name) {
            Some(access) => self.listed(subject, resource, access.acl.as_ref(), Role::Read),
            None => unknown(resource),
        }
    }

    /// Whether a subject may trigger a loop with an instruction of its own: needs `execute` on the loop and on its agent,
    /// and `run_as` has to pass as in any firing. The run goes on as [`Chain::overridden`].
    pub fn override_instruction(self, subject: &Subject, name: &LoopName, origin: Origin) -> Decision {
        let Some(scheduled) = self.bundle.program.loops.get(name) else { return unknown(Resource::Loop(name.clone())) };
        self.execute_loop(subject, name, origin)
            .and_then(|| self.fire(name))
            .and_then(|| self.execute(subject, &scheduled.agent))
    }

    /// Whether a firing of a loop may start: its `run_as` may execute its agent.
    pub fn fire(self, name: &LoopName) -> Decision {
        match (self.bundle.program.loops.get(name), self.bundle.auth.loops.get(name)) {
            (Some(scheduled), Some(access)) => self.execute(&Subject::account(&access.run_as), &scheduled.agent),
            _ => unknown(Resource::Loop(name.clone())),
        }
    }

    /// By the list of the agent or loop itself, else by the project's.
    fn listed(
        self,
        subject: &Subject,
        resource: Resource,
        acl: Option<&BTreeSet<(Principal, Role)>>,
        role: Role,
    ) -> Decision {
        // Looked up, not looked for: lists may be long, and summaries ask for everybody on them.
        let rules = subject.rules();
        let is_own = |rule: &&Principal| acl.is_some_and(|acl| acl.contains(&((*rule).clone(), role)));
        if let Some(rule) = rules.iter().find(is_own) {
            return Decision::Allowed(Reason::Listed { resource, rule: rule.clone(), role });
        }
        match rules.iter().find_map(|rule| self.project_rule(role, rule)) {
            Some(reason) => Decision::Allowed(reason),
            None => Decision::Denied(Reason::NotListed { resource, subject: subject.clone(), role }),
        }
    }

    /// The project's rule for exactly this principal.
    fn project_rule(self, role: Role, named: &Principal) -> Option<Reason> {
        let enough: &[ProjectRole] = match role {
            Role::Read => &[ProjectRole::Read, ProjectRole::Admin],
            Role::Execute => &[ProjectRole::Admin],
        };
        let is_given = |given: &&ProjectRole| self.bundle.auth.project.contains(&(named.clone(), **given));
        let role = *enough.iter().find(is_given)?;
        Some(Reason::Project { rule: named.clone(), role })
    }
}

fn unknown(resource: Resource) -> Decision {
    Decision::Denied(Reason::Unknown(resource))
}
