//! What a request is called in answers, problems, logs and traces: the id that a proxy or a client gave it, where that is sound, or else
//! a new one; and the address that it came from, for the log. Both are for finding things again and decide nothing.
//!
//! It belongs to the task that works on the request: whatever runs inside [`RequestId::scope`] finds it by [`current`].

use std::net::IpAddr;
use std::sync::Arc;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use crate::id::InvocationId;

/// The header that it comes and goes in.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The most characters that one may have: those of common proxies have 32 to 64.
pub(crate) const LONGEST: usize = 128;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The id of a request: 1 to 128 letters, digits and `._:/+=@-`. It knows whose request it is the id of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId {
    text: Arc<str>,
    peer: IpAddr,
}

impl RequestId {
    /// The one that a request brings, or a new one. Two that contradict each other are none.
    pub(crate) fn of(headers: &HeaderMap, peer: IpAddr) -> Self {
        let mut values = headers.get_all(HEADER).iter();
        let first = values.next().filter(|_| values.next().is_none());
        let given = first.and_then(|value| value.to_str().ok()).filter(|text| is_sound(text));
        // A socket for both families shows addresses of the one as addresses of the other.
        Self { text: given.map_or_else(new, Into::into), peer: peer.to_canonical() }
    }

    /// As it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the connection came from that it came by: the caller, or a proxy in front.
    pub(crate) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// As a header's value.
    pub(crate) fn value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.text).unwrap_or(HeaderValue::from_static("0"))
    }

    /// Does something for this request.
    pub(crate) fn scope<F: Future>(self, what: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, what)
    }
}

/// The request that is worked on, where it is one that came over HTTP.
pub(crate) fn current() -> Option<RequestId> {
    CURRENT.try_with(Clone::clone).ok()
}

/// The same future, for the request that is worked on now, on whatever task it goes on.
pub(crate) async fn carried<F: Future>(request: Option<RequestId>, what: F) -> F::Output {
    match request {
        Some(request) => request.scope(what).await,
        None => what.await,
    }
}

/// A new one. It is random where the system has random bytes, and nothing rests on it where it has none.
fn new() -> Arc<str> {
    InvocationId::new().map_or_else(|_| "0".into(), |id| id.digits().as_str().into())
}

fn is_sound(text: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/+=@-".contains(&byte);
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn of(values: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        RequestId::of(&headers, PEER).as_str().to_owned()
    }

    #[test]
    fn a_sound_one_is_kept_and_any_other_is_replaced() {
        let longest = "x".repeat(LONGEST);
        for sound in ["a", "7f3c2b1a-0000-4000-8000-000000000000", "Root=1-67891233-abcdef012345678912345678", &longest]
        {
            assert_eq!(of(&[sound.as_bytes()]), sound);
        }
        let too_long = "x".repeat(LONGEST + 1);
        let unsound: [&[&[u8]]; 7] = [&[], &[b""], &[b"a b"], &[b"a\tb"], &[b"a\xff"], &[b"{\"a\":1}"], &[b"a", b"b"]];
        for values in unsound.into_iter().chain([&[too_long.as_bytes()][..]]) {
            let made = of(values);
            assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        }
    }

    #[tokio::test]
    async fn it_is_found_where_it_is_worked_on() {
        assert_eq!(current(), None);
        let id = RequestId::of(&HeaderMap::new(), PEER);
        assert_eq!(id.clone().scope(async { current() }).await, Some(id.clone()));
        assert_eq!(carried(Some(id.clone()), async { current() }).await, Some(id));
        assert_eq!(carried(None, async { current() }).await, None);
    }
}
