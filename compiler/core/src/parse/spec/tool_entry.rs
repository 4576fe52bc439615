//! One entry of an agent's `tools`: a server, a compiled tool, or another agent.

use std::net::IpAddr;

use ipnet::IpNet;
use pace_diag::{Diagnostic, Reported, code};
use pace_ir::program::name::ToolName;
use pace_ir::program::tool::{HostPattern, NetRule};
use pace_ir::program::{Access, ByteSize, Milliseconds, Template};
use pace_syntax::{NodeId, Value as Scalar};
use serde_json::{Value, json};

use crate::parse::decode::{Decode, Reader, mapping};
use crate::parse::field::{List, Table};
use crate::parse::scalar::Line;
use crate::parse::shape::Shapes;

mapping! {
    /// Something an agent may call: an MCP server or an agent (`server`), or a compiled tool (`name`).
    pub(crate) struct ToolEntryKeys ("a tool entry") {
        /// An MCP server (`https://…`, `mcp://host/path`, `mcp://npx/<package>`, `mcp://uvx/<package>`,
        /// `mcp://exec/<program>`) or another agent (`paceline://<agent>`). The address may hold `${env:NAME}`.
        optional server: Template,
        /// A compiled tool: `tools/<name>` of this project, `std/<name>` of Paceline, or a tool of a listed skill.
        optional name: Line,
        /// The most that may be done through this entry: `read`, or `write`, which includes `read`.
        required access: Access,
        /// Which of the server's tools are exposed; all without it.
        optional tools: List<Line>,
        /// The server's tools that count as reads although it does not say so itself.
        optional read_only: List<Line>,
        /// What the model sees before the server's tool names. Default: the last word of the address.
        optional alias: ToolName,
        /// Arguments of the server's program.
        optional args: List<Template>,
        /// Environment variables the tool or the server's program sees. It sees no others.
        optional env: Table<VariableName, Template>,
        /// Directories the server is told of in production.
        optional roots: List<Line>,
        /// Wall-clock time of one call.
        optional timeout: Milliseconds,
        /// Where a compiled tool may connect to: `host`, `host:port`, `*.domain`, an IP address or network, or
        /// `{host, private: true}`.
        optional net: List<NetRuleSpec>,
        /// Memory of one call of a compiled tool, from 2MiB to 1GiB. Default: 64MiB.
        optional memory: ByteSize,
    }
}

/// A tool entry that names something to call.
#[derive(Debug, Clone)]
pub(crate) struct ToolEntrySpec(pub(crate) ToolEntryKeys);

impl Decode for ToolEntrySpec {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        if let Some(Scalar::Str(text)) = reader.scalar(node) {
            let key = if text.contains("://") { "server" } else { "name" };
            let advice = format!("write `{key}: {text}`, and `access: read` or `access: write` below it");
            return Err(reader.wrong_type_but(node, "a mapping", Some(advice)));
        }
        let keys = ToolEntryKeys::decode(node, reader)?;
        if keys.server.is_absent() && keys.name.is_absent() {
            let place = reader.document.entries(node).and_then(|entries| entries.first().copied());
            let span = place.map_or_else(|| reader.span(node), |(key, _)| reader.span(key));
            // Written under another word, it was reported as an unknown key, and how to write it was said there.
            let elsewhere = ["agent", "url", "uri"].iter().any(|key| reader.document.get(node, key).is_some());
            if let (true, Err(reported)) = (elsewhere, reader.sink.check()) {
                return Err(reported);
            }
            let diagnostic = Diagnostic::new(&code::MISSING_KEY, "a tool entry needs the key `server` or `name`")
                .at(span, "nothing here says what to call")
                .help("add `server: <address>` for an MCP server, or `name: tools/<name>` for a tool of this project");
            return Err(reader.sink.error(diagnostic));
        }
        Ok(Self(keys))
    }

    fn shape(shapes: &mut Shapes) -> Value {
        let keys = ToolEntryKeys::shape(shapes);
        json!({"allOf": [keys], "anyOf": [{"required": ["server"]}, {"required": ["name"]}]})
    }
}

/// The name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct VariableName(pub(crate) String);

impl Decode for VariableName {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let text = reader.string(node)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !text.is_empty() && text.bytes().all(plain) && !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        let diagnostic = Diagnostic::new(&code::MALFORMED_NAME, format!("`{text}` cannot be the name of a variable"))
            .at(reader.span(node), "letters, digits and `_`, not starting with a digit");
        Err(reader.sink.error(diagnostic))
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"})
    }
}

mapping! {
    /// A destination, in full.
    pub(crate) struct NetRuleKeys ("a `net` entry") {
        /// `host`, `host:port`, `*.domain`, an IP address or network.
        required host: Line,
        /// Whether a host name may lead to a private address. Default: false.
        optional private: bool,
    }
}

