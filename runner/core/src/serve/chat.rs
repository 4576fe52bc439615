//! An agent answers a message, all at once. The invocation lives inside its request: if the client goes, it is dropped, and
//! nothing of it is kept.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use hyper::StatusCode;
use pace_ir::access::Chain;
use pace_ir::program::AgentName;

use super::body::said;
use super::reply::{Refusal, json, name};
use super::routes::{Path, Shared};
use crate::events::Unheard;
use crate::id::InvocationId;
use crate::invoke::{Admitted, Call, Conversation, admit};
use crate::problem::Problem;

/// `POST /agents/{name}/chat`
pub(super) async fn chat(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let admitted = admitted(&shared, &asked, request).await?;
    let invocation = admitted.id();
    match admitted.run(&Unheard).await {
        Ok(answer) => {
            let mut response = json(StatusCode::OK, &answer);
            name(&mut response, answer.invocation, answer.session);
            Ok(response)
        }
        Err(problem) => {
            log(&asked, invocation, &problem);
            Err(Refusal::of(problem, invocation))
        }
    }
}

/// The invocation that a request asks for.
///
/// # Errors
/// Why it may not begin.
pub(super) async fn admitted(shared: &Shared, asked: &str, request: Request) -> Result<Admitted, Problem> {
    shared.runner.work().accepts()?;
    let agent: AgentName = shared.agent(asked)?;
    let (parts, body) = request.into_parts();
    let said = said(&parts.headers, body, &shared.patience).await?;
    let call = Call {
        agent,
        chain: Chain::direct(shared.identity.subject()),
        message: said.message,
        conversation: said.session.map_or(Conversation::New, Conversation::Session),
        parent: None,
    };
    admit(&shared.runner, call)
}

/// Notes that an invocation failed; never what was said.
pub(super) fn log(agent: &str, invocation: InvocationId, problem: &Problem) {
    tracing::warn!(code = problem.code.as_str(), agent, %invocation, "an invocation failed");
}
