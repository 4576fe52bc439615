//! Everything a subject can get done, through delegation too. For summaries and comparisons: unlike a decision, this
//! visits every agent.

use std::collections::{BTreeMap, VecDeque};

use super::{Decision, Reason, Rules, Subject, Tool};
use crate::program::{Access, AgentName, Target};

/// How a subject reaches an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The agent that calls it for the subject; `None` if the subject invokes it directly.
    pub through: Option<AgentName>,
    /// The most that can be done there on this way.
    pub most: Access,
    /// Why the last step of the way is allowed.
    pub reason: Reason,
}

/// A tool as one agent can use it for a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The agent.
    pub agent: AgentName,
    /// The tool.
    pub tool: Tool,
    /// The class of its calls.
    pub class: Access,
    /// Whether the subject may, and why.
    pub decision: Decision,
}

impl<'b> Rules<'b> {
    /// The agents a subject reaches: directly where it may, otherwise on a shortest way; but a way on which more can be done
    /// is preferred. Linear in agents and their entries.
    pub fn reach(self, subject: &Subject) -> BTreeMap<AgentName, Reached> {
        let mut reached = BTreeMap::new();
        for agent in self.bundle.program.agents.keys() {
            if let Decision::Allowed(reason) = self.execute(subject, agent) {
                reached.insert(agent.clone(), Reached { through: None, most: Access::Write, reason });
            }
        }
        let mut queue: VecDeque<AgentName> = reached.keys().cloned().collect();
        while let Some(caller) = queue.pop_front() {
            for (target, access) in self.calls(&caller) {
                // Whatever admits the subject itself was found above; here the caller's identity decides.
                let Some(reason) = self.admits_actor(&caller, target) else { continue };
                let most = access.min(reached.get(&caller).map_or(Access::Read, |way| way.most));
                if reached.get(target).is_none_or(|way| way.most < most) {
                    reached.insert(target.clone(), Reached { through: Some(caller.clone()), most, reason });
                    queue.push_back(target.clone());
                }
            }
        }
        reached
    }

    /// The agents on the way to `agent`, the one that the subject invokes first; empty if that is `agent` itself.
    pub fn way<'r>(reached: &'r BTreeMap<AgentName, Reached>, agent: &AgentName) -> Vec<&'r AgentName> {
        let next = |at: &AgentName| reached.get(at).and_then(|way| way.through.as_ref());
        let mut way: Vec<_> = std::iter::successors(next(agent), |at| next(at)).take(reached.len()).collect();
        way.reverse();
        way
    }

    /// The tools of the agents a subject reaches, and whether it may use them, by agent in the author's order.
    pub fn uses(self, subject: &Subject, reached: &BTreeMap<AgentName, Reached>) -> Vec<Use> {
        let of_agent = |(agent, way): (&AgentName, &Reached)| {
            let (agent, most) = (agent.clone(), way.most);
            let tools = self.tools(&agent).into_iter();
            tools.map(move |(tool, class)| {
                let decision = if class <= most {
                    self.privilege(subject, &tool, class)
                } else {
                    Decision::Denied(Reason::ReadOnlyCaller(tool.target()))
                };
                Use { agent: agent.clone(), tool, class, decision }
            })
        };
        reached.iter().flat_map(of_agent).collect()
    }

    fn calls(self, caller: &AgentName) -> impl Iterator<Item = (&'b AgentName, Access)> {
        let agent = self.bundle.program.agents.get(caller);
        agent.into_iter().flat_map(|agent| &agent.tools).filter_map(|entry| match &entry.target {
            Target::Agent(target) => Some((&target.agent, entry.access)),
            Target::Local(_) | Target::Server(_) => None,
        })
    }
}