/// A destination a tool may connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetRuleSpec(pub(crate) NetRule);

impl Decode for NetRuleSpec {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let (text, text_node, private) = if reader.document.entries(node).is_some() {
            let keys = NetRuleKeys::decode(node, reader)?;
            let host = keys.host.sound()?.map_or_else(String::new, |line| line.0.clone());
            let host_node = reader.document.get(node, "host").map_or(node, |(_, value)| value);
            (host, host_node, keys.private.sound()?.copied().unwrap_or(false))
        } else {
            (reader.string(node)?.to_owned(), node, false)
        };
        net_rule(&text, private).map(Self).ok_or_else(|| {
            let diagnostic = Diagnostic::new(&code::MALFORMED_NET, format!("`{text}` is not a destination")).at(
                reader.span(text_node),
                "expected `host`, `host:port`, `*.domain`, an IP address or `network/bits`",
            );
            let help = most_bits(&text).map(|most| format!("write at most {most} bits"));
            let help = help.or_else(|| nearest_destination(&text, private).map(|near| format!("write `{near}`")));
            reader.sink.error(match help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            })
        })
    }

    fn shape(shapes: &mut Shapes) -> Value {
        let keys = NetRuleKeys::shape(shapes);
        json!({"anyOf": [{"type": "string", "minLength": 1}, keys]})
    }
}

/// The most bits of a network, where a text has more.
fn most_bits(text: &str) -> Option<u8> {
    let (address, bits) = text.split_once('/')?;
    let most = if address.parse::<IpAddr>().ok()?.is_ipv4() { 32 } else { 128 };
    let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && bits.parse::<u8>().map_or(true, |bits| bits > most)).then_some(most)
}

/// What most likely was meant by a text that is no destination: an address without scheme and path, a network without
/// host bits.
fn nearest_destination(text: &str, private: bool) -> Option<String> {
    if let Ok(network) = text.parse::<IpNet>() {
        return Some(network.trunc().to_string());
    }
    let host = text.split_once("://").map_or(text, |(_, rest)| rest).split('/').next()?;
    (host != text && net_rule(host, private).is_some()).then(|| host.to_owned())
}

/// Reads a destination.
fn net_rule(text: &str, private: bool) -> Option<NetRule> {
    if let Some(network) = network(text) {
        return Some(NetRule { host: HostPattern::Network(network), port: None, private });
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        let host = HostPattern::Network(network(&address.ip().to_string())?);
        return Some(NetRule { host, port: Some(address.port()), private });
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok().filter(|port| *port > 0)?)),
        None => (text, None),
    };
    let host = host.to_ascii_lowercase();
    let pattern = match host.strip_prefix("*.") {
        Some(domain) => HostPattern::Subdomains(host_name(domain)?),
        None => HostPattern::Host(host_name(&host)?),
    };
    Some(NetRule { host: pattern, port, private })
}

/// A host name by RFC 1123, lower case; a text of digits and dots alone is a broken address, not a name.
fn host_name(text: &str) -> Option<String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (text.len() <= 253 && !numeric && text.split('.').all(label)).then(|| text.to_owned())
}

/// Canonical CIDR notation of an address or network; host bits must be zero. IPv4 mapped into IPv6 (RFC 4291, 2.5.5.2) is
/// IPv4: a runner judges the address that is reached in the end.
pub(crate) fn network(text: &str) -> Option<String> {
    if let Ok(address) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return Some(IpNet::from(address.to_canonical()).to_string());
    }
    let network = text.parse::<IpNet>().ok()?;
    (network.trunc() == network).then(|| unmapped(network).to_string())
}

/// The IPv4 network that one of mapped addresses stands for.
fn unmapped(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let four = match network.addr().to_canonical() {
        IpAddr::V4(four) if network.addr().is_ipv6() => {
            network.prefix_len().checked_sub(MAPPED_BITS).and_then(|bits| ipnet::Ipv4Net::new(four, bits).ok())
        }
        _ => None,
    };
    four.map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_are_the_ones_they_map() {
        for (text, told) in [
            ("::ffff:127.0.0.1", "127.0.0.1/32"),
            ("[::ffff:7f00:1]", "127.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(network(text).as_deref(), Some(told), "{text}");
        }
        let rule = net_rule("[::ffff:127.0.0.1]:80", false).unwrap();
        assert_eq!((rule.host, rule.port), (HostPattern::Network("127.0.0.1/32".into()), Some(80)));
    }

    #[test]
    fn networks_have_no_more_bits_than_addresses() {
        assert_eq!(most_bits("10.0.0.0/33"), Some(32));
        assert_eq!(most_bits("10.0.0.0/999"), Some(32));
        assert_eq!(most_bits("::/129"), Some(128));
        assert_eq!(most_bits("10.0.0.1/8"), None);
        assert_eq!(most_bits("host/33"), None);
    }
}
