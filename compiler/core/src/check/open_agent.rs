//! `P0416`, lint `open-agent`, for the strict: the project says how callers prove who they are, and an agent answers those who do not.

use pace_diag::{Diagnostic, Lints, Sink, code};

use crate::parse::spec::authentication::AuthenticationSpec;
use crate::resolve::Resolved;

/// Looks at every agent without a list.
pub(super) fn check(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    let Some(settings) = resolved.parsed.settings() else { return };
    let (Some(AuthenticationSpec::Sources(_)), Some(key)) =
        (settings.authentication.get(), settings.authentication.key())
    else {
        return;
    };
    for agent in resolved.agents.values().filter(|agent| agent.spec.acl.key().is_none()) {
        let name = &agent.name.value;
        let diagnostic = Diagnostic::new(&code::OPEN_AGENT, format!("everyone may execute `{name}`"))
            .at(agent.name.span, "it has no `acl`")
            .also(key, "callers can prove who they are, and those who do not are `anonymous`")
            .help(format!("give `{name}` an `acl`; `authenticated` is everyone with a credential"));
        sink.lint(lints, diagnostic);
    }
}
