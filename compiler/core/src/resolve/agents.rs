//! Agents and loops by name, and what they refer to.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::Sink;
use pace_ir::program::{AgentName, LoopName, ModelName};
use pace_syntax::Spanned;

use super::account::{self, Accounts};
use super::models::{self, Place, ResolvedModel, WantedModel};
use super::named::NamedAgents;
use super::{ResolvedAgent, ResolvedLoop, ResolvedTarget, duplicate_name, tools, unknown_agent};
use crate::overrides::{Listed, Overrides};
use crate::parse::Parsed;

/// Resolves what agents refer to.
pub(super) fn resolve<'p>(
    named: &NamedAgents<'p>,
    models: &BTreeMap<&'p ModelName, ResolvedModel<'p>>,
    accounts: &Accounts<'p>,
    parsed: &'p Parsed,
    overrides: &'p Overrides,
    sink: &mut Sink,
) -> BTreeMap<&'p AgentName, ResolvedAgent<'p>> {
    let mut agents = BTreeMap::new();
    for (key, (file, name)) in &named.by_name {
        let Some(spec) = file.spec.as_ref().map(|spec| &spec.value) else { continue };
        let wanted = match overrides.models.get(*key) {
            Some(other) => Some(WantedModel { name: &other.model, place: Place::Outside(other.given_by) }),
            None => spec.model.spanned().map(WantedModel::written),
        };
        let model = wanted.and_then(|wanted| models::find(wanted, models, parsed, sink));
        let model_name = wanted.map(|wanted| (wanted.name, wanted.span()));
        let mut tools = tools::entries(spec, named, parsed, sink);
        tools.retain(|tool| is_there(&tool.target, &overrides.listed));
        let run_as = match spec.run_as.sound() {
            Ok(None) => Some((*key).into()),
            Ok(Some(_)) => account::of_run_as(&spec.run_as, accounts, sink).map(|account| account.value),
            Err(_) => None,
        };
        agents.insert(*key, ResolvedAgent { file, spec, name, model_name, model, tools, run_as });
    }
    nameless(named, models, accounts, parsed, sink);
    agents
}

/// Whether a run looks at an entry.
fn is_there(target: &ResolvedTarget, listed: &Listed) -> bool {
    match (target, listed) {
        (_, Listed::All)
        | (ResolvedTarget::Local(_), Listed::Compiled)
        | (ResolvedTarget::Skill(_) | ResolvedTarget::Agent(..), _) => true,
        (ResolvedTarget::Local(key), Listed::Tool(only)) => key == only,
        (ResolvedTarget::Server(_), Listed::Compiled | Listed::Tool(_)) => false,
    }
}

/// Agents whose name is broken or taken. Nobody can call them, but what they refer to does not hang on their name and is
/// reported in the same run.
fn nameless(
    named: &NamedAgents<'_>,
    models: &BTreeMap<&ModelName, ResolvedModel<'_>>,
    accounts: &Accounts<'_>,
    parsed: &Parsed,
    sink: &mut Sink,
) {
    let known: BTreeSet<_> = named.by_name.values().map(|(file, _)| file.path.as_str()).collect();
    for file in parsed.agents.iter().filter(|file| !known.contains(file.path.as_str())) {
        let Some(spec) = file.spec.as_ref().map(|spec| &spec.value) else { continue };
        if let Some(model) = spec.model.spanned() {
            models::find(WantedModel::written(model), models, parsed, sink);
        }
        tools::entries(spec, named, parsed, sink);
        account::of_run_as(&spec.run_as, accounts, sink);
    }
}

/// Finds the loops' names and what they refer to.
pub(super) fn loops<'p>(
    named: &NamedAgents<'p>,
    accounts: &Accounts<'p>,
    parsed: &'p Parsed,
    sink: &mut Sink,
) -> BTreeMap<&'p LoopName, ResolvedLoop<'p>> {
    let mut seen = BTreeMap::new();
    let mut loops = BTreeMap::new();
    for file in &parsed.loops {
        let Some(spec) = file.spec.as_ref().map(|spec| &spec.value) else { continue };
        let agent = spec.agent.spanned().and_then(|agent| {
            let user = spec.name.get().map_or_else(|| format!("`{}`", file.path), |name| format!("the loop `{name}`"));
            let wanted = Spanned::new(agent.value.0.as_str(), agent.span);
            unknown_agent::find(&wanted, &user, named, sink)
        });
        let run_as = account::of_run_as(&spec.run_as, accounts, sink);
        let Some(name) = spec.name.spanned() else { continue };
        let why = "traces and people refer to loops by this name";
        if duplicate_name::claim(&mut seen, name, "loop", why, sink).is_ok() {
            loops.insert(&name.value, ResolvedLoop { spec, name, agent, run_as });
        }
    }
    loops
}
