//! What JSON Schema allows and nobody can mean: bounds that nothing fits, a list of no values, a `required` name that there is
//! no property of, a default that its own schema refuses, references that lead nowhere.

use pace_diag::nearest::{listing, nearest};
use pace_ir::text::{printable, shortened};
use serde_json::{Map, Value};

use super::Fault;
use super::keywords::{self, Stands};

/// Bounds that leave nothing where the first is above the second, and what is said of the first.
const BOUNDS: [(&str, &str, &str); 5] = [
    ("minLength", "maxLength", "is greater than `maxLength`"),
    ("minItems", "maxItems", "is greater than `maxItems`"),
    ("minProperties", "maxProperties", "is greater than `maxProperties`"),
    ("minContains", "maxContains", "is greater than `maxContains`"),
    ("minimum", "maximum", "is greater than `maximum`"),
];

/// Those that leave nothing where they are equal, too.
const EXCLUSIVE: [(&str, &str, &str); 3] = [
    ("exclusiveMinimum", "maximum", "leaves nothing below `maximum`"),
    ("minimum", "exclusiveMaximum", "leaves nothing below `exclusiveMaximum`"),
    ("exclusiveMinimum", "exclusiveMaximum", "leaves nothing below `exclusiveMaximum`"),
];

/// Keywords that a default is held against: those that need no other schema.
const ASSERTIONS: [&str; 13] = [
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "type",
];

/// Keywords beside which a property may be described elsewhere than under `properties`.
const ELSEWHERE: [&str; 15] = [
    "$dynamicRef",
    "$recursiveRef",
    "$ref",
    "allOf",
    "anyOf",
    "dependencies",
    "dependentSchemas",
    "else",
    "if",
    "not",
    "oneOf",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];

/// Every such fault; places are JSON pointers.
pub(super) fn faults(schema: &Value, is_seen: &dyn Fn(&str) -> bool) -> Vec<Fault> {
    let mut found = Vec::new();
    let are_plain = are_references_plain(schema);
    keywords::each(schema, "", Stands::Alone, &mut |keys, at, stands| {
        if stands == Stands::Alone {
            bounds(keys, at, &mut found);
            found.extend(no_values(keys, at));
        }
        found.extend(no_pattern(keys, at));
        if stands == Stands::Alone {
            unknown_names(keys, at, &mut found);
        }
        // What a library fills in is what its schema makes of a value, not what it takes.
        if is_seen(&format!("{at}/default")) {
            found.extend(misfit(keys, at));
        }
        if are_plain {
            found.extend(reference(schema, keys, at));
        }
    });
    found
}

fn bounds(keys: &Map<String, Value>, at: &str, found: &mut Vec<Fault>) {
    // What may be of another type fits nevertheless.
    if matches!(keys.get("type"), Some(Value::Array(_))) || keys.get("nullable") == Some(&Value::Bool(true)) {
        return;
    }
    let number = |name: &str| keys.get(name).and_then(Value::as_f64);
    let both = |low: &str, high: &str| Some((number(low)?, number(high)?));
    let crossed = BOUNDS.iter().filter(|(low, high, _)| both(low, high).is_some_and(|(low, high)| low > high));
    let touching = EXCLUSIVE.iter().filter(|(low, high, _)| both(low, high).is_some_and(|(low, high)| low >= high));
    for (low, high, what) in crossed.chain(touching) {
        let shown = |name: &str| keys.get(name).map(Value::to_string).unwrap_or_default();
        let why = format!("nothing fits: `{high}` is {}", printable(&shortened(&shown(high), 40)));
        let help = format!("make `{low}` the smaller one, or leave one of them out");
        found.push(Fault { what: Some(*what), ..Fault::new(&format!("{at}/{low}"), why, Some(help)) });
    }
}

fn no_values(keys: &Map<String, Value>, at: &str) -> Option<Fault> {
    keys.get("enum")?.as_array().filter(|values| values.is_empty())?;
    let help = "list the values that are allowed, or leave `enum` out".to_owned();
    Some(Fault { what: Some("is empty"), ..Fault::new(&format!("{at}/enum"), "nothing fits", Some(help)) })
}

