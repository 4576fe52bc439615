//! Brings traces from the invocations' tasks to the store: takes them at once or not at all, and lets a task of the store free
//! them of secrets, write them as JSON, and store them many at a time.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use pace_redact::Redactor;
use pace_state::{Offered, SinkSettings, SinkState, Store, StoreError};

use super::health::Health;
use crate::environment::Given;
use crate::trace::recorder::MOST_LINE;
use crate::trace::{Payload, Step, Trace, TraceSink, stored};

/// Keeps traces in a store.
#[derive(Debug)]
pub(super) struct Keeper {
    sink: pace_state::TraceSink,
    secrets: Given,
}

impl Keeper {
    /// Begins to keep traces. Has to be called in a runtime.
    pub(super) fn begin(store: &Store, secrets: &Given) -> Self {
        let sink = pace_state::TraceSink::begin(store.clone(), SinkSettings::default());
        Self { sink, secrets: secrets.clone() }
    }

    /// How it is.
    pub(super) fn state(&self) -> SinkState {
        self.sink.state()
    }

    /// What does not work, where the store is as it is; nothing where all does. Why is for the log: what the store says names folders
    /// and databases.
    pub(super) fn trouble(&self, health: &Health) -> Option<String> {
        let state = self.sink.state();
        let is_stored = state.failure.is_none() && health.is_well();
        (!is_stored).then(|| format!("traces are not stored: {} wait, {} were dropped", state.waiting, state.dropped))
    }

    /// Ends when all that was taken is stored.
    ///
    /// # Errors
    /// How many are lost, and why.
    pub(super) async fn flush(&self, within: Duration) -> Result<(), String> {
        match self.sink.flush(within).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let state = self.sink.state();
                let why = state.failure.unwrap_or(error);
                Err(lost(state.waiting.saturating_add(state.dropped), &why))
            }
        }
    }
}

impl Keeper {
    /// Takes a record, which others may have, too.
    pub(super) fn take(&self, trace: Arc<Trace>) {
        // What finds no room is counted, and told by `health::watch`.
        let _dropped = self.sink.offer(Taken { trace, secrets: self.secrets.clone() });
    }
}

impl TraceSink for Keeper {
    fn offer(&self, trace: Trace) {
        self.take(Arc::new(trace));
    }
}

/// A trace on its way to the store.
struct Taken {
    trace: Arc<Trace>,
    secrets: Given,
}

impl Offered for Taken {
    fn size(&self) -> usize {
        self.trace.size()
    }

    fn row(self: Box<Self>) -> (pace_state::Trace, Vec<u8>) {
        let trace = without_secrets(Arc::unwrap_or_clone(self.trace), &self.secrets.redactor());
        stored::row(&trace)
    }
}

/// The same without secrets, wherever somebody may have said one.
fn without_secrets(trace: Trace, redactor: &Redactor) -> Trace {
    let text = |text: String| match redactor.text(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => changed,
    };
    let payload = |payload: Payload| match payload {
        Payload::Cut { beginning, bytes } => {
            Payload::Cut { beginning: redactor.cut_text(&beginning).into_owned(), bytes }
        }
        whole => whole.map(|text| redactor.text(text)),
    };
    let mut trace = trace;
    trace.message = payload(trace.message);
    trace.response = trace.response.map(payload);
    trace.error = trace.error.map(|mut error| {
        error.detail = text(error.detail);
        error
    });
    for step in &mut trace.steps {
        match step {
            Step::Model(model) => model.mended = model.mended.take().map(text),
            Step::Tool(tool) => {
                tool.call = text(std::mem::take(&mut tool.call));
                tool.name = text(std::mem::take(&mut tool.name));
                tool.arguments = payload(std::mem::replace(&mut tool.arguments, Payload::Text(String::new())));
                tool.result = tool.result.take().map(payload);
                let lines = std::mem::take(&mut tool.console).into_iter();
                tool.console = lines.map(|line| console(&line, redactor)).collect();
            }
        }
    }
    trace
}

fn lost(count: u64, why: &StoreError) -> String {
    let traces = if count == 1 { "trace" } else { "traces" };
    format!("{count} {traces} could not be stored: {why}")
}

/// A line of a console without secrets, and without the beginning of one where it was cut.
fn console(line: &str, redactor: &Redactor) -> String {
    match line.strip_suffix('…') {
        Some(cut) if cut.chars().count() >= MOST_LINE => redactor.cut_text(cut).into_owned() + "…",
        _ => redactor.text(line).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_secret_at_the_end_of_a_line_that_was_cut_is_not_kept() {
        let redactor = Redactor::new([("KEY", "s3cret-value")]);
        let line = |text: &str| console(&format!("info: {}", pace_ir::text::shortened(text, MOST_LINE)), &redactor);
        let filler = "x".repeat(MOST_LINE - 6);
        assert_eq!(line(&format!("{filler}s3cret-value")), format!("info: {filler}…"));
        assert_eq!(line("a s3cret-value…"), "info: a [redacted:KEY]…");
        assert_eq!(line("a s3cre"), "info: a s3cre");
    }
}
