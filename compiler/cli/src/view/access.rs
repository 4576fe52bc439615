//! Access lists, grants, and credentials. Values of secrets are not in a bundle: what is shown are references.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::program::authorization::{Credential, OauthClient, OauthUser};
use pace_ir::program::{Access, GrantTarget, Principal, ProjectRole, Role};
use serde::Serialize;

/// A line of an access list.
#[derive(Debug, Serialize)]
pub(crate) struct AclEntry {
    pub(crate) principal: String,
    pub(crate) role: &'static str,
}

/// What a server is shown. Only what the type has is there.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum CredentialView {
    Bearer { value: String },
    Header { name: String, value: String },
    OauthClient { token_url: Option<String>, client_id: String, client_secret: String, scopes: Vec<String> },
    OauthUser { client_id: Option<String>, scopes: Vec<String> },
    Env { env: BTreeMap<String, String> },
}

/// An agent's or loop's list.
pub(super) fn list(acl: &BTreeSet<(Principal, Role)>) -> Vec<AclEntry> {
    let entries = acl.iter();
    entries.map(|(principal, role)| AclEntry { principal: principal.to_string(), role: role.as_str() }).collect()
}

/// The project's list.
pub(super) fn project(acl: &BTreeSet<(Principal, ProjectRole)>) -> Vec<AclEntry> {
    let entries = acl.iter();
    entries.map(|(principal, role)| AclEntry { principal: principal.to_string(), role: role.as_str() }).collect()
}

/// Grants by tool and principal.
pub(super) fn grants(
    grants: &BTreeMap<GrantTarget, BTreeMap<Principal, Access>>,
) -> BTreeMap<String, BTreeMap<String, &'static str>> {
    let by_principal = |grants: &BTreeMap<Principal, Access>| {
        grants.iter().map(|(principal, access)| (principal.to_string(), access.as_str())).collect()
    };
    grants.iter().map(|(target, grants)| (target.to_string(), by_principal(grants))).collect()
}

/// Credentials by server and principal.
pub(super) fn credentials(
    credentials: &BTreeMap<String, BTreeMap<Principal, Credential>>,
) -> BTreeMap<String, BTreeMap<String, CredentialView>> {
    let by_principal = |of_server: &BTreeMap<Principal, Credential>| {
        of_server.iter().map(|(principal, held)| (principal.to_string(), CredentialView::of(held))).collect()
    };
    credentials.iter().map(|(server, of_server)| (server.clone(), by_principal(of_server))).collect()
}

impl CredentialView {
    fn of(credential: &Credential) -> Self {
        match credential {
            Credential::Bearer(value) => Self::Bearer { value: value.to_string() },
            Credential::Header(name, value) => Self::Header { name: name.clone(), value: value.to_string() },
            Credential::OauthClient(OauthClient { token_url, client_id, client_secret, scopes }) => Self::OauthClient {
                token_url: token_url.as_ref().map(ToString::to_string),
                client_id: client_id.to_string(),
                client_secret: client_secret.to_string(),
                scopes: scopes.iter().cloned().collect(),
            },
            Credential::OauthUser(OauthUser { client_id, scopes }) => Self::OauthUser {
                client_id: client_id.as_ref().map(ToString::to_string),
                scopes: scopes.iter().cloned().collect(),
            },
            Credential::Env(env) => {
                Self::Env { env: env.iter().map(|(name, value)| (name.clone(), value.to_string())).collect() }
            }
        }
    }
}
