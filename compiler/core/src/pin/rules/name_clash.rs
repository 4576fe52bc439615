//! `P0304`: two tools that the model would know by one name, where at least one is a server's. The entries' own names were
//! compared before; here it is `<alias>_<tool>`, as [`server_tool_name`] makes it.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::server_tool_name;
use pace_ir::text::quoted;
use pace_syntax::Span;

use crate::check::Checked;
use crate::pin::exposed::exposed;
use crate::pin::{PinnedUse, Used};
use crate::resolve::ResolvedTarget;

/// Looks at each agent.
pub(super) fn check(servers: &BTreeMap<&str, PinnedUse<'_>>, checked: &Checked<'_>, sink: &mut Sink) {
    for agent in &checked.agents {
        let mut seen: BTreeMap<String, (String, Span)> = BTreeMap::new();
        let others = agent.tools.iter().filter(|tool| !matches!(tool.resolved.target, ResolvedTarget::Server(_)));
        for tool in others {
            // A compiled tool may have `_` in its name where its file has `-`.
            for name in [tool.alias.to_string(), tool.alias.as_str().replace('-', "_")] {
                seen.insert(name, (format!("`{}`", tool.alias), tool.resolved.named_at));
            }
        }
        let uses = servers.values().flat_map(|server| server.uses.iter().map(|used| (used, &server.pin)));
        let own = uses.filter(|(used, _)| std::ptr::eq(used.agent, agent));
        for (used, pin) in own {
            for (tool, _) in exposed(used, pin).given {
                let name = server_tool_name(&used.tool.alias, tool).to_string();
                let what = format!("`{}` of this server", quoted(tool));
                if let Some((other, place)) = seen.get(&name) {
                    sink.error(diagnostic(&name, used, &what, other, *place));
                } else {
                    seen.insert(name, (what, used.named_at()));
                }
            }
        }
    }
}

fn diagnostic(name: &str, used: &Used<'_>, what: &str, other: &str, place: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::TOOL_NAME_CLASH, format!("two tools have the name `{name}` for the model"));
    let within = place == used.named_at();
    let diagnostic = if within {
        diagnostic.at(used.named_at(), format!("{what}, and {other}"))
    } else {
        diagnostic.at(used.named_at(), what.to_owned()).also(place, format!("and {other}"))
    };
    diagnostic.help(if within {
        "list all but one of them under `tools`"
    } else {
        "give one of the entries another `alias`, or leave one of the tools out"
    })
}
