//! Which authorization server gives out tokens for a server, and where: the server names it (RFC 9728), and it says the rest
//! itself (RFC 8414, or OpenID Connect Discovery). Whoever is named gets the client's secret, so that a server which is asked
//! over TLS cannot name one that is not.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{ACCEPT, HeaderMap, HeaderValue};
use pace_web::{Web, is_this_machine};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Issuer, Shows};
use crate::error::Kind;
use crate::http::body::whole;
use crate::http::client::ask;

/// The longest metadata, bytes.
const MOST: usize = 256 << 10;
/// How long each of them may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Where RFC 9728 has the metadata of servers.
const RESOURCE: &str = "oauth-protected-resource";

/// RFC 9728, 2.
#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "resource")]
    identifier: Option<String>,
    #[serde(default)]
    authorization_servers: Vec<Url>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// RFC 8414, 2.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    token_endpoint: Url,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// Who gives out tokens for `server`, which said `challenge` when it was shown none.
pub(super) async fn issuer(web: &Web, server: &Url, challenge: Option<&str>) -> Result<Issuer, Kind> {
    let from = pace_ir::text::quoted(&server.origin().ascii_serialization());
    let failed = |why: String| Kind::NoToken { from: from.clone(), why };
    let named =
        challenge.and_then(|said| parameter(said, "resource_metadata")).and_then(|address| server.join(address).ok());
    let named = named.filter(|address| address.origin() == server.origin());
    let mut places: Vec<Url> = named.into_iter().collect();
    places.extend(well_known(server, RESOURCE));
    let resource: Option<Resource> = first(web, &places).await;
    let published = resource.as_ref().and_then(|resource| resource.identifier.clone());
    // RFC 9728, 3.3: a server that gives out another's metadata would have a token for that one shown to it.
    if let Some(other) = published.as_deref().filter(|other| !other.parse().is_ok_and(|other| covers(&other, server))) {
        return Err(failed(format!("it says that it is `{}`", pace_ir::text::quoted(other))));
    }
    // What this request needs counts for more than what there is.
    let needed = challenge
        .and_then(|said| parameter(said, "scope"))
        .map(|scopes| scopes.split(' ').map(str::to_owned).collect());
    let supported = || resource.as_ref().map(|resource| resource.scopes_supported.clone());
    let scopes: Vec<String> = needed.or_else(supported).unwrap_or_default();
    // Servers from before RFC 9728 are their own authorization servers.
    let issuer = match resource.and_then(|resource| resource.authorization_servers.into_iter().next()) {
        Some(issuer) => issuer,
        None => server.join("/").map_err(|error| failed(error.to_string()))?,
    };
    may_know_a_secret(server, &issuer).map_err(&failed)?;
    let mut places = well_known(&issuer, "oauth-authorization-server");
    places.extend(well_known(&issuer, "openid-configuration"));
    let metadata: Option<Metadata> = first(web, &places).await;
    let metadata =
        metadata.ok_or_else(|| failed("it does not say where tokens are given out; name the address".to_owned()))?;
    // RFC 8414, 3.3: whoever speaks for another is not believed.
    if metadata.issuer.trim_end_matches('/') != issuer.as_str().trim_end_matches('/') {
        return Err(failed("its authorization server goes by another name than it is asked by".to_owned()));
    }
    may_know_a_secret(server, &metadata.token_endpoint).map_err(&failed)?;
    let methods = &metadata.token_endpoint_auth_methods_supported;
    let takes = |method: &str| methods.iter().any(|other| other == method);
    let shows = if takes("client_secret_post") && !takes("client_secret_basic") { Shows::Post } else { Shows::Basic };
    let resource = published.unwrap_or_else(|| server.to_string());
    Ok(Issuer { token_url: metadata.token_endpoint, shows, scopes, resource })
}

