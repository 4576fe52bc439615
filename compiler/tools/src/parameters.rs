//! What an author wrote as `parameters` becomes the JSON Schema of an object: the short form, a name and a schema each, or
//! a JSON Schema as it is. What zod and others describe arrives here as a JSON Schema.

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::{Map, Value, json};

/// What is wrong with parameters, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Keys in what the author wrote, joined by `/`; empty for all of it.
    pub(crate) path: String,
    /// Why, for the place.
    pub(crate) why: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

/// The most faults told of one tool.
const MOST: usize = 10;

/// The one draft there is a word for: what the engine asks schema libraries for.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of what a tool is called with.
///
/// # Errors
/// Every fault, up to [`MOST`].
pub(crate) fn normalise(written: Value) -> Result<Value, Vec<Fault>> {
    let Value::Object(keys) = written else {
        return Err(vec![fault("", "expected an object of parameters", Some(SHORT))]);
    };
    // A schema says `type: "object"`; of the short form, every value is a schema, also that of a parameter `type`.
    let (schema, written_at): (Value, fn(&str) -> String) = match keys.get("type") {
        Some(Value::String(kind)) if kind == "object" => {
            (whole(keys), |pointer| pointer.trim_start_matches('/').to_owned())
        }
        Some(Value::String(kind)) => {
            let why = format!("parameters are an object, not {}", in_words(kind));
            return Err(vec![fault("type", &why, Some(SHORT))]);
        }
        _ => (short(keys)?, |pointer| pointer.trim_start_matches("/properties/").trim_start_matches('/').to_owned()),
    };
    let faults = faults(&schema, written_at);
    if faults.is_empty() { Ok(schema) } else { Err(faults) }
}

const SHORT: &str = "write `parameters: { city: { type: \"string\", description: \"…\" } }`";

fn fault(path: &str, why: &str, help: Option<&str>) -> Fault {
    Fault { path: path.to_owned(), why: why.to_owned(), help: help.map(str::to_owned) }
}

fn in_words(kind: &str) -> String {
    match kind {
        "array" => "a list".to_owned(),
        "object" => "an object".to_owned(),
        "integer" => "a whole number".to_owned(),
        "string" | "number" | "boolean" => format!("a {kind}"),
        other => format!("`{other}`"),
    }
}

fn whole(mut keys: Map<String, Value>) -> Value {
    if keys.get("$schema").is_some_and(|draft| draft == DRAFT) {
        keys.shift_remove("$schema");
    }
    Value::Object(keys)
}

/// The short form: each parameter is required unless it says `optional: true`.
fn short(keys: Map<String, Value>) -> Result<Value, Vec<Fault>> {
    let (mut properties, mut required, mut faults) = (Map::new(), Vec::new(), Vec::new());
    for (name, schema) in keys {
        let Value::Object(mut schema) = schema else {
            faults.push(no_schema(&name, &schema));
            continue;
        };
        match schema.shift_remove("optional") {
            None | Some(Value::Bool(false)) => required.push(Value::from(name.as_str())),
            Some(Value::Bool(true)) => {}
            Some(_) => faults.push(fault(&format!("{name}/optional"), "expected `true` or `false`", None)),
        }
        properties.insert(name, Value::Object(schema));
    }
    if !faults.is_empty() {
        faults.truncate(MOST);
        return Err(faults);
    }
    Ok(json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false}))
}

fn no_schema(name: &str, value: &Value) -> Fault {
    let help = match value {
        Value::String(kind) if KINDS.contains(&kind.as_str()) => format!("write `{name}: {{ type: \"{kind}\" }}`"),
        Value::Array(_) if name == "required" => "add `type: \"object\"` if this is meant as a JSON Schema".to_owned(),
        _ => format!("write `{name}: {{ type: \"string\", description: \"…\" }}`"),
    };
    fault(name, "expected the schema of one parameter", Some(&help))
}

