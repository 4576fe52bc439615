//! One live write, from its intent to what came of it, on a task of its own: whoever asked may leave, and what was begun is
//! finished and put on record all the same.

use std::sync::{Arc, OnceLock};

use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::{Came, came};
use crate::events::{CallStatus, Unheard};
use crate::invoke::{Calling, Running};
use crate::tool::Callee;
use crate::tool::audit::{Intent, Recorded, WriteStatus};
use crate::tool::callee::Attended;

/// Makes the write that `intent` says, for an invocation.
pub(super) async fn make(running: &Running, intent: Intent, callee: Callee, attended: Attended) -> Came {
    let (intent, recorded) = (Arc::new(intent), Arc::<OnceLock<Recorded>>::default());
    let write =
        Write { running: running.clone(), intent: Arc::clone(&intent), recorded: Arc::clone(&recorded), callee };
    // Taken before anything is begun: whoever waits for all writes to be made does not miss this one.
    let place = running.runner.work().write().await;
    let task = tokio::spawn(write.recorded(place, attended));
    match task.await {
        Ok(came) => came,
        Err(_lost) => {
            // Without an intent on record nothing was called.
            if let Some(recorded) = recorded.get() {
                let audit = &running.runner.state().audit;
                audit.outcome((&intent, *recorded), WriteStatus::Unknown, None).await;
            }
            failed("the runner lost the call; it may have been made or not")
        }
    }
}

/// A write with everything it needs once nobody waits for it.
struct Write {
    running: Running,
    intent: Arc<Intent>,
    /// That the intent is on record, for whoever outlives this.
    recorded: Arc<OnceLock<Recorded>>,
    callee: Callee,
}

impl Write {
    async fn recorded(self, _place: Option<OwnedSemaphorePermit>, attended: Attended) -> Came {
        let Self { running, intent, recorded, callee } = self;
        let audit = &running.runner.state().audit;
        let on_record = match audit.intent(&intent).await {
            Ok(on_record) => *recorded.get_or_init(|| on_record),
            Err(why) => {
                tracing::error!("a write was not made, because it cannot be put on record: {why}");
                return failed("not called: the write cannot be put on record");
            }
        };
        let calling = Calling { running: &running, sink: &Unheard };
        let result = callee.call(calling, &intent.arguments, attended).await;
        let failure = result.as_ref().err().map(|failure| failure.message.clone());
        let status = if failure.is_some() { WriteStatus::Failed } else { WriteStatus::Done };
        audit.outcome((&intent, on_record), status, failure).await;
        came(result)
    }
}

fn failed(why: &str) -> Came {
    (json!({ "error": why }).into(), CallStatus::Failed)
}
