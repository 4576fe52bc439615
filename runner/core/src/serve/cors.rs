//! Pages of other origins, as browsers ask for them (Fetch, section 3.2): nobody unless the operator lists them, each by its name. There
//! is no answer for `*`, and none that lets cookies in. A preflight is answered before anybody is asked who they are: it brings no
//! credential.

use std::collections::BTreeSet;

use axum::response::{IntoResponse as _, Response};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use hyper::http::request::Request;
use hyper::{HeaderMap, Method, StatusCode};
use url::{Origin, Url};

use super::route::Route;

/// What a page may send besides what it always may.
const SENT: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, last-event-id, mcp-protocol-version, mcp-session-id, traceparent, x-request-id",
);
/// What a page may read of an answer besides what it always may.
const READ: HeaderValue = HeaderValue::from_static(
    "idempotency-replayed, mcp-session-id, paceline-invocation, paceline-session, retry-after, www-authenticate, x-request-id",
);
/// How long a browser may go by a preflight, seconds. Long enough for a conversation, short enough for a change to be seen.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins whose pages may ask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins(BTreeSet<String>);

impl Origins {
    /// Reads `https://app.example.com, http://localhost:3000`.
    ///
    /// # Errors
    /// The first part that is no origin.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| origin(part).ok_or_else(|| part.to_owned())).collect::<Result<_, _>>().map(Self)
    }

    /// The origin that sends a request, where it is listed.
    pub(super) fn listed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        let sent = headers.get(ORIGIN)?;
        sent.to_str().is_ok_and(|sent| self.0.contains(sent)).then(|| sent.clone())
    }

    /// The answer to a preflight from a listed origin; none if it is something else.
    pub(super) fn preflight<B>(&self, request: &Request<B>) -> Option<Response> {
        let is_one =
            *request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        self.listed(request.headers()).filter(|_| is_one)?;
        let verbs: Vec<_> = Route::of(request.uri().path())?.verbs().iter().map(|verb| verb.as_str()).collect();
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_str(&verbs.join(", ")).ok()?);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, SENT);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        Some(response)
    }

    /// Says in an answer whose pages may read it. Caches have to tell origins apart also where this one may not.
    pub(super) fn say(&self, origin: Option<HeaderValue>, response: &mut Response) {
        if self.0.is_empty() {
            return;
        }
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
        }
    }
}

/// An origin as browsers write it: scheme, host, and the port where it is not the scheme's.
fn origin(text: &str) -> Option<String> {
    // A star would be read as a name.
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && !text.contains('*'))?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match url.origin() {
        origin @ Origin::Tuple(..) if is_bare && url.password().is_none() => Some(origin.ascii_serialization()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        let read = |text| Origins::parse(text).map(|origins| origins.0.into_iter().collect::<Vec<_>>().join(" "));
        assert_eq!(
            read(" https://App.example.com:443/, http://localhost:3000,"),
            Ok("http://localhost:3000 https://app.example.com".to_owned())
        );
        for wrong in [
            "*",
            "null",
            "app.example.com",
            "https://*.example.com/x",
            "file:///x",
            "https://a.example/path",
            "https://u@a.example",
        ] {
            assert_eq!(read(wrong), Err(wrong.to_owned()));
        }
    }
}
