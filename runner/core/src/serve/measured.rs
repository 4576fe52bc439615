//! `/metrics`, and by which words requests are counted there: never those that a client made up.

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
use crate::log::About;
use crate::metrics::now::{MEDIA_TYPE, text};
use crate::problem::{Code, Problem};

/// `GET /metrics` beside everything else. Names of agents and tools are in it, so that where requests say who they are from, it
/// takes the role `read` on the project.
pub(super) async fn guarded(State(shared): State<Arc<Shared>>, Asker(subject): Asker) -> Result<Response, Refusal> {
    if matches!(shared.identity, Identity::Sources(_)) {
        let (rules, chain) = (Rules::of(shared.runner.bundle()), Chain::direct(subject.clone()));
        authorize(rules, &chain, Action::ReadProject).map_err(|mut problem| {
            About { principal: Some(&subject.principal), ..About::default() }.denied(&problem.detail);
            shared.ask_for_credential(&subject, &mut problem);
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
        assert_eq!(method(&Method::from_bytes(b"MADE-UP").unwrap()), "other");
    }
}
