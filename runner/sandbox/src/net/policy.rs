//! Where a tool may connect to: the `net` of its entry. A host name never authorises a private address; `private: true` or a
//! literal address does, and a cloud's metadata only its literal address. What is judged is the address connected to.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use pace_ir::program::tool::{HostPattern, Net};

use super::address::{is_metadata, is_public, reached};

/// The rules of one tool entry. Cheap to clone.
#[derive(Debug, Clone)]
pub struct NetPolicy {
    /// Any public address where absent.
    rules: Option<Arc<[Rule]>>,
}

/// A rule that no compiler writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{network}` is not a network in CIDR notation")]
pub struct NetPolicyError {
    /// The text in question.
    pub network: String,
}

#[derive(Debug)]
struct Rule {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug)]
enum Hosts {
    /// A name, and whether it may lead to a private address.
    Name(String, Reach),
    /// Every name that ends in this, dot included.
    Below(String, Reach),
    /// Addresses that a URL has in place of a name. No name is looked up for it: a look-up tells the name to others.
    Network(IpNet),
}

#[derive(Debug, Clone, Copy)]
enum Reach {
    Public,
    Private,
}

/// Why a connection is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// No rule is about this host and port.
    Unlisted,
    /// A rule is, and the name leads to an address that it does not allow.
    Private,
    /// The same, and the address is a cloud's metadata.
    Metadata,
}

impl NetPolicy {
    /// The policy of an entry.
    ///
    /// # Errors
    /// One of its networks is not in CIDR notation.
    pub fn new(net: &Net) -> Result<Self, NetPolicyError> {
        let Net::Only(rules) = net else { return Ok(Self { rules: None }) };
        let rules = rules.iter().map(|rule| {
            let reach = if rule.private { Reach::Private } else { Reach::Public };
            let hosts = match &rule.host {
                HostPattern::Host(name) => Hosts::Name(canonical(name), reach),
                HostPattern::Subdomains(name) => Hosts::Below(format!(".{}", canonical(name)), reach),
                HostPattern::Network(text) => {
                    Hosts::Network(text.parse().map_err(|_| NetPolicyError { network: text.clone() })?)
                }
            };
            Ok(Rule { hosts, port: rule.port })
        });
        Ok(Self { rules: Some(rules.collect::<Result<_, _>>()?) })
    }

    /// Nothing at all.
    pub fn nothing() -> Self {
        Self { rules: Some(Arc::default()) }
    }

    /// Whether a connection to `address` may be made for a request to `host` (a name, or nothing where the URL has a literal
    /// address).
    pub(crate) fn judge(&self, host: Option<&str>, port: u16, address: IpAddr) -> Result<(), Denial> {
        let address = reached(address);
        let name = host.map(canonical);
        let Some(rules) = &self.rules else { return public(address) };
        let mut denial = Denial::Unlisted;
        for rule in rules.iter().filter(|rule| rule.port.is_none_or(|wanted| wanted == port)) {
            match rule.judge(name.as_deref(), address) {
                Ok(()) => return Ok(()),
                Err(Denial::Unlisted) => {}
                Err(other) => denial = other,
            }
        }
        Err(denial)
    }

    /// Whether any rule could be about this name and port: what need not even be looked up is not.
    pub(crate) fn is_listed(&self, host: &str, port: u16) -> bool {
        let name = canonical(host);
        let Some(rules) = &self.rules else { return true };
        rules.iter().filter(|rule| rule.port.is_none_or(|wanted| wanted == port)).any(|rule| rule.hosts.covers(&name))
    }
}

impl Rule {
    fn judge(&self, name: Option<&str>, address: IpAddr) -> Result<(), Denial> {
        match &self.hosts {
            Hosts::Network(network) if name.is_none() && network.contains(&address) => {
                // Of a wide network nobody means the metadata in it.
                let is_literal = network.prefix_len() == network.max_prefix_len();
                if is_literal || !is_metadata(address) { Ok(()) } else { Err(Denial::Metadata) }
            }
            Hosts::Network(_) => Err(Denial::Unlisted),
            Hosts::Name(_, reach) | Hosts::Below(_, reach) => match (name, reach) {
                (Some(name), reach) if self.hosts.covers(name) => match reach {
                    Reach::Public => public(address),
                    Reach::Private if is_metadata(address) => Err(Denial::Metadata),
                    Reach::Private => Ok(()),
                },
                _ => Err(Denial::Unlisted),
            },
        }
    }
}

impl Hosts {
    fn covers(&self, name: &str) -> bool {
        match self {
            Self::Name(wanted, _) => name == wanted,
            Self::Below(suffix, _) => name.len() > suffix.len() && name.ends_with(suffix.as_str()),
            Self::Network(_) => false,
        }
    }
}

fn public(address: IpAddr) -> Result<(), Denial> {
    match address {
        _ if is_metadata(address) => Err(Denial::Metadata),
        _ if is_public(address) => Ok(()),
        _ => Err(Denial::Private),
    }
}

/// A name as it is compared: lower case, without the dot of the root.
fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
#[path = "policy/tests.rs"]
mod tests;
