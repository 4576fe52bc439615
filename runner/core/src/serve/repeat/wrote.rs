//! Whether an invocation has written something: heard from its events, those of the agents that it calls included.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pace_ir::program::Access;

use crate::events::{CallStatus, Event, EventSink, Source};
use crate::id::InvocationId;

/// The calls that write and were made, or may have been.
#[derive(Debug, Default)]
pub(in crate::serve) struct Wrote(Mutex<BTreeSet<(InvocationId, String)>>);

impl Wrote {
    /// Whether there is one.
    pub(in crate::serve) fn anything(&self) -> bool {
        !self.calls().is_empty()
    }

    fn calls(&self) -> MutexGuard<'_, BTreeSet<(InvocationId, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for Wrote {
    fn on_event(&self, source: &Source, event: &Event<'_>) {
        match event {
            Event::ToolCall { call, class: Some(Access::Write), .. } => {
                self.calls().insert((source.invocation, call.id.clone()));
            }
            Event::ToolResult {
                result,
                status: CallStatus::Invalid | CallStatus::Denied | CallStatus::Stubbed,
                ..
            } => {
                self.calls().remove(&(source.invocation, result.id.clone()));
            }
            _ => {}
        }
    }
}
