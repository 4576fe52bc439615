//! Structured replies: what a reply has to be to fit an agent's `output`, and what a model is told when it does not.

use serde_json::Value;

use crate::schema::Schema;

/// The reply as data.
///
/// # Errors
/// What is wrong with it, in words for the model.
pub(super) fn read(schema: &Schema, reply: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(unfenced(reply)).map_err(|error| format!("it is no JSON: {error}"))?;
    schema.check(&value)?;
    Ok(value)
}

/// What is between the fences of a Markdown code block, for models that put one around all JSON they write.
fn unfenced(reply: &str) -> &str {
    let trimmed = reply.trim();
    let inside = trimmed.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    match inside {
        Some(inside) => inside.strip_prefix("json").unwrap_or(inside).trim(),
        None => trimmed,
    }
}

/// What a model is told after a reply that does not fit.
pub(super) fn repair(why: &str) -> String {
    format!(
        "Your reply does not fit the JSON Schema it has to fit:\n{why}\n\
         Reply again with one JSON object that fits the schema, and nothing else."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema::parse(r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#).unwrap()
    }

    #[test]
    fn replies_that_fit() {
        for reply in [
            r#"{"city":"Paris"}"#,
            " {\"city\": \"Paris\"}\n",
            "```json\n{\"city\":\"Paris\"}\n```",
            "```{\"city\":\"Paris\"}```",
        ] {
            assert_eq!(read(&schema(), reply), Ok(serde_json::json!({"city": "Paris"})), "{reply}");
        }
    }

    #[test]
    fn replies_that_do_not() {
        for (reply, why) in [
            ("Paris", "it is no JSON: expected value at line 1 column 1"),
            ("", "it is no JSON: EOF while parsing a value at line 1 column 0"),
            ("{}", "\"city\" is a required property"),
        ] {
            assert_eq!(read(&schema(), reply), Err(why.to_owned()), "{reply}");
        }
    }
}
