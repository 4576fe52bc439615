//! `P0407`: authentication that would not do what it says. A source either names who asks, or it is not written.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::digest::Digest;
use pace_ir::program::authentication::{Algorithm, ClaimMapping, Header, Jwt, Source, Token, TokenSecret};
use pace_ir::program::{Authentication, Principal};
use pace_syntax::{Span, Spanned};

use super::secret_literal;
use crate::parse::Parsed;
use crate::parse::scalar::Line;
use crate::parse::spec::authentication::{
    AuthenticationSpec, ClaimSpec, HeaderSpec, JwtSpec, SourceSpec, TokenSpec, TokensSpec,
};
use crate::resolve::is_secure;

/// Checks `authentication`.
pub(super) fn check(parsed: &Parsed, sink: &mut Sink) -> Authentication {
    let Some(authentication) = parsed.settings().and_then(|settings| settings.authentication.spanned()) else {
        return Authentication::Unset;
    };
    let sources = match &authentication.value {
        AuthenticationSpec::Nobody => return Authentication::Nobody,
        AuthenticationSpec::Sources(sources) => sources,
    };
    if sources.items.is_empty() && sources.complete {
        let diagnostic =
            source_error("`authentication` lists no sources", authentication.span, "nobody could be told from anybody")
                .help("list one, or write `authentication: none` to let everyone in");
        sink.error(diagnostic);
    }
    prefixes(&sources.items, sink);
    Authentication::Sources(sources.items.iter().filter_map(|item| source(&item.value, sink)).collect())
}

fn source_error(message: impl Into<String>, span: Span, why: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&code::AUTHENTICATION_SOURCE, message).at(span, why)
}

fn source(spec: &SourceSpec, sink: &mut Sink) -> Option<Source> {
    match spec {
        SourceSpec::Jwt(spec) => jwt(spec, sink).map(Source::Jwt),
        SourceSpec::Tokens(spec) => {
            if let (true, true, Some(span)) =
                (spec.tokens.items().is_empty(), spec.tokens.is_complete(), spec.tokens.span())
            {
                sink.error(
                    source_error("`tokens` is empty", span, "nobody could be recognised")
                        .help("list a token, or remove the source"),
                );
            }
            Some(Source::Tokens(tokens(spec, sink)))
        }
        SourceSpec::Header(spec) => header(spec, sink).map(Source::Header),
    }
}

fn jwt(spec: &JwtSpec, sink: &mut Sink) -> Option<Jwt> {
    let issuer = spec.issuer.spanned()?;
    let text = issuer.value.0.as_str();
    if let Some(jwks) = spec.jwks.spanned()
        && jwks.value.as_literal().is_some_and(|text| !is_secure(text))
    {
        let message = "the keys of an issuer must be fetched over https";
        sink.error(
            source_error(message, jwks.span, "expected `https://…`").help("who stands on the way could sign tokens"),
        );
    }
    if !is_secure(text) {
        sink.error(source_error(
            "the issuer of tokens must be reached over https",
            issuer.span,
            "expected `https://…`",
        ));
    }
    let algorithms: BTreeSet<_> = spec.algorithms.items().iter().map(|item| item.value).collect();
    if let (true, Some(span)) = (algorithms.is_empty() && spec.algorithms.is_complete(), spec.algorithms.span()) {
        sink.error(
            source_error("`algorithms` is empty", span, "no token could be accepted")
                .help("list one, such as `RS256`, or remove the key"),
        );
    }
    let defaults = || BTreeSet::from([Algorithm::Rs256, Algorithm::Es256]);
    Some(Jwt {
        issuer: text.to_owned(),
        audience: spec.audience.get()?.0.iter().cloned().collect(),
        jwks: spec.jwks.get().cloned(),
        algorithms: if algorithms.is_empty() { defaults() } else { algorithms },
        principal: spec.principal.get().map_or_else(|| Some(subject()), claim)?,
        groups: match spec.groups.get() {
            Some(groups) => Some(claim(groups)?),
            None => None,
        },
    })
}

