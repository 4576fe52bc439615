//! Who may do what.

use super::page::{Page, listed};
use crate::view::authentication::{ClaimView, TokenView};
use crate::view::{AclEntry, AuthenticationView, CredentialView, SourceView, View};

/// Everything the project itself decides.
pub(super) fn project(page: &mut Page, view: &View) {
    authentication(page, &view.authentication);
    page.list("service accounts", &view.service_accounts);
    if !view.acl.is_empty() {
        acl(page, Some(&view.acl), "");
    }
    if !view.tool_grants.is_empty() {
        page.under("tool grants:", |page| {
            for (tool, grants) in &view.tool_grants {
                page.under(tool, |page| grants.iter().for_each(|(principal, access)| page.pair_of(principal, access)));
            }
        });
    }
    if !view.credentials.is_empty() {
        page.under("mcp credentials:", |page| {
            for (server, held) in &view.credentials {
                page.under(server, |page| held.iter().for_each(|(who, held)| credential(page, who, held)));
            }
        });
    }
}

/// An access list, or what it means that there is none.
pub(super) fn acl(page: &mut Page, acl: Option<&[AclEntry]>, absent: &str) {
    match acl {
        None => page.pair("acl", absent),
        Some([]) => page.pair("acl", "empty, so only the project's admins"),
        Some(acl) => {
            page.under("acl:", |page| acl.iter().for_each(|entry| page.pair_of(&entry.principal, entry.role)));
        }
    }
}

fn authentication(page: &mut Page, authentication: &AuthenticationView) {
    match authentication {
        AuthenticationView::Unset => page.pair("authentication", "not set, so only loopback listeners start"),
        AuthenticationView::None => page.pair("authentication", "none, so everyone is anonymous"),
        AuthenticationView::Sources { sources } => {
            page.under("authentication:", |page| sources.iter().for_each(|source| self::source(page, source)));
        }
    }
}

fn source(page: &mut Page, source: &SourceView) {
    match source {
        SourceView::Jwt { issuer, audience, jwks, algorithms, principal, groups } => page.under("jwt", |page| {
            page.pair("issuer", issuer);
            page.pair("audience", &listed(audience));
            page.pair("jwks", jwks.as_deref().unwrap_or("found by discovery"));
            page.pair("algorithms", &listed(algorithms));
            claim(page, "principal", principal);
            if let Some(groups) = groups {
                claim(page, "groups", groups);
            }
        }),
        SourceView::Tokens { tokens } => {
            page.under("tokens", |page| tokens.iter().for_each(|token| self::token(page, token)));
        }
        SourceView::Header { principal, prefix, groups, groups_prefix, from } => page.under("header", |page| {
            page.pair("principal", &prefixed(principal, prefix));
            page.pair_if("groups", groups.as_ref().map(|groups| prefixed(groups, groups_prefix)).as_deref());
            page.pair("from", &listed(from));
        }),
    }
}

fn claim(page: &mut Page, of: &str, claim: &ClaimView) {
    page.under(&format!("{of}: {}", prefixed(&format!("claim {}", claim.claim), &claim.prefix)), |page| {
        for (value, account) in &claim.service_accounts {
            page.line(&format!("{value} is serviceaccount:{account}"));
        }
    });
}

fn prefixed(what: &str, prefix: &str) -> String {
    if prefix.is_empty() { what.to_owned() } else { format!("{what}, prefix {prefix}") }
}

fn token(page: &mut Page, token: &TokenView) {
    let secret = match (&token.sha256, &token.value) {
        (Some(digest), _) => format!("sha256 {digest}"),
        (None, value) => value.clone().unwrap_or_default(),
    };
    page.under(&format!("{} with {secret}", token.principal), |page| page.list("groups", &token.groups));
}

fn credential(page: &mut Page, principal: &str, credential: &CredentialView) {
    match credential {
        CredentialView::Bearer { value } => page.pair(principal, &format!("bearer {value}")),
        CredentialView::Header { name, value } => page.pair(principal, &format!("header {name}: {value}")),
        CredentialView::OauthClient { token_url, client_id, client_secret, scopes } => {
            page.under(&format!("{principal}: oauth client"), |page| {
                page.pair("token_url", token_url.as_deref().unwrap_or("found by discovery"));
                page.pair("client_id", client_id);
                page.pair("client_secret", client_secret);
                page.list("scopes", scopes);
            });
        }
        CredentialView::OauthUser { client_id, scopes } => {
            page.under(&format!("{principal}: oauth user"), |page| {
                page.pair("client_id", client_id.as_deref().unwrap_or("registered dynamically"));
                page.list("scopes", scopes);
            });
        }
        CredentialView::Env { env } => page.under(&format!("{principal}: env"), |page| {
            for (name, value) in env {
                page.line(&format!("{name}={value}"));
            }
        }),
    }
}

impl Page {
    /// A principal and what it has, by the word of the spec.
    fn pair_of(&mut self, principal: &str, word: &str) {
        let verb = if word == "admin" { "is" } else { "may" };
        self.line(&format!("{principal} {verb} {word}"));
    }
}
