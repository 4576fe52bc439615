//! Requests to one server, as one identity. rmcp says what is sent and what comes after; here it is sent.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, PROXY_AUTHORIZATION, USER_AGENT,
};
use hyper::{Method, Request, Response, StatusCode, Uri};
use pace_web::Web;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, GetMeta as _, JsonRpcMessage};
use rmcp::transport::common::http_header::{
    EVENT_STREAM_MIME_TYPE, HEADER_LAST_EVENT_ID, HEADER_SESSION_ID, JSON_MIME_TYPE,
};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};
use sse_stream::Sse;
use tokio::sync::SetOnce;
use tokio::time::timeout;
use url::Url;

use super::Fault;
use super::answer::{self, Asked};
use super::failure::no_answer;
use super::oauth::Oauth;
use crate::error::Kind;
use crate::server::{Credential, Endpoint};
use crate::wire::Shared;

/// A request that is sent elsewhere more often than this goes round in circles.
const MOST_REDIRECTS: usize = 5;

/// How long the first call of a session waits for the stream on which the server asks back: what servers ask before it is there
/// is lost, and they wait for the answer until the call is over. Servers that open it with their first word cost one call so much.
const ASKED_BACK: Duration = Duration::from_secs(1);

const AGENT: &str = concat!("paceline/", env!("CARGO_PKG_VERSION"));

/// Of one server and identity.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    web: Web,
    url: Url,
    identity: Identity,
    shared: Arc<Shared>,
    /// Set when the server has answered who listens, or had the time to.
    listening: SetOnce<()>,
}

/// What each request is shown with.
#[derive(Debug)]
enum Identity {
    None,
    Header(HeaderName, HeaderValue),
    Oauth(Box<Oauth>),
}

type Failed = StreamableHttpError<Fault>;

impl HttpClient {
    pub(super) fn new(web: &Web, endpoint: &Endpoint, shared: Arc<Shared>) -> Result<Self, Kind> {
        let mut url = endpoint.url.clone();
        url.set_fragment(None);
        // They cannot be taken out of an address that cannot hold them.
        let _none = url.set_username("").and_then(|()| url.set_password(None));
        let identity = Identity::new(web, &endpoint.credential, &url, &shared)?;
        Ok(Self(Arc::new(Inner { web: web.clone(), url, identity, shared, listening: SetOnce::new() })))
    }

    /// What is asked.
    pub(super) fn address(&self) -> &Url {
        &self.0.url
    }

    /// Sends a request, follows it within its origin, and shows a new token once if the old one is refused.
    async fn send(&self, method: Method, headers: HeaderMap, body: Bytes) -> Result<Response<Incoming>, Kind> {
        let first = self.follow(&method, &headers, &body).await?;
        let Identity::Oauth(oauth) = &self.0.identity else {
            return Ok(first.response);
        };
        if first.response.status() != StatusCode::UNAUTHORIZED {
            return Ok(first.response);
        }
        oauth.refused(first.shown.as_ref(), answer::challenge(&first.response)).await?;
        Ok(self.follow(&method, &headers, &body).await?.response)
    }

    async fn follow(&self, method: &Method, headers: &HeaderMap, body: &Bytes) -> Result<Answered, Kind> {
        let mut url = self.0.url.clone();
        let shown = self.0.identity.header().await?;
        for _redirect in 0..=MOST_REDIRECTS {
            let mut headers = headers.clone();
            headers.extend(shown.clone());
            let response = ask(&self.0.web, method.clone(), &url, headers, body.clone()).await?;
            let is_elsewhere =
                matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
            // The others would turn a message into a question without one.
            let is_moved = is_elsewhere || matches!(response.status().as_u16(), 301..=303);
            let Some(to) = response.headers().get(LOCATION).filter(|_| is_moved) else {
                return Ok(Answered { response, shown: shown.map(|(_, value)| value) });
            };
            let to = to.to_str().ok().and_then(|to| url.join(to).ok());
            let to = to.ok_or_else(|| Kind::Protocol { why: "it redirects to what is no address".to_owned() })?;
            if !is_elsewhere || to.origin() != url.origin() {
                return Err(Kind::Moved { to: self.0.shared.redactor.quoted(to.as_str()) });
            }
            url = to;
        }
        Err(Kind::Protocol { why: "it redirects in circles".to_owned() })
    }

