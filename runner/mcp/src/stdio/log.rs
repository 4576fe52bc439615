//! A program's standard error: to the log line by line, and the last few lines kept for errors. It may hold anything.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::time::Instant;

use super::lines::{Line, Lines};
use crate::bounds::{LAST_LINES, LOG_LINES, MOST_LINE, MOST_LOG_LINE};
use crate::supervise::CANNOT_START;
use crate::wire::Shared;

/// What was said last, and why a program could not be started.
#[derive(Debug, Default)]
pub(crate) struct Said(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    lines: VecDeque<String>,
    cannot_start: Option<String>,
}

impl Said {
    /// The last lines, the oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lines.iter().cloned().collect()
    }

    /// What the supervisor said of the start.
    pub(super) fn cannot_start(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).cannot_start.clone()
    }

    fn note(&self, line: String) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.lines.len() >= LAST_LINES {
            last.lines.pop_front();
        }
        last.lines.push_back(line);
    }
}

/// Reads until the end.
pub(super) async fn follow(error: impl AsyncRead + Unpin, said: Arc<Said>, shared: Arc<Shared>) {
    let mut lines = Lines::new(error, MOST_LOG_LINE, MOST_LINE);
    let mut rate = Rate { second: Instant::now(), lines: 0 };
    loop {
        let (line, is_cut) = match lines.next().await {
            Line::Whole(line) => (line, false),
            Line::TooLong(line) => (line, true),
            // Whoever writes so much without a line's end fills no log; but it has to be read, or the program stands still.
            Line::Endless => continue,
            Line::Stopped | Line::End => return,
        };
        let text = String::from_utf8_lossy(&line);
        if let Some(why) = text.strip_prefix(CANNOT_START) {
            let mut last = said.0.lock().unwrap_or_else(PoisonError::into_inner);
            last.cannot_start = Some(pace_ir::text::quoted(why.trim()));
            continue;
        }
        let redacted = if is_cut { shared.redactor.cut_text(&text) } else { shared.redactor.text(&text).into_owned() };
        let line = pace_ir::text::shortened(redacted.trim_end(), MOST_LOG_LINE);
        if line.is_empty() {
            continue;
        }
        if rate.allows(&shared.name) {
            tracing::info!(server = %shared.name, "{line}");
        }
        said.note(pace_ir::text::shortened(&line, crate::bounds::QUOTED));
        lines.give_back(Vec::new());
    }
}

/// Counts what is not logged.
struct Rate {
    second: Instant,
    lines: u32,
}

impl Rate {
    fn allows(&mut self, server: &str) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            let left_out = self.lines.saturating_sub(LOG_LINES);
            if left_out > 0 {
                tracing::info!(server, "{left_out} more lines on standard error are left out");
            }
            *self = Self { second: Instant::now(), lines: 0 };
        }
        self.lines += 1;
        self.lines <= LOG_LINES
    }
}
