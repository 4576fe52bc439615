//! `P0119`, lint `secret-literal`: a value that looks like a secret. A bundle is shipped and a spec is committed; both are
//! read by more people than a secret should be.

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::Template;
use pace_syntax::Span;

use crate::parse::Parsed;
use crate::parse::field::Field;

/// How well-known tokens begin, what follows, and whose they are. Published prefixes only: a guess by entropy would blame
/// digests and identifiers.
const TOKENS: &[(&str, usize, &str)] = &[
    ("AIza", 35, "a Google API key"),
    ("sk-ant-", 20, "an Anthropic API key"),
    ("sk-proj-", 20, "an OpenAI API key"),
    ("sk-", 32, "an API key"),
    ("ghp_", 36, "a GitHub token"),
    ("gho_", 36, "a GitHub token"),
    ("ghs_", 36, "a GitHub token"),
    ("github_pat_", 22, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("AKIA", 16, "an AWS access key"),
    ("npm_", 36, "an npm token"),
    ("pypi-", 32, "a PyPI token"),
    ("hf_", 30, "a Hugging Face token"),
    ("sk_live_", 20, "a Stripe key"),
    ("eyJhbGciOi", 20, "a JSON Web Token"),
];

/// Looks at every text of every file. Runs last: where a value must be a reference, that was said already.
pub(super) fn check(parsed: &Parsed, lints: &Lints, sink: &mut Sink) {
    for (_, document) in &parsed.documents {
        for (node, _) in document.nodes() {
            let Some(text) = document.scalar(node).map(|scalar| scalar.text.as_str()) else { continue };
            if let Some((range, what)) = find(text).filter(|_| !sink.has(&code::SECRET_LITERAL, document.span(node))) {
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
        .help("write `${env:NAME}` or `${credential:NAME}`, and set it where the runner starts");
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

/// The first secret in a text: its bytes and what it is.
fn find(text: &str) -> Option<(std::ops::Range<usize>, &'static str)> {
    if let Some(start) = text.find("-----BEGIN ") {
        let rest = text.get(start..).unwrap_or_default();
        if rest.lines().next().is_some_and(|line| line.contains("PRIVATE KEY-----")) {
            return Some((start..start + rest.lines().next().map_or(0, str::len), "a private key"));
        }
    }
    TOKENS.iter().find_map(|(prefix, least, what)| {
        text.match_indices(prefix).find_map(|(start, _)| {
            let before = text.get(..start).unwrap_or_default();
            let starts_word = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            let rest = text.get(start + prefix.len()..).unwrap_or_default();
            let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
            let varied = rest.get(..length).is_some_and(|body| body.bytes().any(|byte| byte.is_ascii_digit()));
            (starts_word && length >= *least && varied).then(|| (start..start + prefix.len() + length, *what))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn finds_tokens_and_no_words() {
        assert!(find(&format!("key AIza{}", "a1".repeat(18))).is_some());
        assert!(find("-----BEGIN RSA PRIVATE KEY-----\nabc").is_some());
        assert!(find("-----BEGIN PUBLIC KEY-----").is_none());
        assert!(find("sk-learn is a library; ask-me-anything-about-the-weather-in-your-town").is_none());
        assert!(find("task-0123456789012345678901234567890123456789").is_none());
        assert!(find("${env:GITHUB_TOKEN}").is_none());
    }
}
