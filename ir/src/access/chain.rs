//! Calls on behalf of others: the subject who asked, and the agents that act for them (RFC 8693, section 4.1).

use super::{Decision, Reason, Resource, Rules, Subject, Tool, unknown};
use crate::program::name::ServiceAccountName;
use crate::program::{Access, AgentName, Principal, Role, Target};

/// On whose behalf an agent works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Who asked. Grants are always theirs.
    pub subject: Subject,
    /// Who gave a loop another instruction than its own: every call has to pass for them too.
    pub instructed_by: Option<Subject>,
    /// The identities of the agents that called each other, the first called by the subject. Only the last one counts for
    /// access, as RFC 8693 has it; the others are for the trace.
    pub actors: Vec<ServiceAccountName>,
    /// How many agents in other runners called each other before the subject's call came here: their identities count for
    /// nothing here.
    pub before: usize,
    /// The most that may be done from here on: `Read` below an entry that calls an agent with `access: read`.
    pub most: Access,
}

impl Chain {
    /// A subject that asks by itself.
    pub fn direct(subject: Subject) -> Self {
        Self { subject, instructed_by: None, actors: Vec::new(), before: 0, most: Access::Write }
    }

    /// A loop with an instruction that is not its own.
    pub fn overridden(run_as: &ServiceAccountName, instructed_by: Subject) -> Self {
        Self { instructed_by: Some(instructed_by), ..Self::direct(Subject::account(run_as)) }
    }

    /// How many agents have called each other, here and before.
    pub fn callers(&self) -> usize {
        self.before.saturating_add(self.actors.len())
    }

    /// The chain of an agent that `actor` calls through an entry with this access.
    #[must_use]
    pub fn through(&self, actor: &ServiceAccountName, access: Access) -> Self {
        let mut next = self.clone();
        next.actors.push(actor.clone());
        next.most = next.most.min(access);
        next
    }

    fn subjects(&self) -> impl Iterator<Item = &Subject> {
        std::iter::once(&self.subject).chain(&self.instructed_by)
    }
}

impl Rules<'_> {
    /// Whether `agent` may call `tool` for everyone in the chain, both steps. `class` is the class of this call.
    pub fn call(self, chain: &Chain, agent: &AgentName, tool: &Tool, class: Access) -> Decision {
        let privileged = || {
            let decisions = chain.subjects().map(|subject| self.privilege(subject, tool, class));
            all(decisions).unwrap_or_else(|| self.privilege(&chain.subject, tool, class))
        };
        let within = |decision: Decision| {
            let is_within = class <= chain.most;
            if is_within { decision } else { Decision::Denied(Reason::ReadOnlyCaller(tool.target())) }
        };
        self.capability(agent, tool, class).and_then(|| within(privileged()))
    }

    /// Whether `caller`, working for the chain, may call the agent `target`: it lists it, and the target's rules admit the
    /// subject or name the caller's identity. The called agent works for [`Chain::through`].
    ///
    /// An agent is admitted by its name alone. `authenticated` is for those who showed a credential; if an agent's identity
    /// counted, every anonymous request could borrow it.
    pub fn delegate(self, chain: &Chain, caller: &AgentName, target: &AgentName) -> Decision {
        if !self.lists(caller, target) {
            let reason = Reason::IncapableOfCalling { agent: caller.clone(), target: target.clone() };
            return Decision::Denied(reason);
        }
        if let Some(reason) = self.admits_actor(caller, target) {
            return Decision::Allowed(reason);
        }
        let decisions = chain.subjects().map(|subject| self.execute(subject, target));
        all(decisions).unwrap_or_else(|| unknown(Resource::Agent(target.clone())))
    }

    /// The rule by which an agent may call another whoever asks.
    pub(super) fn admits_actor(self, caller: &AgentName, target: &AgentName) -> Option<Reason> {
        let actor = Principal::ServiceAccount(self.bundle.auth.agents.get(caller)?.run_as.clone());
        let acl = self.bundle.auth.agents.get(target)?.acl.as_ref();
        let entry = (actor, Role::Execute);
        if acl.is_some_and(|acl| acl.contains(&entry)) {
            let resource = Resource::Agent(target.clone());
            return Some(Reason::Listed { resource, rule: entry.0, role: Role::Execute });
        }
        self.project_rule(Role::Execute, &entry.0)
    }

    fn lists(self, caller: &AgentName, target: &AgentName) -> bool {
        let entries = self.bundle.program.agents.get(caller).map(|agent| agent.tools.as_slice()).unwrap_or_default();
        entries.iter().any(|entry| matches!(&entry.target, Target::Agent(other) if other.agent == *target))
    }
}

/// The first no, else the first yes: everyone has to pass.
fn all(decisions: impl Iterator<Item = Decision>) -> Option<Decision> {
    decisions.reduce(|first, next| match (&first, &next) {
        (Decision::Allowed(_), Decision::Denied(_)) => next,
        _ => first,
    })
}
