//! One live write, from its intent to what came of it, on a task of its own: whoever asked may leave, and what was begun is
//! finished and put on record all the same.

use std::io;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::{Came, came};
use crate::events::{CallStatus, Unheard};
use crate::invoke::{Calling, Running};
use crate::tool::Callee;
use crate::tool::audit::{Intent, WriteStatus};
use crate::tool::callee::Attended;

/// Makes the write that `intent` says, for an invocation.
pub(super) async fn make(running: &Running, intent: Intent, callee: Callee, attended: Attended) -> Came {
    let intent = Arc::new(intent);
    let write = Write { running: running.clone(), intent: Arc::clone(&intent), callee };
    // Taken before anything is begun: whoever waits for all writes to be made does not miss this one.
    let place = running.runner.work().write().await;
    let task = tokio::spawn(write.recorded(place, attended));
    match task.await {
        Ok(came) => came,
        Err(_lost) => {
            record_outcome(intent, WriteStatus::Unknown, None).await;
            failed("the runner lost the call; it may have been made or not")
        }
    }
}

/// A write with everything it needs once nobody waits for it.
struct Write {
    running: Running,
    intent: Arc<Intent>,
    callee: Callee,
}

impl Write {
    async fn recorded(self, _place: Option<OwnedSemaphorePermit>, attended: Attended) -> Came {
        let Self { running, intent, callee } = self;
        let recording = Arc::clone(&intent);
        if let Err(error) = off_the_serving_threads(move || recording.record()).await {
            tracing::error!("a write was not made, because it cannot be put on record: {error}");
            return failed(&format!("not called: the write cannot be put on record ({error})"));
        }
        let calling = Calling { running: &running, sink: &Unheard };
        let result = callee.call(calling, &intent.arguments, attended).await;
        let failure = result.as_ref().err().map(|failure| failure.message.clone());
        let status = if failure.is_some() { WriteStatus::Failed } else { WriteStatus::Done };
        record_outcome(intent, status, failure).await;
        came(result)
    }
}

async fn record_outcome(intent: Arc<Intent>, status: WriteStatus, failure: Option<String>) {
    let record = move || intent.record_outcome(status, failure.as_deref());
    if let Err(error) = off_the_serving_threads(record).await {
        tracing::error!("what came of a write cannot be put on record: {error}");
    }
}

/// Standard error may be a pipe that nobody empties.
async fn off_the_serving_threads(record: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(record).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn failed(why: &str) -> Came {
    (json!({ "error": why }).into(), CallStatus::Failed)
}
