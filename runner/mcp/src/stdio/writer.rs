//! What is written to a program. Whoever sends writes, one after the other: a program that does not read holds up nobody but those
//! who wait for it, and no message is written half. No task stands in between, and no timer unless the pipe is full: both would
//! wake a thread for each message.

use std::sync::Arc;

use rmcp::model::ClientJsonRpcMessage;
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use tokio::sync::{Mutex, watch};
use tokio::time::{Duration, Instant};

use crate::bounds::WRITE;
use crate::error::Kind;
use crate::http::Fault;
use crate::wire::Shared;

/// How long the last ones may take once it is closed.
const LAST: Duration = Duration::from_millis(500);

/// Who writes.
pub(super) struct Writer {
    /// `None` once it is closed, and while a message is written: of one that is given up in the middle, nothing may follow.
    input: Arc<Mutex<Option<ChildStdin>>>,
    /// When everything has to be written, once it is closed.
    closes: watch::Sender<Option<Instant>>,
    shared: Arc<Shared>,
}

impl Writer {
    pub(super) fn new(input: ChildStdin, shared: Arc<Shared>) -> Self {
        Self { input: Arc::new(Mutex::new(Some(input))), closes: watch::Sender::new(None), shared }
    }

    /// Ends when `message` is written.
    pub(super) fn send(
        &self,
        message: &ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Fault>> + Send + use<> {
        let line = serde_json::to_vec(message);
        let (input, closes, shared) = (Arc::clone(&self.input), self.closes.subscribe(), Arc::clone(&self.shared));
        async move {
            let mut line =
                line.map_err(|error| Fault(Kind::Unusable { why: format!("the message is no JSON: {error}") }))?;
            line.push(b'\n');
            let mut place = input.lock().await;
            let gone = || Fault(shared.fault().unwrap_or_else(|| lost("its standard input is closed")));
            let mut pipe = place.take().ok_or_else(gone)?;
            let written = tokio::select! {
                // The pipe is tried first: most often it has room for all of it.
                biased;
                result = pipe.write_all(&line) => result.map_err(|error| format!("its standard input is closed ({})", error.kind())),
                () = overdue(closes) => Err("it does not read its standard input".to_owned()),
            };
            if let Err(why) = written {
                let kind = lost(&why);
                shared.blame(kind.clone());
                return Err(Fault(kind));
            }
            *place = Some(pipe);
            Ok(())
        }
    }

    /// The program sees the end of its input once what waits is written; ends then.
    pub(super) async fn close(&mut self) {
        self.closes();
        *self.input.lock().await = None;
    }

    /// What waits has to be written soon.
    fn closes(&self) {
        self.closes.send_if_modified(|closes| {
            let is_first = closes.is_none();
            closes.get_or_insert_with(|| Instant::now() + LAST);
            is_first
        });
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.closes();
    }
}

/// Until a message has waited too long: once it is closed, the last ones have to be read soon, or its end is never seen.
async fn overdue(mut closes: watch::Receiver<Option<Instant>>) {
    // Its sender says when before it is gone.
    let when = match tokio::time::timeout(WRITE, closes.wait_for(Option::is_some)).await {
        Ok(Ok(when)) => *when,
        _ => None,
    };
    tokio::time::sleep_until(when.unwrap_or_else(Instant::now)).await;
}

fn lost(why: &str) -> Kind {
    Kind::Lost { why: why.to_owned(), said: Vec::new() }
}
