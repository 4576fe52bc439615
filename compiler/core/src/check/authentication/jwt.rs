//! JSON Web Tokens: an issuer and keys that nobody on the way can forge, and claims that name users and groups.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::Sink;
use pace_ir::program::authentication::{Algorithm, ClaimMapping, Jwt};

use super::source_error;
use crate::parse::spec::authentication::{ClaimSpec, JwtSpec};
use crate::resolve::is_secure;

/// Checks a `jwt` source.
pub(super) fn check(spec: &JwtSpec, sink: &mut Sink) -> Option<Jwt> {
    let issuer = spec.issuer.spanned()?;
    let text = issuer.value.0.as_str();
    if let Some(jwks) = spec.jwks.spanned()
        && jwks.value.as_literal().is_some_and(|text| !is_secure(text))
    {
        let message = "the keys of an issuer must be fetched over https";
        sink.error(
            source_error(message, jwks.span, "expected `https://…`")
                .note("who stands on the way could sign tokens")
                .help("write `https://…`, or leave `jwks` out: it is found at the issuer"),
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
    if let Some(accounts) = spec.groups.get().and_then(|claim| claim.service_accounts.key()) {
        let diagnostic = source_error("a group cannot be a service account", accounts, "only a user can")
            .help("move `service_accounts` under `principal`, or remove it");
        sink.error(diagnostic);
    }
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
