//! Fixed bearer tokens: each told by its digest or by reference, and each somebody's own.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::digest::Digest;
use pace_ir::program::Principal;
use pace_ir::program::authentication::{Token, TokenSecret};
use pace_syntax::{Span, Spanned};

use super::source_error;
use crate::check::secret_literal;
use crate::parse::scalar::Line;
use crate::parse::spec::authentication::{TokenSpec, TokensSpec};
use crate::resolve::duplicate_entry;

/// The tokens seen so far, over all sources.
pub(super) type Seen = BTreeMap<TokenSecret, Span>;

/// Checks a `tokens` source.
pub(super) fn check(spec: &TokensSpec, seen: &mut Seen, sink: &mut Sink) -> Vec<Token> {
    if let (true, true, Some(span)) = (spec.tokens.items().is_empty(), spec.tokens.is_complete(), spec.tokens.span()) {
        let diagnostic = source_error("`tokens` is empty", span, "nobody could be recognised");
        sink.error(diagnostic.help("list a token, or remove the source"));
    }
    let mut tokens = Vec::new();
    for item in spec.tokens.items() {
        let Some(token) = token(item, sink) else { continue };
        if let Some(first) = seen.insert(token.secret.clone(), item.span) {
            duplicate_entry::report("this token", "`authentication`", item.span, first, sink);
        }
        tokens.push(token);
    }
    tokens
}

fn token(item: &Spanned<TokenSpec>, sink: &mut Sink) -> Option<Token> {
    let spec = &item.value;
    let secret = match (spec.sha256.sound().ok()?, spec.value.sound().ok()?) {
        (Some(_), None) => TokenSecret::Sha256(sha256(spec.sha256.spanned()?, sink)?),
        (None, Some(_)) => TokenSecret::Value(secret_literal::reference(&spec.value, "the `value` of a token", sink)?),
        (Some(_), Some(_)) | (None, None) => {
            let diagnostic =
                source_error("a token is told by `sha256` or by `value`", item.span, "expected exactly one of them");
            sink.error(diagnostic);
            return None;
        }
    };
    let principal = spec.principal.spanned()?;
    if matches!(principal.value, Principal::Group(_) | Principal::Authenticated | Principal::Anonymous) {
        let message = format!("a token cannot belong to `{}`", principal.value);
        let diagnostic = Diagnostic::new(&code::PRINCIPAL_NOT_ALLOWED, message)
            .at(principal.span, "expected `user:<id>` or `serviceaccount:<name>`")
            .help("name who brings the token, and its groups under `groups`");
        sink.error(diagnostic);
        return None;
    }
    let groups = groups(spec.groups.items(), sink);
    Some(Token { secret, principal: principal.value.clone(), groups })
}

/// The names of groups, without `group:`; each once.
fn groups(items: &[Spanned<Line>], sink: &mut Sink) -> BTreeSet<String> {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for item in items {
        let name = item.value.0.as_str();
        let is_name = !name.starts_with("group:") && format!("group:{name}").parse::<Principal>().is_ok();
        if !is_name {
            let diagnostic =
                Diagnostic::new(&code::MALFORMED_PRINCIPAL, format!("`{name}` is not the name of a group"))
                    .at(item.span, "1 to 255 printable characters without spaces, and without `group:`")
                    .help(format!("write `{}`", name.trim_start_matches("group:").replace(char::is_whitespace, "-")));
            sink.error(diagnostic);
        } else if let Some(first) = seen.insert(name, item.span) {
            duplicate_entry::report(&format!("the group `{name}`"), "`groups`", item.span, first, sink);
        }
    }
    seen.into_keys().map(str::to_owned).collect()
}

/// The digest of a token. What is none may be the token itself, so it is not shown.
fn sha256(text: &Spanned<Line>, sink: &mut Sink) -> Option<Digest> {
    let digest = text.value.0.parse().ok();
    if digest.is_none() {
        let diagnostic = Diagnostic::new(&code::SECRET_LITERAL, "`sha256` is not a SHA-256 digest")
            .at(text.span, "expected 64 lower-case hexadecimal digits; if this is the token itself, revoke it")
            .help("print the digest with `printf %s \"$TOKEN\" | sha256sum`");
        sink.error(diagnostic);
    }
    digest
}
