//! Documents that satisfy a JSON Schema, for the keywords that ours use. A keyword or pattern it does not know panics:
//! the schemas changed, and so must this.

use serde_json::{Map, Value, json};

use crate::tape::Tape;

/// A document of the root of `schema`.
pub(crate) fn document(schema: &Value, tape: &mut Tape<'_>) -> Value {
    Generator { root: schema }.value(schema, tape)
}

struct Generator<'s> {
    root: &'s Value,
}

const KEYWORDS: &[&str] = &[
    "$schema",
    "$id",
    "$ref",
    "$defs",
    "title",
    "description",
    "examples",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
    "items",
    "minItems",
    "pattern",
    "minLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
];

impl Generator<'_> {
    fn value(&self, schema: &Value, tape: &mut Tape<'_>) -> Value {
        for keyword in schema.as_object().unwrap().keys() {
            assert!(KEYWORDS.contains(&keyword.as_str()), "no documents are made for `{keyword}`");
        }
        if let Some(reference) = schema.get("$ref") {
            return self.value(self.definition(reference), tape);
        }
        if let Some([all]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            let branches = schema["anyOf"].as_array().unwrap();
            return self.object(self.definition(&all["$ref"]), &tape.pick(branches)["required"], tape);
        }
        if let Some(branches) = schema.get("anyOf") {
            return self.value(&tape.pick(branches.as_array().unwrap()), tape);
        }
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        if let Some(words) = schema.get("enum") {
            return tape.pick(words.as_array().unwrap());
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, &Value::Null, tape),
            Some("array") => self.array(schema, tape),
            Some("string") => Value::from(text(schema, tape)),
            Some("integer") => Value::from(whole(schema, tape)),
            Some("number") => Value::from(number(schema, tape)),
            Some("boolean") => Value::from(tape.once_in(2)),
            other => panic!("no documents are made for the type {other:?}"),
        }
    }

    fn definition(&self, reference: &Value) -> &Value {
        self.root.pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap()
    }

    fn object(&self, schema: &Value, also_required: &Value, tape: &mut Tape<'_>) -> Value {
        let mut object = Map::new();
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let is_in = |list: &Value, key: &str| list.as_array().is_some_and(|list| list.iter().any(|one| one == key));
            let required = schema.get("required").unwrap_or(&Value::Null);
            for (key, property) in properties {
                if is_in(required, key) || is_in(also_required, key) || tape.once_in(3) {
                    object.insert(key.clone(), self.value(property, tape));
                }
            }
        } else if let Some(values) = schema.get("additionalProperties") {
            for _ in 0..tape.below(3) {
                let key = text(&schema["propertyNames"], tape);
                object.insert(key, self.value(values, tape));
            }
        } else {
            let any = json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}, "1": true}});
            return tape.pick(&[json!({}), any, json!({"x": [1, 2.5, null, "é", {"y": -3}]})]);
        }
        Value::Object(object)
    }

    fn array(&self, schema: &Value, tape: &mut Tape<'_>) -> Value {
        let least = schema.get("minItems").map_or(0, |least| usize::try_from(least.as_u64().unwrap()).unwrap());
        (0..least + tape.below(3)).map(|_| self.value(&schema["items"], tape)).collect()
    }
}

/// Texts that match the pattern, by the beginning of the pattern.
const TEXTS: &[(&str, &[&str])] = &[
    ("^[a-z0-9][a-z0-9-]{0,62}$", &["a", "9", "writer", "digest-bot", "a-", "null", "123"]),
    (
        "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$",
        &["gemini-2.5-flash", "a", "0x1F", "1e3", "models/x:y", "true", "2026-11-22"],
    ),
    ("^[A-Za-z_][A-Za-z0-9_-]{0,63}$", &["ask", "_", "A-b_9", "no", "null"]),
    ("^[A-Za-z_][A-Za-z0-9_]*$", &["TOKEN", "_a1", "null"]),
    ("^[0-9]+(ms|s|m|h|d)$", &["1s", "30s", "5m", "90ms", "1h", "366d", "0s", "99999999999999999999d"]),
    ("^[0-9]+(B|KiB|MiB|GiB)$", &["64MiB", "1B", "512KiB", "9999GiB"]),
    ("^(user:", &["user:a", "user:é@x", "group:ops", "serviceaccount:ci", "authenticated", "anonymous", "user:a:b"]),
    ("\\S", SOME_TEXTS),
    ("", ANY_TEXTS),
];

const SOME_TEXTS: &[&str] = &[
    "a",
    "12",
    "1.5",
    "true",
    "null",
    "~",
    "two words",
    "two\nlines",
    "ends\n",
    " padded ",
    "é 日本 👩‍👩‍👧",
    "https://mcp.example.com/slack",
    "tools/x",
    "10.0.0.0/8",
    "- a: b # c",
    "'\"`\\",
    "\t\u{1}\u{85}x",
    "{[&*!|>%@",
    "${env:NAME}",
];

const ANY_TEXTS: &[&str] = &[
    "",
    "a",
    " ",
    "\n",
    "none",
    "https://x.example.com/a",
    "k-${env:A}${credential:b.c}",
    "${env:}",
    "${x}",
    "1",
    "é",
];

fn text(schema: &Value, tape: &mut Tape<'_>) -> String {
    let pattern = schema.get("pattern").map_or("", |pattern| pattern.as_str().unwrap());
    let known = |(beginning, _): &&(&str, &[&str])| match *beginning {
        "" => pattern.is_empty(),
        beginning => pattern.starts_with(beginning),
    };
    let (_, texts) = TEXTS.iter().find(known).unwrap_or_else(|| panic!("no texts are known for `{pattern}`"));
    let texts = if pattern.is_empty() && schema.get("minLength").is_some() { &texts[1..] } else { texts };
    tape.pick(texts).to_owned()
}

fn whole(schema: &Value, tape: &mut Tape<'_>) -> i64 {
    let (least, most) = (schema["minimum"].as_i64().unwrap(), schema["maximum"].as_i64().unwrap());
    let between = least + i64::try_from(tape.below(1000)).unwrap();
    tape.pick(&[least, most, between.min(most), most - (between - least).min(most - least)])
}

fn number(schema: &Value, tape: &mut Tape<'_>) -> f64 {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let (least, most) = (bound("minimum"), bound("maximum").unwrap());
    let from = least.or(bound("exclusiveMinimum")).unwrap();
    let between = from + (most - from) * tape.share();
    if between > from || least.is_some() { between } else { most }
}
