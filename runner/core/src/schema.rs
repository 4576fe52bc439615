//! JSON Schemas that models have to fit: an agent's `output`, a tool's `parameters`. A bundle is trusted no further than its
//! author, and a model not at all, so that checking one against the other takes bounded time and memory.

mod breadth;

use std::sync::OnceLock;

use jsonschema::{PatternOptions, Validator};
use pace_ir::text::shortened;
use serde_json::Value;

use breadth::Breadth;

/// The most mistakes a model is told of at once.
const MOST_MISTAKES: usize = 5;
/// The most characters of one mistake: it may quote the whole value.
const MOST_WORDS: usize = 300;
/// How deep a value may be nested under a schema of [`Breadth::Open`]. Its validation can double with every level, and a
/// caller can ask a model for any depth; at this one the worst takes a moment, and trees of a dozen levels still fit.
const MOST_LEVELS: usize = 24;

/// A schema, ready to be checked against.
#[derive(Debug)]
pub struct Schema {
    value: Value,
    breadth: Breadth,
    /// Made at the first value: most starts of a runner are for others.
    validator: OnceLock<Result<Validator, String>>,
}

impl Schema {
    /// A schema from a bundle.
    ///
    /// # Errors
    /// The text is no JSON; no compiler writes such a bundle.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let value: Value = serde_json::from_str(text)?;
        Ok(Self { breadth: Breadth::of(&value), value, validator: OnceLock::new() })
    }

    /// As a model is told it.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether a value fits.
    ///
    /// # Errors
    /// What is wrong with it, in words for the model: at most five mistakes, one a line.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        if self.breadth == Breadth::Open && levels(value) > MOST_LEVELS {
            return Err(format!("it is nested deeper than {MOST_LEVELS} levels"));
        }
        let validator = self.validator.get_or_init(|| {
            // Patterns come from a bundle, values from a model: only an engine without backtracking is safe on both.
            let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
            options.build(&self.value).map_err(|error| error.to_string())
        });
        let validator = validator.as_ref().map_err(|error| format!("the schema cannot be used: {error}"))?;
        // Answers yes or no without keeping what it finds on the way, which may be more than memory holds.
        if validator.is_valid(value) {
            return Ok(());
        }
        match self.breadth {
            Breadth::Open => Err("it does not fit the schema".to_owned()),
            Breadth::Bounded => {
                let mistakes = validator.iter_errors(value).take(MOST_MISTAKES).map(|error| at(&error));
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

/// How deep a value is nested: 0 for a text. `serde_json` reads no deeper than 128.
fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or_default(),
        Value::Object(entries) => 1 + entries.values().map(levels).max().unwrap_or_default(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mistakes_are_told_where_they_are_and_cut() {
        let schema =
            Schema::parse(r#"{"properties":{"city":{"type":"string","pattern":"^[A-Z]"}},"required":["city"]}"#);
        let schema = schema.unwrap();
        assert_eq!(schema.check(&json!({"city": "Paris"})), Ok(()));
        for (value, why) in [
            (json!({}), "\"city\" is a required property"),
            (json!({"city": 1}), "at /city: 1 is not of type \"string\""),
            (json!({"city": "paris"}), "at /city: \"paris\" does not match \"^[A-Z]\""),
        ] {
            assert_eq!(schema.check(&value), Err(why.to_owned()), "{value}");
        }
        let long = json!({"city": "x".repeat(100_000)});
        assert_eq!(schema.check(&long).unwrap_err().chars().count(), MOST_WORDS + 1);
    }

    /// Each level of a value is tried in both branches, and each of these goes into the next one.
    #[test]
    fn a_schema_that_doubles_with_every_level_stays_bounded() {
        let text = r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"anyOf":[
            {"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["x"]},
            {"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["y"]}]}}}"##;
        let schema = Schema::parse(text).unwrap();
        let nested = |levels: usize| {
            let text = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
            schema.check(&serde_json::from_str(&text).unwrap())
        };
        assert_eq!(nested(10), Err("it does not fit the schema".to_owned()));
        assert_eq!(nested(16), Err("it does not fit the schema".to_owned()));
        assert_eq!(nested(100), Err("it is nested deeper than 24 levels".to_owned()));
        assert!(schema.check(&json!({})).is_ok());
    }
}
