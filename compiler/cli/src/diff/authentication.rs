//! How requests find their principal. Ordered by who gets in: not set (loopback alone), sources, `none`.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::program::Authentication;
use pace_ir::program::authentication::{ClaimMapping, Header, Jwt, Source, Token, TokenSecret};

use super::changes::{Changes, numbered, paired};
use super::{net, values};

const WHAT: &str = "authentication";

/// Two sections.
pub(super) fn compare(changes: &mut Changes, a: &Authentication, b: &Authentication) {
    let show = |rank: &u8| match rank {
        0 => "not set, so that only loopback listeners start".to_owned(),
        1 => "done by the sources named".to_owned(),
        _ => "`none`: whoever reaches the listener gets in, as `anonymous`".to_owned(),
    };
    changes.level(WHAT, WHAT, (rank(a), rank(b)), show);
    if let (Authentication::Sources(a), Authentication::Sources(b)) = (a, b) {
        sources(changes, a, b);
    }
}

fn rank(authentication: &Authentication) -> u8 {
    match authentication {
        Authentication::Unset => 0,
        Authentication::Sources(_) => 1,
        Authentication::Nobody => 2,
    }
}

fn sources(changes: &mut Changes, a: &[Source], b: &[Source]) {
    let maps = (by_name(a), by_name(b));
    for ((name, number), old, new) in paired(&maps.0, &maps.1) {
        let name = &if *number == 1 { name.clone() } else { format!("{name} ({number})") };
        match (old, new) {
            (None, Some(_)) => changes.grows(WHAT, format!("requests may come with {name}")),
            (Some(_), None) => changes.shrinks(WHAT, format!("requests may no longer come with {name}")),
            (Some(Source::Jwt(old)), Some(Source::Jwt(new))) => jwt(changes, name, old, new),
            (Some(Source::Header(old)), Some(Source::Header(new))) => header(changes, name, old, new),
            (Some(Source::Tokens(old)), Some(Source::Tokens(new))) => tokens(changes, old, new),
            _ => {}
        }
    }
    if maps.0.keys().eq(maps.1.keys()) && !a.iter().map(name).eq(b.iter().map(name)) {
        changes.changes(WHAT, "sources are asked in another order");
    }
}

fn name(source: &Source) -> String {
    match source {
        Source::Jwt(jwt) => format!("tokens of `{}`", jwt.issuer),
        Source::Tokens(_) => "fixed tokens".to_owned(),
        Source::Header(header) => format!("the header `{}`", header.principal),
    }
}

/// Sources by what they are.
fn by_name(sources: &[Source]) -> BTreeMap<(String, usize), &Source> {
    numbered(sources.iter().map(|source| (name(source), source)))
}

fn jwt(changes: &mut Changes, name: &str, a: &Jwt, b: &Jwt) {
    let Jwt { issuer: _, audience, jwks, algorithms, principal, groups } = a;
    let lost = |audience: &String| format!("{name} may no longer be for `{audience}`");
    changes.set(WHAT, (audience, &b.audience), |audience| format!("{name} may be for `{audience}`"), lost);
    values::template(changes, WHAT, &format!("`jwks` for {name}"), (jwks.as_ref(), b.jwks.as_ref()));
    let names = |jwt: &Jwt| -> BTreeSet<_> { jwt.algorithms.iter().map(|algorithm| algorithm.as_str()).collect() };
    let lost = |algorithm: &&str| format!("{name} may no longer be signed with {algorithm}");
    if *algorithms != b.algorithms {
        changes.set(WHAT, (&names(a), &names(b)), |algorithm| format!("{name} may be signed with {algorithm}"), lost);
    }
    claim(changes, &format!("user in {name}"), principal, &b.principal);
    match (groups, &b.groups) {
        (None, Some(groups)) => changes.grows(WHAT, format!("{name} name groups, in the claim `{}`", groups.claim)),
        (Some(groups), None) => {
            changes.shrinks(WHAT, format!("{name} no longer name groups, in the claim `{}`", groups.claim));
        }
        (Some(old), Some(new)) => claim(changes, &format!("groups in {name}"), old, new),
        (None, None) => {}
    }
}

