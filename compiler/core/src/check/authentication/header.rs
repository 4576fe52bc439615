//! Headers of a trusted proxy: their names, and whom to believe.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use ipnet::IpNet;
use pace_diag::Sink;
use pace_ir::program::authentication::Header;
use pace_syntax::Spanned;

use super::{source_error, text};
use crate::parse::scalar::Line;
use crate::parse::spec::authentication::HeaderSpec;

/// Checks a `header` source.
pub(super) fn check(spec: &HeaderSpec, sink: &mut Sink) -> Option<Header> {
    let principal = header_name(spec.principal.spanned()?, sink);
    let groups = match spec.groups.spanned() {
        Some(groups) => Some(header_name(groups, sink)?),
        None => None,
    };
    let from: BTreeSet<_> = spec.from.items().iter().map(|network| network.value.0.clone()).collect();
    if let (true, true, Some(span)) = (from.is_empty(), spec.from.is_complete(), spec.from.span()) {
        sink.error(
            source_error("`from` is empty", span, "headers would be believed from nobody")
                .help("list the addresses of your proxies, or remove the source"),
        );
    }
    for network in spec.from.items().iter().filter(|network| is_everybody(&network.value.0)) {
        let diagnostic =
            source_error("headers would be believed from everybody", network.span, "this is every address")
                .help("list the addresses of your proxies only");
        sink.error(diagnostic);
    }
    Some(Header {
        principal: principal?,
        prefix: text(spec.prefix.get()).to_owned(),
        groups,
        groups_prefix: text(spec.groups_prefix.get()).to_owned(),
        from,
    })
}

/// Whether a network is every address of a family; those of the fourth version can be written as ones of the sixth.
fn is_everybody(network: &str) -> bool {
    const MAPPED: Ipv6Addr = Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0);
    match network.parse::<IpNet>() {
        Ok(IpNet::V4(network)) => network.prefix_len() == 0,
        Ok(IpNet::V6(network)) => network.prefix_len() <= 96 && network.contains(&MAPPED),
        Err(_) => false,
    }
}

/// A header's name (RFC 9110, section 5.6.2), lower case.
fn header_name(name: &Spanned<Line>, sink: &mut Sink) -> Option<String> {
    let text = name.value.0.to_ascii_lowercase();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.bytes().all(token) {
        return Some(text);
    }
    sink.error(
        source_error(
            format!("`{}` cannot be the name of a header", name.value.0),
            name.span,
            "letters, digits and hyphens",
        )
        .help("write it as in a request, such as `X-Forwarded-Email`"),
    );
    None
}
