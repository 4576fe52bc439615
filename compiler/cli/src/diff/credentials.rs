//! What servers are shown on behalf of principals. Only references are compared: there are no values in a bundle.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::program::authorization::Credential;
use pace_ir::program::{Principal, Template};

use super::changes::{Changes, paired};
use super::values;

const WHAT: &str = "mcp_credentials";

type ByServer = BTreeMap<String, BTreeMap<Principal, Credential>>;

/// All credentials.
pub(super) fn compare(changes: &mut Changes, a: &ByServer, b: &ByServer) {
    let none = BTreeMap::new();
    for (server, old, new) in paired(a, b) {
        for (principal, old, new) in paired(old.unwrap_or(&none), new.unwrap_or(&none)) {
            let name = format!("`{principal}` on `{server}`");
            match (old, new) {
                (None, Some(held)) => changes.grows(WHAT, format!("{name} has a credential, {}", described(held))),
                (Some(held), None) => {
                    changes.shrinks(WHAT, format!("{name} has no credential any more, was {}", described(held)));
                }
                (Some(old), Some(new)) => credential(changes, &format!("the credential of {name}"), old, new),
                (None, None) => {}
            }
        }
    }
}

fn credential(changes: &mut Changes, name: &str, a: &Credential, b: &Credential) {
    let before = changes.count();
    values::secrets(changes, WHAT, name, (&templates(a), &templates(b)));
    let is_same_kind = std::mem::discriminant(a) == std::mem::discriminant(b);
    if is_same_kind {
        let lost = |scope: &String| format!("{name} no longer asks for the scope `{scope}`");
        changes.set(WHAT, (scopes(a), scopes(b)), |scope| format!("{name} asks for the scope `{scope}`"), lost);
    }
    if !is_same_kind || (changes.count() == before && a != b) {
        changes.changes(WHAT, format!("{name} is {}, was {}", described(b), described(a)));
    }
}

fn described(credential: &Credential) -> String {
    match credential {
        Credential::Bearer(value) => format!("`bearer` with `{value}`"),
        Credential::Header(header, value) => format!("`header` `{header}` with `{value}`"),
        Credential::OauthClient(client) => {
            let at = client.token_url.as_ref().map(|url| format!(" at `{url}`")).unwrap_or_default();
            format!("`oauth_client` `{}`{at} with `{}`", client.client_id, client.client_secret)
        }
        Credential::OauthUser(user) => match &user.client_id {
            Some(client) => format!("`oauth_user` of the client `{client}`"),
            None => "`oauth_user`".to_owned(),
        },
        Credential::Env(env) => {
            format!(
                "`env` with {}",
                values::quoted(env.iter().map(|(name, value)| format!("{name}={value}")), "nothing")
            )
        }
    }
}

fn templates(credential: &Credential) -> Vec<Template> {
    match credential {
        Credential::Bearer(value) | Credential::Header(_, value) => vec![value.clone()],
        Credential::OauthClient(client) => {
            [&client.client_id, &client.client_secret].into_iter().chain(&client.token_url).cloned().collect()
        }
        Credential::OauthUser(user) => user.client_id.iter().cloned().collect(),
        Credential::Env(env) => env.values().cloned().collect(),
    }
}

fn scopes(credential: &Credential) -> &BTreeSet<String> {
    const NONE: &BTreeSet<String> = &BTreeSet::new();
    match credential {
        Credential::OauthClient(client) => &client.scopes,
        Credential::OauthUser(user) => &user.scopes,
        Credential::Bearer(_) | Credential::Header(..) | Credential::Env(_) => NONE,
    }
}
