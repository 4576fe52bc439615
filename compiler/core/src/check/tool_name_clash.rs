//! `P0304`: two entries that the model would know by one name. `-` and `_` count as one character, as they do in a tool's
//! name.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code};

use super::tool_entry::CheckedTool;

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
            .at(tool.resolved.named_at, format!("the model sees this as `{}`", tool.alias))
            .also(first.resolved.named_at, format!("and this as `{}`", first.alias))
            .help("give one of them another `alias`, or remove it");
        sink.error(diagnostic);
    }
}
