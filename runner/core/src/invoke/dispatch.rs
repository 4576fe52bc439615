//! What becomes of the calls a model wants: each is looked up, decided and made here, and nowhere else. A call that cannot
//! be made is an answer to the model, not a failure of the invocation.
//!
//! No bundle of this version offers a tool ([`instantiate`](crate::instantiate) refuses those that list any), so every name
//! is one that the model made up.

use serde_json::json;

use super::budget::Budget;
use crate::conversation::{ToolCall, ToolResult};
use crate::events::{Event, EventSink, Source};
use crate::problem::Problem;

/// Makes the calls of one turn, and answers with their results in the same order.
///
/// # Errors
/// A bound of the agent is reached; no call that was not begun is made.
pub(super) fn dispatch(
    calls: &[ToolCall],
    budget: &mut Budget<'_>,
    source: &Source,
    sink: &dyn EventSink,
) -> Result<Vec<ToolResult>, Problem> {
    let mut results = Vec::with_capacity(calls.len());
    for call in calls {
        budget.tool_call()?;
        sink.on_event(source, &Event::ToolCall(call));
        let result = unknown(call);
        sink.on_event(source, &Event::ToolResult(&result));
        results.push(result);
    }
    Ok(results)
}

fn unknown(call: &ToolCall) -> ToolResult {
    let why = format!("there is no tool `{}`: you have no tools, so answer without one", call.name);
    ToolResult { id: call.id.clone(), name: call.name.clone(), content: json!({ "error": why }), is_error: true }
}