fn no_pattern(keys: &Map<String, Value>, at: &str) -> Option<Fault> {
    let pattern = keys.get("pattern").filter(|pattern| pattern.is_string())?;
    let alone = Value::Object(Map::from_iter([("pattern".to_owned(), pattern.clone())]));
    let is_broken = jsonschema::options().build(&alone).is_err();
    is_broken.then(|| Fault::new(&format!("{at}/pattern"), "not a regular expression", None))
}

/// Names under `required` that no property has.
fn unknown_names(keys: &Map<String, Value>, at: &str, found: &mut Vec<Fault>) {
    let describes_others = matches!(keys.get("additionalProperties"), Some(Value::Object(_) | Value::Bool(true)));
    if describes_others || ELSEWHERE.iter().any(|keyword| keys.contains_key(*keyword)) {
        return;
    }
    let (Some(Value::Object(properties)), Some(Value::Array(required))) =
        (keys.get("properties"), keys.get("required"))
    else {
        return;
    };
    let names = || properties.keys().map(String::as_str);
    for (index, name) in required.iter().enumerate().filter_map(|(index, name)| Some((index, name.as_str()?))) {
        if properties.contains_key(name) {
            continue;
        }
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean `{}`?", printable(near)),
            None if properties.is_empty() => format!("describe `{}` under `properties`", quoted(name)),
            None => {
                format!(
                    "describe `{}` under `properties`, where there is {}",
                    quoted(name),
                    printable(&listing(names()))
                )
            }
        };
        let why = format!("no property is called `{}`", quoted(name));
        let what = Some("names a property that there is not");
        found.push(Fault { what, ..Fault::new(&format!("{at}/required/{index}"), why, Some(help)) });
    }
}

fn quoted(name: &str) -> String {
    printable(&shortened(name, 40))
}

/// A default that the schema around it does not take.
fn misfit(keys: &Map<String, Value>, at: &str) -> Option<Fault> {
    let default = keys.get("default")?;
    if default.is_null() && keys.get("nullable") == Some(&Value::Bool(true)) {
        return None;
    }
    let assertions = keys.iter().filter(|(key, _)| ASSERTIONS.contains(&key.as_str()));
    let assertions: Map<_, _> = assertions.map(|(key, value)| (key.clone(), value.clone())).collect();
    let schema = jsonschema::options().build(&Value::Object(assertions)).ok()?;
    let error = schema.iter_errors(default).next()?;
    let why = printable(&shortened(&error.to_string(), 100));
    let help = "give a value that fits, or leave `default` out".to_owned();
    Some(Fault {
        what: Some("does not fit the schema that it stands in"),
        ..Fault::new(&format!("{at}/default"), why, Some(help))
    })
}

/// Whether references can be followed without knowing of bases: no part of the schema gives itself another address.
fn are_references_plain(schema: &Value) -> bool {
    let mut are_plain = true;
    keywords::each(schema, "", Stands::Alone, &mut |keys, _, _| {
        are_plain &= !keys.contains_key("$id") && !keys.contains_key("id");
    });
    are_plain
}

/// A reference that leads nowhere. A bundle holds the schema and nothing around it.
fn reference(schema: &Value, keys: &Map<String, Value>, at: &str) -> Option<Fault> {
    let target = keys.get("$ref")?.as_str()?;
    let fault = |why: String, help: String| {
        let what = Some("leads nowhere");
        Some(Fault { what, ..Fault::new(&format!("{at}/$ref"), why, Some(help)) })
    };
    match target.strip_prefix('#') {
        // Those of JSON Schema itself are known to every reader of it.
        None if target.is_empty() || target.contains("://json-schema.org/") => None,
        None => fault(
            "a bundle holds no other schema".to_owned(),
            "only `#/…` references work in a bundle: put that schema under `$defs`, and refer to it by `#/$defs/<name>`".to_owned(),
        ),
        Some("") => None,
        Some(pointer) if pointer.starts_with('/') => {
            // Nobody escapes what a name under `$defs` is made of.
            if pointer.contains('%') || schema.pointer(pointer).is_some() {
                return None;
            }
            let (above, name) = pointer.rsplit_once('/')?;
            let around = schema.pointer(above).and_then(Value::as_object);
            let near = nearest(name, around.into_iter().flat_map(Map::keys).map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `#{}/{}`?", printable(above), printable(near)),
                None => "describe it under `$defs`, beside `properties`".to_owned(),
            };
            fault("nothing stands there".to_owned(), help)
        }
        // An anchor, which the reader of schemas looks for.
        Some(_) => None,
    }
}
