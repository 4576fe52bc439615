//! How much work a schema can make of a value. A validator follows every branch of `anyOf` and the like, and each `$ref` in
//! them; where these lead in a circle, or fan out from one definition to the next, a reply of a few bytes can cost hours.

use std::collections::BTreeMap;

use serde_json::Value;

/// The most parts a schema may have once every `$ref` is replaced by what it names. Schemas that people write have hundreds.
const MOST_PARTS: u64 = 10_000;

/// What a pattern counts for whose engine backtracks: each text may take thousands of steps.
const PARTS_OF_BACKTRACKING: u64 = 1_000;

/// How much work a schema can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breadth {
    /// For each part of a value at most so many steps.
    Bounded(u64),
    /// It refers to itself, or fans out widely: how much depends on how deep the reply is.
    Open,
}

impl Breadth {
    pub(super) fn of(schema: &Value) -> Self {
        let mut counting = Counting { root: schema, counted: BTreeMap::new() };
        match counting.parts(schema) {
            Some(parts) if parts <= MOST_PARTS => Self::Bounded(parts),
            _ => Self::Open,
        }
    }
}

struct Counting<'s> {
    root: &'s Value,
    /// The parts of each definition by its reference; nothing while it is being counted.
    counted: BTreeMap<&'s str, Option<u64>>,
}

impl<'s> Counting<'s> {
    /// How many parts a value has with its references replaced; nothing where that never ends.
    fn parts(&mut self, value: &'s Value) -> Option<u64> {
        match value {
            Value::Array(items) => self.sum(items.iter()),
            Value::Object(entries) => {
                if entries.keys().any(|key| is_repeated(key)) {
                    return None;
                }
                let mut parts = self.sum(entries.iter().filter(|(key, _)| !is_aside(key)).map(|(_, value)| value))?;
                if entries.get("pattern").and_then(Value::as_str).is_some_and(may_backtrack) {
                    parts = parts.saturating_add(PARTS_OF_BACKTRACKING);
                }
                let keys = entries.get("patternProperties").and_then(Value::as_object);
                let slow = keys.into_iter().flat_map(|keys| keys.keys()).filter(|key| may_backtrack(key)).count();
                parts =
                    parts.saturating_add(PARTS_OF_BACKTRACKING.saturating_mul(u64::try_from(slow).unwrap_or(u64::MAX)));
                for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
                    if let Some(target) = entries.get(key).and_then(Value::as_str) {
                        parts = parts.saturating_add(self.definition(target)?);
                    }
                }
                Some(parts)
            }
            _ => Some(1),
        }
    }

    fn sum(&mut self, values: impl Iterator<Item = &'s Value>) -> Option<u64> {
        let mut sum = 1_u64;
        for value in values {
            sum = sum.saturating_add(self.parts(value)?);
        }
        Some(sum)
    }

    fn definition(&mut self, target: &'s str) -> Option<u64> {
        if let Some(counted) = self.counted.get(target) {
            return *counted;
        }
        self.counted.insert(target, None);
        // What is found in another way than by a pointer is not followed here, so it counts as never ending.
        let pointer = target.strip_prefix('#')?;
        let parts = self.parts(self.root.pointer(pointer)?);
        self.counted.insert(target, parts);
        parts
    }
}

/// Whether a pattern needs an engine that backtracks: it looks around, or refers back.
fn may_backtrack(pattern: &str) -> bool {
    ["(?=", "(?!", "(?<"].iter().any(|look| pattern.contains(look))
        || pattern.as_bytes().windows(2).any(|two| matches!(two, [b'\\', b'1'..=b'9' | b'k']))
}

/// What may be judged again and again at each level above.
fn is_repeated(key: &str) -> bool {
    matches!(key, "unevaluatedProperties" | "unevaluatedItems")
}

/// What is not followed where it stands, but only where it is referred to.
fn is_aside(key: &str) -> bool {
    matches!(key, "$defs" | "definitions")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_people_write_is_bounded() {
        let schema = json!({
            "type": "object",
            "properties": {"from": {"$ref": "#/$defs/place"}, "to": {"$ref": "#/$defs/place"}},
            "$defs": {"place": {"type": "object", "properties": {"city": {"type": "string"}}}}
        });
        assert_eq!(Breadth::of(&schema), Breadth::Bounded(17));
    }

    #[test]
    fn circles_and_fans_are_open() {
        let tree = json!({"$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"});
        assert_eq!(Breadth::of(&tree), Breadth::Open);
        assert_eq!(Breadth::of(&json!({"properties": {"a": {"$ref": "#"}}})), Breadth::Open);
        assert_eq!(Breadth::of(&json!({"properties": {"a": {"$ref": "#anchor"}}})), Breadth::Open);
        let mut defs = serde_json::Map::new();
        for level in 0..30 {
            let next = json!({"properties": {"a": {"$ref": format!("#/$defs/n{}", level + 1)}}});
            defs.insert(format!("n{level}"), json!({"anyOf": [next, next]}));
        }
        defs.insert("n30".to_owned(), json!({"type": "string"}));
        assert_eq!(Breadth::of(&json!({"$defs": defs, "$ref": "#/$defs/n0"})), Breadth::Open);
    }
}
