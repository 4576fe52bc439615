//! `missing-credential`, `P0415`: somebody is granted a tool of a server that needs a credential, and has none. Told only
//! where it is certain: a user may be in a group that has one.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code, nearest};
use pace_ir::program::authorization::Credential;
use pace_ir::program::{GrantTarget, Principal};
use pace_syntax::Span;

use crate::check::Checked;
use crate::pin::PinnedUse;
use crate::pin::exposed::exposed;
use crate::servers::ServerAddress;

/// Looks at every server that needs one: it says so itself, or others have one.
pub(super) fn check(servers: &BTreeMap<&str, PinnedUse<'_>>, checked: &Checked<'_>, sink: &mut Sink) {
    let none = BTreeMap::new();
    for (key, server) in servers {
        let held = checked.credentials.get(*key).unwrap_or(&none);
        if !server.pin.needs_credential && held.is_empty() {
            continue;
        }
        let mut granted = granted(key, server, checked);
        granted.retain(|(principal, _, _)| !may_have(principal, held));
        for (principal, place, tools) in &granted {
            sink.lint(&checked.lints, diagnostic(key, principal, *place, tools, server));
        }
        if granted.is_empty() && held.is_empty() {
            sink.lint(&checked.lints, nobody(key, server));
        }
    }
}

type Granted<'c> = (&'c Principal, Span, Vec<(&'c str, Vec<String>)>);

/// Who is granted which of the server's tools, and through which agents they could call them.
fn granted<'c>(key: &str, server: &PinnedUse<'c>, checked: &'c Checked<'_>) -> Vec<Granted<'c>> {
    let mut all = Vec::new();
    for entry in &checked.resolved.grants {
        let only = match &entry.target {
            GrantTarget::Server(granted) if granted == key => None,
            GrantTarget::ServerTool(granted, tool) if granted == key => Some(tool),
            _ => continue,
        };
        let through = server.uses.iter().filter_map(|used| {
            let given = exposed(used, &server.pin).given.into_iter();
            let names: Vec<_> = given
                .map(|(name, _)| name)
                .filter(|name| only.is_none_or(|only| only == name))
                .map(str::to_owned)
                .collect();
            (!names.is_empty()).then(|| (used.agent.resolved.name.value.as_str(), names))
        });
        let through: Vec<_> = through.collect();
        if through.is_empty() {
            continue;
        }
        for grant in entry.spec.grants.items() {
            if let Some(principal) = grant.value.principal.spanned() {
                all.push((&principal.value, principal.span, through.clone()));
            }
        }
    }
    all
}

/// Whether somebody has a credential, or could have one by a group.
fn may_have(principal: &Principal, held: &BTreeMap<Principal, Credential>) -> bool {
    let is_group = |held: &Principal| matches!(held, Principal::Group(_));
    let by_all = *principal != Principal::Anonymous && held.contains_key(&Principal::Authenticated);
    let by_group = matches!(principal, Principal::User(_) | Principal::ServiceAccount(_)) && held.keys().any(is_group);
    held.contains_key(principal) || by_all || by_group
}

fn diagnostic(
    key: &str,
    principal: &Principal,
    place: Span,
    tools: &[(&str, Vec<String>)],
    server: &PinnedUse<'_>,
) -> Diagnostic {
    let message = format!("`{principal}` may use `{key}`, and has no credential for it");
    let diagnostic = Diagnostic::new(&code::MISSING_CREDENTIAL, message).at(place, "every call would be refused");
    let diagnostic = server
        .uses
        .first()
        .map_or(diagnostic.clone(), |used| diagnostic.also(used.named_at(), "this server needs one"));
    let pairs = tools.iter().map(|(agent, names)| {
        format!("through the agent `{agent}`: {}", nearest::listing(names.iter().map(String::as_str)))
    });
    let diagnostic = pairs.fold(diagnostic, Diagnostic::note);
    if *principal == Principal::Anonymous {
        return diagnostic.help("grant it to somebody who can be told apart: `anonymous` has no credentials");
    }
    diagnostic.help(how(key, &principal.to_string(), server))
}

fn nobody(key: &str, server: &PinnedUse<'_>) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(&code::MISSING_CREDENTIAL, format!("nobody has a credential for `{key}`, which needs one"));
    let diagnostic = match server.uses.first() {
        Some(used) => diagnostic.at(used.named_at(), "every call would be refused"),
        None => diagnostic,
    };
    diagnostic.help(how(key, "<principal>", server))
}

fn how(key: &str, principal: &str, server: &PinnedUse<'_>) -> String {
    let address = server.uses.first().and_then(|used| ServerAddress::of(&used.address.destination, used.written));
    let way = address.map_or("{type: …}", |address| way_to_show(&address));
    format!(
        "add it under `mcp_credentials`: `{key}: {{\"{principal}\": {way}}}`; on this machine, `pace auth add {key}`"
    )
}

/// How a credential is usually shown to a server, as it is written.
pub(in crate::pin) fn way_to_show(address: &ServerAddress) -> &'static str {
    match address {
        ServerAddress::Http(_) | ServerAddress::Reference(_) => "{type: bearer, token: \"${env:TOKEN}\"}",
        ServerAddress::Npm(..) | ServerAddress::PyPi(..) | ServerAddress::Program(_) => {
            "{type: env, env: {TOKEN: \"${env:TOKEN}\"}}"
        }
    }
}
