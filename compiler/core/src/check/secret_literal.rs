//! `P0119`, lint `secret-literal`: a value that looks like a secret. A bundle is shipped and a spec is committed; both are
//! read by more people than a secret should be.

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::Template;
use pace_syntax::Span;

use crate::parse::field::Field;
use crate::parse::spec::tool_entry::ToolEntryKeys;
use crate::resolve::Resolved;
use crate::secret;

/// Looks at every text of every file. Runs last: where a value must be a reference, that was said already.
pub(super) fn check(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    for tool in resolved.agents.values().flat_map(|agent| &agent.tools) {
        named(tool.keys, lints, sink);
    }
    let parsed = resolved.parsed;
    for (_, document) in &parsed.documents {
        for (node, _) in document.nodes() {
            let Some(text) = document.scalar(node).map(|scalar| scalar.text.as_str()) else { continue };
            if let Some((range, what)) =
                secret::find(text).filter(|_| !sink.has(&code::SECRET_LITERAL, document.span(node)))
            {
                report(document.inner_span(node, range), what, lints, sink);
            }
        }
    }
}

/// A value that has no use but as a secret is a reference; a plain text is an error at whatever level.
pub(super) fn reference(field: &Field<Template>, what: &str, sink: &mut Sink) -> Option<Template> {
    let value = field.spanned()?;
    if value.value.has_reference() {
        return Some(value.value.clone());
    }
    let diagnostic = Diagnostic::new(&code::SECRET_LITERAL, format!("{what} must be a reference"))
        .at(value.span, "a spec is committed and shipped; secrets must not be in it")
        .help("write `${env:NAME}` or `${credential:NAME}`, and set it where the runner starts; or remove it if none is needed");
    sink.error(diagnostic);
    None
}

fn report(span: Span, what: &str, lints: &Lints, sink: &mut Sink) {
    let diagnostic = Diagnostic::new(&code::SECRET_LITERAL, format!("this looks like {what}"))
        .at(span, "a spec is committed and shipped; secrets must not be in it")
        .note("whoever could read this file may have the secret already")
        .help("revoke it, keep the new one in the runner's environment, and write `${env:NAME}` where a reference is allowed");
    sink.lint(lints, diagnostic);
}

/// Plain texts under names that say secret, in what a tool or a server's program is given.
fn named(keys: &ToolEntryKeys, lints: &Lints, sink: &mut Sink) {
    for (name, value) in keys.env.entries() {
        let could_be = value.value.as_literal().is_some_and(secret::could_be_secret);
        if secret::is_secret_name(&name.value.0) && could_be {
            report(value.span, &format!("a secret, by the name `{}`", name.value.0), lints, sink);
        }
    }
    for argument in keys.args.items().iter().filter(|argument| !argument.value.has_reference()) {
        let text = argument.value.to_string();
        let named =
            text.split_once('=').filter(|(name, value)| secret::is_secret_name(name) && secret::could_be_secret(value));
        if let Some((name, _)) = named {
            report(argument.span, &format!("a secret, by the name `{name}`"), lints, sink);
        }
    }
}
