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
use super::routes::{Asker, Path, Shared};
use crate::events::Unheard;
use crate::invoke::{Admitted, Call, Conversation, admit};
use crate::log;
use crate::problem::{Code, Problem};
use crate::trace_context::TraceContext;

/// `POST /agents/{name}/chat`
pub(super) async fn chat(
    State(shared): State<Arc<Shared>>,
    Path(asked): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let admitted = admitted(&shared, &asked, request).await?;
    let (invocation, agent) = (admitted.id(), admitted.source().agent.clone());
    match admitted.run(&Unheard).await {
        Ok(answer) => {
            let mut response = json(StatusCode::OK, &answer);
            name(&mut response, answer.invocation, answer.session);
            Ok(response)
        }
        Err(problem) => {
            log::failed(&shared.runner, &agent, invocation, &problem);
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
    let Asker(subject) = Asker::of(request.extensions())?;
    let agent: AgentName = shared.agent(asked, &subject)?;
    let (parts, body) = request.into_parts();
    let said = said(&parts.headers, body, &shared.patience, &shared.room).await?;
    let call = Call {
        agent,
        chain: Chain::direct(subject.clone()),
        message: said.message,
        conversation: said.session.map_or(Conversation::New, Conversation::Session),
        trace: TraceContext::of_headers(&parts.headers),
    };
    let agent = call.agent.clone();
    admit(&shared.runner, call).await.map_err(|problem| match problem.code {
        Code::NotAllowed => shared.denied(&subject, &agent, problem),
        _ => problem,
    })
}
