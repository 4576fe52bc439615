//! Gets the keys of an issuer over HTTP: from the address the bundle names, or the one that the issuer's own document names (OpenID
//! Connect Discovery 1.0, section 4).

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT, AGE, CACHE_CONTROL, HeaderMap, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::{Method, Request, Uri};
use pace_ir::program::Template;
use pace_ir::program::authentication::Algorithm;
use pace_ir::text::{quoted, shortened};
use serde::Deserialize;
use url::{Host, Url};

use super::keys::KeySet;
use crate::environment::Environment;
use crate::model::http::Http;
use crate::setup::SetupError;

/// The most bytes of a document; a key has half a kilobyte, with its certificates a few.
const LONGEST: usize = 1 << 20;
/// The most time for both documents together.
const LIMIT: Duration = Duration::from_secs(10);
/// How long keys are fresh of which the issuer does not say it.
const USUALLY_FRESH: Duration = Duration::from_mins(5);
/// Where an issuer's document is.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Gets keys.
pub(super) trait Fetch: Sync {
    /// Gets them once.
    ///
    /// # Errors
    /// Why there are none, in words for an operator.
    fn fetch(&self) -> impl Future<Output = Result<Fetched, String>> + Send;
}

/// What came.
#[derive(Debug)]
pub(super) struct Fetched {
    /// The keys.
    pub(super) keys: KeySet,
    /// How long the issuer says they need not be asked for again.
    pub(super) fresh_for: Duration,
}

/// Where an issuer's keys are.
#[derive(Debug)]
pub(super) struct Remote {
    issuer: String,
    place: Place,
    algorithms: BTreeSet<Algorithm>,
    http: Http,
}

#[derive(Debug)]
enum Place {
    /// The key set itself.
    Keys(Uri),
    /// The document that says where it is.
    Discovery(Uri),
}

impl Remote {
    /// Resolves the address.
    ///
    /// # Errors
    /// It leads to nothing, or to what is not asked over https.
    pub(super) fn configure(
        issuer: &str,
        jwks: Option<&Template>,
        algorithms: &BTreeSet<Algorithm>,
        environment: &Environment,
        http: Http,
    ) -> Result<Self, SetupError> {
        let place = match jwks {
            Some(template) => {
                let text =
                    environment.resolve_address(template, &format!("the `jwks` of the issuer `{}`", quoted(issuer)))?;
                Place::Keys(safe(text.expose()).map_err(|why| {
                    SetupError::new(
                        format!("the `jwks` of the issuer `{}`, `{template}`, {why}", quoted(issuer)),
                        "give the https address of the issuer's keys",
                    )
                })?)
            }
            None => Place::Discovery(safe(&(issuer.trim_end_matches('/').to_owned() + WELL_KNOWN)).map_err(|why| {
                SetupError::new(
                    format!("the issuer `{}` {why}", quoted(issuer)),
                    "write its https address under `issuer`",
                )
            })?),
        };
        Ok(Self { issuer: issuer.to_owned(), place, algorithms: algorithms.clone(), http })
    }

    async fn both(&self) -> Result<Fetched, String> {
        let keys = match &self.place {
            Place::Keys(uri) => uri.clone(),
            Place::Discovery(uri) => self.discovered(uri).await?,
        };
        let (headers, document) = self.get(&keys).await?;
        let fresh_for = freshness(&headers);
        let keys =
            KeySet::parse(&document, &self.algorithms).map_err(|why| format!("`{}` is no use: {why}", shown(&keys)))?;
        Ok(Fetched { keys, fresh_for })
    }

    /// Where the issuer says that its keys are.
    async fn discovered(&self, uri: &Uri) -> Result<Uri, String> {
        #[derive(Deserialize)]
        struct Document {
            issuer: String,
            jwks_uri: String,
        }
        let (_, document) = self.get(uri).await?;
        let document: Document = serde_json::from_slice(&document)
            .map_err(|_| format!("`{}` has no `issuer` and `jwks_uri`", shown(uri)))?;
        if document.issuer != self.issuer {
            // Section 4.3: exactly, down to a slash at the end.
            let said = quoted(&shortened(&document.issuer, 200));
            return Err(format!("`{}` is the document of the issuer `{said}`, which is another", shown(uri)));
        }
        safe(&document.jwks_uri).map_err(|why| format!("the `jwks_uri` in `{}` {why}", shown(uri)))
    }