/// The claim every token has (RFC 7519, section 4.1.2).
fn subject() -> ClaimMapping {
    ClaimMapping { claim: "sub".to_owned(), prefix: String::new(), service_accounts: BTreeMap::new() }
}

fn claim(spec: &ClaimSpec) -> Option<ClaimMapping> {
    let accounts = spec.service_accounts.entries().iter();
    Some(ClaimMapping {
        claim: spec.claim.get()?.0.clone(),
        prefix: spec.prefix.get().map(|line| line.0.clone()).unwrap_or_default(),
        service_accounts: accounts.map(|(value, account)| (value.value.clone(), account.value.clone())).collect(),
    })
}

fn tokens(spec: &TokensSpec, sink: &mut Sink) -> Vec<Token> {
    spec.tokens.items().iter().filter_map(|item| token(item, sink)).collect()
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
    let groups = spec.groups.items().iter().map(|group| group.value.0.clone()).collect();
    Some(Token { secret, principal: principal.value.clone(), groups })
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

fn header(spec: &HeaderSpec, sink: &mut Sink) -> Option<Header> {
    let principal = header_name(spec.principal.spanned()?, sink);
    let groups = match spec.groups.spanned() {
        Some(groups) => Some(header_name(groups, sink)?),
        None => None,
    };
    let from: BTreeSet<_> = spec.from.items().iter().map(|network| network.value.0.clone()).collect();
    if let (true, true, Some(span)) = (from.is_empty(), spec.from.is_complete(), spec.from.span()) {
        sink.error(
            source_error("`from` is empty", span, "headers would be believed from nobody")
                .help("list the addresses of your proxies, or remove the source"),
        );
    }
    Some(Header {
        principal: principal?,
        prefix: text(spec.prefix.get()).to_owned(),
        groups,
        groups_prefix: text(spec.groups_prefix.get()).to_owned(),
        from,
    })
}

/// A header's name (RFC 9110, section 5.6.2), lower case.
fn header_name(name: &Spanned<Line>, sink: &mut Sink) -> Option<String> {
    let text = name.value.0.to_ascii_lowercase();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.bytes().all(token) {
        return Some(text);
    }
    sink.error(
        source_error(
            format!("`{}` cannot be the name of a header", name.value.0),
            name.span,
            "letters, digits and hyphens",
        )
        .help("write it as in a request, such as `X-Forwarded-Email`"),
    );
    None
}

/// Two sources that map into the same names would let one speak for the other's users or groups.
fn prefixes(sources: &[Spanned<SourceSpec>], sink: &mut Sink) {
    let (mut users, mut groups) = (BTreeMap::new(), BTreeMap::new());
    for source in sources {
        let (user, group) = match &source.value {
            SourceSpec::Jwt(jwt) => {
                (Some(claim_prefix(jwt.principal.get())), jwt.groups.get().map(|claim| claim_prefix(Some(claim))))
            }
            SourceSpec::Header(header) => {
                (Some(text(header.prefix.get())), header.groups.get().map(|_| text(header.groups_prefix.get())))
            }
            SourceSpec::Tokens(_) => continue,
        };
        claim_prefix_once("users", user, source.span, &mut users, sink);
        claim_prefix_once("groups", group, source.span, &mut groups, sink);
    }
}

fn claim_prefix(claim: Option<&ClaimSpec>) -> &str {
    claim.map_or("", |claim| text(claim.prefix.get()))
}

fn text(line: Option<&Line>) -> &str {
    line.map_or("", |line| &line.0)
}

fn claim_prefix_once<'p>(
    what: &str,
    prefix: Option<&'p str>,
    place: Span,
    seen: &mut BTreeMap<&'p str, Span>,
    sink: &mut Sink,
) {
    let Some(prefix) = prefix else { return };
    let Some(first) = seen.get(prefix) else {
        seen.insert(prefix, place);
        return;
    };
    let message = match prefix {
        "" => format!("two sources name {what} without a prefix"),
        _ => format!("two sources name {what} with the prefix `{prefix}`"),
    };
    let diagnostic = source_error(message, place, format!("could speak for the {what} of the other"))
        .also(*first, "the other source")
        .help(format!("give the {what} of each source a prefix of their own"));
    sink.error(diagnostic);
}
