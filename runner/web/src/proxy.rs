//! Proxies from the environment, as curl reads it: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or
//! not. This machine itself is never asked for through a proxy, which could not find it.

use std::net::IpAddr;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::web::WebError;

/// Which proxy is for which address.
#[derive(Debug)]
pub(crate) struct Proxies {
    /// `None` where the environment names none.
    matcher: Option<Matcher>,
}

impl Proxies {
    pub(crate) fn configure(variable: impl Fn(&str) -> Option<String>) -> Result<Self, WebError> {
        let either = |name: &str| {
            let small = name.to_lowercase();
            variable(name)
                .map(|text| (name.to_owned(), text))
                .or_else(|| variable(&small).map(|text| (small.clone(), text)))
        };
        let (all, http, https) = (either("ALL_PROXY"), either("HTTP_PROXY"), either("HTTPS_PROXY"));
        for (name, value) in [&all, &http, &https].into_iter().flatten() {
            speaks_http(name, value)?;
        }
        if all.is_none() && http.is_none() && https.is_none() {
            return Ok(Self { matcher: None });
        }
        let text = |found: Option<(String, String)>| found.map(|(_, text)| text).unwrap_or_default();
        let no = text(either("NO_PROXY"));
        let matcher = Matcher::builder().all(text(all)).http(text(http)).https(text(https)).no(no).build();
        Ok(Self { matcher: Some(matcher) })
    }

    /// The proxy on the way to `uri`.
    pub(crate) fn intercept(&self, uri: &Uri) -> Option<Intercept> {
        let matcher = self.matcher.as_ref().filter(|_| !uri.host().is_some_and(is_this_machine))?;
        matcher.intercept(uri)
    }

    /// What the proxy wants to be shown with a plain request.
    pub(crate) fn authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        let is_plain = uri.scheme_str() == Some("http");
        self.intercept(uri).filter(|_| is_plain)?.basic_auth().cloned()
    }
}

/// Whether a host is the machine that asks.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The value may hold a password, so it is not shown.
fn speaks_http(name: &str, value: &str) -> Result<(), WebError> {
    match value.split_once("://") {
        None => Ok(()),
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => Ok(()),
        Some(_) => Err(WebError {
            message: format!("the proxy in `{name}` is not an http proxy"),
            help: "name one as `http://host:port`; connections through it to https addresses are encrypted end to end",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn which_addresses_go_through_which_proxy() {
        let both = [("HTTP_PROXY", "http://a:1"), ("https_proxy", "b:2"), ("NO_PROXY", "example.org, 10.0.0.0/8")];
        let proxies = Proxies::configure(of(&both)).unwrap();
        let through = |uri: &str| proxies.intercept(&uri.parse().unwrap()).map(|proxy| proxy.uri().to_string());
        assert_eq!(through("http://example.com/"), Some("http://a:1/".to_owned()));
        assert_eq!(through("https://example.com/"), Some("http://b:2/".to_owned()));
        for direct in [
            "http://example.org/",
            "https://api.example.org/",
            "http://10.1.2.3/",
            "http://localhost:9/",
            "http://127.0.0.1/",
            "http://[::1]/",
        ] {
            assert_eq!(through(direct), None, "{direct}");
        }
        let all = Proxies::configure(of(&[("ALL_PROXY", "http://c:3")])).unwrap();
        let proxy = all.intercept(&"https://x.test/".parse().unwrap()).unwrap();
        assert_eq!(proxy.uri().to_string(), "http://c:3/");
        assert!(Proxies::configure(of(&[])).unwrap().intercept(&"https://x.test/".parse().unwrap()).is_none());
    }

    #[test]
    fn passwords_are_shown_to_the_proxy_and_to_nobody_else() {
        let proxies = Proxies::configure(of(&[("HTTP_PROXY", "http://me:s3cret@a:1")])).unwrap();
        assert_eq!(proxies.authorization(&"http://x.test/".parse().unwrap()).unwrap(), "Basic bWU6czNjcmV0");
        assert_eq!(proxies.authorization(&"https://x.test/".parse().unwrap()), None);
        assert!(!format!("{proxies:?}").contains("s3cret"), "{proxies:?}");
        let error = Proxies::configure(of(&[("ALL_PROXY", "socks5://me:s3cret@a:1")])).unwrap_err();
        assert_eq!(error.message, "the proxy in `ALL_PROXY` is not an http proxy");
    }
}
