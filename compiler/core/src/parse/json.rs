//! JSON written in YAML: an agent's `output` schema. Kept as written, with a way back from a JSON pointer to the bytes.

use pace_diag::{Diagnostic, Reported, code};
use pace_syntax::{Document, NodeId, NodeKind, Span, Value as Scalar};
use serde_json::{Map, Number, Value, json};

use super::decode::{Decode, Reader};
use super::shape::Shapes;

/// A JSON value and where its parts were written.
#[derive(Debug, Clone)]
pub(crate) struct JsonSpec {
    /// The value, keys in the author's order.
    pub(crate) value: Value,
    /// The node it was read from.
    pub(crate) node: NodeId,
}

impl Decode for JsonSpec {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        if reader.document.entries(node).is_none() {
            return Err(reader.wrong_type(node, "a mapping"));
        }
        if let Some(reported) = reader.marred(node) {
            return Err(reported);
        }
        match to_json(reader.document, node) {
            Ok(value) => Ok(Self { value, node }),
            Err(bad) => {
                if let (NodeKind::Hole, Err(reported)) = (reader.document.kind(bad), reader.sink.check()) {
                    return Err(reported);
                }
                let message = format!("{} holds a number that JSON cannot write", reader.subject());
                let diagnostic = Diagnostic::new(&code::MALFORMED_SCHEMA, message)
                    .at(reader.span(bad), "expected a finite number of at most 64 bits");
                Err(reader.sink.error(diagnostic))
            }
        }
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "object"})
    }
}

/// The JSON of a node, or the node that has none.
fn to_json(document: &Document, node: NodeId) -> Result<Value, NodeId> {
    if let Some(items) = document.items(node) {
        return items.iter().map(|item| to_json(document, *item)).collect::<Result<_, _>>().map(Value::Array);
    }
    if let Some(entries) = document.entries(node) {
        let mut map = Map::new();
        for (key, value) in entries {
            map.insert(document.key_text(*key).unwrap_or_default().to_owned(), to_json(document, *value)?);
        }
        return Ok(Value::Object(map));
    }
    match document.value(node) {
        Some(Scalar::Null) => Ok(Value::Null),
        Some(Scalar::Bool(value)) => Ok(Value::Bool(value)),
        Some(Scalar::Int(value)) => Ok(Value::from(value)),
        Some(Scalar::Float(value)) => Number::from_f64(value).map(Value::Number).ok_or(node),
        // Without a value, the node is a hole.
        Some(Scalar::OutOfRange(_)) | None => Err(node),
        Some(Scalar::Str(text)) => Ok(Value::from(text)),
    }
}

/// The bytes of the value that a JSON pointer (RFC 6901) names below `node`, or of the last part of it that is there.
pub(crate) fn pointer_span(document: &Document, node: NodeId, pointer: &str) -> Span {
    let mut at = node;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let below = match document.items(at) {
            Some(items) => step.parse::<usize>().ok().and_then(|index| items.get(index).copied()),
            None => document.get(at, &step).map(|(_, value)| value),
        };
        match below {
            Some(below) => at = below,
            None => break,
        }
    }
    document.span(at)
}
