//! From what a bundle says of an agent's tools, and what the environment has, to tools that can be called. What differs by
//! kind is the kind's own module.

use std::collections::BTreeMap;

use pace_ir::Bundle;
use pace_ir::program::{AgentName, Target, ToolEntry};

use super::local::configure::Locals;
use super::server::configure::Servers;
use super::{AgentTools, ServedTool, Toolbox, Writes, agent};
use crate::environment::Environment;
use crate::model::ToolDeclaration;
use crate::setup::SetupError;

/// What tools are configured from.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'b> {
    pub(super) bundle: &'b Bundle,
    pub(super) environment: &'b Environment,
    pub(super) writes: &'b Writes,
}

/// A tool, and what the model is told of it.
pub(super) struct Offered {
    pub(super) declaration: ToolDeclaration,
    pub(super) tool: ServedTool,
}

impl Toolbox {
    /// The tools of the agents `served` that can be called; and what is missing for the others, each for itself.
    pub(crate) fn gather<'b>(
        bundle: &'b Bundle,
        served: impl Iterator<Item = &'b AgentName> + Clone,
        environment: &'b Environment,
        writes: &'b Writes,
    ) -> (Self, Vec<SetupError>) {
        let mut missing: Vec<_> = writes.check(bundle, environment).err().into_iter().collect();
        missing.extend(agent::refuse_circles(bundle, served.clone()).err());
        let mut configuring = Configuring::new(Surroundings { bundle, environment, writes });
        let mut by_agent = BTreeMap::new();
        for agent in served {
            let (tools, errors) = configuring.agent(agent);
            by_agent.insert(agent.clone(), tools);
            missing.extend(errors);
        }
        (Self { by_agent, servers: configuring.servers.into_pool() }, missing)
    }

    /// The tool of a key as one agent lists it, or the tools of a server, and nothing of its other tools.
    ///
    /// # Errors
    /// What is missing for it.
    pub fn configure_one(
        bundle: &Bundle,
        agent: &AgentName,
        key: &str,
        environment: &Environment,
        writes: &Writes,
    ) -> Result<Self, SetupError> {
        writes.check_one(bundle, environment, key)?;
        let mut configuring = Configuring::new(Surroundings { bundle, environment, writes });
        let mut tools = AgentTools::default();
        let entries = bundle.program.agents.get(agent).into_iter().flat_map(|agent| &agent.tools);
        for entry in entries.filter(|entry| is_of(entry, key)) {
            configuring.entry(agent, entry)?.into_iter().for_each(|offered| tools.add(offered));
        }
        let by_agent = BTreeMap::from([(agent.clone(), tools)]);
        Ok(Self { by_agent, servers: configuring.servers.into_pool() })
    }
}

struct Configuring<'b> {
    surroundings: Surroundings<'b>,
    locals: Locals<'b>,
    servers: Servers,
}

impl<'b> Configuring<'b> {
    fn new(surroundings: Surroundings<'b>) -> Self {
        Self { surroundings, locals: Locals::default(), servers: Servers::default() }
    }

    fn agent(&mut self, name: &'b AgentName) -> (AgentTools, Vec<SetupError>) {
        let (mut tools, mut missing) = (AgentTools::default(), Vec::new());
        let agent = self.surroundings.bundle.program.agents.get(name);
        for entry in agent.into_iter().flat_map(|agent| &agent.tools) {
            match self.entry(name, entry) {
                Ok(all) => {
                    for offered in all {
                        if tools.find(&offered.tool.name).is_some() {
                            missing.push(twice(name, &offered.tool.name));
                        } else {
                            tools.add(offered);
                        }
                    }
                }
                Err(error) => missing.push(error),
            }
        }
        (tools, missing)
    }

    /// What one entry offers, in order.
    fn entry(&mut self, agent: &AgentName, entry: &'b ToolEntry) -> Result<Vec<Offered>, SetupError> {
        match &entry.target {
            Target::Local(target) => Ok(vec![self.locals.configure(self.surroundings, agent, entry, target)?]),
            Target::Agent(target) => Ok(vec![agent::configure(self.surroundings.bundle, entry, target)?]),
            Target::Server(target) => self.servers.configure(self.surroundings, agent, entry, target),
        }
    }
}

fn twice(agent: &AgentName, tool: &str) -> SetupError {
    SetupError::new(format!("the agent `{agent}` has two tools `{tool}`"), "build the bundle again")
}

/// Whether an entry is about what has this key in the bundle.
fn is_of(entry: &ToolEntry, key: &str) -> bool {
    match &entry.target {
        Target::Local(local) => local.tool == key,
        Target::Server(server) => server.server == key,
        Target::Agent(_) => false,
    }
}
