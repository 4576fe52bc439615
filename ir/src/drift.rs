//! What it means when a tool of a server takes other arguments than when it was pinned. One judgement for both sides: the
//! compiler tells of it, and a runner calls what is compatible and nothing else.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::text::shortened;

/// What a change means for an agent that was built with the pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Calls go on as they were.
    Compatible,
    /// Calls that were right may fail, or mean something else.
    Breaking,
    /// What counted as harmless no longer says that it is.
    Unsafe,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
            Self::Unsafe => "unsafe",
        }
    }
}

/// How two JSON Schemas of a tool's arguments differ, each difference with what it means; empty where they are equal. Words
/// follow the tool's name.
pub fn arguments(was: &Value, now: &Value) -> Vec<(Severity, String)> {
    let mut told = Vec::new();
    if was == now {
        return told;
    }
    let before = (properties(was), required(was));
    let after = (properties(now), required(now));
    let names: BTreeSet<_> = before.0.keys().chain(after.0.keys()).collect();
    let mut say = |severity, what| told.push((severity, what));
    for name in names {
        let (must, had_to) = (after.1.contains(name.as_str()), before.1.contains(name.as_str()));
        let shown = shown(name);
        match (before.0.get(name), after.0.get(name)) {
            (None, Some(_)) if must => say(Severity::Breaking, format!("needs the new argument `{shown}`")),
            (None, Some(_)) => {
                say(Severity::Compatible, format!("takes the new argument `{shown}`, which may be left out"));
            }
            (Some(_), None) => say(Severity::Breaking, format!("no longer takes the argument `{shown}`")),
            (Some(was), Some(now)) => {
                if must && !had_to {
                    say(Severity::Breaking, format!("needs the argument `{shown}`, which could be left out"));
                } else if had_to && !must {
                    say(Severity::Compatible, format!("the argument `{shown}` may be left out"));
                }
                argument(&shown, was, now, &mut say);
            }
            (None, None) => {}
        }
    }
    if !has_same_frame(was, now, &before.1, &after.1) {
        told.push((Severity::Breaking, "describes its arguments in another way".to_owned()));
    } else if told.is_empty() {
        told.push((Severity::Compatible, "describes its arguments in other words".to_owned()));
    }
    told
}

fn argument(name: &str, was: &Value, now: &Value, say: &mut impl FnMut(Severity, String)) {
    if meaning(was) == meaning(now) {
        if was != now {
            say(Severity::Compatible, format!("describes the argument `{name}` in other words"));
        }
        return;
    }
    let kind = |schema: &Value| schema.get("type").map_or("of any kind".to_owned(), Value::to_string);
    let (is, before) = (kind(now), kind(was));
    if is == before {
        say(Severity::Breaking, format!("takes other values for the argument `{name}`"));
    } else {
        let plain = |kind: String| shown(&kind.replace('"', ""));
        say(Severity::Breaking, format!("the argument `{name}` is {}, was {}", plain(is), plain(before)));
    }
}

/// Whether all is the same that schemas say besides their properties. Definitions may be added: what is new may need them.
fn has_same_frame(was: &Value, now: &Value, had_to: &BTreeSet<&str>, must: &BTreeSet<&str>) -> bool {
    let (Value::Object(mut was), Value::Object(mut now)) = (meaning(was), meaning(now)) else { return was == now };
    // What is required and has no property of its own belongs to the frame.
    let bare = |names: &BTreeSet<&str>, schema: &Map<String, Value>| {
        let has = |name: &&str| schema.get("properties").is_some_and(|all| all.get(*name).is_some());
        names.iter().filter(|name| !has(name)).map(|name| (*name).to_owned()).collect::<Vec<_>>()
    };
    if bare(had_to, &was) != bare(must, &now) {
        return false;
    }
    for key in ["properties", "required"] {
        was.remove(key);
        now.remove(key);
    }
    for key in ["$defs", "definitions"] {
        let (before, after) = (was.remove(key), now.remove(key));
        let stays = |(name, schema): (&String, &Value)| after.as_ref().and_then(|all| all.get(name)) == Some(schema);
        if !before.as_ref().and_then(Value::as_object).into_iter().flatten().all(stays) {
            return false;
        }
    }
    was == now
}

/// A schema without what is only said to people and models.
fn meaning(schema: &Value) -> Value {
    let Value::Object(entries) = schema else { return schema.clone() };
    let kept = entries
        .iter()
        .filter(|(key, _)| !["description", "title", "$schema", "$comment", "examples"].contains(&key.as_str()));
    let entry = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            (
                "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions",
                Value::Object(named),
            ) => named.iter().map(|(name, schema)| (name.clone(), meaning(schema))).collect(),
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(several)) => {
                several.iter().map(meaning).collect()
            }
            (
                "items" | "additionalProperties" | "propertyNames" | "contains" | "not" | "if" | "then" | "else",
                schema,
            ) => meaning(schema),
            (_, value) => value.clone(),
        };
        (key.clone(), value)
    };
    kept.map(entry).collect()
}

fn properties(schema: &Value) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let list = schema.get("required").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// How many characters of a name are shown.
const SHOWN: usize = 60;

fn shown(text: &str) -> String {
    shortened(text, SHOWN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn worst(was: &Value, now: &Value) -> Option<Severity> {
        arguments(was, now).into_iter().map(|(severity, _)| severity).max()
    }

    #[test]
    fn what_was_right_before_is_right_after_a_compatible_change() {
        let was = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
        let with = |more: Value| {
            let mut now = was.clone();
            now.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            now
        };
        assert_eq!(worst(&was, &was), None);
        for compatible in [
            json!({"description": "Other words."}),
            json!({"required": []}),
            json!({"properties": {"a": {"type": "string", "description": "Other words."}}}),
            json!({"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}),
            json!({"properties": {"a": {"type": "string"}, "b": {"$ref": "#/$defs/b"}}, "$defs": {"b": {}}}),
        ] {
            assert_eq!(worst(&was, &with(compatible.clone())), Some(Severity::Compatible), "{compatible}");
        }
        for breaking in [
            json!({"properties": {}}),
            json!({"properties": {"a": {"type": "integer"}}}),
            json!({"properties": {"a": {"type": "string", "maxLength": 1}}}),
            json!({"properties": {"a": {"type": "string"}, "b": {}}, "required": ["a", "b"]}),
            json!({"required": ["a", "b"]}),
            json!({"additionalProperties": false}),
            // The new argument does not hide what else changed.
            json!({"properties": {"a": {"type": "string"}, "b": {}}, "anyOf": [{"required": ["b"]}]}),
        ] {
            assert_eq!(worst(&was, &with(breaking.clone())), Some(Severity::Breaking), "{breaking}");
        }
    }

    #[test]
    fn words_deep_inside_are_words_and_arguments_of_that_name_are_not() {
        let schema = |words: &str, named: &str| {
            json!({"properties": {"a": {"type": "object", "properties": {
                "b": {"type": "string", "description": words}, "description": {"type": named},
            }}}})
        };
        assert_eq!(worst(&schema("One.", "string"), &schema("Two.", "string")), Some(Severity::Compatible));
        assert_eq!(worst(&schema("One.", "string"), &schema("One.", "number")), Some(Severity::Breaking));
    }
}