const KINDS: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];

/// What the meta-schema refuses, and what it cannot see: references that lead nowhere, patterns that are none.
fn faults(schema: &Value, written_at: fn(&str) -> String) -> Vec<Fault> {
    let Ok(meta) = jsonschema::meta::validator_for(schema) else {
        let why = format!("expected `{DRAFT}`, or draft 2019-09, 7, 6 or 4");
        return vec![fault("$schema", &why, Some("remove `$schema`"))];
    };
    let mut places = BTreeSet::new();
    let errors = meta.iter_errors(schema).take(MOST * 4);
    let found = errors.filter_map(|error| {
        let pointer = error.instance_path().to_string();
        // One place may break several rules of the meta-schema; to the author it is one mistake.
        places.insert(pointer.clone()).then(|| Fault {
            path: written_at(&pointer),
            why: why(&pointer, &error),
            help: None,
        })
    });
    let found: Vec<_> = found.take(MOST).collect();
    if !found.is_empty() {
        return found;
    }
    match jsonschema::options().build(schema) {
        Ok(_) => Vec::new(),
        Err(error) => {
            let pointer = error.instance_path().to_string();
            let why = match pointer.rsplit('/').next() {
                Some("pattern") => "not a regular expression".to_owned(),
                _ => error.to_string(),
            };
            vec![Fault { path: written_at(&pointer), why, help: None }]
        }
    }
}

fn why(pointer: &str, error: &jsonschema::ValidationError<'_>) -> String {
    let keyword = pointer.rsplit('/').next().unwrap_or_default();
    match (keyword, error.kind()) {
        ("type", _) => {
            "expected `string`, `number`, `integer`, `boolean`, `object`, `array` or `null`, or a list of them"
                .to_owned()
        }
        (_, ValidationErrorKind::Type { kind: TypeKind::Single(kind) }) => {
            format!("expected {}", in_words(&kind.to_string()))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(written: Value) -> Vec<(String, String)> {
        let faults = normalise(written).unwrap_err();
        faults.into_iter().map(|fault| (fault.path, fault.help.unwrap_or(fault.why))).collect()
    }

    #[test]
    fn the_short_form_requires_all_that_is_not_optional() {
        let written = json!({
            "city": {"type": "string", "description": "City name"},
            "days": {"type": "integer", "optional": true},
            "type": {"type": "string"},
        });
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "City name"},
                "days": {"type": "integer"},
                "type": {"type": "string"},
            },
            "required": ["city", "type"],
            "additionalProperties": false,
        });
        assert_eq!(normalise(written), Ok(schema));
        let none = json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
        assert_eq!(normalise(json!({})), Ok(none));
    }

    #[test]
    fn a_schema_is_kept_as_it_is() {
        let written =
            json!({"$schema": DRAFT, "type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {}}});
        let mut kept = written.clone();
        kept.as_object_mut().unwrap().shift_remove("$schema");
        assert_eq!(normalise(written), Ok(kept));
    }

    #[test]
    fn faults_are_at_what_the_author_wrote() {
        let types = "expected `string`, `number`, `integer`, `boolean`, `object`, `array` or `null`, or a list of them";
        let one = |path: &str, words: &str| vec![(path.to_owned(), words.to_owned())];
        assert_eq!(refused(json!({"city": "string"})), one("city", "write `city: { type: \"string\" }`"));
        assert_eq!(refused(json!({"city": {"type": "text"}})), one("city/type", types));
        let schema = json!({"type": "object", "properties": {"city": {"type": "text"}}});
        assert_eq!(refused(schema), one("properties/city/type", types));
        assert_eq!(refused(json!({"type": "array"})), one("type", SHORT));
        assert_eq!(refused(json!([])), one("", SHORT));
        let pattern = json!({"city": {"type": "string", "pattern": "("}});
        assert_eq!(refused(pattern), one("city/pattern", "not a regular expression"));
    }
}
