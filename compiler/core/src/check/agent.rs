//! Agents: puts together what the other rules find.

use std::collections::BTreeSet;

use pace_diag::{Lints, Sink};
use pace_ir::program::{Generation, Json, Limits, Principal, Role, ServiceAccountName};

use super::tool_entry::CheckedTool;
use super::{access_list, generation, limits, output_schema, skills, tool_entry, tool_name_clash};
use crate::resolve::{Resolved, ResolvedAgent};

/// An agent without errors.
#[derive(Debug)]
pub(crate) struct CheckedAgent<'p> {
    /// Its names.
    pub(crate) resolved: &'p ResolvedAgent<'p>,
    /// The system prompt.
    pub(crate) prompt: &'p str,
    /// One public line.
    pub(crate) summary: String,
    /// Everything it may call.
    pub(crate) tools: Vec<CheckedTool<'p>>,
    /// The references of its skills.
    pub(crate) skills: Vec<skills::SkillReference<'p>>,
    /// Who may invoke and read it.
    pub(crate) acl: Option<BTreeSet<(Principal, Role)>>,
    /// Its own identity.
    pub(crate) run_as: ServiceAccountName,
    /// Sampling settings.
    pub(crate) generation: Generation,
    /// JSON Schema of its reply.
    pub(crate) output: Option<Json>,
    /// Bounds of one invocation.
    pub(crate) limits: Limits,
}

/// Checks an agent.
pub(super) fn check<'p>(
    agent: &'p ResolvedAgent<'p>,
    resolved: &'p Resolved<'p>,
    lints: &Lints,
    sink: &mut Sink,
) -> Option<CheckedAgent<'p>> {
    let spec = agent.spec;
    let tools = agent.tools.iter().map(|tool| tool_entry::check(tool, lints, sink)).collect::<Vec<_>>();
    let tools: Vec<_> = tools.into_iter().flatten().collect();
    tool_name_clash::check(&tools, sink);
    let skills = skills::check(agent, resolved, sink);
    let acl = access_list::of(&spec.acl, sink);
    let generation = generation::check(agent, lints, sink);
    let output = output_schema::check(agent, resolved, sink);
    let limits = limits::check(agent, resolved, sink);
    let summary = spec.summary.get().map_or_else(|| format!("Agent {}", agent.name.value), |line| line.0.clone());
    Some(CheckedAgent {
        resolved: agent,
        prompt: &spec.description.get()?.0,
        summary,
        tools,
        skills,
        acl,
        run_as: agent.run_as.clone()?,
        generation,
        output,
        limits,
    })
}
