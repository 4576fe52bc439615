//! Where a tool may connect to: which rules reach further than the other entry's did.

use std::net::IpAddr;

use pace_ir::program::tool::{HostPattern, Net, NetRule};

use super::changes::Changes;
use super::values;
use crate::view::NetRuleView;

/// Networks that are not public (IANA special-purpose registries, RFC 6890): a literal rule for one of them reaches what
/// `any public host` does not.
const NOT_PUBLIC: [&str; 19] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "100::/64",
    "2001:db8::/32",
    "fc00::/6",
];

/// Compares what an entry may connect to; an entry that is not there may connect to nothing.
pub(super) fn compare(changes: &mut Changes, name: &str, a: Option<&Net>, b: Option<&Net>) {
    let nothing = Net::Only(Vec::new());
    let (old, new) = (a.unwrap_or(&nothing), b.unwrap_or(&nothing));
    let before = changes.count();
    match (old, new) {
        (Net::AnyPublic, Net::AnyPublic) => return,
        (Net::Only(rules), Net::AnyPublic) => {
            changes.grows("net", format!("{name} may connect to any public host{}", was(rules)));
        }
        (Net::AnyPublic, Net::Only(rules)) => {
            changes.shrinks("net", format!("{name} may no longer connect to any public host{}", only(rules)));
        }
        (Net::Only(_), Net::Only(_)) => {}
    }
    for rule in rules(new).iter().filter(|rule| !covers(old, rule)) {
        let was = was(&within(rule, rules(old)));
        changes.grows("net", format!("{name} may connect to `{}`{was}", NetRuleView::of(rule)));
    }
    for rule in rules(old).iter().filter(|rule| !covers(new, rule)) {
        let only = only(&within(rule, rules(new)));
        changes.shrinks("net", format!("{name} may no longer connect to `{}`{only}", NetRuleView::of(rule)));
    }
    if changes.count() == before && old != new {
        changes.changes("net", format!("`net` of {name} is written in another way and reaches the same"));
    }
}

/// The rules that reach a part of what one rule reaches.
fn within(wide: &NetRule, rules: &[NetRule]) -> Vec<NetRule> {
    let wide = Net::Only(vec![wide.clone()]);
    rules.iter().filter(|rule| covers(&wide, rule)).cloned().collect()
}

fn was(rules: &[NetRule]) -> String {
    if rules.is_empty() { String::new() } else { format!(", was only {}", list(rules)) }
}

fn only(rules: &[NetRule]) -> String {
    if rules.is_empty() { String::new() } else { format!(", only to {}", list(rules)) }
}

fn list(rules: &[NetRule]) -> String {
    values::quoted(rules.iter().map(|rule| NetRuleView::of(rule).to_string()), "nothing")
}

fn rules(net: &Net) -> &[NetRule] {
    match net {
        Net::AnyPublic => &[],
        Net::Only(rules) => rules,
    }
}

/// Whether everything that a rule reaches was reached. In doubt it was not: a review is cheaper than a surprise.
fn covers(net: &Net, rule: &NetRule) -> bool {
    match net {
        Net::AnyPublic => match &rule.host {
            HostPattern::Host(_) | HostPattern::Subdomains(_) => !rule.private,
            HostPattern::Network(network) => is_public(network),
        },
        Net::Only(rules) => rules.iter().any(|wide| {
            let is_port = wide.port.is_none() || wide.port == rule.port;
            is_port && (wide.private || !rule.private) && covers_host(&wide.host, &rule.host)
        }),
    }
}

fn covers_host(wide: &HostPattern, narrow: &HostPattern) -> bool {
    let below = |name: &str, domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    match (wide, narrow) {
        (HostPattern::Subdomains(wide), HostPattern::Host(name)) => below(name, wide),
        (HostPattern::Subdomains(wide), HostPattern::Subdomains(narrow)) => wide == narrow || below(narrow, wide),
        (HostPattern::Network(wide), HostPattern::Network(narrow)) => match (network(wide), network(narrow)) {
            (Some(wide), Some(narrow)) => wide.contains(narrow),
            _ => wide == narrow,
        },
        _ => wide == narrow,
    }
}

/// Whether one of the networks holds the whole of another, all in CIDR notation.
pub(super) fn is_within<'n>(text: &str, networks: impl IntoIterator<Item = &'n String>) -> bool {
    let inner = HostPattern::Network(text.to_owned());
    networks.into_iter().any(|wide| covers_host(&HostPattern::Network(wide.clone()), &inner))
}

fn is_public(text: &str) -> bool {
    let special = || NOT_PUBLIC.into_iter().filter_map(network);
    network(text).is_some_and(|network| special().all(|other| !other.contains(network) && !network.contains(other)))
}

/// An IP network: its first address, the length of its prefix, and the bits of an address of its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    first: u128,
    prefix: u32,
    bits: u32,
}

/// Reads CIDR notation; a single address may stand without a prefix.
fn network(text: &str) -> Option<Network> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let (first, bits) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let prefix = prefix.map_or(Some(bits), |prefix| prefix.parse().ok())?;
    (prefix <= bits).then_some(Network { first, prefix, bits })
}

impl Network {
    fn contains(self, other: Self) -> bool {
        // A prefix of 0 shifts everything away, which `checked_shr` answers with nothing.
        let top = |address: u128| address.checked_shr(self.bits - self.prefix).unwrap_or_default();
        self.bits == other.bits && self.prefix <= other.prefix && top(self.first) == top(other.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(host: HostPattern) -> NetRule {
        NetRule { host, port: None, private: false }
    }

    #[test]
    fn wide_rules_cover_narrow_ones_and_no_others() {
        let host = |name: &str| HostPattern::Host(name.to_owned());
        let below = |name: &str| HostPattern::Subdomains(name.to_owned());
        let network = |text: &str| HostPattern::Network(text.to_owned());
        let table = [
            (below("example.com"), host("api.example.com"), true),
            (below("example.com"), host("example.com"), false),
            (below("example.com"), host("badexample.com"), false),
            (below("example.com"), below("a.example.com"), true),
            (below("a.example.com"), below("example.com"), false),
            (network("10.0.0.0/8"), network("10.1.0.0/16"), true),
            (network("10.1.0.0/16"), network("10.0.0.0/8"), false),
            (network("0.0.0.0/0"), network("10.0.0.0/8"), true),
            (network("::/0"), network("fd00::/8"), true),
            (network("::/0"), network("10.0.0.0/8"), false),
        ];
        for (wide, narrow, wanted) in table {
            assert_eq!(
                covers(&Net::Only(vec![rule(wide.clone())]), &rule(narrow.clone())),
                wanted,
                "{wide:?} {narrow:?}"
            );
        }
        let port = |port| NetRule { port, ..rule(host("a")) };
        assert!(covers(&Net::Only(vec![port(None)]), &port(Some(443))));
        assert!(!covers(&Net::Only(vec![port(Some(443))]), &port(None)));
    }

    #[test]
    fn any_public_host_covers_no_private_network() {
        let table = [
            ("8.8.8.8/32", true),
            ("10.1.2.3/32", false),
            ("172.0.0.0/8", false),
            ("169.254.169.254/32", false),
            ("0.0.0.0/0", false),
            ("2606:4700::/32", true),
            ("fd00::/8", false),
            ("fe80::1/128", false),
            ("::1/128", false),
        ];
        for (text, wanted) in table {
            assert_eq!(covers(&Net::AnyPublic, &rule(HostPattern::Network(text.to_owned()))), wanted, "{text}");
        }
    }
}
