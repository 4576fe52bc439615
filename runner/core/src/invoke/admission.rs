//! Whether an invocation may begin: rules, bounds, sessions, and its place among those running. One that an agent calls passes
//! the same checks as one that comes over the wire; only the rule that lets it in is another.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use pace_ir::access::{Chain, Reason, Rules};
use pace_ir::program::{Access, AgentName};
use tokio::sync::OwnedSemaphorePermit;

use super::budget::Budget;
use super::{Admitted, Call, Conversation, Running};
use crate::authorize::{Action, authorize};
use crate::conversation::image_bytes;
use crate::events::Source;
use crate::id::{InvocationId, SessionId};
use crate::instantiate::Runner;
use crate::problem::{Code, Problem};
use crate::session::{MAX_SESSION_BYTES, Owner};
use crate::trace::Denied;
use crate::trace_context::TraceContext;

/// Decides whether an invocation may begin, and takes its place among those running.
///
/// # Errors
/// [`Code::Draining`], [`Code::UnknownAgent`], [`Code::NotAllowed`], [`Code::MalformedRequest`] for an empty message,
/// [`Code::TooMany`], and what [`Sessions::resume`](crate::session::Sessions::resume) says.
pub async fn admit(runner: &Arc<Runner>, call: Call) -> Result<Admitted, Problem> {
    let Call { agent, chain, message, conversation, trace } = call;
    runner.work().accepts()?;
    if runner.door(&agent).is_none() {
        return Err(runner.unknown_agent(agent.as_str()));
    }
    let by = authorize(Rules::of(runner.bundle()), &chain, Action::Execute(&agent)).inspect_err(|problem| {
        Denied { agent: &agent, chain: &chain, above: trace, message: &message, problem }.record(runner);
    })?;
    let asked = Asked { runner, agent, chain, message, conversation, by, parent: None, trace };
    asked.begin(|| runner.work().place().map(Some)).await
}

/// Whether somebody may talk to an agent, for those who want to know before anything is said. A denial is on record.
///
/// # Errors
/// [`Code::NotAllowed`].
pub fn may_begin(runner: &Runner, agent: &AgentName, chain: &Chain) -> Result<(), Problem> {
    let decided = authorize(Rules::of(runner.bundle()), chain, Action::Execute(agent));
    let denied = |problem: &Problem| Denied { agent, chain, above: None, message: "", problem }.record(runner);
    decided.inspect_err(denied).map(drop)
}

/// Decides whether an agent may call another through an entry with this access. Also while the runner drains: what runs may
/// finish, and this is part of it. `trace` is the span of the call.
///
/// # Errors
/// As [`admit`], without [`Code::Draining`].
pub(crate) fn admit_called<'a>(
    called: (&'a Running, TraceContext),
    target: &'a AgentName,
    access: Access,
    message: String,
    session: Option<SessionId>,
) -> BoxFuture<'a, Result<Admitted, Problem>> {
    Box::pin(admitted_by_caller(called, target, access, message, session))
}

async fn admitted_by_caller(
    (parent, trace): (&Running, TraceContext),
    target: &AgentName,
    access: Access,
    message: String,
    session: Option<SessionId>,
) -> Result<Admitted, Problem> {
    let (runner, caller) = (&parent.runner, &parent.source.agent);
    // A call that is not allowed is a step of its caller's trace, and has none of its own.
    let by = authorize(Rules::of(runner.bundle()), &parent.chain, Action::Delegate { caller, target })?;
    let Some(actor) = runner.bundle().auth.agents.get(caller) else {
        return Err(runner.unknown_agent(caller.as_str()));
    };
    let chain = parent.chain.through(&actor.run_as, access);
    let conversation = session.map_or(Conversation::New, Conversation::Session);
    let asked = Asked {
        runner,
        agent: target.clone(),
        chain,
        message,
        conversation,
        by,
        parent: Some(parent),
        trace: Some(trace),
    };
    asked.begin(|| if runner.work().is_draining() { Ok(None) } else { runner.work().place().map(Some) }).await
}

/// What the rules allow.
struct Asked<'a> {
    runner: &'a Arc<Runner>,
    agent: AgentName,
    chain: Chain,
    message: String,
    conversation: Conversation,
    by: Reason,
    parent: Option<&'a Running>,
    /// The span it is wanted in.
    trace: Option<TraceContext>,
}

impl Asked<'_> {
    async fn begin(
        self,
        place: impl FnOnce() -> Result<Option<OwnedSemaphorePermit>, Problem>,
    ) -> Result<Admitted, Problem> {
        let Self { runner, agent, chain, message, conversation, by, parent, trace } = self;
        let Some(served) = runner.agent(&agent) else { return Err(runner.unknown_agent(agent.as_str())) };
        if message.trim().is_empty() {
            let problem = Problem::new(Code::MalformedRequest, "the message is empty");
            return Err(problem.help("say something to the agent"));
        }
        let place = place()?;
        let within = parent.map(|parent| parent.inside.around());
        let owner = Owner { agent: agent.clone(), principal: chain.subject.principal.clone(), within };
        let turn = match (conversation, parent) {
            (Conversation::New | Conversation::Named(_), Some(parent)) => parent.inside.create(owner)?,
            // Boxed: what goes on is asked of the store, and most conversations begin.
            (Conversation::Session(id), Some(parent)) => Box::pin(parent.inside.resume(owner, id)).await?,
            (Conversation::New, None) => runner.sessions().create(owner, None)?,
            (Conversation::Named(name), None) => runner.sessions().create(owner, Some(name))?,
            (Conversation::Session(id), None) => Box::pin(runner.sessions().resume(owner, id)).await?,
        };
        // Images make way for what is said.
        let texts = turn.bytes().saturating_sub(image_bytes(&turn.messages));
        if texts + message.len() > MAX_SESSION_BYTES {
            let problem = Problem::new(Code::TooLarge, format!("the session `{}` is full", turn.id()));
            return Err(problem.help("start a new session"));
        }
        let no_bytes = |error| Problem::new(Code::Internal, format!("the system has no random bytes: {error}"));
        let invocation = InvocationId::new().map_err(no_bytes)?;
        let trace = trace.map_or_else(TraceContext::new, |above| Ok(above.child())).map_err(no_bytes)?;
        let above = parent.map(|parent| Arc::clone(&parent.budget));
        let budget = Arc::new(Budget::new(&agent, &served.spec.limits, served.model.price(), above));
        let source = Source { invocation, parent: parent.map(|parent| parent.source.invocation), agent };
        let cancel = runner.work().token(invocation);
        let principal = chain.subject.principal.clone();
        let entered = runner.work().register().enter(source.clone(), principal, turn.id(), cancel.clone());
        let root = parent.map_or(invocation, |parent| parent.root);
        let inside = Arc::clone(turn.inside());
        let running = Running { runner: Arc::clone(runner), chain, source, root, inside, budget, trace };
        Ok(Admitted { running, by, message, turn, cancel, entered, place })
    }
}