    fn headers(&self, session: Option<&str>, more: HashMap<HeaderName, HeaderValue>) -> Result<HeaderMap, Failed> {
        let mut headers: HeaderMap = more.into_iter().collect();
        let accept = format!("{JSON_MIME_TYPE}, {EVENT_STREAM_MIME_TYPE}");
        for (name, value) in [(ACCEPT.as_str(), Some(accept.as_str())), (HEADER_SESSION_ID, session)] {
            let Some(value) = value else { continue };
            let (name, value) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(self.failed(Kind::Protocol { why: "the id of its session is no header".to_owned() }));
            };
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// Until the server may ask back, at most [`ASKED_BACK`] and once.
    async fn listening(&self) {
        let listening = &self.0.listening;
        if timeout(ASKED_BACK, listening.wait()).await.is_err() {
            // Others may have waited as long.
            let _set = listening.set(());
        }
    }

    fn failed(&self, kind: Kind) -> Failed {
        // What ends the connection is asked for again where the error itself gets lost.
        if !self.0.shared.is_open() {
            self.0.shared.blame(kind.clone());
        }
        StreamableHttpError::Client(Fault(kind))
    }
}

/// An answer, and the credential it is an answer to.
struct Answered {
    response: Response<Incoming>,
    shown: Option<HeaderValue>,
}

impl Identity {
    fn new(web: &Web, credential: &Credential, url: &Url, shared: &Arc<Shared>) -> Result<Self, Kind> {
        let unusable = |why: &str| Kind::Unusable { why: why.to_owned() };
        let secret = |text: &str| {
            let mut value =
                HeaderValue::from_str(text).map_err(|_error| unusable("the credential is no text of one line"))?;
            value.set_sensitive(true);
            Ok(value)
        };
        Ok(match credential {
            Credential::None => Self::None,
            Credential::Bearer(token) => Self::Header(AUTHORIZATION, secret(&format!("Bearer {}", token.reveal()))?),
            Credential::Header { name, value } => {
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_error| unusable("the name of the credential's header is none"))?;
                Self::Header(name, secret(value.reveal())?)
            }
            Credential::OauthClient(client) => {
                Self::Oauth(Box::new(Oauth::new(web.clone(), client.clone(), url.clone(), Arc::clone(shared))))
            }
        })
    }

    async fn header(&self) -> Result<Option<(HeaderName, HeaderValue)>, Kind> {
        match self {
            Self::None => Ok(None),
            Self::Header(name, value) => Ok(Some((name.clone(), value.clone()))),
            Self::Oauth(oauth) => Ok(oauth.header().await?.map(|value| (AUTHORIZATION, value))),
        }
    }
}

/// One request, answered. What a proxy has to say of it is told apart from what the server says.
pub(super) async fn ask(
    web: &Web,
    method: Method,
    url: &Url,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response<Incoming>, Kind> {
    let uri: Uri =
        url.as_str().parse().map_err(|_error| Kind::Unusable { why: "its address is no HTTP address".to_owned() })?;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
    if let Some(authorization) = web.proxy_authorization(&uri) {
        request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
    }
    let response = web.send(request).await.map_err(|error| no_answer(&uri, &error))?;
    if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(Kind::Unreachable { why: "the proxy on the way to it wants a user and password".to_owned() });
    }
    Ok(response)
}

impl StreamableHttpClient for HttpClient {
    type Error = Fault;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        authorization: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session, authorization, headers, limits).await
    }

    async fn post_message_with_response_limits(
        &self,
        _uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _authorization: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
        _limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let mut headers = self.headers(session.as_deref(), headers)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON_MIME_TYPE));
        headers.extend(traceparent(&message).map(|value| (HeaderName::from_static(TRACEPARENT), value)));
        let body = serde_json::to_vec(&message)?;
        if session.is_some() && is_call(&message) {
            self.listening().await;
        }
        let response = self.send(Method::POST, headers, body.into()).await.map_err(|kind| self.failed(kind))?;
        let asked = Asked { message: &message, has_session: session.is_some() };
        let answer = answer::to_post(response, &asked, &self.0.shared).await;
        answer.map_err(|failed| match failed {
            StreamableHttpError::Client(Fault(kind)) => self.failed(kind),
            other => other,
        })
    }

    async fn delete_session(
        &self,
        _uri: Arc<str>,
        session: Arc<str>,
        _authorization: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failed> {
        let headers = self.headers(Some(&session), headers)?;
        // It is over either way.
        let answered = self.send(Method::DELETE, headers, Bytes::new()).await;
        answered.map(|_ended| ()).map_err(|kind| StreamableHttpError::Client(Fault(kind)))
    }

    async fn get_stream(
        &self,
        _uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _authorization: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        let mut headers = self.headers(session.as_deref(), headers)?;
        if let Some(value) = last_event.and_then(|id| HeaderValue::from_str(&id).ok()) {
            headers.insert(HeaderName::from_static(LAST_EVENT_ID), value);
        }
        let response = self.send(Method::GET, headers, Bytes::new()).await;
        // Later ones take up what broke.
        let _set = self.0.listening.set(());
        let response = response.map_err(|kind| StreamableHttpError::Client(Fault(kind)))?;
        answer::to_get(response, &self.0.shared).await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        authorization: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
        _most: usize,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        self.get_stream(uri, session, last_event, authorization, headers).await
    }
}

fn is_call(message: &ClientJsonRpcMessage) -> bool {
    matches!(message, JsonRpcMessage::Request(request) if matches!(request.request, ClientRequest::CallToolRequest(_)))
}

/// The span that a request is part of, for whoever looks at headers and reads no message: gateways, and servers' own tracing.
fn traceparent(message: &ClientJsonRpcMessage) -> Option<HeaderValue> {
    let JsonRpcMessage::Request(request) = message else { return None };
    HeaderValue::from_str(request.request.get_meta().get_traceparent()?).ok()
}

const TRACEPARENT: &str = "traceparent";

/// As [`HEADER_LAST_EVENT_ID`], in the spelling that hyper wants.
const LAST_EVENT_ID: &str = "last-event-id";
const _: () = assert!(HEADER_LAST_EVENT_ID.len() == LAST_EVENT_ID.len());
