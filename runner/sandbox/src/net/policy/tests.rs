//! The table of the policy: entry, host, port, address, verdict.

use pace_ir::program::tool::{HostPattern, Net, NetRule};

use super::*;

fn rule(text: &str) -> NetRule {
    let (text, private) = text.strip_suffix(" private").map_or((text, false), |text| (text, true));
    let is_network = text.contains('/');
    let (text, port) = match text.rsplit_once(':') {
        Some((host, port)) if !is_network => (host, port.parse().ok()),
        _ => (text, None),
    };
    let host = match text.strip_prefix("*.") {
        Some(domain) => HostPattern::Subdomains(domain.into()),
        None if is_network => HostPattern::Network(text.into()),
        None => HostPattern::Host(text.into()),
    };
    NetRule { host, port, private }
}

fn policy(rules: &[&str]) -> NetPolicy {
    NetPolicy::new(&Net::Only(rules.iter().map(|text| rule(text)).collect())).unwrap()
}

#[track_caller]
fn judged(policy: &NetPolicy, host: &str, port: u16, address: &str) -> Result<(), Denial> {
    let address: IpAddr = address.parse().unwrap();
    let is_literal = host.parse::<IpAddr>().is_ok();
    policy.judge((!is_literal).then_some(host), port, address)
}

const PUBLIC: &str = "93.184.216.34";
const LOCAL: &str = "127.0.0.1";
const METADATA: &str = "169.254.169.254";

#[test]
fn without_rules_every_public_address_is_open() {
    let any = NetPolicy::new(&Net::AnyPublic).unwrap();
    assert_eq!(judged(&any, "example.com", 443, PUBLIC), Ok(()));
    assert_eq!(judged(&any, PUBLIC, 22, PUBLIC), Ok(()));
    assert_eq!(judged(&any, "example.com", 443, LOCAL), Err(Denial::Private));
    assert_eq!(judged(&any, LOCAL, 80, LOCAL), Err(Denial::Private));
    assert_eq!(judged(&any, "::ffff:127.0.0.1", 80, "::ffff:127.0.0.1"), Err(Denial::Private));
    assert_eq!(judged(&any, "metadata.google.internal", 80, METADATA), Err(Denial::Metadata));
    assert_eq!(judged(&any, METADATA, 80, METADATA), Err(Denial::Metadata));
}

#[test]
fn a_name_opens_public_addresses_of_that_name() {
    let one = policy(&["api.example.com"]);
    assert_eq!(judged(&one, "api.example.com", 443, PUBLIC), Ok(()));
    assert_eq!(judged(&one, "API.Example.com.", 8443, PUBLIC), Ok(()));
    assert_eq!(judged(&one, "example.com", 443, PUBLIC), Err(Denial::Unlisted));
    assert_eq!(judged(&one, "api.example.com.evil.net", 443, PUBLIC), Err(Denial::Unlisted));
    assert_eq!(judged(&one, PUBLIC, 443, PUBLIC), Err(Denial::Unlisted));
    assert_eq!(judged(&one, "api.example.com", 443, LOCAL), Err(Denial::Private));
    assert_eq!(judged(&one, "api.example.com", 443, METADATA), Err(Denial::Metadata));
}

#[test]
fn a_port_opens_that_port() {
    let one = policy(&["api.example.com:8443"]);
    assert_eq!(judged(&one, "api.example.com", 8443, PUBLIC), Ok(()));
    assert_eq!(judged(&one, "api.example.com", 443, PUBLIC), Err(Denial::Unlisted));
}

#[test]
fn a_domain_opens_what_is_below_it() {
    let below = policy(&["*.example.com"]);
    for name in ["a.example.com", "a.b.example.com"] {
        assert_eq!(judged(&below, name, 443, PUBLIC), Ok(()), "{name}");
    }
    for name in ["example.com", "badexample.com", ".example.com", "example.com.evil.net"] {
        assert_eq!(judged(&below, name, 443, PUBLIC), Err(Denial::Unlisted), "{name}");
    }
    assert_eq!(judged(&below, "a.example.com", 443, "10.0.0.1"), Err(Denial::Private));
}

#[test]
fn private_opens_private_addresses_and_no_metadata() {
    let private = policy(&["wttr.in private", "*.corp private"]);
    assert_eq!(judged(&private, "wttr.in", 443, LOCAL), Ok(()));
    assert_eq!(judged(&private, "wttr.in", 443, PUBLIC), Ok(()));
    assert_eq!(judged(&private, "db.corp", 5432, "10.0.0.7"), Ok(()));
    assert_eq!(judged(&private, "wttr.in", 443, METADATA), Err(Denial::Metadata));
    assert_eq!(judged(&private, "wttr.in", 443, "::ffff:169.254.169.254"), Err(Denial::Metadata));
    assert_eq!(judged(&private, "wttr.in", 443, "fd00:ec2::254"), Err(Denial::Metadata));
    assert_eq!(judged(&private, LOCAL, 443, LOCAL), Err(Denial::Unlisted));
}

#[test]
fn an_address_opens_itself_in_every_form() {
    let literal = policy(&["127.0.0.1/32"]);
    for address in [LOCAL, "::ffff:127.0.0.1", "64:ff9b::7f00:1"] {
        assert_eq!(judged(&literal, address, 80, address), Ok(()), "{address}");
    }
    assert_eq!(judged(&literal, "localhost", 80, LOCAL), Err(Denial::Unlisted));
    assert!(!literal.is_listed("localhost", 80), "it is looked up");
    assert_eq!(judged(&literal, "127.0.0.2", 80, "127.0.0.2"), Err(Denial::Unlisted));
    assert_eq!(judged(&literal, "::1", 80, "::1"), Err(Denial::Unlisted));
}

#[test]
fn metadata_opens_by_its_literal_address_only() {
    let wide = policy(&["169.254.0.0/16", "0.0.0.0/0"]);
    assert_eq!(judged(&wide, METADATA, 80, METADATA), Err(Denial::Metadata));
    assert_eq!(judged(&wide, "169.254.1.1", 80, "169.254.1.1"), Ok(()));
    let literal = policy(&["169.254.169.254/32"]);
    assert_eq!(judged(&literal, METADATA, 80, METADATA), Ok(()));
}

#[test]
fn nothing_opens_nothing() {
    assert_eq!(judged(&NetPolicy::nothing(), "example.com", 443, PUBLIC), Err(Denial::Unlisted));
    assert!(!NetPolicy::nothing().is_listed("example.com", 443));
}

#[test]
fn a_network_that_is_none_is_refused() {
    let net = Net::Only(vec![NetRule { host: HostPattern::Network("10.0.0.0".into()), port: None, private: false }]);
    assert_eq!(NetPolicy::new(&net).unwrap_err().to_string(), "`10.0.0.0` is not a network in CIDR notation");
}
