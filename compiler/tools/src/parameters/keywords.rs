//! Keywords of JSON Schema that were meant and not written. A schema may hold any other key, which says nothing to anybody:
//! `requierd: ["city"]` requires nothing. What is near to a keyword is taken for one; whatever else is left alone.

use pace_diag::nearest::nearest;
use serde_json::{Map, Value};

/// Keywords of drafts 4 to 2020-12 (json-schema.org) under which a schema stands, or a list of them.
const SCHEMAS: [&str; 16] = [
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Those under which schemas stand by name.
const NAMED: [&str; 6] =
    ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/// Those under which something else stands.
const VALUES: [&str; 41] = [
    "$anchor",
    "$comment",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$ref",
    "$schema",
    "$vocabulary",
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "dependentRequired",
    "deprecated",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "id",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

/// Keys of other makers that are in use and near to a keyword: OpenAPI's, those of form builders.
const OTHERS: [&str; 2] = ["example", "propertyOrder"];

/// Shorter keywords are near to words that mean something else: `note` is one letter from `not`.
const SHORTEST: usize = 4;

/// A key that is none of JSON Schema, and the keyword that is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misspelled {
    /// Where it stands, as a JSON pointer without the escapes.
    pub(super) pointer: String,
    /// The key.
    pub(super) key: String,
    /// The keyword.
    pub(super) meant: &'static str,
}

/// What a schema is to the one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// It says alone what fits at its place.
    Alone,
    /// It says something of a value that other schemas speak of, too, or is used who knows where.
    Beside,
}

/// Is shown a schema's keys, its JSON pointer, and what it is to the one around it.
pub(super) type Visit<'v> = dyn FnMut(&Map<String, Value>, &str, Stands) + 'v;

/// Shows every schema in a schema, with its JSON pointer (without the escapes). It is not deeper than the stack.
pub(super) fn each(schema: &Value, at: &str, stands: Stands, visit: &mut Visit<'_>) {
    match schema {
        Value::Object(keys) => {
            visit(keys, at, stands);
            for (key, value) in keys {
                let below = stands_below(key, stands);
                if SCHEMAS.contains(&key.as_str()) {
                    each(value, &format!("{at}/{key}"), below, visit);
                } else if NAMED.contains(&key.as_str()) {
                    for (name, schema) in value.as_object().into_iter().flatten() {
                        each(schema, &format!("{at}/{key}/{name}"), below, visit);
                    }
                }
            }
        }
        Value::Array(list) => {
            for (index, schema) in list.iter().enumerate() {
                each(schema, &format!("{at}/{index}"), stands, visit);
            }
        }
        _ => {}
    }
}

fn stands_below(keyword: &str, stands: Stands) -> Stands {
    match keyword {
        "properties" | "items" | "prefixItems" | "additionalItems" | "additionalProperties" | "patternProperties" => {
            stands
        }
        _ => Stands::Beside,
    }
}

/// Every key in a schema that is nearly a keyword. `own` are further keys that mean something at the top.
pub(super) fn misspelled(schema: &Value, at: &str, own: &[&'static str], found: &mut Vec<Misspelled>) {
    each(schema, at, Stands::Alone, &mut |keys, place, _| {
        let own = if place == at { own } else { &[] };
        for key in keys.keys().filter(|key| !SCHEMAS.contains(&key.as_str()) && !NAMED.contains(&key.as_str())) {
            if let Some(meant) = elsewhere(key, keys).or_else(|| meant(key, own)) {
                found.push(Misspelled { pointer: format!("{place}/{key}"), key: key.clone(), meant });
            }
        }
    });
}

/// A key that means to validators of another kind what a keyword does here.
fn elsewhere(key: &str, keys: &Map<String, Value>) -> Option<&'static str> {
    let kind = keys.get("type").and_then(Value::as_str)?;
    let (least, most) = match kind {
        "string" => ("minLength", "maxLength"),
        "array" => ("minItems", "maxItems"),
        "number" | "integer" => ("minimum", "maximum"),
        _ => return None,
    };
    let value = keys.get(key)?;
    let meant = match key {
        "min" if value.is_number() => least,
        "max" if value.is_number() => most,
        "values" | "choices" | "options" if value.is_array() => "enum",
        "regex" | "regexp" if value.is_string() && kind == "string" => "pattern",
        _ => return None,
    };
    (!keys.contains_key(meant)).then_some(meant)
}

fn meant(key: &str, own: &[&'static str]) -> Option<&'static str> {
    if VALUES.contains(&key) || OTHERS.contains(&key) || own.contains(&key) || key.starts_with("x-") {
        return None;
    }
    let keywords = SCHEMAS.iter().chain(&NAMED).chain(&VALUES).chain(own).copied();
    nearest(key, keywords.filter(|keyword| keyword.len() >= SHORTEST))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(schema: &Value) -> Vec<(String, &'static str)> {
        let mut found = Vec::new();
        misspelled(schema, "", &[], &mut found);
        found.into_iter().map(|one| (one.pointer, one.meant)).collect()
    }

    #[test]
    fn near_keys_are_found_wherever_schemas_stand() {
        let schema = json!({
            "typ": "object",
            "properties": {"typ": {"Type": "string", "min_length": 2}, "list": {"items": [{"patern": "a"}]}},
            "anyOf": [{"requierd": ["a"]}],
            "$defs": {"default": {"not": {"minimun": 1}}},
        });
        let one = |pointer: &str, meant| (pointer.to_owned(), meant);
        let mut all = found(&schema);
        all.sort();
        assert_eq!(
            all,
            [
                one("/$defs/default/not/minimun", "minimum"),
                one("/anyOf/0/requierd", "required"),
                one("/properties/list/items/0/patern", "pattern"),
                one("/properties/typ/Type", "type"),
                one("/properties/typ/min_length", "minLength"),
                one("/typ", "type"),
            ]
        );
    }

    #[test]
    fn words_of_other_validators_are_told() {
        let schema = json!({"properties": {
            "a": {"type": "integer", "min": 1, "max": 9},
            "b": {"type": "string", "min": 1, "regex": "a"},
            "c": {"type": "string", "values": ["x"]},
            "d": {"type": "array", "max": 3},
            "e": {"type": "string", "values": ["x"], "enum": ["x"], "max": "7", "options": {}},
            "f": {"type": "object", "min": 1},
        }});
        let meant: Vec<_> = found(&schema).into_iter().map(|(pointer, meant)| format!("{pointer} {meant}")).collect();
        let wanted =
            ["a/min minimum", "a/max maximum", "b/min minLength", "b/regex pattern", "c/values enum", "d/max maxItems"];
        assert_eq!(meant, wanted.map(|one| format!("/properties/{one}")));
    }

    #[test]
    fn what_means_something_else_is_left_alone() {
        let schema = json!({
            "type": "object", "x-typ": 1, "note": "n", "unit": "cm", "nullable": true, "example": 1, "propertyOrder": 1,
            "markdownDescription": "m", "errorMessage": "e", "discriminator": {"typ": 1}, "writeOnly": true,
            "default": {"typ": 1}, "const": {"typ": 1}, "enum": [{"typ": 1}], "examples": [{"typ": 1}],
            "properties": {"typ": true, "requierd": {"type": "string"}},
        });
        assert_eq!(found(&schema), []);
        let mut all = Vec::new();
        misspelled(&json!({"optinal": true}), "/a", &["optional"], &mut all);
        let wanted = Misspelled { pointer: "/a/optinal".into(), key: "optinal".into(), meant: "optional" };
        assert_eq!(all, [wanted]);
    }
}
