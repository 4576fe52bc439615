//! Authentication, accounts, the project's list, grants, credentials.

use std::collections::BTreeMap;

use pace_ir::Digest;
use pace_ir::program::authentication::{Algorithm, ClaimMapping, TokenSecret};
use pace_ir::program::authorization::Credential;
use pace_ir::program::{Access, Authentication, GrantTarget, ProjectRole};

use super::super::edits::{credential, grant, header, jwt, sources, token};
use super::super::sample::{SERVER, env, name, strings, who};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    [authentication(), tokens_and_proxies(), accounts(), grants(), credentials()].into_iter().flatten().collect()
}

fn authentication() -> Vec<Row> {
    vec![
        row(
            "authentication none",
            |b| b.auth.authentication = Authentication::Nobody,
            &[
                "project: + authentication is `none`: whoever reaches the listener gets in, as `anonymous`, was done by the sources named",
                "who can do what: - `user:ann` may no longer reach the agent `back` through `front` (write)",
                "who can do what: - `user:ann` may no longer use `tools/y` of the agent `back` through `front` (write)",
                "who can do what: - `user:ann` may no longer use `tools/x` of the agent `front` (read)",
                "who can do what: - `user:ann` may no longer use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "authentication unset",
            |b| b.auth.authentication = Authentication::Unset,
            &[
                "project: - authentication is not set, so that only loopback listeners start, was done by the sources named",
                "who can do what: - `user:ann` may no longer reach the agent `back` through `front` (write)",
                "who can do what: - `user:ann` may no longer use `tools/y` of the agent `back` through `front` (write)",
                "who can do what: - `user:ann` may no longer use `tools/x` of the agent `front` (read)",
                "who can do what: - `user:ann` may no longer use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "source removed",
            |b| {
                sources(b).pop();
            },
            &["project: - requests may no longer come with the header `x-email`"],
        ),
        row("sources in another order", |b| sources(b).reverse(), &["project: ~ sources are asked in another order"]),
        row(
            "audience",
            |b| jwt(b).audience = strings(&["pace", "shop"]),
            &["project: + tokens of `https://id.example.com` may be for `shop`"],
        ),
        row(
            "keys",
            |b| jwt(b).jwks = Some(env("JWKS")),
            &["project: + `jwks` for tokens of `https://id.example.com` reads `${env:JWKS}`"],
        ),
        row(
            "algorithm",
            |b| jwt(b).algorithms = [Algorithm::Es256].into(),
            &[
                "project: + tokens of `https://id.example.com` may be signed with ES256",
                "project: - tokens of `https://id.example.com` may no longer be signed with RS256",
            ],
        ),
        row(
            "claim",
            |b| jwt(b).principal.claim = "sub".to_owned(),
            &["project: ~ claim of the user in tokens of `https://id.example.com` is `sub`, was `email`"],
        ),
        row(
            "claim's prefix",
            |b| jwt(b).principal.prefix = "id-".to_owned(),
            &["project: ~ prefix of the user in tokens of `https://id.example.com` is `id-`, was empty"],
        ),
        row(
            "mapped account",
            |b| {
                jwt(b).principal.service_accounts.insert("ci".to_owned(), name("bot"));
            },
            &["project: + `ci` as user in tokens of `https://id.example.com` is `serviceaccount:bot`"],
        ),
        row(
            "groups claim",
            |b| {
                let service_accounts = BTreeMap::new();
                jwt(b).groups =
                    Some(ClaimMapping { claim: "groups".to_owned(), prefix: "g-".to_owned(), service_accounts });
            },
            &["project: + tokens of `https://id.example.com` name groups, in the claim `groups`"],
        ),
    ]
}

fn tokens_and_proxies() -> Vec<Row> {
    vec![
        row(
            "token's principal",
            |b| token(b).principal = who("user:bob"),
            &[
                "project: ~ whoever brings the token `${env:OPS_TOKEN}` is `user:bob`, was `user:ann`",
                "who can do what: - `user:ann` may no longer reach the agent `back` through `front` (write)",
                "who can do what: + `user:bob` may reach the agent `back` through `front` (write)",
                "who can do what: - `user:ann` may no longer use `tools/y` of the agent `back` through `front` (write)",
                "who can do what: + `user:bob` may use `tools/y` of the agent `back` through `front` (write)",
                "who can do what: - `user:ann` may no longer use `tools/x` of the agent `front` (read)",
                "who can do what: + `user:bob` may use `tools/x` of the agent `front` (read)",
                "who can do what: - `user:ann` may no longer use `npm:files#list` of the agent `front` (read)",
                "who can do what: + `user:bob` may use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "token's groups",
            |b| token(b).groups.clear(),
            &[
                "project: - the token `${env:OPS_TOKEN}` is no longer in `group:ops`",
                "who can do what: - `user:ann` may no longer reach the agent `back` through `front` (write)",
                "who can do what: - `user:ann` may no longer use `tools/y` of the agent `back` through `front` (write)",
                "who can do what: - `user:ann` may no longer use `tools/x` of the agent `front` (read)",
                "who can do what: - `user:ann` may no longer use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "other token",
            |b| token(b).secret = TokenSecret::Sha256(Digest::from_bytes([7; 32])),
            &[
                "project: - the token `${env:OPS_TOKEN}` no longer gets in as `user:ann`",
                "project: + the token with sha256 `0707070707070707070707070707070707070707070707070707070707070707` gets in as `user:ann`",
            ],
        ),
        row(
            "proxy",
            |b| header(b).from = strings(&["10.0.0.0/8", "192.168.0.0/16"]),
            &["project: + the header `x-email` is believed from `192.168.0.0/16`"],
        ),
        row(
            "fewer proxies",
            |b| header(b).from = strings(&["10.1.0.0/16"]),
            &["project: - the header `x-email` is no longer believed from all of `10.0.0.0/8`"],
        ),
        row(
            "proxy's prefix",
            |b| header(b).prefix = String::new(),
            &["project: ~ prefix of the header `x-email` is empty, was `p-`"],
        ),
        row(
            "proxy's groups",
            |b| header(b).groups = Some("x-groups".to_owned()),
            &["project: + groups may come with the header `x-groups` beside the header `x-email`"],
        ),
        row(
            "proxy's group prefix",
            |b| header(b).groups_prefix = "h-".to_owned(),
            &["project: ~ prefix of groups beside the header `x-email` is `h-`, was empty"],
        ),
    ]
}

fn accounts() -> Vec<Row> {
    vec![
        row(
            "account declared",
            |b| {
                b.auth.service_accounts.insert(name("ci"));
            },
            &["project: ~ declares `serviceaccount:ci`"],
        ),
        row(
            "reader becomes admin",
            |b| b.auth.project = [(who("user:root"), ProjectRole::Admin)].into(),
            &[
                "project: + `user:root` is an admin, was a reader of all traces and sessions",
                "who can do what: + `user:root` may use `tools/x` of the agent `front` (read)",
                "who can do what: + `user:root` may use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "reader removed",
            |b| b.auth.project.clear(),
            &["project: - `user:root` is without a role in the project, was a reader of all traces and sessions"],
        ),
    ]
}

fn grants() -> Vec<Row> {
    vec![
        row(
            "grant added",
            |b| grant(b, GrantTarget::Local("tools/y".to_owned()), "user:x", Access::Write),
            &["project: + `user:x` may use `tools/y` (write)"],
        ),
        row(
            "grant lowered",
            |b| grant(b, GrantTarget::Local("tools/y".to_owned()), "group:ops", Access::Read),
            &[
                "project: - `group:ops` may use `tools/y` (read, was write)",
                "who can do what: - `user:ann`, `group:ops` may no longer use `tools/y` of the agent `back` through `front` (write)",
            ],
        ),
        row(
            "grant to all known",
            |b| grant(b, GrantTarget::Local("tools/y".to_owned()), "authenticated", Access::Read),
            &["project: + everyone else with a credential may use `tools/y` (read)"],
        ),
        row(
            "first grant on a tool",
            |b| grant(b, GrantTarget::Local("tools/x".to_owned()), "user:x", Access::Read),
            &[
                "project: - everyone else may no longer use `tools/x` (read)",
                "who can do what: - `user:ann`, `group:ops`, `serviceaccount:bot` may no longer use `tools/x` of the agent `front` (read)",
            ],
        ),
        row(
            "first grant on a server",
            |b| grant(b, GrantTarget::Server(SERVER.to_owned()), "group:ops", Access::Write),
            &[
                "project: + `group:ops` may use `npm:files` (write, was read)",
                "project: - everyone else may no longer use `npm:files` (read)",
                "who can do what: - `serviceaccount:bot` may no longer use `npm:files#list` of the agent `front` (read)",
                "who can do what: + `user:ann`, `group:ops` may use `npm:files#move` of the agent `front` (write)",
            ],
        ),
        row(
            "first grant on a server's tool",
            |b| {
                grant(b, GrantTarget::ServerTool(SERVER.to_owned(), "move".to_owned()), "group:ops", Access::Write);
            },
            &[
                "project: + `group:ops` may use `npm:files#move` (write, was read)",
                "project: - everyone else may no longer use `npm:files#move` (read)",
                "who can do what: + `user:ann`, `group:ops` may use `npm:files#move` of the agent `front` (write)",
            ],
        ),
        row(
            "grant on a tool nobody uses",
            |b| grant(b, GrantTarget::Local("tools/z".to_owned()), "user:x", Access::Read),
            &["project: + `user:x` may use `tools/z` (read)"],
        ),
        row(
            "grant that another one covers",
            |b| {
                let rules = [("authenticated", Access::Write), ("group:ops", Access::Read)];
                for (who, access) in rules {
                    grant(b, GrantTarget::Local("tools/y".to_owned()), who, access);
                }
            },
            &[
                "project: + everyone else with a credential may use `tools/y` (write)",
                "who can do what: + `serviceaccount:bot` may use `tools/y` of the agent `back` through `front` (write)",
            ],
        ),
        row(
            "no grants any more",
            |b| b.auth.grants.clear(),
            &[
                "project: + a write with a tool that no grant names is open, needed a grant",
                "project: + everyone else may use `tools/y` (write)",
                "who can do what: + `serviceaccount:bot` may use `tools/y` of the agent `back` through `front` (write)",
                "who can do what: + `user:ann`, `group:ops`, `serviceaccount:bot` may use `npm:files#move` of the agent `front` (write)",
            ],
        ),
    ]
}

fn credentials() -> Vec<Row> {
    vec![
        row(
            "credential gained",
            |b| {
                let held = Credential::Bearer(env("TOKEN"));
                b.auth.credentials.entry(SERVER.to_owned()).or_default().insert(who("user:x"), held);
            },
            &["project: + `user:x` on `npm:files` has a credential, `bearer` with `${env:TOKEN}`"],
        ),
        row(
            "credentials lost",
            |b| b.auth.credentials.clear(),
            &[
                "project: - `group:ops` on `npm:files` has no credential any more, was `oauth_client` `pace` with `${env:SECRET}`",
            ],
        ),
        row(
            "other kind",
            |b| *credential(b) = Credential::Header("x-key".to_owned(), env("SECRET")),
            &[
                "project: ~ the credential of `group:ops` on `npm:files` is `header` `x-key` with `${env:SECRET}`, was `oauth_client` `pace` with `${env:SECRET}`",
            ],
        ),
        row(
            "other secret",
            |b| *credential(b) = Credential::Bearer(env("OTHER")),
            &[
                "project: + the credential of `group:ops` on `npm:files` reads `${env:OTHER}`",
                "project: - the credential of `group:ops` on `npm:files` no longer reads `${env:SECRET}`",
                "project: ~ the credential of `group:ops` on `npm:files` is `bearer` with `${env:OTHER}`, was `oauth_client` `pace` with `${env:SECRET}`",
            ],
        ),
        row(
            "scope",
            |b| {
                if let Credential::OauthClient(client) = credential(b) {
                    client.scopes = strings(&["read", "write"]);
                }
            },
            &["project: + the credential of `group:ops` on `npm:files` asks for the scope `write`"],
        ),
    ]
}
