//! The one tool of an agent as a server.

use std::sync::Arc;

use pace_ir::program::{Access, AgentName};
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use crate::instantiate::Runner;
use crate::schema::Schema;
use crate::tool::agent::parameters;
use crate::tool::{AgentTools, Callee};

/// What clients are told of an agent.
pub(super) fn of(runner: &Runner, agent: &AgentName) -> Tool {
    let served = runner.agent(agent);
    let summary = served.map(|served| served.spec.summary.clone()).unwrap_or_default();
    let output = served.and_then(|served| served.output).map(Schema::value);
    Tool::new(name(agent), summary, object(parameters()))
        .with_raw_output_schema(object(answer(output)))
        .with_annotations(ToolAnnotations::new().read_only(!writes(runner, agent)))
}

/// An agent's name as the name of a tool, which begins with a letter for some clients.
fn name(agent: &AgentName) -> String {
    if agent.as_str().starts_with(|first: char| first.is_ascii_digit()) {
        format!("_{agent}")
    } else {
        agent.to_string()
    }
}

/// Whether something can be written by calling it: by a tool of its own, or of an agent below it.
fn writes(runner: &Runner, agent: &AgentName) -> bool {
    // Agents call each other in no circle, or there would be no runner; those that several call are visited for each.
    let (mut left, mut seen) = (vec![agent], std::collections::BTreeSet::new());
    while let Some(agent) = left.pop() {
        if !seen.insert(agent) {
            continue;
        }
        for tool in runner.tools(agent).into_iter().flat_map(AgentTools::iter) {
            if tool.callee.writes(tool.class) {
                return true;
            }
            if let (Callee::Agent(below), Access::Write) = (&tool.callee, tool.class) {
                left.push(below.target());
            }
        }
    }
    false
}

/// The schema of what a call comes to; `output` is the agent's own.
fn answer(output: Option<&Value>) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "response": { "type": "string", "description": "The agent's reply" },
            "session": { "type": "string", "description": "Pass it to go on with the conversation" },
            "cut": { "type": "string", "description": "Why the reply is not whole, where it is not" },
            "unkept": { "type": "string", "description": "Why `session` does not know of this, where it could not be kept" }
        },
        "required": ["response", "session"]
    });
    if let (Some(schema), Some(output)) = (schema.as_object_mut(), output) {
        add_output(schema, output);
    }
    schema
}

/// Puts the agent's schema one level down. What it refers to within itself moves up with its definitions; where it refers to
/// anything else of itself, only that there is an output is said.
fn add_output(schema: &mut Map<String, Value>, output: &Value) {
    const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];
    let is_definition =
        |reference: &&str| DEFINITIONS.iter().any(|place| reference.starts_with(&format!("#/{place}/")));
    let mut output = if references(output).iter().all(is_definition) { output.clone() } else { json!({}) };
    if let Some(object) = output.as_object_mut() {
        let moved = DEFINITIONS.iter().filter_map(|place| object.remove_entry(*place)).collect::<Vec<_>>();
        schema.extend(moved);
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("output".to_owned(), output);
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push("output".into());
    }
}

/// Every `$ref` in a schema, of whatever depth.
fn references(schema: &Value) -> Vec<&str> {
    let (mut left, mut found) = (vec![schema], Vec::new());
    while let Some(value) = left.pop() {
        match value {
            Value::Object(entries) => {
                found.extend(entries.get("$ref").and_then(Value::as_str));
                left.extend(entries.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    found
}

fn object(value: Value) -> Arc<Map<String, Value>> {
    match value {
        Value::Object(object) => Arc::new(object),
        _ => Arc::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_schema_stands_one_level_down_with_its_definitions_above() {
        let output = json!({
            "type": "object", "properties": {"city": {"$ref": "#/$defs/city"}}, "$defs": {"city": {"type": "string"}}
        });
        let schema = answer(Some(&output));
        assert_eq!(schema["$defs"], json!({"city": {"type": "string"}}));
        assert_eq!(schema["properties"]["output"]["properties"], json!({"city": {"$ref": "#/$defs/city"}}));
        assert_eq!(schema["required"], json!(["response", "session", "output"]));
        let told = json!({"response": "x", "session": "y", "output": {"city": "Paris"}});
        assert_eq!(Schema::of(schema.clone()).check(&told), Ok(()));
        let told = json!({"response": "x", "session": "y", "output": {"city": 1}});
        assert!(Schema::of(schema).check(&told).is_err());
    }

    #[test]
    fn a_schema_that_refers_to_itself_as_a_whole_is_not_moved() {
        let output = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert_eq!(answer(Some(&output))["properties"]["output"], json!({}));
        assert_eq!(answer(None)["required"], json!(["response", "session"]));
    }
}
