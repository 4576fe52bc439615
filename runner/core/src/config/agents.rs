//! Which agents of a bundle are served: the flag that both binaries have.

use std::collections::BTreeSet;

use clap::Args;
use pace_ir::Bundle;
use pace_ir::program::AgentName;
use pace_ir::text::quoted;

use crate::instantiate::near;
use crate::setup::SetupError;

/// The most names that are listed.
const MOST_NAMES: usize = 8;

/// The flag that chooses agents; one struct, so that all commands have the same words for it.
#[derive(Debug, Clone, Default, Args)]
pub struct AgentFlags {
    /// Serve these agents and no others, with commas between; agents they call answer them alone
    #[arg(long, value_name = "AGENTS")]
    agents: Option<String>,
}

/// The agents that were chosen; nothing where nobody chose, which means all.
///
/// # Errors
/// The bundle has no such agent, or none is named.
pub fn agents(flags: &AgentFlags, bundle: &Bundle) -> Result<Option<BTreeSet<AgentName>>, SetupError> {
    let Some(text) = &flags.agents else { return Ok(None) };
    let known: Vec<_> = bundle.program.agents.keys().collect();
    let (mut chosen, mut errors) = (BTreeSet::new(), Vec::new());
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match known.iter().find(|name| name.as_str() == word) {
            Some(name) => {
                chosen.insert((*name).clone());
            }
            None => errors.push(unknown(word, &known)),
        }
    }
    if let Some(error) = SetupError::all(errors) {
        return Err(error);
    }
    if chosen.is_empty() {
        return Err(SetupError::new("`--agents` names no agent", listed(&known)));
    }
    Ok(Some(chosen))
}

fn unknown(word: &str, known: &[&AgentName]) -> SetupError {
    let meant = near(word, known).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    SetupError::new(format!("the bundle has no agent `{}`{meant}", quoted(word)), listed(known))
}

fn listed(known: &[&AgentName]) -> String {
    let names: Vec<_> = known.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > MOST_NAMES { " and more" } else { "" };
    match names.as_slice() {
        [] => "the bundle has no agents".to_owned(),
        names => format!("name some of the bundle's agents: {}{more}", names.join(", ")),
    }
}
