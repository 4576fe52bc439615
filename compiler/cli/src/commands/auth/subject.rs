//! What a credential is for: what was typed, held against what the project lists.

use std::collections::BTreeSet;
use std::path::Path;

use pace_compiler::{Named, ToolUse};
use pace_diag::nearest;
use pace_ir::text::quoted;

use crate::exit::Ended;
use crate::project;

/// What a credential is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A value that the project refers to as `${credential:NAME}`.
    Value(String),
    /// A server, by its canonical address.
    Server(String),
}

/// What was typed.
#[derive(Debug)]
pub(super) struct Wanted {
    /// What it names.
    pub(super) named: Named,
    /// The values that the project refers to for it.
    pub(super) credentials: BTreeSet<String>,
    /// Whether an agent lists it.
    pub(super) is_listed: bool,
}

/// A tool, a server's address or its alias, as an agent of the project lists it. An address need not be listed.
///
/// # Errors
/// There is no such thing, or it is not clear which is meant.
pub(super) fn find(typed: &str, root: &Path) -> anyhow::Result<Wanted> {
    let outcome = pace_compiler::uses(&project::open(root)?);
    let uses = outcome.result.as_deref().unwrap_or_default();
    if typed.contains("://") || typed.contains("${") {
        let server = pace_compiler::uses::canonical(typed)
            .map_err(|why| Ended::usage(format!("`{}` is not the address of a server", quoted(typed)), why))?;
        return Ok(wanted(Named::Server(server), uses));
    }
    if outcome.result.is_err() {
        let message = format!("what `{}` is cannot be told, because the project has errors", quoted(typed));
        return Err(Ended::usage(message, "mend what `pace check` reports, or name the server by its address").into());
    }
    let matching = uses.iter().filter(|used| used.named.as_str() == typed || used.alias.as_str() == typed);
    let named: BTreeSet<&Named> = matching.map(|used| &used.named).collect();
    let several = |named: &BTreeSet<&Named>| nearest::listing(named.iter().map(|named| named.as_str()));
    match named.iter().next() {
        Some(only) if named.len() == 1 => Ok(wanted((*only).clone(), uses)),
        Some(_) => Err(Ended::usage(
            format!("`{}` means several things here", quoted(typed)),
            format!("name one of them in full: {}", several(&named)),
        )
        .into()),
        None => Err(unknown(typed, uses).into()),
    }
}

fn wanted(named: Named, uses: &[ToolUse]) -> Wanted {
    let of_it: Vec<_> = uses.iter().filter(|used| used.named == named).collect();
    let credentials = of_it.iter().flat_map(|used| used.credentials.iter().cloned()).collect();
    Wanted { named, credentials, is_listed: !of_it.is_empty() }
}

fn unknown(typed: &str, uses: &[ToolUse]) -> Ended {
    let names: BTreeSet<&str> = uses.iter().flat_map(|used| [used.named.as_str(), used.alias.as_str()]).collect();
    let message = format!("no agent lists a tool or server `{}`", quoted(typed));
    if let Some(near) = nearest::nearest(typed, names.iter().copied()) {
        return Ended::usage(message, format!("did you mean `{near}`?"));
    }
    let listed: BTreeSet<&str> = uses.iter().map(|used| used.named.as_str()).collect();
    let there_are = match nearest::listing(listed) {
        none if none.is_empty() => "no agent of this project lists any".to_owned(),
        listed => format!("the agents list {listed}"),
    };
    Ended::usage(message, format!("{there_are}; a single value is kept with `--value <NAME>`"))
}
