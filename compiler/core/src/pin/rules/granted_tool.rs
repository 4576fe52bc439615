//! `P0406`: a grant on a single tool that its server does not have. Whoever wrote it thinks that somebody may do something,
//! or that nobody else may.

use std::collections::BTreeMap;

use pace_diag::{Applicability, Diagnostic, Sink, code, nearest};
use pace_ir::program::GrantTarget;
use pace_ir::text::quoted;

use crate::check::Checked;
use crate::pin::{PinnedUse, place};

/// Looks at every grant on `<server>#<tool>`.
pub(super) fn check(servers: &BTreeMap<&str, PinnedUse<'_>>, checked: &Checked<'_>, sink: &mut Sink) {
    for grant in &checked.resolved.grants {
        let GrantTarget::ServerTool(key, name) = &grant.target else { continue };
        let Some(server) = servers.get(key.as_str()) else { continue };
        if server.pin.tools.contains_key(name) {
            continue;
        }
        let message = format!("the server `{key}` has no tool `{name}` to grant");
        let diagnostic = Diagnostic::new(&code::UNKNOWN_GRANTED_TOOL, message)
            .at(grant.named_at, "not among the tools it offered when it was pinned");
        let diagnostic = match place(checked, key) {
            Some(places) => diagnostic.also(places.server, "pinned here"),
            None => diagnostic,
        };
        let names = || server.pin.tools.keys().map(String::as_str);
        sink.error(match nearest::nearest(name, names()) {
            Some(near) => {
                let text = format!("did you mean `{}`?", quoted(near));
                diagnostic.fix(text, Applicability::Unsafe, grant.named_at, format!("{key}#{near}"))
            }
            None => diagnostic.help(format!("its tools are {}", nearest::listing(names()))),
        });
    }
}
