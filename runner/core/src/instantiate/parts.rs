//! What a runner is made of, and all that is missing for it: each part is judged for itself, whatever is wrong with the others. A
//! start refuses if anything is missing; `pace-runner check` looks at what is there all the same. Nothing is started or asked here.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::Bundle;
use pace_ir::program::{Agent, AgentName, ModelName};

use super::Scope;
use crate::environment::Environment;
use crate::model::Models;
use crate::schema::Schema;
use crate::setup::SetupError;
use crate::tool::{Toolbox, Writes};

/// What agents in scope work with, as far as it is there.
pub(crate) struct Parts {
    pub(crate) models: Models,
    pub(crate) tools: Toolbox,
    pub(super) outputs: BTreeMap<AgentName, Schema>,
}

/// Gathers what the agents in scope need, and says what of it is missing, each for itself.
pub(crate) fn gather(
    bundle: &Bundle,
    environment: &Environment,
    scope: Scope<'_>,
    writes: &Writes,
) -> (Parts, Vec<SetupError>) {
    let in_scope = scope.agents(bundle);
    let agents = bundle.program.agents.iter().filter(|(name, _)| in_scope.contains(name));
    let mut missing: Vec<_> = agents.clone().filter_map(|(name, agent)| refuse_skills(name, agent).err()).collect();
    let used: BTreeSet<&ModelName> = agents.clone().map(|(_, agent)| &agent.model).collect();
    let (models, errors) = Models::gather(bundle, &used, environment);
    missing.extend(errors);
    let (tools, errors) = match scope {
        Scope::Tool(agent, key) => match Toolbox::configure_one(bundle, agent, key, environment, writes) {
            Ok(tools) => (tools, Vec::new()),
            Err(error) => (Toolbox::default(), vec![error]),
        },
        Scope::All | Scope::Agents(_) | Scope::Agent(_) => {
            Toolbox::gather(bundle, agents.clone().map(|(name, _)| name), environment, writes)
        }
    };
    missing.extend(errors);
    let mut outputs = BTreeMap::new();
    for (name, agent) in agents {
        match agent.output.as_ref().map(|output| Schema::parse(&output.0)) {
            None => {}
            Some(Ok(schema)) => drop(outputs.insert(name.clone(), schema)),
            Some(Err(error)) => missing.push(broken_schema(name, &error)),
        }
    }
    (Parts { models, tools, outputs }, missing)
}

/// No compiler of this version writes such a bundle; one of the next will.
fn refuse_skills(name: &AgentName, agent: &Agent) -> Result<(), SetupError> {
    if agent.skills.is_empty() {
        return Ok(());
    }
    Err(SetupError::new(
        format!("the agent `{name}` has skills, and this runner cannot use them yet"),
        "run it with the runner of the version of `pace` that built it, or a newer one",
    ))
}

fn broken_schema(name: &AgentName, error: &serde_json::Error) -> SetupError {
    SetupError::new(format!("the `output` of the agent `{name}` is no JSON: {error}"), "build the bundle again")
}
