//! One live write, from its intent to what came of it, on a task of its own: whoever asked may leave, and what was begun is
//! finished and put on record all the same. A store that does not take the record keeps nobody waiting for the result.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use pace_ir::text::printable;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{Came, came};
use crate::conversation::Output;
use crate::events::{CallStatus, Unheard};
use crate::invoke::{Calling, Running};
use crate::log::About;
use crate::request_id::{self, carried};
use crate::tool::audit::{Intent, WriteStatus};
use crate::tool::callee::Attended;
use crate::tool::{Callee, ToolFailure};

/// How long a result waits for its record, so that records stand in the order of calls where nothing is wrong.
const MOMENT: Duration = Duration::from_millis(250);

/// Makes the write that `intent` says, for an invocation.
pub(super) async fn make(running: &Running, intent: Intent, callee: Callee, attended: Attended) -> Came {
    let write = Write { running: running.clone(), intent: Arc::new(intent), callee };
    // Taken before anything is begun: whoever waits for all writes to be made does not miss this one.
    let place = running.runner.work().write().await;
    let (answer, told) = oneshot::channel();
    tokio::spawn(carried(request_id::current(), write.recorded(place, attended, answer)));
    // The task is lost with the runtime alone.
    told.await.unwrap_or_else(|_lost| lost())
}

/// A write with everything it needs once nobody waits for it.
struct Write {
    running: Running,
    intent: Arc<Intent>,
    callee: Callee,
}

impl Write {
    /// Holds its place until it is on record what came of it.
    async fn recorded(self, _place: Option<OwnedSemaphorePermit>, attended: Attended, answer: oneshot::Sender<Came>) {
        let Self { running, intent, callee } = self;
        let audit = &running.runner.state().audit;
        let on_record = match audit.intent(&intent).await {
            Ok(on_record) => on_record,
            Err(why) => {
                let (tool, call) = (intent.tool.as_str(), printable(&intent.call));
                About { tool: Some(tool), call: Some(&call), ..About::invocation(&running) }.unrecorded(&why);
                let _unheard = answer.send(failed("not called: the write cannot be put on record"));
                return;
            }
        };
        let calling = Calling { running: &running, sink: &Unheard };
        let (status, failure, told) = ended(callee.call(calling, &intent.arguments, attended)).await;
        let mut recording = std::pin::pin!(audit.outcome((&intent, on_record), status, failure));
        let is_slow = tokio::time::timeout(MOMENT, &mut recording).await.is_err();
        // Whoever asked may be gone.
        let _unheard = answer.send(told);
        if is_slow {
            recording.await;
        }
    }
}

/// What came of a call, for the record and for the model. One that panics leaves nothing but its intent to tell of it.
async fn ended(call: impl Future<Output = Result<Output, ToolFailure>>) -> (WriteStatus, Option<String>, Came) {
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(result) => {
            let failure = result.as_ref().err().map(|failure| failure.message.clone());
            let status = if failure.is_some() { WriteStatus::Failed } else { WriteStatus::Done };
            (status, failure, came(result))
        }
        Err(_panic) => (WriteStatus::Unknown, None, lost()),
    }
}

fn lost() -> Came {
    failed("the runner lost the call; it may have been made or not")
}

fn failed(why: &str) -> Came {
    Came::new(json!({ "error": why }), CallStatus::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_panics_is_on_record_as_unknown() {
        let panics = async {
            tokio::task::yield_now().await;
            panic!("in the middle of it")
        };
        let (status, failure, told) = ended(panics).await;
        assert_eq!((status, failure, told.status), (WriteStatus::Unknown, None, CallStatus::Failed));
        let (status, ..) = ended(async { Ok(json!({ "paid": 1 }).into()) }).await;
        assert_eq!(status, WriteStatus::Done);
    }
}
