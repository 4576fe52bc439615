//! What a model is told of a call that was not made: what is wrong, and what it can do instead.

use pace_ir::text::quoted;
use serde_json::{Value, json};

use crate::conversation::ToolCall;
use crate::tool::AgentTools;

/// The most names that are listed.
const MOST_NAMES: usize = 32;

/// The model made a name up.
pub(super) fn unknown(tools: Option<&AgentTools>, name: &str) -> String {
    let names: Vec<_> = tools.into_iter().flat_map(AgentTools::iter).take(MOST_NAMES).map(|tool| &tool.name).collect();
    let name = quoted(name);
    let near = names.iter().find(|known| strsim::damerau_levenshtein(known, &name) * 3 <= known.len());
    match (near, names.as_slice()) {
        (_, []) => format!("there is no tool `{name}`: you have no tools, so answer without one"),
        (Some(near), _) => format!("there is no tool `{name}`; did you mean `{near}`?"),
        (None, names) => {
            let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("there is no tool `{name}`; your tools are {listed}")
        }
    }
}

/// The arguments are not what the schema wants; `why` has one mistake a line.
pub(super) fn misfit(name: &str, why: &str) -> String {
    format!(
        "`{}` was not called, because its arguments do not fit its parameters:\n{why}\ncall it again with these mended",
        quoted(name)
    )
}

/// The call would have written.
pub(super) fn would_have(call: &ToolCall) -> Value {
    json!({ "executed": false, "would_have": { "called": call.name, "arguments": call.arguments.to_value() } })
}
