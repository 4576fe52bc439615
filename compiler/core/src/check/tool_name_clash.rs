//! `P0304`: two entries that the model would know by one name. `-` and `_` count as one character, as they do in a tool's
//! name.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code};

use super::tool_entry::CheckedTool;
use crate::resolve::ResolvedTarget;

/// Compares the entries of one agent.
pub(super) fn check(tools: &[CheckedTool<'_>], sink: &mut Sink) {
    let mut seen: BTreeMap<String, &CheckedTool<'_>> = BTreeMap::new();
    for tool in tools {
        let Some(first) = seen.get(&tool.alias.as_str().replace('-', "_")) else {
            seen.insert(tool.alias.as_str().replace('-', "_"), tool);
            continue;
        };
        let message = format!("two entries of `tools` have the name `{}`", tool.alias);
        let diagnostic = Diagnostic::new(&code::TOOL_NAME_CLASH, message)
            .at(tool.resolved.named_at, format!("the model sees {}", seen_as(tool)))
            .also(first.resolved.named_at, format!("and {}", seen_as(first)));
        let has_alias = [tool, first].into_iter().any(|tool| !is_compiled(tool));
        sink.error(if has_alias {
            diagnostic.help("give one of them another `alias`, or remove it")
        } else {
            diagnostic.help("list only one of them; a compiled tool is named by its file")
        });
    }
}

fn is_compiled(tool: &CheckedTool<'_>) -> bool {
    matches!(tool.resolved.target, ResolvedTarget::Local(_) | ResolvedTarget::Skill(_))
}

/// What an entry becomes for the model.
fn seen_as(tool: &CheckedTool<'_>) -> String {
    match tool.resolved.target {
        ResolvedTarget::Server(_) => format!("this server's tools as `{}_...`", tool.alias),
        ResolvedTarget::Local(_) | ResolvedTarget::Skill(_) | ResolvedTarget::Agent(..) => {
            format!("this as `{}`", tool.alias)
        }
    }
}
