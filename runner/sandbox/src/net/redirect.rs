//! What becomes of a request when the answer sends it elsewhere (Fetch standard, HTTP-redirect fetch).

use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE};
use hyper::header::{HeaderMap, LOCATION, PROXY_AUTHORIZATION};
use hyper::{Method, StatusCode};
use url::Url;

use super::fetch::Wanted;

/// Where an answer sends the request, if it does.
pub(crate) fn target(status: StatusCode, headers: &HeaderMap, from: &Url) -> Option<Result<Url, String>> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = headers.get(LOCATION)?;
    let text = String::from_utf8_lossy(location.as_bytes()).into_owned();
    Some(from.join(&text).map_err(|_| format!("`{text}`, where the answer leads, is no address")))
}

/// Changes the request for its next address.
pub(crate) fn follow(wanted: &mut Wanted, status: StatusCode, mut to: Url) {
    let becomes_get = match status.as_u16() {
        301 | 302 => wanted.method == Method::POST,
        303 => wanted.method != Method::GET && wanted.method != Method::HEAD,
        _ => false,
    };
    if becomes_get {
        wanted.method = Method::GET;
        wanted.body = None;
        for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
            wanted.headers.remove(name);
        }
    }
    if to.origin() != wanted.url.origin() {
        // What was meant for one server is not told to another.
        for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
            wanted.headers.remove(name);
        }
    }
    if to.fragment().is_none() {
        to.set_fragment(wanted.url.fragment());
    }
    wanted.url = to;
}
