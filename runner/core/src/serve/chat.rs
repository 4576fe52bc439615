//! An agent answers a message, all at once. The invocation lives inside its request: if the client goes, it is dropped, and
//! nothing of it is kept. One whose request may be [repeated](super::repeat) goes on without its client, who will ask again.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use hyper::StatusCode;
use pace_ir::access::{Chain, Subject};
use pace_ir::program::AgentName;

use super::body::said;
use super::repeat::{Claim, Held, Key, Wrote, digest};
use super::reply::{Refusal, json, name};
use super::routes::{Asker, Path, Shared};
use crate::events::{EventSink, Unheard};
use crate::invoke::{Admitted, Call, Conversation, admit};
use crate::problem::{Code, Problem};
use crate::request_id::{self, carried};
use crate::trace_context::TraceContext;

/// What a request asks for.
struct Asked {
    call: Call,
    /// What makes it the same request when it comes again.
    digest: [u8; 32],
}

/// `POST /agents/{name}/chat`
pub(super) async fn chat(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let Asker(subject) = Asker::of(request.extensions())?;
    let key = Key::of(request.headers(), &subject.principal)?;
    let Asked { call, digest } = asked(&shared, &subject, &name, request).await?;
    // Who may not ask is told so, whatever was answered before.
    let Some(key) = key.filter(|_| shared.may_execute(&subject, &call.agent)) else {
        let admitted = begun(&shared, &subject, call).await?;
        return answered(&shared, admitted, &Unheard).await;
    };
    match shared.keys.claim(&subject.principal, &key, digest, shared.can_write).await? {
        Claim::Answered(response) => Ok(response),
        Claim::Mine(held) => match begun(&shared, &subject, call).await {
            Ok(admitted) => Ok(alone(shared, admitted, held).await),
            Err(problem) => {
                held.release().await;
                Err(problem.into())
            }
        },
    }
}

/// Takes an invocation to its end on a task of its own, and keeps its answer.
async fn alone(shared: Arc<Shared>, admitted: Admitted, held: Held) -> Response {
    let work = async move {
        let wrote = Wrote::default();
        held.is_for(admitted.id()).await;
        let answered = held.during(Box::pin(answered(&shared, admitted, &wrote))).await;
        // A runner that ends waits for what is being written down, as for live writes.
        let _on_record = shared.runner.work().write().await;
        match answered {
            Ok(response) => held.answer(response).await,
            Err(refusal) if wrote.anything() => held.answer(refusal.into_response()).await,
            Err(refusal) => {
                held.release().await;
                refusal.into_response()
            }
        }
    };
    let task = tokio::spawn(carried(request_id::current(), work));
    task.await.unwrap_or_else(|_| {
        let problem = Problem::new(Code::Internal, "the invocation met a fault of the runner");
        Refusal::from(problem).into_response()
    })
}

/// The answer of an invocation.
async fn answered(shared: &Shared, admitted: Admitted, sink: &dyn EventSink) -> Result<Response, Refusal> {
    let (invocation, failing) = (admitted.id(), admitted.failing());
    match admitted.run(sink).await {
        Ok(answer) => {
            let mut response = json(StatusCode::OK, &answer);
            name(&mut response, answer.invocation, answer.session);
            Ok(response)
        }
        Err(problem) => {
            failing.failed(&shared.runner, &problem);
            Err(Refusal::of(problem, invocation))
        }
    }
}

/// The invocation that a request asks for.
///
/// # Errors
/// Why it may not begin.
pub(super) async fn admitted(shared: &Shared, name: &str, request: Request) -> Result<Admitted, Problem> {
    let Asker(subject) = Asker::of(request.extensions())?;
    let Asked { call, .. } = asked(shared, &subject, name, request).await?;
    begun(shared, &subject, call).await
}

async fn asked(shared: &Shared, subject: &Subject, name: &str, request: Request) -> Result<Asked, Problem> {
    shared.runner.work().accepts()?;
    let agent: AgentName = shared.agent(name, subject)?;
    let (parts, body) = request.into_parts();
    let (said, digest) =
        said(&parts.headers, body, &shared.patience, &shared.room, |body| digest(&agent, body)).await?;
    let call = Call {
        agent,
        chain: Chain::direct(subject.clone()),
        message: said.message,
        conversation: said.session.map_or(Conversation::New, Conversation::Session),
        trace: TraceContext::of_headers(&parts.headers),
    };
    Ok(Asked { call, digest })
}

async fn begun(shared: &Shared, subject: &Subject, call: Call) -> Result<Admitted, Problem> {
    let agent = call.agent.clone();
    admit(&shared.runner, call).await.map_err(|problem| match problem.code {
        Code::NotAllowed => shared.denied(subject, &agent, problem),
        _ => problem,
    })
}
