//! `P0422`, lint `plain-http-credential`: a server or a model is shown a credential over plain `http` to another machine. What a
//! variable holds is not known here, and is not looked at.

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::Template;
use pace_syntax::{Span, Spanned};

use crate::parse::spec::authentication::CredentialSpec;
use crate::resolve::{Address, Destination, Resolved, ResolvedModel, is_exposed};

/// Looks at every server under `mcp_credentials`, and at every model with an `api_key`.
pub(super) fn check(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    let servers = resolved.parsed.settings().map_or(&[][..], |settings| settings.mcp_credentials.entries());
    for (server, of_server) in servers {
        let of_server = &of_server.value.entries;
        for (_, credential) in of_server {
            token_url(&credential.value, lints, sink);
        }
        let shown = of_server.iter().find(|(_, credential)| is_shown(&credential.value));
        if let (Some((_, shown)), Some(key)) = (shown, exposed(server)) {
            let message = format!("what `{key}` is shown goes over plain http");
            let diagnostic = told(message, server.span).also(shown.span, "goes with every request to it");
            sink.lint(
                lints,
                diagnostic.help("write `https://…` here and in the agents' specs, if the server can be asked so"),
            );
        }
    }
    for (name, model) in &resolved.models {
        let ResolvedModel::Declared(spec) = model else { continue };
        if let (Some(url), Some(key)) = (spec.base_url.spanned(), spec.api_key.key())
            && is_exposed_literal(&url.value)
        {
            let diagnostic = told(format!("the key of the model `{name}` goes over plain http"), url.span);
            let diagnostic = diagnostic.also(key, "sent with every request");
            sink.lint(lints, diagnostic.help("write `https://…`, if the service can be asked so"));
        }
    }
}

fn told(message: String, place: Span) -> Diagnostic {
    Diagnostic::new(&code::PLAIN_HTTP_CREDENTIAL, message).at(place, "whoever stands on the way can read and use it")
}

/// The canonical address of a server on another machine over plain http.
fn exposed(server: &Spanned<String>) -> Option<String> {
    let address = Address::parse_text(&server.value).ok()?;
    matches!(&address.destination, Destination::Http(url) if is_exposed(url)).then_some(address.key)
}

/// Whether a server over HTTP is shown it. Of the other types, one is an error there and the other cannot be used yet.
fn is_shown(credential: &CredentialSpec) -> bool {
    match credential {
        CredentialSpec::Bearer(_) | CredentialSpec::Header(_) | CredentialSpec::OauthClient(_) => true,
        CredentialSpec::OauthUser(_) | CredentialSpec::Env(_) => false,
    }
}

/// Where a secret is exchanged for a token.
fn token_url(credential: &CredentialSpec, lints: &Lints, sink: &mut Sink) {
    let CredentialSpec::OauthClient(client) = credential else { return };
    if let Some(url) = client.token_url.spanned().filter(|url| is_exposed_literal(&url.value)) {
        let diagnostic = told("the `client_secret` goes over plain http".to_owned(), url.span);
        sink.lint(lints, diagnostic.help("write `https://…`, if tokens can be asked for so"));
    }
}

fn is_exposed_literal(address: &Template) -> bool {
    address.as_literal().is_some_and(is_exposed)
}