fn claim(changes: &mut Changes, name: &str, a: &ClaimMapping, b: &ClaimMapping) {
    let ClaimMapping { claim, prefix, service_accounts } = a;
    changes.value(WHAT, &format!("claim of the {name}"), claim, &b.claim);
    self::prefix(changes, &format!("prefix of the {name}"), prefix, &b.prefix);
    for (value, old, new) in paired(service_accounts, &b.service_accounts) {
        match (old, new) {
            (None, Some(account)) => changes.grows(WHAT, format!("`{value}` as {name} is `serviceaccount:{account}`")),
            (Some(account), None) => {
                changes.shrinks(WHAT, format!("`{value}` as {name} is no longer `serviceaccount:{account}`"));
            }
            (Some(old), Some(new)) => changes.value(WHAT, &format!("the account of `{value}` as {name}"), old, new),
            (None, None) => {}
        }
    }
}

fn header(changes: &mut Changes, name: &str, a: &Header, b: &Header) {
    let Header { principal: _, prefix, groups, groups_prefix, from } = a;
    self::prefix(changes, &format!("prefix of {name}"), prefix, &b.prefix);
    self::prefix(changes, &format!("prefix of groups beside {name}"), groups_prefix, &b.groups_prefix);
    match (groups, &b.groups) {
        (None, Some(groups)) => {
            changes.grows(WHAT, format!("groups may come with the header `{groups}` beside {name}"));
        }
        (Some(groups), None) => {
            changes.shrinks(WHAT, format!("groups may no longer come with the header `{groups}` beside {name}"));
        }
        (Some(old), Some(new)) => changes.value(WHAT, &format!("the header of groups beside {name}"), old, new),
        (None, None) => {}
    }
    proxies(changes, name, from, &b.from);
}

/// Networks whose word is taken; a part of one that was there is nothing new.
fn proxies(changes: &mut Changes, name: &str, a: &BTreeSet<String>, b: &BTreeSet<String>) {
    let before = changes.count();
    for network in b.iter().filter(|network| !net::is_within(network, a)) {
        changes.grows(WHAT, format!("{name} is believed from `{network}`"));
    }
    for network in a.iter().filter(|network| !net::is_within(network, b)) {
        changes.shrinks(WHAT, format!("{name} is no longer believed from all of `{network}`"));
    }
    if changes.count() == before && a != b {
        changes.changes(WHAT, format!("networks of {name} are written in another way and are the same"));
    }
}

fn prefix(changes: &mut Changes, name: &str, a: &str, b: &str) {
    changes.words(WHAT, name, &values::quoted(quotable(a), "empty"), &values::quoted(quotable(b), "empty"));
}

fn quotable(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn tokens(changes: &mut Changes, a: &[Token], b: &[Token]) {
    let by_secret = |tokens: &[Token]| -> BTreeMap<String, Token> {
        tokens.iter().map(|token| (secret(&token.secret), token.clone())).collect()
    };
    let (a, b) = (by_secret(a), by_secret(b));
    for (secret, old, new) in paired(&a, &b) {
        match (old, new) {
            (None, Some(token)) => changes.grows(WHAT, format!("{secret} gets in as `{}`", token.principal)),
            (Some(token), None) => {
                changes.shrinks(WHAT, format!("{secret} no longer gets in as `{}`", token.principal));
            }
            (Some(old), Some(new)) => {
                changes.value(WHAT, &format!("whoever brings {secret}"), &old.principal, &new.principal);
                let lost = |group: &String| format!("{secret} is no longer in `group:{group}`");
                let gained = |group: &String| format!("{secret} is in `group:{group}`");
                changes.set(WHAT, (&old.groups, &new.groups), gained, lost);
            }
            (None, None) => {}
        }
    }
}

/// A token's name: the start of its digest, or the reference to its value.
fn secret(secret: &TokenSecret) -> String {
    match secret {
        TokenSecret::Sha256(digest) => format!("the token with sha256 `{digest}`"),
        TokenSecret::Value(value) => format!("the token `{value}`"),
    }
}
