//! `P0418`, lint `unusable-tool`: an agent lists a tool of the project for more than any grant on it gives, so that each call would be
//! denied. Tools of servers are judged where they are known, by their pins.

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::{Access, GrantTarget};

use crate::resolve::{Resolved, ResolvedTarget};

/// Looks at every entry for a compiled tool that a grant mentions.
pub(super) fn check(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    for tool in resolved.agents.values().flat_map(|agent| &agent.tools) {
        let (ResolvedTarget::Local(key), Some(access)) = (&tool.target, tool.keys.access.spanned()) else { continue };
        let is_about = |target: &GrantTarget| matches!(target, GrantTarget::Local(granted) if granted == key);
        let mut grants = resolved.grants.iter().filter(|grant| is_about(&grant.target)).peekable();
        let Some(first) = grants.peek().map(|grant| grant.named_at) else { continue };
        let grants: Vec<_> = grants.collect();
        if grants.iter().any(|grant| !grant.spec.grants.is_complete()) {
            continue;
        }
        let given = grants.iter().flat_map(|grant| grant.spec.grants.items());
        let most = given.filter_map(|grant| grant.value.access.get()).max();
        if most >= Some(&access.value) {
            continue;
        }
        let (verb, why) = match (access.value, most) {
            (Access::Write, Some(_)) => ("write with", "grants give no more than `read`"),
            (Access::Write | Access::Read, _) => ("use", "a grant that names nobody closes it to all"),
        };
        let diagnostic = Diagnostic::new(&code::UNUSABLE_TOOL, format!("nobody may {verb} `{key}`"))
            .at(access.span, format!("each call is for `{}`", access.value.as_str()))
            .also(first, why)
            .help(format!("grant `{}` to those who need it, or change the entry", access.value.as_str()));
        sink.lint(lints, diagnostic);
    }
}
