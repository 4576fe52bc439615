//! Why a key cannot be had: the words, and which invocation they are about.

use std::time::Duration;

use pace_state::StoreError;

use super::MOMENT;
use crate::id::InvocationId;
use crate::problem::{Code, Problem};
use crate::serve::reply::Refusal;

/// What whoever asks is told instead of an answer.
#[derive(Debug)]
pub(in crate::serve) struct Unclaimed {
    pub(super) problem: Box<Problem>,
    /// The one that works on the first request, or did: its trace says what it has done.
    pub(super) invocation: Option<InvocationId>,
}

impl From<Problem> for Unclaimed {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), invocation: None }
    }
}

impl From<Unclaimed> for Refusal {
    fn from(Unclaimed { problem, invocation }: Unclaimed) -> Self {
        match invocation {
            Some(invocation) => Self::of(*problem, invocation),
            None => (*problem).into(),
        }
    }
}

/// `rest`: after which the answer, or that there is none, is known at the latest; where this process works on it, when to ask again.
pub(super) fn in_flight(invocation: Option<InvocationId>, rest: Duration) -> Unclaimed {
    let problem =
        Problem::new(Code::KeyInFlight, "the first request with this `Idempotency-Key` is still being answered")
            .help("send it again when `Retry-After` is over, to get that answer")
            .retry_after(rest.max(MOMENT));
    Unclaimed { problem: Box::new(problem), invocation }
}

pub(super) fn of_another() -> Unclaimed {
    Problem::new(Code::KeyOfAnother, "this `Idempotency-Key` came with another request before")
        .help("use a new key for each request, and the same only to repeat one")
        .into()
}

pub(super) fn lost(invocation: Option<InvocationId>) -> Unclaimed {
    let detail = "the first request with this `Idempotency-Key` was begun, and what it came to is not known";
    let problem = Problem::new(Code::AnswerLost, detail).help("see in its trace what it did, then ask with a new key");
    Unclaimed { problem: Box::new(problem), invocation }
}

pub(super) fn failed(error: &StoreError) -> Unclaimed {
    tracing::warn!("an idempotency key cannot be claimed: {error}");
    Problem::new(Code::StoreFailed, "the store of idempotency keys does not answer, so that nothing was begun")
        .help("try again in a moment")
        .retry_after(MOMENT)
        .into()
}
