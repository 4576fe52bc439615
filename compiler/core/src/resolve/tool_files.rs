//! The files of the tools that agents list: whether they are text (`P0109`, `P0113`), whether anything is in them
//! (`P0114`), and whether they are in the project (`P0521`). What they say is read when a project is built.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code};
use pace_syntax::{SourceMap, Span};

use super::{Resolved, ResolvedTarget};
use crate::parse;
use crate::tools::{Needed, Wanted};
use crate::world::{World, WorldError};

/// Reads them.
///
/// # Errors
/// When the surroundings fail.
pub(crate) fn read(
    resolved: &Resolved<'_>,
    world: &dyn World,
    sources: &mut SourceMap,
    sink: &mut Sink,
) -> Result<Needed, WorldError> {
    let mut needed = Needed { wanted: named(resolved), ..Needed::default() };
    for (key, wanted) in &needed.wanted {
        if key.starts_with("tools/") && !is_sound(&format!("{key}.ts"), wanted.named_at, world, sources, sink)? {
            needed.broken.insert(key.clone());
        }
    }
    needed.wanted.retain(|key, _| !needed.broken.contains(key));
    Ok(needed)
}

/// Every compiled tool that an agent lists, at the first entry that names it.
fn named(resolved: &Resolved<'_>) -> BTreeMap<String, Wanted> {
    let mut wanted = BTreeMap::new();
    for tool in resolved.agents.values().flat_map(|agent| &agent.tools) {
        if let ResolvedTarget::Local(key) = &tool.target {
            wanted.entry(key.clone()).or_insert(Wanted { named_at: tool.named_at });
        }
    }
    wanted
}

fn is_sound(
    path: &str,
    named_at: Span,
    world: &dyn World,
    sources: &mut SourceMap,
    sink: &mut Sink,
) -> Result<bool, WorldError> {
    let bytes = match world.read(path) {
        Err(error) if error.leads_out => {
            sink.error(outside(&error, named_at));
            return Ok(false);
        }
        read => read?,
    };
    // It was there when the folder was listed; what is gone by now is told by whoever compiles it.
    let Some(bytes) = bytes else { return Ok(true) };
    let Ok(file) = parse::text(path, bytes, sources, sink) else { return Ok(false) };
    let is_empty =
        sources.get(file).is_none_or(|source| source.text().trim_start_matches('\u{feff}').trim().is_empty());
    if is_empty {
        let diagnostic = Diagnostic::new(&code::EMPTY_FILE, format!("`{path}` is empty"))
            .at(Span::new(file, 0..0), "no tool is defined here")
            .help("begin with `export default defineTool({ … })`, or take the tool out of the spec");
        sink.error(diagnostic);
    }
    Ok(!is_empty)
}

/// A link to a file outside.
fn outside(error: &WorldError, named_at: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(&code::IMPORT_OUTSIDE, format!("`{}` is a link that leads out of the project", error.path))
            .at(named_at, "a build reads nothing outside of the project's folder");
    match &error.help {
        Some(help) => diagnostic.help(help.as_str()),
        None => diagnostic,
    }
}
