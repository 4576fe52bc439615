//! `Authorization: Bearer …` (RFC 6750, section 2.1): the one place where a token is taken from. Never the query, whose text ends up in
//! the logs of proxies, and never the body.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

/// The longest token that is looked at, bytes: issuers that put more into one are told by their users' proxies first.
pub(super) const LONGEST: usize = 8 << 10;

/// What a request has in `Authorization`.
pub(super) enum Bearer<'a> {
    /// Nothing.
    Absent,
    /// A token. No `Debug` and no `Display`, so that it gets nowhere.
    Token(&'a str),
    /// Something else, and what is wrong with it.
    Malformed(&'static str),
}

impl<'a> Bearer<'a> {
    /// Reads the header.
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            // Whoever stands in front may have judged the other one.
            return Self::Malformed("the request has more than one header `Authorization`");
        }
        let scheme_and_token = value.to_str().ok().and_then(|text| text.split_once(' '));
        let Some((scheme, token)) = scheme_and_token else {
            return Self::Malformed("the header `Authorization` is not of the form `Bearer <token>`");
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Self::Malformed(
                "the header `Authorization` is of a scheme other than `Bearer`, which is the one taken",
            );
        }
        let token = token.trim_matches(' ');
        if token.len() > LONGEST {
            return Self::Malformed("the bearer token is over 8 KiB");
        }
        // The characters of RFC 6750, `b68token`.
        let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.is_empty() || !token.bytes().all(is_of_token) {
            return Self::Malformed("the bearer token is empty, or has characters that no token has");
        }
        Self::Token(token)
    }
}