/// Whether metadata of `resource` are those of `server`: the same origin, and the address itself or a folder that it is in.
fn covers(resource: &Url, server: &Url) -> bool {
    let rest = server.path().strip_prefix(resource.path().trim_end_matches('/'));
    resource.origin() == server.origin() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Over TLS, or on this machine for a server on this machine.
fn may_know_a_secret(server: &Url, other: &Url) -> Result<(), String> {
    let is_here = |url: &Url| url.host_str().is_some_and(is_this_machine);
    if other.scheme() == "https" || (other.scheme() == "http" && is_here(other) && is_here(server)) {
        return Ok(());
    }
    Err(format!("it wants a secret to be sent to `{}`", pace_ir::text::quoted(other.as_str())))
}

/// Where metadata of `kind` may be: the path of the address behind the well-known one, and for OpenID before it. Those of a server
/// may stand at the root for all that is below; an authorization server with a path is another than the one at the root.
fn well_known(url: &Url, kind: &str) -> Vec<Url> {
    let path = url.path().trim_end_matches('/');
    let mut paths = vec![format!("/.well-known/{kind}{path}")];
    if kind == "openid-configuration" && !path.is_empty() {
        paths.push(format!("{path}/.well-known/{kind}"));
    }
    if kind == RESOURCE {
        paths.push(format!("/.well-known/{kind}"));
    }
    paths.dedup();
    let mut url = url.clone();
    url.set_query(None);
    paths
        .iter()
        .map(|path| {
            let mut place = url.clone();
            place.set_path(path);
            place
        })
        .collect()
}

/// The first of them that is there and can be read.
async fn first<T: DeserializeOwned>(web: &Web, places: &[Url]) -> Option<T> {
    for place in places {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let asked = async {
            let response = ask(web, Method::GET, place, headers, Bytes::new()).await.ok()?;
            let body = response.status().is_success().then(|| response.into_body())?;
            serde_json::from_slice(&whole(body, MOST).await.ok()?.0).ok()
        };
        if let Ok(Some(found)) = tokio::time::timeout(WITHIN, asked).await {
            return Some(found);
        }
    }
    None
}

/// A parameter of a challenge (RFC 9110, 11.2).
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let is_start = |place: &usize| challenge.get(..*place).is_some_and(|before| before.ends_with([' ', ',']));
    let (place, found) = challenge.match_indices(name).find(|(place, _)| {
        is_start(place) && challenge.get(place + name.len()..).is_some_and(|rest| rest.starts_with('='))
    })?;
    let rest = challenge.get(place + found.len() + 1..)?;
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split([',', ' ']).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_looked_for_where_it_may_be() {
        let of =
            |url: &str, kind| well_known(&url.parse().unwrap(), kind).iter().map(Url::to_string).collect::<Vec<_>>();
        assert_eq!(
            of("https://a.test/mcp?x=1", "oauth-protected-resource"),
            [
                "https://a.test/.well-known/oauth-protected-resource/mcp",
                "https://a.test/.well-known/oauth-protected-resource"
            ]
        );
        assert_eq!(
            of("https://a.test/", "oauth-authorization-server"),
            ["https://a.test/.well-known/oauth-authorization-server"]
        );
        assert_eq!(
            of("https://a.test/t", "openid-configuration"),
            ["https://a.test/.well-known/openid-configuration/t", "https://a.test/t/.well-known/openid-configuration"]
        );
    }

    #[test]
    fn a_challenge_names_the_metadata_and_the_scopes() {
        let challenge = "Bearer error=\"x\", resource_metadata=\"https://a.test/m\", scope=\"read all\", b";
        assert_eq!(parameter(challenge, "resource_metadata"), Some("https://a.test/m"));
        assert_eq!(parameter(challenge, "scope"), Some("read all"));
        assert_eq!(parameter("Bearer resource_metadata=/m, b", "resource_metadata"), Some("/m"));
        assert_eq!(parameter("Bearer no_scope=x,scope=y", "scope"), Some("y"));
        assert_eq!(parameter("Bearer resource_metadata=/m", "scope"), None);
        assert_eq!(parameter("Basic", "scope"), None);
    }

    #[test]
    fn metadata_are_those_of_the_address_that_was_asked() {
        let are = |resource: &str, server: &str| covers(&resource.parse().unwrap(), &server.parse().unwrap());
        for resource in
            ["https://a.test", "https://a.test/", "https://a.test/x", "https://a.test/x/mcp", "https://a.test/x/"]
        {
            assert!(are(resource, "https://a.test/x/mcp"), "{resource}");
        }
        for resource in [
            "https://b.test/x/mcp",
            "http://a.test/x/mcp",
            "https://a.test:1/x",
            "https://a.test/x/m",
            "https://a.test/x/mcp/y",
        ] {
            assert!(!are(resource, "https://a.test/x/mcp"), "{resource}");
        }
    }

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        let may =
            |server: &str, other: &str| may_know_a_secret(&server.parse().unwrap(), &other.parse().unwrap()).is_ok();
        assert!(may("https://a.test/", "https://b.test/"));
        assert!(may("http://127.0.0.1:1/", "http://localhost:2/token"));
        assert!(!may("https://a.test/", "http://b.test/"));
        assert!(!may("https://a.test/", "http://127.0.0.1/"));
        assert!(!may("http://127.0.0.1:1/", "http://b.test/"));
    }
}
