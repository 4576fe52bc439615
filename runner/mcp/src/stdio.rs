//! The transport to a program: one message a line, over its standard input and output.

mod child;
mod lines;
mod log;
mod start;
mod writer;

use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::process::ChildStdout;
use tokio::task::JoinSet;

pub(crate) use self::child::Child;
use self::lines::{Line, Lines};
pub(crate) use self::start::start;
use self::writer::Writer;
use crate::bounds::{MOST_LINE, MOST_MESSAGE};
use crate::error::Kind;
use crate::http::Fault;
use crate::message::{self, Read, Scan};
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
    /// The line that is read on another thread, if one is: nothing is read meanwhile. Kept here because whoever waits for the
    /// next message may cease to, and come back.
    aside: JoinSet<(Read, Vec<u8>)>,
}

impl Stdio {
    fn new(output: ChildStdout, writer: Writer, shared: Arc<Shared>) -> Self {
        let (lines, flood) = (Lines::new(output, MOST_MESSAGE, MOST_LINE), Flood::new());
        Self { lines, writer, shared, stray: 0, flood, aside: JoinSet::new() }
    }

    /// What a line came to as a message; `Ok(None)` if there is none in it; `Err` if there can be no more.
    fn take(&mut self, read: Read, line: Vec<u8>) -> Result<Option<ServerJsonRpcMessage>, ()> {
        let taken = match read {
            Read::Message(message) => Ok(Some(message)),
            Read::Unwanted => {
                self.flood.count();
                self.shared.unwanted(line.len()).map(|()| None).map_err(|kind| self.ended(Some(kind)))
            }
            Read::Dropped => {
                self.flood.count();
                tracing::debug!(server = %self.shared.name, "a message of {} bytes is too large and left out", line.len());
                Ok(None)
            }
            Read::Stray if line.trim_ascii().is_empty() => {
                self.flood.count();
                Ok(None)
            }
            Read::Stray => self.stray(line.trim_ascii()),
        };
        self.lines.give_back(line);
        taken
    }

    /// A line that is no message.
    fn stray(&mut self, line: &[u8]) -> Result<Option<ServerJsonRpcMessage>, ()> {
        let start = line.get(..line.len().min(2_000)).unwrap_or_default();
        let said = self.shared.redactor.quoted(&String::from_utf8_lossy(start));
        tracing::debug!(server = %self.shared.name, "a line on standard output is no message: {said}");
        self.stray = self.stray.saturating_add(1);
        self.flood.count();
        if !self.shared.is_open() {
            self.lines.note_stray(said);
        }
        if self.stray < MOST_STRAY || self.shared.is_open() {
            return Ok(None);
        }
        self.ended(None);
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
            if let Some(read) = self.aside.join_next().await {
                // Fails if the runtime ends.
                let (read, line) = read.unwrap_or((Read::Stray, Vec::new()));
                match self.take(read, line) {
                    Ok(None) => continue,
                    Ok(message) => return message,
                    Err(()) => return None,
                }
            }
            let line = match self.lines.next().await {
                Line::Whole(line) => line,
                Line::TooLong(start) => {
                    let Some(id) = self.shared.pending_or(Scan::of(&start).id) else {
                        self.ended(Some(Kind::TooLarge { what: "a message", limit: MOST_MESSAGE }));
                        return None;
                    };
                    return Some(no_answer(id, crate::connection::TOO_LARGE));
                }
                Line::Endless => {
                    self.ended(Some(Kind::TooLarge { what: "a message", limit: MOST_LINE }));
                    return None;
                }
                Line::Stopped => {
                    let why = "it stopped in the middle of a long message".to_owned();
                    self.ended(Some(Kind::Protocol { why }));
                    return None;
                }
                Line::End => {
                    self.ended(None);
                    return None;
                }
            };
            let Some(read) = message::read_light(&line, &self.shared) else {
                let (room, shared) = (self.lines.room(), Arc::clone(&self.shared));
                self.aside.spawn(async move {
                    let _room = room;
                    message::read_aside(line, shared).await
                });
                continue;
            };
            match self.take(read, line) {
                Ok(None) => {}
                Ok(message) => return message,
                Err(()) => return None,
            }
        }
    }

    async fn close(&mut self) -> Result<(), Fault> {
        self.writer.close().await;
        Ok(())
    }
}
