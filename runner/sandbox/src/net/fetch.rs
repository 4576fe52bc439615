//! `fetch`: one request of a tool, with its redirects, on connections of its own. Nothing is shared between calls, not even
//! an open connection: what one user's tool has set up, no other user's inherits.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use url::Url;

use super::body::{self, Budget, Held};
use super::connect::{Network, Problem};
use super::policy::NetPolicy;
use super::redirect;
use super::unlisted::Unlisted;
use crate::call::Limits;
use crate::operation::{Outcome, failed, outcome};

/// The Fetch standard's bound.
const MOST_REDIRECTS: usize = 20;
/// The longest head of an answer, bytes.
const MOST_HEAD: usize = 64 << 10;
/// What a request takes here beside its own bytes, bytes.
const OVERHEAD: usize = 2048;
/// What a tool cannot say: the connection is ours, and a `Host` of its own would reach what its `net` does not list.
const FORBIDDEN: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Sends the requests of one call.
pub(crate) struct Fetcher {
    network: Arc<Network>,
    policy: NetPolicy,
    limits: Limits,
    sent: Arc<AtomicU32>,
    budget: Budget,
    unlisted: Unlisted,
}

/// A request as the prelude writes it.
#[derive(Deserialize)]
struct Written {
    url: String,
    method: String,
    headers: Vec<(String, String)>,
    redirect: Redirect,
    #[serde(rename = "hasBody")]
    has_body: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Redirect {
    Follow,
    Manual,
    Error,
}

/// A request on its way.
pub(crate) struct Wanted {
    pub(crate) url: Url,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// One exchange's end.
enum Exchanged {
    Answer(Response<Vec<u8>>),
    Redirected(StatusCode, Url),
}

impl Fetcher {
    pub(crate) fn new(network: Arc<Network>, policy: NetPolicy, limits: Limits) -> Self {
        let most = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        Self { network, policy, limits, sent: Arc::default(), budget: Budget::new(most), unlisted: Unlisted::default() }
    }

    /// The request as a future; nothing happens before it is polled.
    pub(crate) fn start(&self, request: &[u8], body: &[u8]) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        let mut held = self.budget.hold();
        // Before anything is kept: a tool can start as many requests as it likes without waiting for one.
        let read = held.add(request.len() + body.len() + OVERHEAD).and_then(|()| read(request, body));
        let one = Self {
            network: Arc::clone(&self.network),
            policy: self.policy.clone(),
            limits: self.limits,
            sent: Arc::clone(&self.sent),
            budget: self.budget.clone(),
            unlisted: self.unlisted.clone(),
        };
        Box::pin(async move {
            let fetched = match read {
                Ok((wanted, redirect)) => one.fetch(wanted, redirect, &mut held).await,
                Err(problem) => Err(problem),
            };
            fetched.unwrap_or_else(|problem| {
                one.unlisted.note(&problem);
                failed(&problem.words, problem.code)
            })
        })
    }

    /// What was refused so far because it is not listed.
    pub(crate) fn unlisted(&self) -> Unlisted {
        self.unlisted.clone()
    }

    async fn fetch(&self, mut wanted: Wanted, redirect: Redirect, held: &mut Held) -> Result<Outcome, Problem> {
        let mut from: Option<String> = None;
        for redirects in 0..=MOST_REDIRECTS {
            let exchanged = self.exchange(&wanted, redirect, held).await;
            match exchanged.map_err(|problem| sent_on(problem, from.as_deref()))? {
                Exchanged::Answer(answer) => return Ok(answered(&answer, &wanted.url, redirects > 0)),
                Exchanged::Redirected(status, to) => {
                    from = Some(wanted.url.authority().to_owned());
                    redirect::follow(&mut wanted, status, to);
                }
            }
        }
        Err(Problem::new("ERR_REDIRECT", format!("redirected more than {MOST_REDIRECTS} times")))
    }

