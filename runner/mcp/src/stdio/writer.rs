//! What is written to a program. A task of its own does it: a program that does not read holds up nobody but those who wait for
//! it, and no message is written half.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::ClientJsonRpcMessage;
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use tokio::sync::{mpsc, oneshot, watch};

use crate::bounds::WRITE;
use crate::error::Kind;
use crate::http::Fault;
use crate::wire::Shared;

/// Messages that wait. More wait with whoever sends them.
const WAITING: usize = 64;

/// How long the last ones may take once it is closed.
const LAST: Duration = Duration::from_millis(500);

/// Who writes.
pub(super) struct Writer {
    /// `None` once it is closed.
    messages: Option<mpsc::Sender<Message>>,
    is_closed: watch::Sender<bool>,
    shared: Arc<Shared>,
}

struct Message {
    line: Vec<u8>,
    written: oneshot::Sender<Result<(), Fault>>,
}

impl Writer {
    pub(super) fn new(input: ChildStdin, shared: Arc<Shared>) -> Self {
        let (messages, waiting) = mpsc::channel(WAITING);
        let (is_closed, closed) = watch::channel(false);
        tokio::spawn(write(input, waiting, closed, Arc::clone(&shared)));
        Self { messages: Some(messages), is_closed, shared }
    }

    /// Ends when `message` is written.
    pub(super) fn send(
        &self,
        message: &ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Fault>> + Send + use<> {
        let line = serde_json::to_vec(message);
        let (messages, shared) = (self.messages.clone(), Arc::clone(&self.shared));
        async move {
            let mut line =
                line.map_err(|error| Fault(Kind::Unusable { why: format!("the message is no JSON: {error}") }))?;
            line.push(b'\n');
            let (written, done) = oneshot::channel();
            let gone = || Fault(shared.fault().unwrap_or_else(|| lost("its standard input is closed")));
            let messages = messages.ok_or_else(gone)?;
            messages.send(Message { line, written }).await.map_err(|_closed| gone())?;
            done.await.map_err(|_closed| gone())?
        }
    }

    /// The program sees the end of its input once what waits is written.
    pub(super) fn close(&mut self) {
        self.messages = None;
        self.is_closed.send_replace(true);
    }
}

async fn write(
    mut input: ChildStdin,
    mut waiting: mpsc::Receiver<Message>,
    closed: watch::Receiver<bool>,
    shared: Arc<Shared>,
) {
    while let Some(Message { line, written }) = waiting.recv().await {
        // Nobody waits for it any more, and nothing of it is written.
        if written.is_closed() {
            continue;
        }
        let result = tokio::select! {
            result = input.write_all(&line) => result.map_err(|error| format!("its standard input is closed ({})", error.kind())),
            () = overdue(closed.clone()) => Err("it does not read its standard input".to_owned()),
        };
        let result = result.map_err(|why| lost(&why));
        if let Err(kind) = &result {
            shared.blame(kind.clone());
        }
        let is_over = result.is_err();
        // Who has gone away does not want to know.
        let _gone = written.send(result.map_err(Fault));
        if is_over {
            return;
        }
    }
}

/// Until a message has waited too long: once it is closed, the last ones have to be read soon, or its end is never seen.
async fn overdue(mut closed: watch::Receiver<bool>) {
    // Fails if the transport is gone, which closes it too.
    let is_closed = tokio::time::timeout(WRITE, closed.wait_for(|is_closed| *is_closed)).await.is_ok();
    if is_closed {
        tokio::time::sleep(LAST).await;
    }
}

fn lost(why: &str) -> Kind {
    Kind::Lost { why: why.to_owned(), said: Vec::new() }
}
