//! How the runner finds out who asks.

use std::collections::BTreeMap;

use pace_ir::program::Authentication;
use pace_ir::program::authentication::{ClaimMapping, Header, Jwt, Source, Token, TokenSecret};
use serde::Serialize;

/// How a request's principal is found.
#[derive(Debug, Serialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub(crate) enum AuthenticationView {
    /// Nothing is said.
    Unset,
    /// `none`.
    None,
    /// The first that applies.
    Sources { sources: Vec<SourceView> },
}

/// One way to find a principal.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum SourceView {
    Jwt {
        issuer: String,
        audience: Vec<String>,
        jwks: Option<String>,
        algorithms: Vec<&'static str>,
        principal: ClaimView,
        groups: Option<ClaimView>,
    },
    Tokens {
        tokens: Vec<TokenView>,
    },
    Header {
        principal: String,
        prefix: String,
        groups: Option<String>,
        groups_prefix: String,
        from: Vec<String>,
    },
}

/// From a claim to a name.
#[derive(Debug, Serialize)]
pub(crate) struct ClaimView {
    pub(crate) claim: String,
    pub(crate) prefix: String,
    pub(crate) service_accounts: BTreeMap<String, String>,
}

/// A fixed token: its digest, or a reference to its value.
#[derive(Debug, Serialize)]
pub(crate) struct TokenView {
    pub(crate) sha256: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) principal: String,
    pub(crate) groups: Vec<String>,
}

impl AuthenticationView {
    /// The section's own.
    pub(super) fn of(authentication: &Authentication) -> Self {
        match authentication {
            Authentication::Unset => Self::Unset,
            Authentication::Nobody => Self::None,
            Authentication::Sources(sources) => Self::Sources { sources: sources.iter().map(SourceView::of).collect() },
        }
    }
}

impl SourceView {
    fn of(source: &Source) -> Self {
        match source {
            Source::Jwt(Jwt { issuer, audience, jwks, algorithms, principal, groups }) => Self::Jwt {
                issuer: issuer.clone(),
                audience: audience.iter().cloned().collect(),
                jwks: jwks.as_ref().map(ToString::to_string),
                algorithms: algorithms.iter().map(|algorithm| algorithm.as_str()).collect(),
                principal: ClaimView::of(principal),
                groups: groups.as_ref().map(ClaimView::of),
            },
            Source::Tokens(tokens) => Self::Tokens { tokens: tokens.iter().map(TokenView::of).collect() },
            Source::Header(Header { principal, prefix, groups, groups_prefix, from }) => Self::Header {
                principal: principal.clone(),
                prefix: prefix.clone(),
                groups: groups.clone(),
                groups_prefix: groups_prefix.clone(),
                from: from.iter().cloned().collect(),
            },
        }
    }
}

impl ClaimView {
    fn of(mapping: &ClaimMapping) -> Self {
        let ClaimMapping { claim, prefix, service_accounts } = mapping;
        let accounts = service_accounts.iter().map(|(value, account)| (value.clone(), account.to_string()));
        Self { claim: claim.clone(), prefix: prefix.clone(), service_accounts: accounts.collect() }
    }
}

impl TokenView {
    fn of(token: &Token) -> Self {
        let Token { secret, principal, groups } = token;
        let (sha256, value) = match secret {
            TokenSecret::Sha256(digest) => (Some(digest.to_string()), None),
            TokenSecret::Value(value) => (None, Some(value.to_string())),
        };
        Self { sha256, value, principal: principal.to_string(), groups: groups.iter().cloned().collect() }
    }
}
