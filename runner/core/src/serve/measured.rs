//! `/metrics`, and what is counted of each request: its route as the router has it, never the path that a client made up.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use pace_ir::access::{Chain, Rules};

use super::reply::Refusal;
use super::routes::{Asker, Shared};
use crate::authenticate::Identity;
use crate::authorize::{Action, authorize};
use crate::metrics::now::{MEDIA_TYPE, text};
use crate::problem::{Code, Problem};

/// `GET /metrics` beside everything else. Names of agents and tools are in it, so that where requests say who they are from, it
/// takes the role `read` on the project.
pub(super) async fn guarded(State(shared): State<Arc<Shared>>, Asker(subject): Asker) -> Result<Response, Refusal> {
    if matches!(shared.identity, Identity::Sources(_)) {
        let (rules, chain) = (Rules::of(shared.runner.bundle()), Chain::direct(subject));
        authorize(rules, &chain, Action::ReadProject).map_err(|problem| {
            problem
                .help("ask for the role `read` in the `acl` of the project, or scrape the port that `ADMIN_PORT` names")
        })?;
    }
    told(&shared)
}

/// `GET /metrics` on a port of its own: who gets there may read it. The operator has opened that port for nothing else, and scrapers
/// mostly have no credential. What people said is not in it, nor who they are.
pub(super) async fn open(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    told(&shared)
}

fn told(shared: &Shared) -> Result<Response, Refusal> {
    let text = text(&shared.runner).map_err(|_| Problem::new(Code::Internal, "the metrics cannot be written"))?;
    let mut response = text.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(response)
}

/// The route that a path is of, in the words of the reference; `other` for what is none.
pub(super) fn route(path: &str) -> &'static str {
    let mut parts = path.strip_prefix('/').unwrap_or_default().split('/');
    let parts = [parts.next(), parts.next(), parts.next(), parts.next(), parts.next()];
    match parts.map(Option::unwrap_or_default) {
        ["", "", "", "", ""] => "/",
        ["agents", "", "", "", ""] => "/agents",
        ["agents", _, "chat", "", ""] => "/agents/{name}/chat",
        ["agents", _, "chat", "stream", ""] => "/agents/{name}/chat/stream",
        ["agents", _, "sessions", "", ""] => "/agents/{name}/sessions",
        ["agents", _, "sessions", _, ""] => "/agents/{name}/sessions/{id}",
        ["agents", _, "mcp", "", ""] => "/agents/{name}/mcp",
        ["agents", _, "status", "", ""] => "/agents/{name}/status",
        ["invocations", _, "events", "", ""] => "/invocations/{id}/events",
        ["traces", "", "", "", ""] => "/traces",
        ["traces", _, "", "", ""] => "/traces/{id}",
        ["health", "", "", "", ""] => "/health",
        ["ready", "", "", "", ""] => "/ready",
        ["metrics", "", "", "", ""] => "/metrics",
        _ => "other",
    }
}

/// A method of those that are used here; `other` for what somebody made up.
pub(super) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_make_up_is_no_label() {
        for (path, wanted) in [
            ("/", "/"),
            ("/agents", "/agents"),
            ("/agents/anything at all/chat", "/agents/{name}/chat"),
            ("/agents/x/chat/stream", "/agents/{name}/chat/stream"),
            ("/agents/x/chat/other", "other"),
            ("/agents/x/sessions/0123", "/agents/{name}/sessions/{id}"),
            ("/traces/0123", "/traces/{id}"),
            ("/metrics", "/metrics"),
            ("/metrics/x/y/z/a/b", "other"),
            ("/agents/x/chat/stream/more", "other"),
            ("", "/"),
            ("*", "/"),
            ("/../etc/passwd", "other"),
        ] {
            assert_eq!(route(path), wanted, "{path}");
        }
        assert_eq!(method(&Method::from_bytes(b"MADE-UP").unwrap()), "other");
    }

    /// Every route of the reference has a label of its own.
    #[test]
    fn all_routes_are_known() {
        let page = include_str!("../../../../docs/reference/http.md");
        let paths = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let paths = paths.filter_map(|(first, rest)| {
            let (_, path) = if first.contains(' ') { first.split_once(' ')? } else { rest.split_once(' ')? };
            path.starts_with('/').then_some(path)
        });
        for path in paths {
            let path = path.trim_end_matches('`');
            assert_eq!(route(path), path, "{path}");
        }
    }
}
