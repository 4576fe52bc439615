//! What is judged of every request before it gets to a route: its head's size, that it names a host, and whose page sent it.

use std::net::IpAddr;

use hyper::Version;
use hyper::header::{HOST, HeaderValue, ORIGIN};
use hyper::http::request::Request;
use pace_ir::program::Authentication;
use pace_ir::text::quoted;

use super::cors::Origins;
use super::routes::is_about_life;
use crate::problem::{Code, Problem};

/// The most bytes of a request's target and header fields: proxies send at most 8 to 32 KiB. What hyper refuses by itself is
/// a little more, and depends on how the head arrives.
pub(super) const MAX_HEAD: usize = 64 << 10;

/// What a bundle asks of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// They come from this machine. The bundle names nobody and is served on loopback because only this machine gets there; a
    /// page from elsewhere, or one whose name was pointed at 127.0.0.1 (DNS rebinding), is not of this machine.
    ThisMachine,
    /// Any will do: the bundle says who may ask.
    Open,
}

impl Gate {
    /// For a bundle that says this of who asks.
    pub(super) fn of(authentication: &Authentication) -> Self {
        match authentication {
            Authentication::Unset => Self::ThisMachine,
            Authentication::Nobody | Authentication::Sources(_) => Self::Open,
        }
    }

    /// Lets a request in; from pages of these origins, too.
    ///
    /// # Errors
    /// [`Code::HeadTooLarge`], [`Code::MalformedRequest`] without a host or with several (RFC 9112, section 3.2), [`Code::NotAllowed`].
    pub(super) fn admit<B>(self, request: &Request<B>, origins: &Origins) -> Result<(), Problem> {
        let headers = request.headers();
        let fields: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        if fields + target > MAX_HEAD {
            let detail = format!("the head of the request has over {} KiB", MAX_HEAD >> 10);
            return Err(Problem::new(Code::HeadTooLarge, detail).help("send less in header fields and in the path"));
        }
        let (host, authority) = (headers.get(HOST), request.uri().authority());
        let is_named = host.is_some() || (request.version() == Version::HTTP_2 && authority.is_some());
        if !is_named && request.version() >= Version::HTTP_11 {
            return Err(Problem::new(Code::MalformedRequest, "the request has no header `Host`")
                .help("send the host and port you connected to"));
        }
        if headers.get_all(HOST).iter().nth(1).is_some() {
            // A proxy in front may have judged the other one.
            return Err(Problem::new(Code::MalformedRequest, "the request has more than one header `Host`")
                .help("send the host and port you connected to, once"));
        }
        let is_other =
            |host: &HeaderValue| authority.is_some_and(|authority| host.as_bytes() != authority.as_str().as_bytes());
        if request.version() == Version::HTTP_2 && host.is_some_and(is_other) {
            // RFC 9113, section 8.3.1.
            return Err(Problem::new(
                Code::MalformedRequest,
                "the request names one host in `Host` and another in `:authority`",
            )
            .help("send the host and port you connected to, once"));
        }
        // Who asks whether the runner lives may use any name for it.
        if self == Self::Open || is_about_life(request.uri().path()) {
            return Ok(());
        }
        if origins.listed(headers).is_none() {
            refuse("the page", headers.get(ORIGIN), is_page_of_this_machine)?;
        }
        refuse("the host", host, is_this_machine)?;
        let authority = authority.and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
        refuse("the host", authority.as_ref(), is_this_machine)
    }
}

fn refuse(what: &str, value: Option<&HeaderValue>, is_fine: fn(&str) -> bool) -> Result<(), Problem> {
    let Some(value) = value else { return Ok(()) };
    if value.to_str().is_ok_and(is_fine) {
        return Ok(());
    }
    let shown = quoted(&String::from_utf8_lossy(value.as_bytes()));
    let detail = format!("this runner serves its machine alone, and {what} `{shown}` is from elsewhere");
    Err(Problem::new(Code::NotAllowed, detail)
        .help("ask for 127.0.0.1 or localhost, or write `authentication` in `paceline.yaml` to say who may ask"))
}

/// Whether an origin such as `http://localhost:3000` is of this machine.
fn is_page_of_this_machine(origin: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(is_this_machine)
}

/// Whether `localhost:8080` and the like are this machine.
fn is_this_machine(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None => return false,
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    // Whoever reads on behind the port reads another host: `localhost:80@elsewhere`.
    if port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let name = host.rsplit('.').next().unwrap_or_default();
    is_loopback || (is_name && name.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(gate: Gate, path: &str, headers: &[(&str, &str)]) -> Option<Code> {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        gate.admit(&request.body(()).unwrap(), &Origins::default()).err().map(|problem| problem.code)
    }

    #[test]
    fn only_this_machine_is_let_in_where_nobody_is_named() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080", "a.localhost"] {
            assert_eq!(code(Gate::ThisMachine, "/agents", &[("host", host)]), None, "{host}");
        }
        for host in
            ["", "evil.example", "10.0.0.1", "localhost.evil.example", "[2001:db8::1]", "127.0.0.1.evil.example"]
        {
            assert_eq!(code(Gate::ThisMachine, "/agents", &[("host", host)]), Some(Code::NotAllowed), "{host}");
            assert_eq!(code(Gate::ThisMachine, "/health", &[("host", host)]), None, "{host}");
            assert_eq!(code(Gate::Open, "/agents", &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn a_host_is_nothing_but_a_host() {
        for host in [
            "127.0.0.1:18111@evil",
            "127.0.0.1@evil",
            "localhost:80@evil.example",
            "localhost:80:80",
            "localhost:80/x",
            "evil@localhost",
            "evil.example/.localhost",
            "[::1]@evil",
            "[::1]:80@evil",
            "[::1]x",
            "localhost, evil",
        ] {
            assert_eq!(code(Gate::ThisMachine, "/agents", &[("host", host)]), Some(Code::NotAllowed), "{host}");
        }
        for host in ["localhost:", "my_app.localhost:3000", "[::1]"] {
            assert_eq!(code(Gate::ThisMachine, "/agents", &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn foreign_pages_are_kept_out_where_nobody_is_named() {
        let origin = |origin| code(Gate::ThisMachine, "/", &[("host", "localhost"), ("origin", origin)]);
        assert_eq!((origin("http://localhost:3000"), origin("https://127.0.0.1")), (None, None));
        for foreign in ["null", "https://evil.example", "file://", "http://localhost.evil.example", "localhost"] {
            assert_eq!(origin(foreign), Some(Code::NotAllowed), "{foreign}");
        }
    }

    #[test]
    fn heads_are_bounded_and_name_a_host() {
        assert_eq!(code(Gate::Open, "/", &[]), Some(Code::MalformedRequest));
        for other in ["localhost", "elsewhere.example", ""] {
            let twice = [("host", "localhost"), ("host", other)];
            assert_eq!(code(Gate::Open, "/health", &twice), Some(Code::MalformedRequest), "{other}");
            assert_eq!(code(Gate::ThisMachine, "/", &twice), Some(Code::MalformedRequest), "{other}");
        }
        let fits = "x".repeat(MAX_HEAD - 100);
        assert_eq!(code(Gate::Open, "/", &[("host", "x"), ("y", &fits)]), None);
        let over = "x".repeat(MAX_HEAD);
        assert_eq!(code(Gate::Open, "/", &[("host", "x"), ("y", &over)]), Some(Code::HeadTooLarge));
    }
}
