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
    /// The first that looks like an error.
    error: Option<String>,
    cannot_start: Option<String>,
}

impl Said {
    /// The last lines, the oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lines.iter().cloned().collect()
    }

    /// The first line that looks like an error, and the last ones: what follows an error is often longer than what is kept.
    pub(super) fn error_and_lines(&self) -> Vec<String> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &last.error {
            Some(error) if !last.lines.contains(error) => {
                let others = last.lines.iter().skip((last.lines.len() + 1).saturating_sub(LAST_LINES));
                std::iter::once(error).chain(others).cloned().collect()
            }
            _ => last.lines.iter().cloned().collect(),
        }
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
        if last.error.is_none() && is_error(&line) {
            last.error = Some(line.clone());
        }
        last.lines.push_back(line);
    }
}

/// Whether a line says what went wrong, as languages and programs do: `Error: …`, `Error [CODE]: …`, `ImportError: …`,
/// `java.io.IOException: …`, `panic: …`, `thread 'main' panicked at …`.
fn is_error(line: &str) -> bool {
    let line = line.trim_start();
    if line.starts_with("thread '") && line.contains("panicked at") {
        return true;
    }
    let Some((head, _)) = line.split_once(':') else { return false };
    let head = head.split_once(" [").map_or(head, |(head, _)| head).to_ascii_lowercase();
    let is_short = head.split_whitespace().count() <= 3;
    let word = head.split_whitespace().next_back().unwrap_or_default();
    is_short && (["error", "exception"].iter().any(|end| word.ends_with(end)) || ["fatal", "panic"].contains(&word))
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

#[cfg(test)]
mod tests {
    use super::{Said, is_error};

    #[test]
    fn the_error_is_kept_however_much_follows_it() {
        let said = Said::default();
        let node = "node:internal/modules/cjs/loader:1143\n  throw err;\n  ^\nError: Cannot find module '/x/none.mjs'\n    at \
                    one\n    at two {\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\nNode.js v20.20.2";
        for line in node.lines() {
            said.note(line.to_owned());
        }
        assert_eq!(said.lines()[0], "    at two {");
        let wanted = [
            "Error: Cannot find module '/x/none.mjs'",
            "  code: 'MODULE_NOT_FOUND',",
            "  requireStack: []",
            "}",
            "Node.js v20.20.2",
        ];
        assert_eq!(said.error_and_lines(), wanted);
        let said = Said::default();
        for line in ["Traceback (most recent call last):", "ImportError: no"] {
            said.note(line.to_owned());
        }
        assert_eq!(said.error_and_lines(), ["Traceback (most recent call last):", "ImportError: no"]);
    }

    #[test]
    fn errors_look_alike_in_many_languages() {
        let errors = [
            "Error: no",
            "  TypeError [ERR_X]: no",
            "Uncaught ReferenceError: x",
            "java.io.IOException: no",
            "fatal: no",
            "panic: no",
            "thread 'main' panicked at src/main.rs:1:1:",
            "ERROR: no",
        ];
        for line in errors {
            assert!(is_error(line), "{line}");
        }
        let others =
            ["listening on: 80", "    at node:internal/main:28", "this is not yet an error: go on", "}", "error"];
        for line in others {
            assert!(!is_error(line), "{line}");
        }
    }
}
