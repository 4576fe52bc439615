//! Headers that a proxy in front sets: believed from the proxy's addresses, by the address at the other end of the connection. What
//! a header such as `X-Forwarded-For` says of addresses is never looked at.
//!
//! From any other address the headers are as if they were not there: proxies' users expect that they are stripped, and a request that
//! says it is from somebody gets nothing by it. It is logged once, because it is what a proxy that is not listed looks like.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::HeaderMap;
use hyper::header::HeaderName;
use ipnet::IpNet;
use pace_ir::access::Subject;
use pace_ir::program::Principal;
use pace_ir::program::authentication::Header;

use super::wrong;
use crate::problem::Problem;
use crate::request_id::{self, RequestId};
use crate::setup::SetupError;

/// A `header` source.
#[derive(Debug)]
pub(super) struct ProxyHeader {
    principal: HeaderName,
    prefix: String,
    groups: Option<HeaderName>,
    groups_prefix: String,
    from: Vec<IpNet>,
    /// Whether it was said that the header came from elsewhere.
    is_told: AtomicBool,
}

impl ProxyHeader {
    /// Reads what the bundle says.
    ///
    /// # Errors
    /// It is what no compiler writes.
    pub(super) fn configure(header: &Header) -> Result<Self, SetupError> {
        let broken = |what: &str| SetupError::new(format!("a `header` source has {what}"), "build the bundle again");
        let name = |text: &str| text.parse::<HeaderName>().map_err(|_| broken("a name that no header has"));
        let network = |text: &String| match text.parse::<IpNet>() {
            Ok(network) => Ok(network),
            Err(_) => text.parse::<IpAddr>().map(IpNet::from).map_err(|_| broken("an address that is none")),
        };
        Ok(Self {
            principal: name(&header.principal)?,
            prefix: header.prefix.clone(),
            groups: header.groups.as_deref().map(name).transpose()?,
            groups_prefix: header.groups_prefix.clone(),
            from: header.from.iter().map(network).collect::<Result<_, _>>()?,
            is_told: AtomicBool::new(false),
        })
    }

    /// Whether an address is one of its proxies.
    pub(super) fn is_from(&self, peer: IpAddr) -> bool {
        // A socket for both families shows addresses of the one as addresses of the other.
        let peer = peer.to_canonical();
        self.from.iter().any(|network| contains(network, peer))
    }

    /// Who the proxy says it is; `None` if this source does not apply.
    ///
    /// # Errors
    /// The proxy says nothing that can be believed.
    pub(super) fn subject(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Option<Subject>, Problem> {
        let is_there = headers.get_all(&self.principal).iter().any(|value| !value.as_bytes().trim_ascii().is_empty());
        if !self.is_from(peer) {
            if is_there && !self.is_told.swap(true, Ordering::Relaxed) {
                let request = request_id::current();
                let request = request.as_ref().map(RequestId::as_str);
                tracing::warn!(request, peer = %peer.to_canonical(), header = %self.principal, "ignored a header that says who asks: it is not from a proxy that \
                    `authentication` lists under `from` (said once)");
            }
            return Ok(None);
        }
        if !is_there {
            return Ok(None);
        }
        let Some(id) = single(headers, &self.principal)? else { return Ok(None) };
        // Two headers that were joined on the way look like this, and one of them may be the client's own.
        let named = format!("user:{}{id}", self.prefix);
        let principal = named.parse::<Principal>().ok().filter(|_| !id.contains(','));
        let principal = principal.ok_or_else(|| {
            wrong("the proxy's header that names the user has no name of 1 to 255 printable characters without spaces and commas")
        })?;
        let groups = match &self.groups {
            Some(name) => self.groups(single(headers, name)?.unwrap_or_default()),
            None => BTreeSet::new(),
        };
        Ok(Some(Subject { principal, groups }))
    }

    /// The groups in a list. What cannot be the name of a group is left out: no rule can name it.
    fn groups(&self, list: &str) -> BTreeSet<String> {
        let items = list.split(',').map(|item| item.trim_matches([' ', '\t'])).filter(|item| !item.is_empty());
        items.filter_map(|item| super::jwt::group(&self.groups_prefix, item)).collect()
    }
}

/// Networks of one family as addresses of the other are the same networks.
fn contains(network: &IpNet, peer: IpAddr) -> bool {
    match (network, peer) {
        (IpNet::V6(mapped), IpAddr::V4(peer)) => mapped.contains(&peer.to_ipv6_mapped()),
        _ => network.contains(&peer),
    }
}

/// The one value of a header, if there is one. Of two, one may have been sent by the client and passed on.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(wrong("a header that says who asks is there more than once"));
    }
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| wrong("a header that says who asks is not UTF-8"))?;
    Ok(Some(text.trim_matches([' ', '\t'])))
}