    /// One document. Redirects are not followed: who may send one could send the keys.
    async fn get(&self, uri: &Uri) -> Result<(HeaderMap, Bytes), String> {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.method_mut() = Method::GET;
        *request.uri_mut() = uri.clone();
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request
            .headers_mut()
            .insert(USER_AGENT, HeaderValue::from_static(concat!("paceline/", env!("CARGO_PKG_VERSION"))));
        if let Some(authorization) = self.http.proxy_authorization(uri) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        let response = self.http.send(request).await.map_err(|error| unreachable(uri, &error))?;
        let status = response.status();
        if status != hyper::StatusCode::OK {
            return Err(format!("`{}` answered {}", shown(uri), status.as_u16()));
        }
        let (parts, body) = response.into_parts();
        let whole = Limited::new(body, LONGEST).collect().await;
        let whole =
            whole.map_err(|_| format!("the answer of `{}` broke off, or is over {LONGEST} bytes", shown(uri)))?;
        Ok((parts.headers, whole.to_bytes()))
    }
}

impl Fetch for Remote {
    async fn fetch(&self) -> Result<Fetched, String> {
        let late = |_| Err(format!("no answer within {} s", LIMIT.as_secs()));
        tokio::time::timeout(LIMIT, self.both()).await.unwrap_or_else(late)
    }
}

fn unreachable(uri: &Uri, error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("`{}` cannot be reached: {}", shown(uri), quoted(&shortened(&cause.to_string(), 200)))
}

fn shown(uri: &Uri) -> String {
    quoted(&shortened(&uri.to_string(), 200))
}

/// An address that nobody on the way can answer for: https, or this machine itself.
fn safe(text: &str) -> Result<Uri, &'static str> {
    let url = Url::parse(text).map_err(|_| "is no address")?;
    let is_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if !(url.scheme() == "https" || (url.scheme() == "http" && is_this_machine)) {
        return Err("is not reached over https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user or a password in it");
    }
    // As the URL has it: what both readers understand the same way.
    url.as_str().parse().map_err(|_| "is no address that can be asked for")
}

/// How long an answer is fresh (RFC 9111, section 4.2), before the bounds that the keyring sets.
fn freshness(headers: &HeaderMap) -> Duration {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    let directives: Vec<_> = headers.get_all(CACHE_CONTROL).iter().map(text).collect();
    let mut directives = directives.iter().flat_map(|line| line.split(',')).map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return Duration::ZERO;
    }
    let age = headers.get(AGE).map(text).and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    let stated =
        directives.find_map(|directive| directive.strip_prefix("max-age=")?.trim_matches('"').parse::<u64>().ok());
    stated.map_or(USUALLY_FRESH, |seconds| Duration::from_secs(seconds.saturating_sub(age)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_asked_for_where_nobody_else_can_answer() {
        for fine in
            ["https://id.example.com/keys?x=1", "http://127.0.0.1:9/k", "http://localhost/k", "http://[::1]:1/k"]
        {
            assert!(safe(fine).is_ok(), "{fine}");
        }
        for unsafe_ in [
            "http://id.example.com/k",
            "http://localhost.example.com/k",
            "http://127.0.0.1.example.com/k",
            "ftp://localhost/k",
            "https://me:secret@id.example.com/k",
            "file:///etc/passwd",
            "id.example.com/k",
            "",
        ] {
            assert!(safe(unsafe_).is_err(), "{unsafe_}");
        }
    }

    #[test]
    fn answers_say_how_long_they_are_fresh() {
        let fresh = |fields: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, value.parse().unwrap());
            }
            freshness(&headers).as_secs()
        };
        assert_eq!(fresh(&[]), 300);
        assert_eq!(fresh(&[("cache-control", "public, Max-Age=900, must-revalidate")]), 900);
        assert_eq!(fresh(&[("cache-control", "public"), ("cache-control", "max-age=900"), ("age", "100")]), 800);
        assert_eq!(fresh(&[("cache-control", "max-age=10"), ("age", "100")]), 0);
        assert_eq!(fresh(&[("cache-control", "no-store, max-age=900")]), 0);
        assert_eq!(fresh(&[("cache-control", "max-age=soon")]), 300);
    }
}
