//! An invocation: an agent answers one message. [`admit`] decides whether it may begin, and [`Admitted::run`] takes the
//! turns: the model is asked, the tools it wants are dispatched, and it is asked again, until it has no more to say or a
//! bound is reached. What happens is told to an [`EventSink`] as it happens.
//!
//! An invocation that fails, is cancelled or is dropped leaves its session as it was.

mod budget;
mod dispatch;
mod output;
mod turns;

use std::sync::Arc;

use pace_ir::access::{Chain, Reason, Rules};
use pace_ir::program::AgentName;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::authorize::{Action, authorize};
use crate::conversation::Message;
use crate::events::{Answer, Event, EventSink, Source};
use crate::id::{InvocationId, SessionId};
use crate::instantiate::Runner;
use crate::problem::{Code, Problem};
use crate::session::{MAX_SESSION_BYTES, Owner, Turn};

/// What is wanted of an agent.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which agent.
    pub agent: AgentName,
    /// On whose behalf.
    pub chain: Chain,
    /// What is said to it.
    pub message: String,
    /// Where the conversation goes on.
    pub conversation: Conversation,
    /// The invocation that calls, where an agent does.
    pub parent: Option<InvocationId>,
}

/// Where a conversation goes on.
#[derive(Debug, Clone)]
pub enum Conversation {
    /// Nowhere: it begins.
    New,
    /// In a session of this runner.
    Session(SessionId),
    /// From what was kept elsewhere.
    Kept(Vec<Message>),
}

/// An invocation that may begin.
#[derive(Debug)]
#[must_use = "nothing happens before it runs"]
pub struct Admitted {
    runner: Arc<Runner>,
    source: Source,
    chain: Chain,
    by: Reason,
    message: String,
    turn: Turn,
    cancel: CancellationToken,
    place: OwnedSemaphorePermit,
}

/// Decides whether an invocation may begin, and takes its place among those running.
///
/// # Errors
/// [`Code::Draining`], [`Code::UnknownAgent`], [`Code::NotAllowed`], [`Code::MalformedRequest`] for an empty message,
/// [`Code::TooMany`], and what [`Sessions::begin`](crate::session::Sessions::begin) says.
pub fn admit(runner: &Arc<Runner>, call: Call) -> Result<Admitted, Problem> {
    let Call { agent, chain, message, conversation, parent } = call;
    runner.work().accepts()?;
    if runner.agent(&agent).is_none() {
        return Err(runner.unknown_agent(agent.as_str()));
    }
    let by = authorize(Rules::of(runner.bundle()), &chain, Action::Execute(&agent))?;
    if message.trim().is_empty() {
        let problem = Problem::new(Code::MalformedRequest, "the message is empty");
        return Err(problem.help("say something to the agent"));
    }
    let place = runner.work().place()?;
    let owner = Owner { agent: agent.clone(), principal: chain.subject.principal.clone() };
    let turn = match conversation {
        Conversation::New => runner.sessions().begin(owner, None)?,
        Conversation::Session(id) => runner.sessions().begin(owner, Some(id))?,
        Conversation::Kept(messages) => runner.sessions().create(owner, messages)?,
    };
    if turn.bytes() + message.len() > MAX_SESSION_BYTES {
        let problem = Problem::new(Code::TooLarge, format!("the session `{}` is full", turn.id()));
        return Err(problem.help("start a new session"));
    }
    let invocation = InvocationId::new()
        .map_err(|error| Problem::new(Code::Internal, format!("the system has no random bytes: {error}")))?;
    let source = Source { invocation, parent, agent };
    let cancel = runner.work().token(invocation);
    Ok(Admitted { runner: Arc::clone(runner), source, chain, by, message, turn, cancel, place })
}

impl Admitted {
    /// Its id.
    pub fn id(&self) -> InvocationId {
        self.source.invocation
    }

    /// The session it is a turn of.
    pub fn session(&self) -> SessionId {
        self.turn.id()
    }

    /// What ends it early when it is cancelled.
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Takes the turns. The last event says the same as the result.
    ///
    /// # Errors
    /// Why there is no answer; the session is as it was.
    pub async fn run(self, sink: &dyn EventSink) -> Result<Answer, Problem> {
        let Self { runner, source, chain, by, message, turn, cancel, place: _place } = self;
        if let Some(agent) = runner.agent(&source.agent) {
            let (session, model) = (turn.id(), &agent.spec.model);
            sink.on_event(&source, &Event::Started { session, model, admitted: &by, chain: &chain });
        }
        let result = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(runner.work().why_cancelled()),
            result = turns::within_time(&runner, &source, &chain, message, turn, sink) => result,
        };
        match &result {
            Ok(answer) => sink.on_event(&source, &Event::Done(answer)),
            Err(problem) => sink.on_event(&source, &Event::Failed(problem)),
        }
        result
    }
}
