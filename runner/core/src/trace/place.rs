//! Where in the project that was written which did not work, as far as the bundle's source map (section `SRCM`) knows it:
//! `agents/helper/spec.yaml:4`.

use pace_ir::Bundle;
use pace_ir::program::{AgentName, Target, ToolEntry};

use crate::problem::{Code, Problem};

/// The line to look at after the failure of an agent: one of its own spec, or of the agent's whose limit was reached.
pub(super) fn of_failure(bundle: &Bundle, agent: &AgentName, problem: &Problem) -> Option<String> {
    let agent = problem.limit_of.as_ref().unwrap_or(agent);
    let key = match problem.code {
        Code::LimitReached | Code::TimedOut => format!("agents/{agent}/limits"),
        Code::OutputMismatch => format!("agents/{agent}/output"),
        Code::NotAllowed => format!("agents/{agent}"),
        code if code == Code::NoRecordedTurn || code.as_str().starts_with("model-") => {
            let model = &bundle.program.agents.get(agent)?.model;
            return place(bundle, &format!("models/{model}"))
                .or_else(|| place(bundle, &format!("agents/{agent}/model")));
        }
        _ => return None,
    };
    // A bound that nobody wrote is the agent's.
    place(bundle, &key).or_else(|| place(bundle, &format!("agents/{agent}")))
}

/// The entry of an agent that a call went by; `called` is what a person knows the tool as.
pub(super) fn of_call(bundle: &Bundle, agent: &AgentName, called: &str) -> Option<String> {
    let is_entry = |entry: &ToolEntry| match &entry.target {
        Target::Local(local) => local.tool == called,
        Target::Agent(target) => called.strip_prefix("paceline://") == Some(target.agent.as_str()),
        Target::Server(server) => called.rsplit_once('#').is_some_and(|(address, _)| address == server.server),
    };
    let index = bundle.program.agents.get(agent)?.tools.iter().position(is_entry)?;
    place(bundle, &format!("agents/{agent}/tools/{index}"))
}

fn place(bundle: &Bundle, what: &str) -> Option<String> {
    let place = bundle.source_map.as_ref()?.locations.get(what)?;
    Some(format!("{}:{}", place.file, place.line))
}