    async fn exchange(&self, wanted: &Wanted, redirect: Redirect, held: &mut Held) -> Result<Exchanged, Problem> {
        let scheme = wanted.url.scheme();
        if scheme != "http" && scheme != "https" {
            return Err(Problem::new(
                "ERR_INVALID_URL",
                format!("`{scheme}:` cannot be fetched; `http:` and `https:` can"),
            ));
        }
        if self.sent.fetch_add(1, Ordering::Relaxed) >= self.limits.requests {
            let words = format!("more than {} requests in one call", self.limits.requests);
            return Err(Problem::new("ERR_TOO_MANY_REQUESTS", words));
        }
        let stream = self.network.connect(&wanted.url, &self.policy).await?;
        let broken = |error: hyper::Error| Problem::new("ECONNRESET", broken(&wanted.url, &error));
        let mut client = hyper::client::conn::http1::Builder::new();
        client.max_buf_size(MOST_HEAD);
        let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let request = request(wanted)?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(broken)?;
            let (parts, body) = answer.into_parts();
            match redirect::target(parts.status, &parts.headers, &wanted.url) {
                Some(target) if redirect == Redirect::Follow => {
                    let target = target.map_err(|words| Problem::new("ERR_REDIRECT", words))?;
                    return Ok(Exchanged::Redirected(parts.status, target));
                }
                Some(_) if redirect == Redirect::Error => {
                    return Err(Problem::new("ERR_REDIRECT", "unexpected redirect"));
                }
                _ => {}
            }
            let coding =
                parts.headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let body = body::read(body, &coding.trim().to_ascii_lowercase(), self.limits.response, held).await?;
            Ok(Exchanged::Answer(Response::from_parts(parts, body)))
        };
        // The connection is driven here, so that it ends with the request, however that ends.
        let (mut exchange, mut connection, mut is_open) = (pin!(exchange), pin!(connection), true);
        loop {
            tokio::select! {
                exchanged = &mut exchange => return exchanged,
                _ = &mut connection, if is_open => is_open = false,
            }
        }
    }
}

/// A problem of a request that another host's answer led to. An address that nobody asked for needs no rule of its own.
fn sent_on(problem: Problem, from: Option<&str>) -> Problem {
    let Some(from) = from.filter(|_| problem.code == "EACCES") else { return problem };
    let is_name = |host: &String| host.parse::<IpAddr>().is_err() && host.parse::<SocketAddr>().is_err();
    let unlisted = problem.unlisted.filter(is_name);
    Problem { words: format!("{}; `{from}` redirected there", problem.words), unlisted, ..problem }
}

fn read(request: &[u8], body: &[u8]) -> Result<(Wanted, Redirect), Problem> {
    let wrong = |words: String| Problem::new("ERR_INVALID_ARG_VALUE", words);
    let written: Written = serde_json::from_slice(request).map_err(|error| wrong(format!("not a request: {error}")))?;
    let url = Url::parse(&written.url).map_err(|_| wrong(format!("`{}` is no address", written.url)))?;
    let method = Method::from_bytes(written.method.as_bytes()).map_err(|_| wrong("not a method".into()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &written.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(format!("`{name}` is no header")))?;
        // Header values are Latin 1; the prelude lets nothing else through.
        let bytes: Vec<u8> = value.chars().filter_map(|character| u8::try_from(character).ok()).collect();
        let value = HeaderValue::from_bytes(&bytes).map_err(|_| wrong(format!("the value of `{name}` is none")))?;
        if !FORBIDDEN.contains(&name.as_str()) {
            headers.try_append(name, value).map_err(|_| wrong("more headers than a request can have".into()))?;
        }
    }
    let body = written.has_body.then(|| Bytes::copy_from_slice(body));
    Ok((Wanted { url, method, headers, body }, written.redirect))
}

fn request(wanted: &Wanted) -> Result<Request<Full<Bytes>>, Problem> {
    let url = &wanted.url;
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let body = wanted.body.clone().unwrap_or_default();
    let mut request = Request::builder().method(wanted.method.clone()).uri(path);
    let host = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    request = request.header(header::HOST, authority);
    // Fetch standard: a length for a body, and for the methods where its absence would mean something.
    if wanted.body.is_some() || wanted.method == Method::POST || wanted.method == Method::PUT {
        request = request.header(header::CONTENT_LENGTH, body.len());
    }
    let defaults = [
        (header::ACCEPT, "*/*"),
        (header::ACCEPT_ENCODING, "gzip, deflate"),
        (header::USER_AGENT, concat!("paceline/", env!("CARGO_PKG_VERSION"))),
        (header::CONNECTION, "close"),
    ];
    for (name, value) in defaults {
        if !wanted.headers.contains_key(&name) {
            request = request.header(name, value);
        }
    }
    for (name, value) in &wanted.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(body)).map_err(|error| Problem::new("ERR_INVALID_ARG_VALUE", error.to_string()))
}

fn answered(answer: &Response<Vec<u8>>, url: &Url, redirected: bool) -> Outcome {
    let latin = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>();
    let headers: Vec<(&str, String)> =
        answer.headers().iter().map(|(name, value)| (name.as_str(), latin(value))).collect();
    let reason = answer.extensions().get::<hyper::ext::ReasonPhrase>();
    let reason = reason.map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned());
    let about = serde_json::json!({
        "status": answer.status().as_u16(),
        "statusText": reason.or_else(|| answer.status().canonical_reason().map(str::to_owned)).unwrap_or_default(),
        "url": url.as_str(),
        "redirected": redirected,
        "headers": headers,
    });
    outcome(&about, answer.body())
}

fn broken(url: &Url, error: &hyper::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("no answer from `{}`: {error}{cause}", url.authority())
}
