//! Makes JSON Schemas (draft 2020-12) from the types of the spec language.

use serde_json::{Map, Value, json};

use super::decode::Decode;

/// The schemas met so far; mappings become definitions that others refer to.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    definitions: Map<String, Value>,
}

/// A mapping's schema being made.
pub(crate) struct ObjectShape<'a> {
    shapes: &'a mut Shapes,
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl Shapes {
    /// The schema of a mapping: a reference to its definition, made at the first call.
    pub(crate) fn object(&mut self, name: &str, doc: &str, keys: impl FnOnce(&mut ObjectShape<'_>)) -> Value {
        let name = name.trim_end_matches("Spec");
        if !self.definitions.contains_key(name) {
            self.definitions.insert(name.to_owned(), Value::Null);
            let mut object = ObjectShape { shapes: self, properties: Map::new(), required: Vec::new() };
            keys(&mut object);
            let (properties, required) = (object.properties, object.required);
            let mut shape = json!({"type": "object", "properties": properties, "additionalProperties": false});
            if let (false, Some(fields)) = (required.is_empty(), shape.as_object_mut()) {
                fields.insert("required".to_owned(), Value::Array(required));
            }
            self.definitions.insert(name.to_owned(), described(shape, doc));
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }

    /// The whole schema of a file whose top is `T`.
    pub(crate) fn root<T: Decode>(id: &str, title: &str) -> Value {
        let mut shapes = Self::default();
        let top = T::shape(&mut shapes);
        let mut root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": id,
            "title": title,
        });
        if let (Some(root), Some(top)) = (root.as_object_mut(), top.as_object()) {
            root.extend(top.clone());
            shapes.definitions.sort_keys();
            root.insert("$defs".to_owned(), Value::Object(shapes.definitions));
        }
        root
    }
}

impl ObjectShape<'_> {
    /// A key that must be there.
    pub(crate) fn required<T: Decode>(&mut self, key: &'static str, doc: &str) {
        self.required.push(Value::from(key));
        self.optional::<T>(key, doc);
    }

    /// The key `type` with this word.
    pub(crate) fn tag(&mut self, word: &'static str) {
        self.required.push(Value::from("type"));
        self.properties.insert("type".to_owned(), json!({"const": word}));
    }

    /// A key that may be there.
    pub(crate) fn optional<T: Decode>(&mut self, key: &'static str, doc: &str) {
        let shape = T::shape(self.shapes);
        self.properties.insert(key.to_owned(), described(shape, doc));
    }
}

/// A schema with a description; the lines of a doc comment become one paragraph.
pub(crate) fn described(mut shape: Value, doc: &str) -> Value {
    let text = doc.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    if let Some(fields) = shape.as_object_mut() {
        fields.insert("description".to_owned(), Value::from(text.trim()));
    }
    shape
}
