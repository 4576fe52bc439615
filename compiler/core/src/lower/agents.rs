//! Agents with their tool entries, and loops.

use std::collections::BTreeMap;

use pace_ir::program::scheduled_loop::{CatchUp, Concurrency};
use pace_ir::program::tool::{AgentTarget, LocalTarget, Net, ServerTarget};
use pace_ir::program::{Agent, AgentName, Loop, LoopName, ModelName, Target, ToolEntry};

use crate::check::{Checked, CheckedAgent, CheckedTool};
use crate::parse::field::{Field, List};
use crate::parse::scalar::Line;
use crate::parse::spec::scheduled_loop::CatchUpSpec;
use crate::parse::spec::tool_entry::ToolEntryKeys;
use crate::resolve::{Address, ResolvedTarget};

/// The agents by name.
pub(super) fn agents(checked: &Checked<'_>) -> BTreeMap<AgentName, Agent> {
    let agents = checked.agents.iter().filter_map(|agent| {
        let (model, _) = agent.resolved.model_name?;
        Some((agent.resolved.name.value.clone(), lower(agent, model)))
    });
    agents.collect()
}

fn lower(agent: &CheckedAgent<'_>, model: &ModelName) -> Agent {
    Agent {
        model: model.clone(),
        prompt: agent.prompt.to_owned(),
        summary: agent.summary.clone(),
        tools: agent.tools.iter().map(entry).collect(),
        skills: agent.skills.iter().map(|skill| skill.text.to_owned()).collect(),
        generation: agent.generation.clone(),
        output: agent.output.clone(),
        limits: agent.limits.clone(),
    }
}

fn entry(tool: &CheckedTool<'_>) -> ToolEntry {
    let keys = tool.resolved.keys;
    let env = keys.env.entries().iter();
    ToolEntry {
        target: target(tool, keys),
        access: tool.access,
        env: env.map(|(name, value)| (name.value.0.clone(), value.value.clone())).collect(),
        timeout: keys.timeout.get().copied(),
    }
}

fn target(tool: &CheckedTool<'_>, keys: &ToolEntryKeys) -> Target {
    match &tool.resolved.target {
        ResolvedTarget::Local(name) | ResolvedTarget::Skill(name) => local(name, keys),
        ResolvedTarget::Server(address) => Target::Server(server(address, tool, keys)),
        ResolvedTarget::Agent(agent, _) => {
            Target::Agent(AgentTarget { agent: (*agent).clone(), alias: tool.alias.clone() })
        }
    }
}

fn local(name: &str, keys: &ToolEntryKeys) -> Target {
    let net = match keys.net.get() {
        Some(rules) => Net::Only(rules.items.iter().map(|rule| rule.value.0.clone()).collect()),
        None => Net::AnyPublic,
    };
    Target::Local(LocalTarget { tool: name.to_owned(), net, memory: keys.memory.get().copied() })
}

fn server(address: &Address, tool: &CheckedTool<'_>, keys: &ToolEntryKeys) -> ServerTarget {
    ServerTarget {
        server: address.key.clone(),
        alias: tool.alias.clone(),
        tools: keys.tools.get().map(|_| lines(&keys.tools).collect()),
        read_only: lines(&keys.read_only).collect(),
        args: keys.args.items().iter().map(|argument| argument.value.clone()).collect(),
        roots: lines(&keys.roots).collect(),
    }
}

fn lines(list: &Field<List<Line>>) -> impl Iterator<Item = String> {
    list.items().iter().map(|line| line.value.0.clone())
}

/// The loops by name.
pub(super) fn loops(checked: &Checked<'_>) -> BTreeMap<LoopName, Loop> {
    let loops = checked.loops.iter().map(|l| {
        let lowered = Loop {
            schedule: l.schedule.clone(),
            timezone: l.timezone,
            agent: l.agent.clone(),
            instruction: l.instruction.to_owned(),
            concurrency: l.spec.concurrency.get().copied().unwrap_or(Concurrency::Forbid),
            catch_up: catch_up(l.spec.catch_up.get()),
            timeout: l.spec.timeout.get().copied(),
            enabled: l.spec.enabled.get().copied().unwrap_or(true),
        };
        (l.name.value.clone(), lowered)
    });
    loops.collect()
}

fn catch_up(spec: Option<&CatchUpSpec>) -> CatchUp {
    let default = CatchUp::default();
    CatchUp {
        window: spec.and_then(|spec| spec.window.get().copied()).unwrap_or(default.window),
        max: spec.and_then(|spec| spec.max.get()).and_then(|max| u32::try_from(max.0).ok()).unwrap_or(default.max),
    }
}
