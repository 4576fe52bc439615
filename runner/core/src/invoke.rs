//! An invocation: an agent answers one message. [`admit`] decides whether it may begin, and [`Admitted::run`] takes the
//! turns: the model is asked, the tools it wants are dispatched, and it is asked again, until it has no more to say or a
//! bound is reached. What happens is told to an [`EventSink`] as it happens.
//!
//! An invocation that fails, is cancelled or is dropped leaves its session as it was.

mod admission;
mod budget;
mod dispatch;
mod once;
mod output;
mod running;
mod turns;

use futures_util::future::BoxFuture;
use pace_ir::access::{Chain, Reason};
use pace_ir::program::AgentName;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::events::{Answer, Event, EventSink, Source};
use crate::id::{InvocationId, SessionId};
use crate::log::Failing;
use crate::problem::Problem;
use crate::session::Turn;
use crate::trace::Recorder;
use crate::trace_context::TraceContext;
use crate::work::{Entered, Verdict};

pub(crate) use admission::admit_called;
pub use admission::{admit, may_begin};
pub use once::{Called, call_once};
pub(crate) use running::{Calling, Running};

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
    /// The span of whoever asks, where they say one; else a trace begins.
    pub trace: Option<TraceContext>,
}

/// Where a conversation goes on.
#[derive(Debug, Clone)]
pub enum Conversation {
    /// Nowhere: it begins.
    New,
    /// In a session of this runner.
    Session(SessionId),
    /// Nowhere: it begins, and is called this by whoever it is theirs.
    Named(String),
}

/// An invocation that may begin.
#[derive(Debug)]
#[must_use = "nothing happens before it runs"]
pub struct Admitted {
    running: Running,
    by: Reason,
    message: String,
    turn: Turn,
    cancel: CancellationToken,
    /// Where it can be seen and cancelled by others.
    entered: Entered,
    /// One that is called while the runner drains is part of what still runs, and takes no place of its own.
    place: Option<OwnedSemaphorePermit>,
}

impl Admitted {
    /// Its id.
    pub fn id(&self) -> InvocationId {
        self.running.source.invocation
    }

    /// Which invocation, as its events say.
    pub fn source(&self) -> &Source {
        &self.running.source
    }

    /// The session it is a turn of.
    pub fn session(&self) -> SessionId {
        self.turn.id()
    }

    /// What the log says of it if it fails.
    pub(crate) fn failing(&self) -> Failing {
        Failing::new(&self.running)
    }

    /// What ends it early when it is cancelled.
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Takes the turns. The last event says the same as the result.
    ///
    /// # Errors
    /// Why there is no answer; the session is as it was.
    // Boxed here and wherever something long is waited for below: agents call agents, and each is polled on the stack of its
    // caller. A box that is made where it is waited for leaves its room on that stack; one that a function gives back does not.
    pub fn run(self, sink: &dyn EventSink) -> BoxFuture<'_, Result<Answer, Problem>> {
        Box::pin(self.take_turns(sink))
    }

    async fn take_turns(self, sink: &dyn EventSink) -> Result<Answer, Problem> {
        let Self { running, by, message, turn, cancel, entered, place: _place } = self;
        let sink = &Recorder::new(&running, &message, sink);
        begun(&running, &by, turn.id(), sink);
        let held = turn.held();
        let result = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(running.runner.work().why_cancelled()),
            result = turns::within_time(&running, message, turn, sink) => result,
            lost = held => Err(lost),
        };
        // Whoever was told that it is cancelled was not told so in vain, though it had its answer in the same moment.
        let result = match entered.settle() {
            Verdict::Undisturbed => result,
            Verdict::Cancelled => Err(running.runner.work().why_cancelled()),
        };
        let result = kept(result).await;
        match &result {
            Ok(answer) => sink.on_event(&running.source, &Event::Done(answer)),
            Err(problem) => sink.on_event(&running.source, &Event::Failed(problem)),
        }
        result
    }
}

/// Tells that an invocation begins.
fn begun(running: &Running, admitted: &Reason, session: SessionId, sink: &dyn EventSink) {
    let Running { runner, chain, source, trace, .. } = running;
    if let Some(agent) = runner.agent(&source.agent) {
        let model = &agent.spec.model;
        sink.on_event(source, &Event::Started { session, model, admitted, chain, trace });
    }
}

/// Keeps the turn of an invocation that has an answer.
fn kept(result: Result<(Answer, Turn), Problem>) -> BoxFuture<'static, Result<Answer, Problem>> {
    Box::pin(async move {
        let (answer, turn) = result?;
        Ok(Answer { unkept: turn.commit().await.err(), ..answer })
    })
}
