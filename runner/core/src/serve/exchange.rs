//! One request and its answer, from the head of the one to the last byte of the other: what it is called, who sent it, and the line that
//! the log has of it. The line is written when the answer was handed over, or nobody waits for it any more.
//!
//! What is in it: method, route, status, the code of its problem, duration, bytes, the address it came from, principal, agent,
//! invocation and id. What is not: the path itself, whose ids may be
//! all that shows whose a conversation is; the query; any other header field.

use std::net::IpAddr;

use bytes::Bytes;
use hyper::Method;
use hyper::body::{Body, Frame};
use hyper::http::request::Request;
use hyper::http::response::Response;
use pace_ir::program::AgentName;
use tokio::time::Instant;
use tracing::field::display;

use super::measured::method;
use super::reply::INVOCATION;
use super::route::Route;
use super::routes::Asker;
use crate::metrics::Metrics;
use crate::problem::Code;
use crate::request_id::RequestId;

/// What is said of an answer that nobody waited for, as nginx does.
const CLIENT_GONE: u16 = 499;

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Exchange {
    id: RequestId,
    method: Method,
    route: Option<Route>,
    agent: Option<AgentName>,
    principal: Option<String>,
    invocation: Option<String>,
    begun: Instant,
    status: Option<u16>,
    /// Why it was refused, if it was.
    code: Option<Code>,
    bytes: u64,
    /// Whether all of the answer was handed over.
    is_whole: bool,
}

impl Exchange {
    /// A request has come.
    pub(super) fn begin<B>(request: &Request<B>, peer: IpAddr) -> Self {
        let path = request.uri().path();
        let route = Route::of(path);
        let named = route.filter(|route| route.path().starts_with("/agents/"));
        let agent = named.and_then(|_| path.split('/').nth(2)?.parse().ok());
        Self {
            id: RequestId::of(request.headers(), peer),
            method: request.method().clone(),
            route,
            agent,
            principal: None,
            invocation: None,
            begun: Instant::now(),
            status: None,
            code: None,
            bytes: 0,
            is_whole: false,
        }
    }

    /// What it is called.
    pub(super) fn id(&self) -> &RequestId {
        &self.id
    }

    /// It was found out who asks.
    pub(super) fn from<B>(&mut self, request: &Request<B>) {
        self.principal = request.extensions().get::<Asker>().map(|Asker(subject)| subject.principal.to_string());
    }

    /// The head of the answer is there.
    pub(super) fn answered<B: Body>(&mut self, response: &mut Response<B>) {
        self.status = Some(response.status().as_u16());
        self.code = response.extensions().get().copied();
        // Nobody asks for what is not there.
        self.is_whole = self.method == Method::HEAD || response.body().is_end_stream();
        self.invocation = response.headers().get(INVOCATION).and_then(|id| Some(id.to_str().ok()?.to_owned()));
        response.headers_mut().insert(crate::request_id::HEADER, self.id.value());
    }

    /// Its head is counted.
    pub(super) fn count(&self, metrics: &Metrics) {
        let (route, status) = (self.route.map_or("other", Route::path), self.status.unwrap_or(CLIENT_GONE));
        metrics.answered(route, method(&self.method), status, self.begun.elapsed());
    }

    /// A piece of the answer's body was handed over, or its end.
    pub(super) fn gave<E>(&mut self, frame: Option<&Result<Frame<Bytes>, E>>) {
        match frame {
            Some(Ok(frame)) => self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(_)) => {}
            None => self.is_whole = true,
        }
    }

    /// All of the answer was handed over with its last piece.
    pub(super) fn is_over(&mut self) {
        self.is_whole = true;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let Self { id, method, route, agent, principal, invocation, begun, status, code, bytes, is_whole } = self;
        let method = if is_known(method) { method.as_str() } else { "other" };
        let duration_ms = (begun.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        let (status, cut) = (status.unwrap_or(CLIENT_GONE), (!*is_whole).then_some(true));
        let (agent, principal) = (agent.as_ref().map(AgentName::as_str), principal.as_deref());
        let (invocation, request, bytes) = (invocation.as_deref(), id.as_str(), *bytes);
        let (code, peer) = (code.map(Code::as_str), display(id.peer()));
        let path = route.map(Route::path);
        // Probes come every few seconds and say nothing; what they find is in other lines.
        if route.is_some_and(Route::is_about_life) {
            tracing::debug!(request, peer, method, route = path, status, code, duration_ms, bytes, cut, "request");
        } else {
            tracing::info!(
                request,
                peer,
                principal,
                agent,
                invocation,
                method,
                route = path,
                status,
                code,
                duration_ms,
                bytes,
                cut,
                "request"
            );
        }
    }
}

/// Others are words of the client's.
fn is_known(method: &Method) -> bool {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    known.contains(method)
}
