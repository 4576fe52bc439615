//! What is written to a program. A task of its own does it: a program that does not read holds up nobody but those who wait for
//! it, and no message is written half.

use std::sync::Arc;

use rmcp::model::ClientJsonRpcMessage;
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use tokio::sync::{mpsc, oneshot};

use crate::bounds::WRITE;
use crate::error::Kind;
use crate::http::Fault;
use crate::wire::Shared;

/// Messages that wait. More wait with whoever sends them.
const WAITING: usize = 64;

/// Who writes.
pub(super) struct Writer {
    /// `None` once it is closed.
    messages: Option<mpsc::Sender<Message>>,
    shared: Arc<Shared>,
}

struct Message {
    line: Vec<u8>,
    written: oneshot::Sender<Result<(), Fault>>,
}

impl Writer {
    pub(super) fn new(input: ChildStdin, shared: Arc<Shared>) -> Self {
        let (messages, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write(input, waiting, Arc::clone(&shared)));
        Self { messages: Some(messages), shared }
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
            let lost = || Fault(shared.fault().unwrap_or_else(|| closed("its standard input is closed")));
            let messages = messages.ok_or_else(lost)?;
            messages.send(Message { line, written }).await.map_err(|_closed| lost())?;
            done.await.map_err(|_closed| lost())?
        }
    }

    /// The program sees the end of its input once what waits is written.
    pub(super) fn close(&mut self) {
        self.messages = None;
    }
}

async fn write(mut input: ChildStdin, mut waiting: mpsc::Receiver<Message>, shared: Arc<Shared>) {
    while let Some(Message { line, written }) = waiting.recv().await {
        // Nobody waits for it any more, and nothing of it is written.
        if written.is_closed() {
            continue;
        }
        let result = match tokio::time::timeout(WRITE, input.write_all(&line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(closed(&format!("its standard input is closed ({})", error.kind()))),
            Err(_elapsed) => Err(closed("it does not read its standard input")),
        };
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

fn closed(why: &str) -> Kind {
    Kind::Lost { why: why.to_owned(), said: Vec::new() }
}
