//! Structured replies: an agent's `output` schema, what a reply has to be to fit it, and what a model is told when it does
//! not.

mod breadth;

use std::sync::OnceLock;

use jsonschema::{PatternOptions, Validator};
use pace_ir::text::shortened;
use serde_json::Value;

use breadth::Breadth;

/// The most mistakes a model is told of at once.
const MOST_MISTAKES: usize = 5;
/// The most characters of one mistake: it may quote the whole reply.
const MOST_WORDS: usize = 300;
/// How deep a reply may be nested under a schema of [`Breadth::Open`]. Its validation can double with every level, and a
/// caller can ask a model for any depth; at this one the worst takes a moment, and trees of a dozen levels still fit.
const MOST_LEVELS: usize = 24;

/// The schema of an agent's reply.
#[derive(Debug)]
pub struct OutputSchema {
    schema: Value,
    breadth: Breadth,
    /// Made at the first reply: most starts of a runner are for other agents.
    validator: OnceLock<Result<Validator, String>>,
}

impl OutputSchema {
    /// A schema from a bundle.
    ///
    /// # Errors
    /// The text is no JSON; no compiler writes such a bundle.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let schema: Value = serde_json::from_str(text)?;
        Ok(Self { breadth: Breadth::of(&schema), schema, validator: OnceLock::new() })
    }

    /// As a model is told it.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// The reply as data.
    ///
    /// # Errors
    /// What is wrong with it, in words for the model: at most five mistakes, one a line.
    pub fn check(&self, reply: &str) -> Result<Value, String> {
        let value: Value = serde_json::from_str(unfenced(reply)).map_err(|error| format!("it is no JSON: {error}"))?;
        if self.breadth == Breadth::Open && levels(&value) > MOST_LEVELS {
            return Err(format!("it is nested deeper than {MOST_LEVELS} levels"));
        }
        let validator = self.validator.get_or_init(|| {
            // Patterns come from a bundle, replies from a model: only an engine without backtracking is safe on both.
            let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
            options.build(&self.schema).map_err(|error| error.to_string())
        });
        let validator = validator.as_ref().map_err(|error| format!("the schema cannot be used: {error}"))?;
        // Answers yes or no without keeping what it finds on the way, which may be more than memory holds.
        if validator.is_valid(&value) {
            return Ok(value);
        }
        match self.breadth {
            Breadth::Open => Err("it does not fit the schema".to_owned()),
            Breadth::Bounded => {
                let mistakes = validator.iter_errors(&value).take(MOST_MISTAKES).map(|error| at(&error));
                Err(mistakes.collect::<Vec<_>>().join("\n"))
            }
        }
    }
}

fn at(error: &jsonschema::ValidationError<'_>) -> String {
    let place = error.instance_path().to_string();
    let words = if place.is_empty() { error.to_string() } else { format!("at {place}: {error}") };
    shortened(&words, MOST_WORDS)
}

/// How deep a value is nested: 0 for a text. serde_json reads no deeper than 128.
fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or_default(),
        Value::Object(entries) => 1 + entries.values().map(levels).max().unwrap_or_default(),
        _ => 0,
    }
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

    fn schema() -> OutputSchema {
        let text =
            r#"{"type":"object","properties":{"city":{"type":"string","pattern":"^[A-Z]"}},"required":["city"]}"#;
        OutputSchema::parse(text).unwrap()
    }

    #[test]
    fn replies_that_fit() {
        for reply in [
            r#"{"city":"Paris"}"#,
            " {\"city\": \"Paris\"}\n",
            "```json\n{\"city\":\"Paris\"}\n```",
            "```{\"city\":\"Paris\"}```",
        ] {
            assert_eq!(schema().check(reply), Ok(serde_json::json!({"city": "Paris"})), "{reply}");
        }
    }

    #[test]
    fn replies_that_do_not() {
        for (reply, why) in [
            ("Paris", "it is no JSON: expected value at line 1 column 1"),
            ("", "it is no JSON: EOF while parsing a value at line 1 column 0"),
            ("{}", "\"city\" is a required property"),
            (r#"{"city":1}"#, "at /city: 1 is not of type \"string\""),
            (r#"{"city":"paris"}"#, "at /city: \"paris\" does not match \"^[A-Z]\""),
        ] {
            assert_eq!(schema().check(reply), Err(why.to_owned()), "{reply}");
        }
        let long = format!(r#"{{"city":"{}"}}"#, "x".repeat(100_000));
        assert_eq!(schema().check(&long).unwrap_err().chars().count(), MOST_WORDS + 1);
    }

    /// Each level of a reply is tried in both branches, and each of these goes into the next one.
    #[test]
    fn a_schema_that_doubles_with_every_level_stays_bounded() {
        let text = r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"anyOf":[
            {"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["x"]},
            {"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["y"]}]}}}"##;
        let schema = OutputSchema::parse(text).unwrap();
        let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        assert_eq!(schema.check(&nested(10)), Err("it does not fit the schema".to_owned()));
        assert_eq!(schema.check(&nested(16)), Err("it does not fit the schema".to_owned()));
        assert_eq!(schema.check(&nested(100)), Err("it is nested deeper than 24 levels".to_owned()));
        assert!(schema.check("{}").is_ok());
    }
}
