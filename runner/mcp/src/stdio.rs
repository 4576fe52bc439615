//! The transport to a program: one message a line, over its standard input and output.

mod child;
mod id;
mod lines;
mod log;
mod start;
mod writer;

use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::process::ChildStdout;

pub(crate) use self::child::Child;
use self::lines::{Line, Lines};
pub(crate) use self::start::start;
use self::writer::Writer;
use crate::bounds::{MOST_LINE, MOST_MESSAGE, MOST_RESULT};
use crate::error::Kind;
use crate::http::Fault;
use crate::wire::{Flood, Shared, no_answer};

/// Lines that are no messages, before the handshake. A banner has fewer; what says more is another program.
const MOST_STRAY: u32 = 1_000;

/// The transport.
pub(crate) struct Stdio {
    lines: Lines<ChildStdout>,
    writer: Writer,
    shared: Arc<Shared>,
    stray: u32,
    flood: Flood,
}

impl Stdio {
    fn new(output: ChildStdout, writer: Writer, shared: Arc<Shared>) -> Self {
        Self { lines: Lines::new(output, MOST_MESSAGE, MOST_LINE), writer, shared, stray: 0, flood: Flood::new() }
    }

    /// The next line as a message; `Ok(None)` for one that is none; `Err` if there can be no more.
    fn read(&mut self, line: &[u8]) -> Result<Option<ServerJsonRpcMessage>, ()> {
        let line = line.trim_ascii();
        if line.is_empty() {
            self.flood.count();
            return Ok(None);
        }
        match serde_json::from_slice(line) {
            Ok(ServerJsonRpcMessage::Response(response)) if line.len() > MOST_RESULT && self.shared.is_open() => {
                Ok(Some(no_answer(response.id, crate::connection::TOO_LARGE)))
            }
            Ok(message) => Ok(Some(message)),
            Err(_) => self.stray(line),
        }
    }

    /// A line that is no message. If it tries to be an answer, whoever waits for it is told at once.
    fn stray(&mut self, line: &[u8]) -> Result<Option<ServerJsonRpcMessage>, ()> {
        let start = line.get(..line.len().min(2_000)).unwrap_or_default();
        let said = self.shared.redactor.quoted(&String::from_utf8_lossy(start));
        tracing::debug!(server = %self.shared.name, "a line on standard output is no message: {said}");
        if line.first() == Some(&b'{')
            && let Some(id) = id::of(line)
            && let Some(id) = self.shared.pending_or(Some(id))
        {
            return Ok(Some(no_answer(id, crate::connection::UNREADABLE)));
        }
        self.stray = self.stray.saturating_add(1);
        self.flood.count();
        if !self.shared.is_open() {
            self.lines.note_stray(said);
        }
        if self.stray < MOST_STRAY || self.shared.is_open() {
            return Ok(None);
        }
        Err(())
    }

    fn ended(&mut self, kind: Option<Kind>) {
        if let Some(kind) = kind {
            self.shared.blame(kind);
        } else if let Some(said) = self.lines.first_stray().filter(|_| !self.shared.is_open()) {
            self.shared.blame(Kind::NotMcp { said });
        }
    }
}

impl Drop for Stdio {
    fn drop(&mut self) {
        // Asked of what never became a connection.
        self.ended(None);
    }
}

impl Transport<RoleClient> for Stdio {
    type Error = Fault;

    fn send(&mut self, item: ClientJsonRpcMessage) -> impl Future<Output = Result<(), Fault>> + Send + 'static {
        self.writer.send(&item)
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            self.flood.pause().await;
            let line = match self.lines.next().await {
                Line::Whole(line) => line,
                Line::TooLong(start) => {
                    let Some(id) = self.shared.pending_or(id::of(&start)) else {
                        self.ended(Some(Kind::TooLarge { what: "a message", limit: MOST_MESSAGE }));
                        return None;
                    };
                    return Some(no_answer(id, crate::connection::TOO_LARGE));
                }
                Line::Endless => {
                    self.ended(Some(Kind::TooLarge { what: "a message", limit: MOST_LINE }));
                    return None;
                }
                Line::End => {
                    self.ended(None);
                    return None;
                }
            };
            let read = self.read(&line);
            self.lines.give_back(line);
            match read {
                Ok(Some(message)) => return Some(message),
                Ok(None) => {}
                Err(()) => {
                    self.ended(None);
                    return None;
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), Fault> {
        self.writer.close().await;
        Ok(())
    }
}
