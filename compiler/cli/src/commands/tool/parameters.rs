//! A tool's parameters in short: `city: string, full?: boolean`.

use pace_ir::text::{printable, shortened};
use serde_json::Value;

/// The most characters of one type.
const TYPE: usize = 40;

/// The parameters of a schema, in its order.
pub(super) fn short(schema: &Value) -> String {
    let required: Vec<_> = schema.get("required").and_then(Value::as_array).into_iter().flatten().collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let parameters = properties.map(|(name, schema)| {
        let is_required = required.iter().any(|required| required.as_str() == Some(name));
        let optional = if is_required { "" } else { "?" };
        format!("{}{optional}: {}", printable(name), kind(schema))
    });
    parameters.collect::<Vec<_>>().join(", ")
}

fn kind(schema: &Value) -> String {
    let words = |list: &Value| {
        let words = list.as_array().into_iter().flatten().map(|word| match word {
            Value::String(word) => word.clone(),
            other => other.to_string(),
        });
        words.collect::<Vec<_>>().join("|")
    };
    let kind = match (schema.get("enum"), schema.get("type")) {
        (Some(list), _) | (None, Some(list @ Value::Array(_))) => words(list),
        (None, Some(Value::String(kind))) if kind == "array" => match schema.get("items").map(kind_of_items) {
            Some(items) => format!("{items}[]"),
            None => "array".to_owned(),
        },
        (None, Some(Value::String(kind))) => kind.clone(),
        (None, _) => "any".to_owned(),
    };
    shortened(&kind, TYPE)
}

/// One level: a list of lists is a list of arrays.
fn kind_of_items(schema: &Value) -> String {
    schema.get("type").and_then(Value::as_str).unwrap_or("any").to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::short;

    #[test]
    fn parameters_read_as_authors_write_types() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["C", "F"]},
                "days": {"type": "array", "items": {"type": "integer"}},
                "limit": {"type": ["number", "null"]},
                "else": {"anyOf": []},
                "\u{1b}[2J": {"type": "object"},
            },
            "required": ["city", "days"],
        });
        let wanted = "city: string, unit?: C|F, days: integer[], limit?: number|null, else?: any, \\u{1b}[2J?: object";
        assert_eq!(short(&schema), wanted);
        assert_eq!(short(&json!({"type": "object"})), "");
    }
}
