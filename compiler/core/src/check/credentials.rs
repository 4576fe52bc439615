//! Credentials of servers: references only, one for a (server, principal) pair (`P0404`), of a type that the server can be shown
//! (`P0419`), and the lints `unused-credential` and `unusable-credential`.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::authorization::{Credential, OauthClient, OauthUser};
use pace_ir::program::{GrantTarget, Principal};
use pace_syntax::{Span, Spanned};

use super::listed::Listed;
use super::secret_literal;
use crate::parse::spec::authentication::CredentialSpec;
use crate::resolve::{Address, Destination, Resolved, duplicate_entry, malformed_server};

/// What servers are shown.
pub(super) fn check(
    resolved: &Resolved<'_>,
    listed: &Listed<'_>,
    lints: &Lints,
    sink: &mut Sink,
) -> BTreeMap<String, BTreeMap<Principal, Credential>> {
    let entries = resolved.parsed.settings().map_or(&[][..], |settings| settings.mcp_credentials.entries());
    let mut all = BTreeMap::new();
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for (server, of_server) in entries {
        let Some(Address { key, destination, .. }) = address(server, sink) else { continue };
        if let Some(first) = seen.insert(key.clone(), server.span) {
            duplicate_entry::report(&format!("the server `{key}`"), "`mcp_credentials`", server.span, first, sink);
        }
        unused(&key, server.span, listed, lints, sink);
        let mut credentials = BTreeMap::new();
        for (principal, spec) in &of_server.value.entries {
            if let (true, true, Some(credential)) =
                (holder(principal, sink), fits(&key, &destination, spec, lints, sink), credential(spec, sink))
            {
                credentials.insert(principal.value.clone(), credential);
            }
        }
        all.insert(key, credentials);
    }
    all
}

fn address(server: &Spanned<String>, sink: &mut Sink) -> Option<Address> {
    match Address::parse_text(&server.value) {
        Ok(address) => Some(address),
        Err(why) => {
            malformed_server(&server.value, server.span, why, sink);
            None
        }
    }
}

fn unused(key: &str, place: Span, listed: &Listed<'_>, lints: &Lints, sink: &mut Sink) {
    if listed.is_whole && !listed.has(&GrantTarget::Server(key.to_owned())) {
        let diagnostic =
            Diagnostic::new(&code::UNUSED_CREDENTIAL, format!("the credentials for `{key}` are never used"))
                .at(place, "no agent lists this server")
                .help("remove them, or list the server in an agent's spec");
        sink.lint(lints, diagnostic);
    }
}

/// A credential belongs to somebody who can be told apart.
fn holder(principal: &Spanned<Principal>, sink: &mut Sink) -> bool {
    let is_somebody = principal.value != Principal::Anonymous;
    if !is_somebody {
        let message = format!("a credential cannot belong to `{}`", principal.value);
        let diagnostic = Diagnostic::new(&code::PRINCIPAL_NOT_ALLOWED, message)
            .at(principal.span, "nobody in particular")
            .help("write `authenticated` for everyone who signs in, or name whose credential it is");
        sink.error(diagnostic);
    }
    is_somebody
}

/// Whether the server can be shown a credential of this type; where its address is a variable's, nobody knows.
fn fits(key: &str, destination: &Destination, spec: &Spanned<CredentialSpec>, lints: &Lints, sink: &mut Sink) -> bool {
    let kind = kind(&spec.value);
    let (why, help) = match (destination, &spec.value) {
        (Destination::Agent(_), _) => ("an agent is asked as whoever asks, and shown nothing", "remove it"),
        (Destination::Package(..) | Destination::Program(_), CredentialSpec::Env(_)) | (Destination::Reference, _) => {
            return true;
        }
        (Destination::Package(..) | Destination::Program(_), _) => (
            "the server is a program, which reads variables and no headers",
            "pass it as a variable: `{type: env, env: {<NAME>: \"${env:<NAME>}\"}}`",
        ),
        (Destination::Http(_), CredentialSpec::Env(_)) => (
            "the server is asked over HTTP, and has no variables",
            "show it as a header: `{type: bearer, token: \"${env:<NAME>}\"}`",
        ),
        (Destination::Http(_), CredentialSpec::OauthUser(_)) => {
            let message = format!("a credential of type `{kind}` for `{key}` cannot be used yet");
            let diagnostic = Diagnostic::new(&code::UNUSABLE_CREDENTIAL, message)
                .at(spec.span, "calls of whoever it belongs to are refused");
            sink.lint(lints, diagnostic.help("write `bearer`, `header` or `oauth_client` until it can be"));
            return true;
        }
        (Destination::Http(_), _) => return true,
    };
    let message = format!("a credential of type `{kind}` cannot be shown to `{key}`");
    sink.error(Diagnostic::new(&code::CREDENTIAL_KIND, message).at(spec.span, why).help(help));
    false
}

/// The type as it is written.
fn kind(spec: &CredentialSpec) -> &'static str {
    match spec {
        CredentialSpec::Bearer(_) => "bearer",
        CredentialSpec::Header(_) => "header",
        CredentialSpec::OauthClient(_) => "oauth_client",
        CredentialSpec::OauthUser(_) => "oauth_user",
        CredentialSpec::Env(_) => "env",
    }
}

fn credential(spec: &Spanned<CredentialSpec>, sink: &mut Sink) -> Option<Credential> {
    match &spec.value {
        CredentialSpec::Bearer(bearer) => {
            secret_literal::reference(&bearer.token, "`token`", sink).map(Credential::Bearer)
        }
        CredentialSpec::Header(header) => {
            let value = secret_literal::reference(&header.value, "`value`", sink);
            Some(Credential::Header(header.name.get()?.0.to_ascii_lowercase(), value?))
        }
        CredentialSpec::OauthClient(client) => Some(Credential::OauthClient(OauthClient {
            client_secret: secret_literal::reference(&client.client_secret, "`client_secret`", sink)?,
            token_url: client.token_url.get().cloned(),
            client_id: client.client_id.get()?.clone(),
            scopes: client.scopes.items().iter().map(|scope| scope.value.0.clone()).collect(),
        })),
        CredentialSpec::OauthUser(user) => Some(Credential::OauthUser(OauthUser {
            client_id: user.client_id.get().cloned(),
            scopes: user.scopes.items().iter().map(|scope| scope.value.0.clone()).collect(),
        })),
        CredentialSpec::Env(env) => {
            let variables = env.env.entries().iter();
            Some(Credential::Env(variables.map(|(name, value)| (name.value.0.clone(), value.value.clone())).collect()))
        }
    }
}
