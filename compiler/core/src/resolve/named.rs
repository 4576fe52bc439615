//! The agents by name: what everything that refers to an agent looks into.

use std::collections::BTreeMap;

use pace_diag::Sink;
use pace_ir::program::AgentName;
use pace_syntax::Spanned;

use super::duplicate_name;
use crate::parse::spec::AgentSpec;
use crate::parse::{Parsed, SpecFile};

/// The agents that have a name.
pub(super) struct NamedAgents<'p> {
    /// By name: the file, and the name as written.
    pub(super) by_name: BTreeMap<&'p AgentName, (&'p SpecFile<AgentSpec>, &'p Spanned<AgentName>)>,
    /// Whether every agent is among them.
    pub(super) complete: bool,
}

/// Finds the agents' names.
pub(super) fn collect<'p>(parsed: &'p Parsed, sink: &mut Sink) -> NamedAgents<'p> {
    let mut seen = BTreeMap::new();
    let mut by_name = BTreeMap::new();
    let mut complete = parsed.complete;
    for file in &parsed.agents {
        let name = file.spec.as_ref().and_then(|spec| spec.value.name.spanned());
        let Some(name) = name else {
            complete = false;
            continue;
        };
        let why = "loops and other agents refer to agents by this name";
        if duplicate_name::claim(&mut seen, name, "agent", why, sink).is_ok() {
            by_name.insert(&name.value, (file, name));
        }
    }
    NamedAgents { by_name, complete }
}
