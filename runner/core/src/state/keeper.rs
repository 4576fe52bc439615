//! Brings traces from the invocations' tasks to the store: takes them at once or not at all, and lets a task of the store free
//! them of secrets, write them as JSON, and store them many at a time.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use pace_redact::Redactor;
use pace_state::{Offered, SinkSettings, SinkState, Store};

use crate::environment::Given;
use crate::trace::{Payload, Step, Trace, TraceSink, stored};

/// How often the log is told of changes.
const LOOK: Duration = Duration::from_secs(1);
/// After how many looks the store is asked whether it works, also when nothing is stored.
const ASKED: u32 = 10;

/// Keeps traces in a store.
#[derive(Debug)]
pub(super) struct Keeper {
    sink: pace_state::TraceSink,
    secrets: Given,
    /// What `watch` found.
    is_failing: AtomicBool,
}

impl Keeper {
    /// Begins to keep traces. Has to be called in a runtime.
    pub(super) fn begin(store: &Store, secrets: &Given) -> Self {
        let sink = pace_state::TraceSink::begin(store.clone(), SinkSettings::default());
        Self { sink, secrets: secrets.clone(), is_failing: AtomicBool::new(false) }
    }

    /// How it is.
    pub(super) fn state(&self) -> SinkState {
        self.sink.state()
    }

    /// Whether the store works, as far as is known.
    pub(super) fn is_well(&self) -> bool {
        !self.is_failing.load(Ordering::Relaxed)
    }

    /// What does not work; nothing where all does. Why is for the log: what the store says names folders and databases.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.sink.state();
        state.failure?;
        Some(format!("traces are not stored: {} wait, {} were dropped", state.waiting, state.dropped))
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
                Err(format!("{} traces could not be stored: {why}", state.waiting.saturating_add(state.dropped)))
            }
        }
    }
}

impl Keeper {
    /// Takes a record, which others may have, too.
    pub(super) fn take(&self, trace: Arc<Trace>) {
        // What finds no room is counted, and told by `watch`.
        let _dropped = self.sink.offer(Taken { trace, secrets: self.secrets.clone() });
    }
}

impl TraceSink for Keeper {
    fn offer(&self, trace: Trace) {
        self.take(Arc::new(trace));
    }
}

/// Tells the log when the store fails, when it works again, and when traces were dropped. Ends with the keeper.
pub(super) async fn watch(keeper: Weak<Keeper>, store: Store) {
    let (mut failure, mut dropped) = (None, 0);
    for look in 0_u32.. {
        tokio::time::sleep(LOOK).await;
        let Some(state) = keeper.upgrade().map(|keeper| keeper.sink.state()) else { return };
        let mut found = state.failure;
        if look % ASKED == 0 && found.is_none() {
            found = store.health().await.err();
        }
        match (&failure, &found) {
            (None, Some(error)) => {
                tracing::error!("the store fails: {error}; traces wait, and live writes are refused");
            }
            (Some(_), None) => tracing::info!("the store works again"),
            _ => {}
        }
        if let Some(keeper) = keeper.upgrade() {
            keeper.is_failing.store(found.is_some(), Ordering::Relaxed);
        }
        failure = found;
        if state.dropped > dropped {
            tracing::warn!(
                dropped = state.dropped - dropped,
                "traces were dropped, because too many waited for the store"
            );
            dropped = state.dropped;
        }
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
                tool.console = std::mem::take(&mut tool.console).into_iter().map(text).collect();
            }
        }
    }
    trace
}
